"""回访对话: three questions in free words or by buttons, asked again when unclear."""

import pytest

from assistant.callback_dialogue import asks_about, begin, drop, remind, step
from assistant.conversation import Conversation, Outcome, Phase
from assistant.new_demand import DECLINE, taken_up
from tests.unit.assistant.desk import conversation

BUTTONS = ("rate:", "yes", "no", "skip", "tag:", "human")


@pytest.fixture
def talk() -> Conversation:
    told = conversation()
    told.state["item"] = "租房提取"
    reply = begin(told, 7, "20260309000001", "3月16日", "楼下垃圾没人清运")
    assert told.phase is Phase.CALLBACK and reply.outcome is Outcome.CALLBACK
    assert "20260309000001" in reply.text and "楼下垃圾" in reply.text and "承办单位联系过您吗" in reply.text
    return told


def say(talk: Conversation, *texts: str) -> tuple[list[str], dict | None]:
    """What is asked after each text, and what it came to after the last."""
    asked, answers = [], None
    for text in texts:
        assert answers is None, "the dialogue had ended"
        reply, answers = step(talk, "", text) if text.startswith(BUTTONS) else step(talk, text, None)
        asked.append(reply.text)
    return asked, answers


def test_by_buttons(talk: Conversation) -> None:
    asked, answers = say(talk, "yes", "yes", "rate:5", "skip")
    assert answers == {
        "id": 7, "number": "20260309000001", "contacted": True, "resolved": True, "rating": 5, "comment": "",
        "reason_tags": [],
    }  # fmt: skip
    assert "解决了吗" in asked[0] and "满意吗" in asked[1] and "感谢" in asked[3]
    assert talk.phase is Phase.OPEN and talk.state == {"item": "租房提取"}


def test_a_bad_rating_asks_what_was_wrong_and_promises_a_person(talk: Conversation) -> None:
    asked, answers = say(talk, "没人联系我", "处理了但是又坏了", "太差了", "  修了两次都没修好，拖了一个月 ")
    assert (answers["contacted"], answers["resolved"], answers["rating"]) == (False, False, 1)
    assert answers["comment"] == "修了两次都没修好，拖了一个月"
    assert answers["reason_tags"] == ["未联系", "超期", "未解决"]
    assert "哪里没有办好" in asked[2] and "一个工作日内" in asked[3]


def test_the_reason_by_a_button(talk: Conversation) -> None:
    say(talk, "yes", "yes")
    reply, _ = step(talk, "", "rate:2")
    assert [option.id for option in reply.options][:2] == ["tag:未联系", "tag:超期"]
    _, answers = say(talk, "tag:推诿")
    assert (answers["reason_tags"], answers["comment"]) == (["推诿"], "")


def test_in_free_words(talk: Conversation) -> None:
    _, answers = say(talk, "打过电话了", "已经修好了", "还行吧", "没有了")
    assert (answers["contacted"], answers["resolved"], answers["rating"], answers["comment"]) == (True, True, 3, "")


def test_several_answers_in_one_message_are_not_asked_again(talk: Conversation) -> None:
    asked, _ = say(talk, "联系了，但没解决，不满意")
    assert "哪里没有办好" in asked[0]
    assert {name: talk.state["callback"][name] for name in ("contacted", "resolved", "rating")} == {
        "contacted": True, "resolved": False, "rating": 2,
    }  # fmt: skip


def test_an_answer_to_a_later_question_is_kept_and_the_present_one_asked_again(talk: Conversation) -> None:
    asked, _ = say(talk, "处理了但是又坏了", "没联系过")
    assert "已经记下" in asked[0] and "联系过您吗" in asked[0]
    assert "满意吗" in asked[1], "whether it is resolved has been said"


def test_said_again_it_is_nothing_new_and_a_person_is_offered(talk: Conversation) -> None:
    asked, _ = say(talk, "很不满意", "很不满意", "很不满意", "很不满意")
    assert "已经记下" in asked[0] and [text[:4] for text in asked[1:3]] == ["没听明白"] * 2
    assert "转人工" in asked[3] and talk.state["callback"]["rating"] in (1, 2)


def test_what_is_unclear_is_asked_twice_and_then_by_buttons_with_a_person(talk: Conversation) -> None:
    for _ in range(2):
        reply, answers = step(talk, "今天天气", None)
        assert answers is None and reply.text.startswith("没听明白") and len(reply.options) == 2
    reply, _ = step(talk, "呵呵", None)
    assert [option.id for option in reply.options] == ["yes", "no", "human"]
    assert "contacted" not in talk.state["callback"]
    reply, _ = step(talk, "联系过", None)
    assert "解决了吗" in reply.text and len(reply.options) == 2
    reply, _ = step(talk, "今天天气", None)
    assert reply.text.startswith("没听明白"), "each question has its own patience"


def test_who_asks_what_this_is_about_is_told(talk: Conversation) -> None:
    asked, _ = say(talk, "你是谁啊", "什么工单")
    assert all("12345热线" in text and "楼下垃圾没人清运" in text and "联系过您吗" in text for text in asked)


def test_the_rating_offers_its_five_degrees(talk: Conversation) -> None:
    say(talk, "yes")
    reply, _ = step(talk, "", "yes")
    assert reply.expects == "rating"
    assert [option.label for option in reply.options] == ["非常满意", "满意", "基本满意", "不满意", "非常不满意"]


def test_buttons_of_another_question_are_not_taken(talk: Conversation) -> None:
    reply, _ = step(talk, "", "rate:5")
    assert "联系过您吗" in reply.text and "rating" not in talk.state["callback"]
    say(talk, "yes", "yes")
    for option in ("yes", "rate:9", "tag:态度"):
        assert step(talk, "", option)[1] is None
    assert "rating" not in talk.state["callback"]


@pytest.mark.parametrize("words", ["转人工", "让真人跟我说", "human"])
def test_who_wants_a_person_is_handed_over_with_what_was_said(talk: Conversation, words: str) -> None:
    _, answers = say(talk, "联系过", words)
    assert answers == {"id": 7, "handover": True, "contacted": True, "resolved": None}
    assert talk.phase is Phase.OPEN and "callback" not in talk.state


def test_who_left_no_phone_is_told_where_to_call() -> None:
    talk = conversation()
    begin(talk, 7, "20260309000001", "3月16日", phone=False)
    asked, answers = say(talk, "没有，让人给我回个电话")
    assert "请拨打12345" in asked[0] and "20260309000001" in asked[0] and answers["contacted"] is False


def test_a_refusal_ends_it_and_those_that_wait(talk: Conversation) -> None:
    begin(talk, 8, "20260309000002", "3月17日")
    asked, answers = say(talk, "别再打了")
    assert answers == {"id": 7, "refused": True} and "不再打扰" in asked[0]
    assert talk.phase is Phase.OPEN and not asks_about(talk, 8)


def test_a_rating_given_with_the_refusal_counts(talk: Conversation) -> None:
    _, answers = say(talk, "yes", "no", "不满意，别再打来了")
    assert (answers["rating"], answers["comment"]) == (2, "不满意，别再打来了")


def test_a_new_matter_is_noted_and_offered_when_the_callback_is_done(talk: Conversation) -> None:
    say(talk, "联系过了", "修好了，不过楼下路灯又不亮了", "满意")
    assert talk.state["callback"]["resolved"] is True
    reply, answers = step(talk, "", "skip")
    assert "“楼下路灯又不亮了”" in reply.text and [option.id for option in reply.options] == ["intake", DECLINE.id]
    assert answers["rating"] == 4
    assert taken_up(talk, "好的，登记吧", None) == ("楼下路灯又不亮了", None)
    assert taken_up(talk, "好的", None) == ("", None), "it is offered once"


@pytest.mark.parametrize(
    ("text", "option", "taken", "answered"),
    [
        ("", "intake", True, False),
        ("不用了", None, False, True),
        ("", "no_demand", False, True),
        ("公积金怎么提取", None, False, False),
    ],
)
def test_the_offer_is_taken_declined_or_passed_over(
    talk: Conversation, text: str, option: str | None, taken: bool, answered: bool
) -> None:
    talk.state["new_demand"] = "路灯不亮"
    demand, reply = taken_up(talk, text, option)
    assert (bool(demand), reply is not None) == (taken, answered) and "new_demand" not in talk.state


def test_a_reminder_repeats_the_question_that_is_open(talk: Conversation) -> None:
    begin(talk, 8, "20260309000002", "3月17日")
    say(talk, "yes")
    reply = remind(talk, 7)
    assert "还没有完成" in reply.text and "解决了吗" in reply.text and "3月16日" in reply.text
    assert remind(talk, 8) is None, "the first comes first"


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
