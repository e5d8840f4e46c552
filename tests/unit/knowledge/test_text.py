"""文本归一化."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.text import bigrams, has_words, normalize, tokenize


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("ＡＢＣ１２３", "abc123"),
        ("公积金，（怎么）取？", "公积金，（怎么）取？"),
        ("  多\t余\n 空\u3000格 ", "多余空格"),
        ("\ufeff零\u200b宽\u202e字\u2060符\x00", "零宽字符"),
        ("①㎡", "1m2"),
        ("APP", "app"),
        ("公 积 金 怎 么 取", "公积金怎么取"),
        ("app 登 录 不了 iphone 15 pro", "app 登录不了 iphone 15 pro"),
        ("2 手 房 过户 几 天 ， 能 好 ？", "2 手房过户几天，能好？"),
        ("没有 不满意", "没有 不满意"),
        ("啊啊啊 公积金", "啊公积金"),
        ("怎么办。。。急急急！！！", "怎么办。急！"),
        ("哈哈，嗯嗯，啊啊啊", "哈哈，嗯嗯，啊"),
        ("138****1234，三十八条，38条", "138****1234，三十八条，38条"),
        ("請問公積金怎麼提取，身份證遺失補辦", "请问公积金怎么提取，身份证遗失补办"),
        ("", ""),
    ],
)
def test_normalize(text: str, told: str) -> None:
    assert normalize(text) == told


@pytest.mark.parametrize(
    "text", ["著作权人", "乾隆年间", "老板于某", "慰藉", "答覆", "朱镕基", "陶喆", "堃城路", "——《办法》·“一”"]
)
def test_simplified_text_is_never_converted(text: str) -> None:
    assert normalize(text) == text


TYPED = "公积金取請啊！…aZ９Ａ，,？?。 \u3000\t\n\u200b\ufeff\u202e👍①"


@settings(max_examples=60, deadline=None)
@given(st.text(TYPED, max_size=20))
def test_normalizing_again_changes_no_words(text: str) -> None:
    assert normalize(normalize(text)) == normalize(text)
    assert normalize(text) == normalize(text).strip()


@pytest.mark.parametrize("text", ["你好", "a", "12345", "①", "👍好", "？在吗"])
def test_words_are_found(text: str) -> None:
    assert has_words(text)


@pytest.mark.parametrize("text", ["", " ", "\u3000", "👍👍", "？！。", "……", "\u200b\ufeff", "~~~", "☎"])
def test_what_holds_no_words(text: str) -> None:
    assert not has_words(text)


def test_tokens_are_words_and_the_parts_of_long_words() -> None:
    tokens = tokenize("住房公积金，怎么提取？")
    assert {"住房", "公积金", "提取"} <= set(tokens)
    assert not {"，", ",", "?", "？"} & set(tokens)
    assert tokenize("？！👍") == []


def test_bigrams_pass_over_punctuation_and_blanks() -> None:
    assert bigrams("公积 金？") == {"公积", "积金"}
    assert bigrams("金") == bigrams("") == set()
