"""诉求登记: asks only what is missing, never for a department, and loses nothing."""

import re

import pytest

from assistant.conversation import Conversation, Outcome, Phase
from assistant.intake import NEEDED, QUESTIONS, Intake
from assistant.reply import Reply
from casework.appeal import ELEMENT_NAMES, Appeal, AppealType
from casework.organisation.city import City
from routing.places import Places
from tests.unit.assistant.desk import INTAKE, TYPES, conversation

WHOLE = "我要投诉云湖区望湖社区的老王烧烤店，每天晚上油烟很大，希望尽快处理。"
DEPARTMENT = re.compile(r"(哪个|哪一个|什么|选择|所属)(部门|承办单位|主管|职能)")


@pytest.fixture
def talk() -> Conversation:
    return conversation()


def asked(talk: Conversation) -> str:
    return talk.state["intake"]["asked"]


def say(talk: Conversation, *texts: str) -> Reply:
    for text in texts:
        reply, appeal = INTAKE.step(talk, text, None)
        assert appeal is None and reply.outcome is Outcome.INTAKE
        assert not DEPARTMENT.search(reply.text)
    return reply


def tap(talk: Conversation, option: str) -> tuple[Reply, Appeal | None]:
    return INTAKE.step(talk, "", option)


def test_what_was_told_is_not_asked(talk: Conversation) -> None:
    reply = INTAKE.begin(talk, WHOLE, [])
    assert talk.phase is Phase.INTAKE and asked(talk) == "contact" and "姓名和联系电话" in reply.text
    reply = say(talk, "我叫张三，13800001111")
    assert reply.expects == "confirm" and [option.id for option in reply.options] == ["confirm", "edit", "cancel"]
    assert reply.draft["elements"]["place"] == "云湖区望湖社区" and reply.draft["name"] == "张三"
    _, appeal = tap(talk, "confirm")
    assert (appeal.type, appeal.text, appeal.district) == (AppealType.COMPLAINT, WHOLE, "云湖区")
    assert (appeal.elements.time, appeal.elements.subject) == ("每天晚上", "老王烧烤店")
    assert (appeal.requester.name, appeal.requester.phone) == ("张三", "13800001111")
    assert "intake" in talk.state, "the draft stays until the order is stored"


def test_every_missing_element_is_asked_once_in_order(talk: Conversation) -> None:
    assert INTAKE.begin(talk, "我要投诉", []).text == QUESTIONS["event"]
    order = [asked(talk)]
    for text in ("有家店卖假货", "云湖区湖滨街道", "昨天", "好再来便利店", "给我退钱"):
        say(talk, text)
        order.append(asked(talk))
    assert order == ["event", "place", "time", "subject", "demand", "contact"]
    tap(talk, "anonymous")
    _, appeal = INTAKE.step(talk, "确认提交", None)
    assert appeal.elements.as_dict() == {
        "place": "云湖区湖滨街道", "time": "昨天", "subject": "好再来便利店", "event": "有家店卖假货", "demand": "给我退钱"
    }  # fmt: skip
    assert appeal.text == "有家店卖假货\n给我退钱" and appeal.type is AppealType.COMPLAINT


def test_an_answer_may_tell_more_than_was_asked(talk: Conversation) -> None:
    INTAKE.begin(talk, "我要投诉有家店卖假货给我", [])
    assert asked(talk) == "place"
    say(talk, "湖滨街道中山路，昨天下午")
    assert asked(talk) != "time" and talk.state["intake"]["elements"]["time"] == "昨天下午"


@pytest.mark.parametrize("kind", AppealType)
def test_a_type_asks_for_what_it_needs(talk: Conversation, kind: AppealType) -> None:
    needed = list(NEEDED[kind])
    INTAKE.begin(talk, "", [])
    talk.state["intake"].update(type=kind.value, typed=True)
    order = []
    while asked(talk) != "contact":
        order.append(asked(talk))
        say(talk, "望湖社区" if asked(talk) == "place" else "一二三四五六七")
    assert order == needed


def test_nobody_is_asked_for_a_department(talk: Conversation) -> None:
    assert {name for names in NEEDED.values() for name in names} <= set(ELEMENT_NAMES)
    assert not any(DEPARTMENT.search(question) for question in QUESTIONS.values())
    say_all = [INTAKE.begin(talk, "我要投诉", []).text]
    say_all += [say(talk, text).text for text in ("卖假货", "不知道", "跳过", "不清楚", "说不清", "不留")]
    assert asked(talk) == "confirm" and not any(DEPARTMENT.search(text) for text in say_all)
    assert "department" not in talk.state["intake"] and not hasattr(tap(talk, "confirm")[1], "department")


NOISE = "我要投诉有人打牌太吵闹"


def at_the_place(talk: Conversation, place: str) -> Reply:
    INTAKE.begin(talk, NOISE, [])
    assert asked(talk) == "place"
    return say(talk, place)


def finished(talk: Conversation) -> Appeal:
    """Skip what is still asked, and confirm."""
    while asked(talk) != "confirm":
        tap(talk, "anonymous" if asked(talk) == "contact" else "skip")
    appeal = tap(talk, "confirm")[1]
    assert appeal is not None
    return appeal


def test_a_place_in_two_districts_is_asked_about_once(talk: Conversation) -> None:
    reply = at_the_place(talk, "和平小区三栋")
    assert reply.text == "您说的和平小区，云湖区和北苑区都有，请问是哪一个？"
    assert [option.id for option in reply.options] == ["district:云湖区", "district:北苑区", "skip", "cancel"]
    assert [option.label for option in reply.options][:3] == ["云湖区", "北苑区", "说不清"]
    INTAKE.step(talk, "北苑区", "district:北苑区")
    assert asked(talk) == "time"
    appeal = finished(talk)
    assert (appeal.district, appeal.elements.place) == ("北苑区", "北苑区和平小区三栋")


def test_a_place_in_no_known_district_is_asked_for_it_once(talk: Conversation) -> None:
    reply = at_the_place(talk, "火车站后面的麻将馆")
    assert reply.text == "请问在哪个区县？"
    assert [option.label for option in reply.options] == ["云湖区", "松岭区", "北苑区", "说不清，跳过", "取消登记"]
    say(talk, "松岭的")
    appeal = finished(talk)
    assert (appeal.district, appeal.elements.place) == ("松岭区", "松岭区火车站后面的麻将馆")


@pytest.mark.parametrize("answer", ["说不清", "不知道", "说不清，跳过", "我也讲不好"])
def test_who_does_not_know_the_district_is_not_asked_again(talk: Conversation, answer: str) -> None:
    at_the_place(talk, "和平小区三栋")
    say(talk, answer)
    assert asked(talk) == "time"
    appeal = finished(talk)
    assert (appeal.district, appeal.elements.place) == ("", "和平小区三栋")


def test_a_place_for_an_answer_settles_the_district_or_is_kept_with_it(talk: Conversation) -> None:
    at_the_place(talk, "和平小区三栋")
    say(talk, "靠苑东街道那个")
    assert finished(talk).district == "北苑区"
    at_the_place(talk, "和平小区三栋")
    say(talk, "就在光明路口")
    assert finished(talk).elements.place == "和平小区三栋，光明路口"


def test_words_are_needed_for_the_district_too(talk: Conversation) -> None:
    at_the_place(talk, "和平小区三栋")
    assert "没有看到文字" in say(talk, "👍").text and asked(talk) == "district"


@pytest.mark.parametrize("place", ["云湖区和平小区", "望湖社区和平小区", "石桥那边", "忘湖社区"])
def test_a_place_whose_district_is_known_is_not_asked_about(talk: Conversation, place: str) -> None:
    at_the_place(talk, place)
    assert asked(talk) == "time"


def test_what_the_event_tells_settles_the_place(talk: Conversation) -> None:
    INTAKE.begin(talk, "我要投诉，北苑区有人半夜打牌", [])
    talk.state["intake"]["elements"]["place"] = "和平小区"
    tap(talk, "skip")
    assert "district" not in talk.state["intake"] and finished(talk).district == "北苑区"


@pytest.mark.parametrize(
    ("kind", "text"),
    [("咨询", "和平小区怎么办居住证"), ("建议", "建议和平小区装充电桩"), ("表扬", "表扬和平小区的保安")],
)
def test_other_types_are_not_asked_for_a_district(talk: Conversation, kind: str, text: str) -> None:
    INTAKE.begin(talk, text, [])
    talk.state["intake"].update(type=kind, typed=True)
    INTAKE.step(talk, "👍", None)
    assert asked(talk) != "district"


def test_a_place_that_is_skipped_asks_for_no_district(talk: Conversation) -> None:
    INTAKE.begin(talk, NOISE, [])
    tap(talk, "skip")
    assert asked(talk) == "time"


def test_changing_the_place_forgets_the_district_that_was_told(talk: Conversation) -> None:
    at_the_place(talk, "和平小区三栋")
    tap(talk, "district:北苑区")
    while asked(talk) != "confirm":
        tap(talk, "anonymous" if asked(talk) == "contact" else "skip")
    say(talk, "地点改成柳堤社区")
    appeal = tap(talk, "confirm")[1]
    assert appeal is not None and appeal.district == "云湖区"


def test_an_invented_option_is_no_district(talk: Conversation) -> None:
    at_the_place(talk, "和平小区三栋")
    INTAKE.step(talk, "x", "district:月球区")
    assert asked(talk) == "time" and finished(talk).district == ""


def test_where_the_caller_lives_is_no_part_of_the_place(talk: Conversation) -> None:
    INTAKE.begin(talk, "我要投诉，我住云湖区，来反映松岭区石桥街道每天晚上有人烧烤，希望管一管", [])
    assert talk.state["intake"]["elements"]["place"] == "松岭区石桥街道"
    assert finished(talk).district == "松岭区"


def test_a_city_without_districts_asks_for_none(talk: Conversation) -> None:
    intake = Intake(Places(City("小城")), TYPES)
    intake.begin(talk, NOISE, [])
    intake.step(talk, "火车站后面", None)
    assert asked(talk) == "time"


def test_what_is_skipped_is_not_asked_again(talk: Conversation) -> None:
    INTAKE.begin(talk, "我要投诉有人卖假货给我", [])
    order = []
    while asked(talk) != "contact":
        order.append(asked(talk))
        tap(talk, "skip")
    assert order == ["place", "time", "subject", "demand"]


def test_the_label_of_skipping_may_be_typed(talk: Conversation) -> None:
    reply = INTAKE.begin(talk, "我要投诉有人卖假货给我", [])
    assert say(talk, reply.options[0].label).text == QUESTIONS["time"]


@pytest.mark.parametrize("text", ["不知道", "跳过", "没有"])
def test_the_event_itself_cannot_be_skipped(talk: Conversation, text: str) -> None:
    INTAKE.begin(talk, "我要投诉", [])
    assert QUESTIONS["event"] in say(talk, text).text
    assert asked(talk) == "event"
    tap(talk, "skip")
    assert asked(talk) == "event"


@pytest.mark.parametrize("text", ["不留", "匿名", "我不想留电话", "不方便", "保密"])
def test_name_and_phone_may_be_withheld(talk: Conversation, text: str) -> None:
    INTAKE.begin(talk, WHOLE, [])
    assert say(talk, text).expects == "confirm"
    _, appeal = tap(talk, "confirm")
    assert (appeal.requester.name, appeal.requester.phone) == ("", "")


@pytest.mark.parametrize("text", ["123", "张三", "1380000111", "138000011112", "没有固定电话"])
def test_a_phone_that_is_none_is_asked_again(talk: Conversation, text: str) -> None:
    INTAKE.begin(talk, WHOLE, [])
    assert "没有看到完整的电话号码" in say(talk, text).text
    assert asked(talk) == "contact" and talk.state["intake"]["phone"] == ""
    assert say(talk, "13800001111").expects == "confirm"


@pytest.mark.parametrize(
    ("text", "name", "phone"),
    [
        ("张三 13800001111", "张三", "13800001111"),
        ("我姓王，138 0000 1111", "王", "13800001111"),
        ("我是李四，电话13800001111", "李四", "13800001111"),
        ("姓名：赵六 电话：0755-12345678", "赵六", "075512345678"),
        ("13800001111 刘女士", "刘女士", "13800001111"),
        ("13800001111", "", "13800001111"),
        ("我的电话是13800001111", "", "13800001111"),
        ("你可以打13800001111", "", "13800001111"),
        ("１３８００００１１１１", "", "13800001111"),
        ("13800001111，请保密", "", "13800001111"),
        ("不方便接电话，发短信到13800001111", "", "13800001111"),
    ],
)
def test_a_name_and_a_phone_in_one_go(talk: Conversation, text: str, name: str, phone: str) -> None:
    INTAKE.begin(talk, WHOLE, [])
    draft = say(talk, text).draft
    assert draft["phone"] == phone and draft["name"] == name


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("地点改成柳堤社区", "place", "柳堤社区"),
        ("时间应该是前天晚上", "time", "前天晚上"),
        ("被反映对象：老李烧烤店", "subject", "老李烧烤店"),
        ("诉求目的改为罚款", "demand", "罚款"),
        ("事件经过改成晚上噪音大", "event", "晚上噪音大"),
    ],
)
def test_an_element_may_be_changed_before_confirming(talk: Conversation, text: str, field: str, value: str) -> None:
    INTAKE.begin(talk, WHOLE, [])
    tap(talk, "anonymous")
    before = dict(talk.state["intake"]["elements"])
    reply = say(talk, text)
    assert reply.text.startswith("已修改。") and reply.draft["elements"] == {**before, field: value}
    assert getattr(tap(talk, "confirm")[1].elements, field) == value


def test_editing_name_phone_and_type(talk: Conversation) -> None:
    INTAKE.begin(talk, WHOLE, [])
    say(talk, "张三 13800001111", "电话改成13900002222", "姓名改成李四", "类型改成举报")
    draft = say(talk, "电话13900003333").draft
    assert (draft["name"], draft["phone"], draft["type"]) == ("李四", "13900003333", "举报")
    assert "没有修改" in say(talk, "电话改成123").text and talk.state["intake"]["phone"] == "13900003333"
    assert "类型可以是" in say(talk, "类型改成别的").text and talk.state["intake"]["type"] == "举报"
    appeal = tap(talk, "confirm")[1]
    assert appeal.confidential and "13900" not in appeal.text


def test_asking_to_edit_says_what_can_be_changed(talk: Conversation) -> None:
    INTAKE.begin(talk, WHOLE, [])
    tap(talk, "anonymous")
    reply, appeal = tap(talk, "edit")
    assert appeal is None and "时间改成" in reply.text
    assert say(talk, "时间改成昨天").draft["elements"]["time"] == "昨天"
    assert "要改哪一项" in say(talk, "不对").text


def test_anything_else_is_added_to_the_event(talk: Conversation) -> None:
    INTAKE.begin(talk, WHOLE, [])
    tap(talk, "anonymous")
    reply = say(talk, "孩子都被呛病了")
    assert reply.draft["elements"]["event"] == f"{WHOLE}\n补充：孩子都被呛病了"
    assert "没有看到文字" in say(talk, "👍").text
    assert tap(talk, "confirm")[1].text.endswith("孩子都被呛病了")


@pytest.mark.parametrize("text", ["取消", "算了", "不投诉了", "不用了。"])
@pytest.mark.parametrize("steps", [0, 1])
def test_cancelling_forgets_the_draft_and_nothing_else(talk: Conversation, text: str, steps: int) -> None:
    talk.state.update(item="租房提取", facet="条件", orders=["20260309000001"])
    before = dict(talk.state)
    INTAKE.begin(talk, WHOLE, [])
    for _ in range(steps):
        tap(talk, "anonymous")
    assert "没有提交" in say(talk, text).text
    assert talk.state == before and talk.phase is Phase.OPEN


def test_the_cancel_button_cancels_at_every_question(talk: Conversation) -> None:
    reply = INTAKE.begin(talk, "我要投诉", [])
    for text in ("卖假货", "跳过", "跳过", "跳过", "跳过", "匿名"):
        assert "cancel" in [option.id for option in reply.options]
        reply = say(talk, text)
    reply, appeal = tap(talk, "cancel")
    assert appeal is None and "intake" not in talk.state


def test_what_was_said_before_is_part_of_the_event(talk: Conversation) -> None:
    INTAKE.begin(talk, "", ["楼下烧烤店油烟很大", "没人管吗", "👍", "楼下烧烤店油烟很大"], "我来登记。")
    assert talk.state["intake"]["elements"]["event"] == "楼下烧烤店油烟很大\n没人管吗"


def test_bare_words_of_intent_are_no_event(talk: Conversation) -> None:
    INTAKE.begin(talk, "我要投诉", ["我想投诉一下", "你好，我要举报"])
    assert asked(talk) == "event" and talk.state["intake"]["type"] == "投诉"


def test_a_stated_type_stays_whatever_the_event_sounds_like(talk: Conversation) -> None:
    INTAKE.begin(talk, "我要举报", [])
    say(talk, "路灯坏了请修一下")
    assert talk.state["intake"]["type"] == "举报"


def test_an_unstated_type_is_read_from_the_event(talk: Conversation) -> None:
    INTAKE.begin(talk, "", [])
    say(talk, "我们这路灯坏了请修一下")
    assert talk.state["intake"]["type"] == "求助"


@pytest.mark.parametrize("text", ["👍", "？？", " "])
def test_an_answer_without_words_is_asked_again(talk: Conversation, text: str) -> None:
    INTAKE.begin(talk, "我要投诉", [])
    assert say(talk, text).text == f"没有看到文字，{QUESTIONS['event']}" and asked(talk) == "event"
