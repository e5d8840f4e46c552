"""辱骂: insults are told from strong complaints, and what is asked beside them is kept."""

import pytest

from assistant.abuse import is_abusive, without_abuse


@pytest.mark.parametrize(
    "text", ["傻逼机器人", "你们这帮废物", "蠢货，答的什么", "滚蛋", "一群饭桶", "你他妈的到底会不会"]
)
def test_insults(text: str) -> None:
    assert is_abusive(text)


@pytest.mark.parametrize(
    "text",
    [
        "小区垃圾没人清，臭死了",
        "公司突然叫我滚蛋，能这样吗",
        "没领结婚证生的，跟我这当妈的",
        "房子名字还是他的，还能不能办",
        "服务态度太差了，我要投诉",
        "他妈的户口在外地，能迁过来吗",
        "废物回收站在哪里",
    ],
)
def test_strong_words_are_no_insults(text: str) -> None:
    assert not is_abusive(text)


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("你们这帮废物，公积金怎么提取", "公积金怎么提取"),
        ("傻逼，租房提取要什么材料", "租房提取要什么材料"),
        ("傻逼机器人", ""),
    ],
)
def test_the_request_beside_an_insult_is_kept(text: str, rest: str) -> None:
    assert without_abuse(text) == rest
