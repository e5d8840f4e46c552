"""回访对话: three questions in free words, asked again when unclear."""

import pytest

from assistant.callback_dialogue import asks_about, begin, drop, read_rating, read_yes_no, step
from assistant.conversation import Conversation, Outcome, Phase
from tests.unit.assistant.desk import conversation


@pytest.fixture
def talk() -> Conversation:
    told = conversation()
    told.state["item"] = "租房提取"
    reply = begin(told, 7, "20260309000001", "3月16日")
    assert told.phase is Phase.CALLBACK and reply.outcome is Outcome.CALLBACK
    assert "20260309000001" in reply.text and "承办单位联系过您吗" in reply.text
    return told


def say(talk: Conversation, *texts: str) -> tuple[list[str], dict | None]:
    """What is asked after each text, and the finished answers after the last."""
    asked, answers = [], None
    for text in texts:
        assert answers is None, "the dialogue had ended"
        reply, answers = (
            step(talk, "", text) if text.startswith(("rate:", "yes", "no", "skip")) else step(talk, text, None)
        )
        asked.append(reply.text)
    return asked, answers


def test_by_buttons(talk: Conversation) -> None:
    asked, answers = say(talk, "yes", "yes", "rate:5", "skip")
    assert answers == {
        "id": 7, "number": "20260309000001", "contacted": True, "resolved": True, "rating": 5, "comment": ""
    }  # fmt: skip
    assert "解决了吗" in asked[0] and "满意吗" in asked[1] and "感谢" in asked[3]
    assert talk.phase is Phase.OPEN and talk.state == {"item": "租房提取"}


def test_a_bad_rating_asks_what_was_wrong_and_promises_a_person(talk: Conversation) -> None:
    asked, answers = say(talk, "没人联系我", "处理了但是又坏了", "太差了", "  修了两次都没修好 ")
    assert (answers["contacted"], answers["resolved"], answers["rating"]) == (False, False, 1)
    assert answers["comment"] == "修了两次都没修好"
    assert "哪里没有办好" in asked[2] and "一个工作日内" in asked[3]


def test_in_free_words(talk: Conversation) -> None:
    _, answers = say(talk, "打过电话了", "已经修好了", "还行吧", "没有了")
    assert (answers["contacted"], answers["resolved"], answers["rating"], answers["comment"]) == (True, True, 3, "")


def test_what_is_unclear_is_asked_again_and_nothing_is_stored(talk: Conversation) -> None:
    reply, answers = step(talk, "今天天气", None)
    assert answers is None and reply.text.startswith("没听明白") and "联系过您吗" in reply.text
    assert "contacted" not in talk.state["callback"] and len(reply.options) == 2
    asked, _ = say(talk, "联系过", "哈哈", "解决了", "随便吧", "不满意")
    assert asked[1].startswith("没听明白") and "解决了吗" in asked[1]
    assert asked[3].startswith("没听明白")
    assert talk.state["callback"]["rating"] == 2


def test_the_rating_offers_its_five_degrees(talk: Conversation) -> None:
    say(talk, "yes")
    reply, _ = step(talk, "", "yes")
    assert reply.expects == "rating"
    assert [option.label for option in reply.options] == ["非常满意", "满意", "基本满意", "不满意", "非常不满意"]


def test_dropped_it_is_forgotten(talk: Conversation) -> None:
    assert not asks_about(talk, 8) and drop(talk, 8) is None, "another order's"
    assert talk.phase is Phase.CALLBACK and asks_about(talk, 7)
    assert drop(talk, 7) is None and drop(talk, 7) is None
    assert talk.phase is Phase.OPEN and "callback" not in talk.state


def test_of_an_appeal_in_parts_one_is_asked_after_the_other(talk: Conversation) -> None:
    step(talk, "", "yes")
    for number in (8, 9, 10):
        assert begin(talk, number, f"2026030900000{number}", "3月17日") is None, "the first is not yet answered"
    assert drop(talk, 9) is None, "answered under the query code meanwhile"
    asked, answers = say(talk, "no", "rate:4", "skip")
    assert (answers["id"], answers["contacted"]) == (7, True)
    assert "感谢" in asked[-1] and "202603090000088" not in asked[-1] and "20260309000008" in asked[-1]
    assert talk.phase is Phase.CALLBACK and talk.state["callback"]["id"] == 8
    following = drop(talk, 8)
    assert following is not None and "202603090000010" in following.text, "8 expired"
    _, answers = say(talk, "yes", "yes", "rate:5", "skip")
    assert answers["id"] == 10 and talk.phase is Phase.OPEN and talk.state == {"item": "租房提取"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("联系过", True), ("打过电话", True), ("是的", True), ("嗯", True), ("有", True), ("Y", True),
        ("没问题了", True), ("没错", True), ("差不多解决了", True), ("不久前来过", True), ("处理得不错，解决了", True),
        ("没人联系我", False), ("没有", False), ("不是", False), ("还没", False), ("N", False),
        ("处理了但是又坏了", False), ("说是解决了，其实没解决", False), ("一直在敷衍，还在等", False), ("白跑一趟", False),
        ("今天天气", None), ("呵呵", None), ("", None), ("？", None), ("不清楚", None), ("我不知道", None),
    ],
)  # fmt: skip
def test_yes_and_no(text: str, told: bool | None) -> None:
    assert read_yes_no(text, None) is told


@pytest.mark.parametrize(
    ("text", "rating"),
    [
        ("5", 5), ("１分", 1), ("3分", 3), ("非常满意", 5), ("很满意！", 5), ("点赞", 5), ("满意", 4), ("挺好的", 4), ("不错", 4),
        ("还行吧", 3), ("一般", 3), ("凑合", 3), ("基本满意", 3), ("不满意", 2), ("不太满意", 2), ("不怎么满意", 2),
        ("没办好", 2), ("没解决好", 2), ("不可以", 2), ("非常不满意", 1), ("太差劲了", 1), ("气死我了", 1),
        ("很差", 1), ("服务很差！", 1), ("办得非常差", 1), ("差极了", 1), ("太差", 1),
        ("差", 2), ("态度有点差", 2), ("比较差", 2), ("差评", 2), ("很差评", 2),
        ("还行，就是速度差些", 3), ("满意，就差一点", 4), ("差不多满意", 4),
        ("没有不满意", 4), ("没有不满意的地方", 4), ("没什么不满意", 4), ("没什么不好的", 4), ("没有差评", 4),
        ("没有，不满意", 2), ("没有 不满意", 2), ("没有解决，不满意", 2), ("没有不满意，就是没修好", 2),
        ("不是很满意", 2), ("很不满意", 1), ("不是不满意，是非常不满意", 1),
        ("不是不满意", None), ("没有很不满意", None), ("不算很差", None), ("不太差", None), ("没那么差", None),
        ("差不多", None), ("出差了", None), ("85分", None), ("51分", None),
        ("6", None), ("10分", None), ("0", None), ("随便", None), ("", None),
    ],
)  # fmt: skip
def test_ratings(text: str, rating: int | None) -> None:
    assert read_rating(text, None) == rating


def test_buttons_of_another_question_are_not_taken() -> None:
    assert read_yes_no("", "rate:5") is None
    assert read_rating("", "yes") is None and read_rating("", "rate:9") is None
    assert read_yes_no("没有", "yes") is True and read_rating("差评", "rate:4") == 4
