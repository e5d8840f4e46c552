"""上下文: what is remembered of the answers, and how a follow-up may be read."""

import pytest

from assistant.context import MAX_EARLIER, Leaning, asking, readings
from assistant.cues import cues_of
from tests.unit.knowledge.entries import base, faq

RENT = Leaning("租房提取", "材料", "提取", "租房提取要带什么", "zf-cl", ("租房提取",))


def read(text: str, last: Leaning = RENT) -> dict[str, str]:
    return readings(text, cues_of(text), last)


def test_a_follow_up_is_read_within_the_last_item_and_as_it_stands() -> None:
    ways = read("那多久能到账？")
    assert ways["plain"] == "那多久能到账？" and ways["within"] == "租房提取 多久能到账"


def test_a_switch_of_matter_asks_the_same_facet_of_the_new_one() -> None:
    """Of whatever it may be, and of the same class of items: 离职 after 租房提取 is 离职提取."""
    ways = read("那离职呢")
    assert ways["switched"] == "离职需要什么材料" and ways["classed"] == "离职提取需要什么材料"


def test_a_correction_is_read_by_what_is_meant() -> None:
    ways = read("不是租房，我说的是装修")
    assert ways["plain"] == "装修" and ways["switched"] == "装修需要什么材料"
    assert not any("租房，" in query for query in ways.values())


def test_a_circumstance_is_read_with_the_last_question() -> None:
    assert read("我是外地户口")["restated"] == "租房提取需要什么材料，我是外地户口"


def test_a_long_question_is_not_taken_for_a_name() -> None:
    assert set(read("离职以后提取公积金一般要等多长时间才可以办理")) == {"plain", "within", "restated"}


def test_without_an_item_there_is_nothing_to_stay_within() -> None:
    assert "within" not in read("多久", Leaning("", ""))


def test_what_an_answer_leaves_goes_through_the_state_and_back() -> None:
    first = Leaning.after(base()[0], "租房可以提取吗")
    second = Leaning.after(base()[2], "装修呢", first)
    assert second.items == ("租房提取", "装修提取") and second.entry_id == "zx-tj"
    assert Leaning.from_state(second.as_state()) == second
    again = Leaning.after(base()[1], "租房的材料", second)
    assert again.items == ("装修提取", "租房提取"), "an item that is come back to is the last one"


def test_only_so_many_items_are_remembered() -> None:
    last = None
    for number in range(MAX_EARLIER + 3):
        last = Leaning.after(faq(str(number), "问", "答", f"事项{number}"), "问", last)
    assert last is not None and len(last.items) == MAX_EARLIER and last.items[-1] == f"事项{MAX_EARLIER + 2}"


@pytest.mark.parametrize("state", [{}, {"question": "你好"}, {"item": ""}])
def test_before_an_answer_there_is_nothing_to_lean_on(state: dict) -> None:
    assert Leaning.from_state(state) is None


def test_the_state_of_a_former_release_is_read() -> None:
    told = Leaning.from_state({"item": "租房提取", "facet": "材料", "question": "要带什么"})
    assert told == Leaning("租房提取", "材料", "", "要带什么")


def test_every_facet_has_words_that_ask_for_it() -> None:
    assert asking("材料") == "需要什么材料" and asking("规定") == asking("") == "怎么规定的"
