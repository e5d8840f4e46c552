"""Suggestions to agents: the sentence marked, similar orders without their people, drafts word for word."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from assistant.conversation import Outcome
from assistant.reply import Option, Reply
from assistant.similar_orders import FRESH_SECONDS, SimilarOrders
from assistant.suggestions import mark, query_of, suggest
from assistant.turn import append
from casework.appeal import AppealType, Requester
from casework.transitions import State
from casework.work_order import WorkOrder
from knowledge.entry import EntryKind, KnowledgeEntry
from knowledge.scoring import FEATURES, Hit
from tests.fake_encoder import FakeEncoder
from tests.fakes import FakeClock
from tests.unit.assistant.desk import conversation
from tests.unit.knowledge.entries import faq, law

NOW = datetime(2026, 3, 9, 2, 0, tzinfo=UTC)
TEXT = "纺织社区楼下的烧烤摊每天半夜还在放音响，油烟直往窗户里灌，半个月了"
REPLY = "已责令摊主赵晓岚停止占道经营，联系电话13900001234。"


def hit(entry: KnowledgeEntry) -> Hit:
    return Hit(entry, 0.9, (0.0,) * len(FEATURES))


def order(number: str = "20260301000001", **values: object) -> WorkOrder:
    fields = {
        "text": f"{TEXT}，我叫赵晓岚，电话13900001234",
        "type": AppealType.COMPLAINT,
        "requester": Requester("赵晓岚", "13900001234"),
        "category": "市容/油烟",
        "state": State.ARCHIVED,
        "lead_department": "cgj",
        "reply": REPLY,
    } | values
    return replace(WorkOrder(AppealType.COMPLAINT, "", NOW), number=number, **fields)


def similar(orders: Sequence[WorkOrder], clock: FakeClock | None = None) -> SimilarOrders:
    return SimilarOrders(lambda: orders, FakeEncoder(), clock or FakeClock(NOW))


@pytest.mark.parametrize(
    ("text", "query", "told"),
    [
        ("申请要身份证。收养的犬只应当登记。不收费。", "犬只要登记吗", "收养的犬只应当登记。"),
        ("甲。\n  收养的犬只应当登记\n乙", "犬只登记", "收养的犬只应当登记"),
        ("犬只登记，另需照片两张。犬只登记。", "犬只登记", "犬只登记。"),
        ("不收费。", "犬只登记", None),
        ("", "犬只登记", None),
        ("犬只登记", "😀", None),
    ],
)
def test_the_sentence_to_look_at_is_marked(text: str, query: str, told: str | None) -> None:
    found = mark(text, query)
    assert (None if found is None else text[found.start : found.end]) == told


def test_drafts_are_word_for_word() -> None:
    entry = faq("a", "养犬证怎么办理", "带犬只到派出所。")
    alike = similar([order()]).nearest(TEXT)
    found = suggest(TEXT, [hit(entry)] * 7, alike)
    assert len(found.hits) == 5
    first, second = found.drafts
    assert first.text.startswith(entry.answer + "\n（依据：《示范市住房公积金管理办法》")
    assert (first.entry_id, first.number) == ("a", "")
    assert second.text == "已责令摊主赵**停止占道经营，联系电话139****1234。"
    assert (second.entry_id, second.number) == ("", "20260301000001")
    assert suggest(TEXT, [], []).drafts == []
    (draft,) = suggest("x", [hit(law("l", "条例", "第一条", "内容。"))], []).drafts
    assert draft.text == "内容。\n（依据：《条例》第一条）"


def test_nothing_of_a_person_is_in_a_similar_order() -> None:
    (found, nearness), *rest = similar([order()]).nearest(TEXT)
    assert not rest
    assert nearness > 0.66
    for text in (repr(found), str(similar([order()])(TEXT))):
        assert "赵晓岚" not in text
        assert "13900001234" not in text


def test_orders_are_ranked_and_narrowed() -> None:
    orders = [
        order("1", text="纺织社区楼下的烧烤摊半夜还在放音响"),
        order("2", text=TEXT),
        order("3", text="公积金怎么提取", type=AppealType.CONSULTATION),
        order("4", text=TEXT, confidential=True),
        order("5", text=TEXT + "。", type=AppealType.HELP),
    ]
    search = similar(orders)
    assert next(found.number for found, _ in search.nearest(TEXT)) == "2"
    assert {found.number for found, _ in search.nearest(TEXT)} <= {"1", "2", "5"}
    assert [found.number for found, _ in search.nearest(TEXT, type="求助", without="2")] == ["5"]
    assert "2" in {found.number for found, _ in search.nearest(TEXT, type="求助", category="市容/油烟")}
    assert search.nearest("😀") == []
    assert similar([])(TEXT) == []
    assert search(TEXT)[0] == {"number": "2", "department": "cgj", "excerpt": TEXT}


def test_a_note_in_brackets_is_no_reply() -> None:
    (found, _), *_ = similar([order(reply="（演示数据：未收录答复。）")]).nearest(TEXT)
    assert found.reply == ""
    assert suggest(TEXT, [], [(found, 0.9)]).drafts == []


def test_closed_orders_are_read_again_after_a_while() -> None:
    clock, reads = FakeClock(NOW), []

    def read() -> list[WorkOrder]:
        reads.append(clock.now())
        return [order()]

    search = SimilarOrders(read, FakeEncoder(), clock)
    for _ in range(3):
        search(TEXT)
    assert len(reads) == 1
    clock.move(seconds=FRESH_SECONDS + 1)
    search(TEXT)
    assert len(reads) == 2


def test_the_query_of_a_conversation_is_what_was_last_said() -> None:
    talk = conversation()
    append(talk, "", Reply(Outcome.SMALLTALK, "您好"), NOW)
    assert query_of(talk) == ""
    append(talk, "公积金怎么提取", Reply(Outcome.CLARIFY, "哪种？", options=[Option("a", "租房提取")]), NOW)
    append(talk, "租房提取", Reply(Outcome.ANSWERED, "答"), NOW)
    assert query_of(talk) == "公积金怎么提取"
    append(talk, "要多久", Reply(Outcome.ANSWERED, "答"), NOW)
    append(talk, "😀", Reply(Outcome.INVALID, "？"), NOW)
    assert query_of(talk) == "公积金怎么提取 要多久"
    append(talk, "那养犬证怎么办理呢", Reply(Outcome.ABSTAINED, "无"), NOW)
    assert query_of(talk) == "那养犬证怎么办理呢"


def test_a_guide_is_an_entry_like_others() -> None:
    guide = replace(faq("g", "办理犬证要什么材料", "身份证。"), kind=EntryKind.GUIDE, sources=[])
    assert suggest("犬证", [hit(guide)], []).drafts[0].text == "身份证。"
