"""多问: where a message is taken apart, and where not."""

import pytest

from assistant.several import MAX_SPLIT, parts_of


@pytest.mark.parametrize(
    ("text", "parts", "sure"),
    [
        ("租房提公积金要什么材料？还有多久能到账", ("租房提公积金要什么材料", "多久能到账"), True),
        ("二手房过户要交多少税，另外几天能拿到证", ("二手房过户要交多少税", "几天能拿到证"), True),
        ("离职了公积金能不能取，顺便问下失业金怎么申请", ("离职了公积金能不能取", "失业金怎么申请"), True),
        ("补一张多少钱，几天拿到", ("补一张多少钱", "几天拿到"), False),
        ("居住证多久能下来 还有要不要钱", ("居住证多久能下来", "要不要钱"), True),
        ("你好，过户要什么手续？多少钱？几天能办完？", ("过户要什么手续", "多少钱", "几天能办完"), True),
    ],
)
def test_marks_and_connectives_part_questions(text: str, parts: tuple[str, ...], sure: bool) -> None:
    found = parts_of(text)
    assert found is not None and (found.texts, found.sure, found.apart) == (parts, sure, False)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("护照和港澳通行证分别要多少钱", ("护照要多少钱", "港澳通行证要多少钱")),
        ("居民医保和职工医保住院各报多少", ("居民医保住院报多少", "职工医保住院报多少")),
        ("灵活就业的养老和医保一个月分别交多少", ("灵活就业的养老一个月交多少", "灵活就业的医保一个月交多少")),
    ],
)
def test_two_matters_share_one_question(text: str, parts: tuple[str, str]) -> None:
    found = parts_of(text)
    assert found is not None and found.texts == parts and found.sure and found.apart


def test_what_is_told_first_is_kept_as_context() -> None:
    found = parts_of("老板一直不签合同，还欠我三个月工资。不签合同怎么赔？欠的工资去哪投诉")
    assert found is not None and found.context == "老板一直不签合同，还欠我三个月工资"
    assert found.texts == ("不签合同怎么赔", "欠的工资去哪投诉")


@pytest.mark.parametrize(
    "text",
    [
        "租房提取需要什么材料",
        "我们就七八个人的小公司，老板说人少的用不着交公积金，真有这种说法吗",
        "公 积 金怎么提取",
        "身份证和户口本都要带吗",
        "怎么办？" * (MAX_SPLIT // 4 + 1),
        "",
    ],
)
def test_one_question_is_not_taken_apart(text: str) -> None:
    assert parts_of(text) is None
