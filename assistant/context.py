"""上下文: what the next message may lean on, and the ways in which a follow-up can be read."""

from dataclasses import dataclass

from assistant.cues import Cues
from knowledge.entry import KnowledgeEntry

MAX_EARLIER = 6
"""Items of earlier answers that a message may come back to."""
NAMED_ALONE = 14
"""Characters up to which a message may be nothing but the name of a matter."""
_ASKING = {
    "材料": "需要什么材料",
    "时限": "要多久",
    "额度": "额度是多少",
    "费用": "要收费吗",
    "渠道": "在哪里办",
    "流程": "怎么办理",
    "后果": "有什么后果",
    "条件": "需要什么条件",
}


@dataclass(frozen=True, slots=True)
class Leaning:
    """What the last answer was about, and what was asked."""

    item: str
    facet: str
    item_class: str = ""
    question: str = ""
    entry_id: str = ""
    items: tuple[str, ...] = ()
    """Items of this conversation's answers, the last one last."""

    @classmethod
    def after(cls, entry: KnowledgeEntry, question: str, last: "Leaning | None" = None) -> "Leaning":
        """What `entry` leaves when it has answered `question`."""
        earlier = [item for item in (last.items if last else ()) if item != entry.item]
        items = tuple([*earlier, *([entry.item] if entry.item else [])][-MAX_EARLIER:])
        return cls(entry.item, entry.facet, entry.item_class, question, entry.id, items)

    def as_state(self) -> dict:
        """Plain JSON."""
        return {
            "item": self.item,
            "facet": self.facet,
            "class": self.item_class,
            "asked": self.question,
            "entry": self.entry_id,
            "items": list(self.items),
        }

    @classmethod
    def from_state(cls, state: dict) -> "Leaning | None":
        """The inverse; None before the first question. State of a former release lacks the newer fields."""
        if not any(state.get(name) for name in ("item", "entry", "asked")):
            return None
        question = state.get("asked", state.get("question", ""))
        told = (state.get("item", ""), state.get("facet", ""), state.get("class", ""), question, state.get("entry", ""))
        return cls(*told, tuple(state.get("items", ())))


def asking(facet: str) -> str:
    """Words that ask for a facet, to complete a matter that was named alone."""
    return _ASKING.get(facet, "怎么规定的")


def readings(text: str, cues: Cues, last: Leaning) -> dict[str, str]:
    """Reading → the query to search for it.

    `plain` as it stands; `within` the last item; `restated`: the last question asked again with this added; `switched`
    and `classed`: the last question asked of another matter, of any class or of the same one.
    """
    told = cues.meant
    ways = {"plain": told if cues.opens or cues.corrects else text}
    if last.item:
        ways["within"] = f"{last.item} {told}"
        ways["restated"] = f"{last.item}{asking(last.facet)}，{told}"
    if cues.switches or cues.corrects or len(told) <= NAMED_ALONE:
        ways["switched"] = f"{told}{asking(last.facet)}"
        ways["classed"] = f"{told}{last.item_class}{asking(last.facet)}"
    return ways
