"""澄清: ask which item or which facet is meant where the nearest entries differ by it; else offer the nearest questions."""

import re

from rapidfuzz import fuzz, process

from assistant.reply import Option
from knowledge.scoring import FEATURES, Hit
from knowledge.text import normalize

MAX_ROUNDS = 5
ALIKE, CLOSE, UNDIVIDED = 0.025, 0.08, 0.95
"""When to ask for the item, chosen on the tuning questions: the third item's best cosine is this near the first's; or it is
close, and the first item does not take (almost) the whole share."""
_DENSE_QUESTION = FEATURES.index("dense_question")
MAX_OPTIONS = 5
LEADING = 3
"""Hits that must agree in their item, or in facet and class, for the question to be about what they differ by."""
CLARIFY_ITEM = "您问的事项有几种情况，请问是哪一种？"
CLARIFY_FACET = "请问您要问“{item}”的哪方面？"
CLARIFY_ENTRY = "不太确定您要问的是哪一项，是下面这些吗？"
NONE_OF_THESE = Option("none", "都不是")
_DIGITS = {digit: number for number, digit in enumerate("一二三四五六", 1)}
_ORDINAL = re.compile(
    r"我?(就?是|就?(要|选)择?|(想)?(问|说)的?是)?(上面的?)?"
    r"(第(?P<nth>[1-6一二三四五六])(个|种|项|条|类)?|(?P<number>\d+|[一二三四五六])号?)(情况|选项|问题)?[吧啊呀哦的]{0,2}"
)
"""第二个, 选第2种, 就是第三个吧, 2号, 2."""


def competing_items(hits: list[Hit]) -> list[str]:
    """The items that a question may mean alike, likeliest first; [] where one is meant.

    Three items must be near: a question that names its item may still be close to a second one. Articles of
    regulations belong to no item: where one leads, nothing competes.
    """
    if not hits or not hits[0].entry.item:
        return []
    near: dict[str, float] = {}
    shares: dict[str, float] = {}
    for hit in hits:
        item = hit.entry.item
        if item:
            near[item] = max(near.get(item, 0.0), hit.features[_DENSE_QUESTION])
            shares[item] = shares.get(item, 0.0) + hit.score
    closeness = sorted(near.values(), reverse=True)
    if len(closeness) < 3:
        return []
    gap = closeness[0] - closeness[2]
    if gap >= ALIKE and not (gap < CLOSE and max(shares.values()) < UNDIVIDED):
        return []
    limit = closeness[0] - CLOSE
    return sorted((item for item in near if near[item] >= limit), key=lambda item: (-shares[item], -near[item]))


def clarify(hits: list[Hit], sure: bool, ask_items: bool) -> tuple[str, list[Option]] | None:
    """What to ask and the choices; None where the first hit is `sure` to answer.

    With `ask_items` a sure hit too is asked for its item, where others answer alike.
    """
    items = competing_items(hits) if ask_items else []
    if items:
        return CLARIFY_ITEM, item_options(items)
    if sure:
        return None
    leading = [hit.entry for hit in hits[:LEADING]]
    if len(leading) < LEADING or not all(entry.item and entry.facet for entry in leading):
        return CLARIFY_ENTRY, entry_options(hits)
    if len({entry.item for entry in leading}) == 1:
        own = [hit for hit in hits if hit.entry.item == leading[0].item]
        return CLARIFY_FACET.format(item=leading[0].item), _labelled(own, "facet")
    alike = len({(entry.facet, entry.item_class) for entry in leading}) == 1 and leading[0].item_class
    if alike and len({entry.item for entry in leading}) == LEADING:
        own = [
            hit for hit in hits if (hit.entry.facet, hit.entry.item_class) == (leading[0].facet, leading[0].item_class)
        ]
        return CLARIFY_ITEM, _labelled(own, "item")
    return CLARIFY_ENTRY, entry_options(hits)


def _labelled(hits: list[Hit], attribute: str) -> list[Option]:
    """One option for each value of the attribute by which the entries differ; the nearest entry of each."""
    nearest: dict[str, str] = {}
    for hit in hits:
        label = getattr(hit.entry, attribute)
        if label:
            nearest.setdefault(label, hit.entry.id)
    return [Option(f"entry:{entry_id}", label) for label, entry_id in list(nearest.items())[:MAX_OPTIONS]] + [
        NONE_OF_THESE
    ]


def item_options(items: list[str]) -> list[Option]:
    """One option an item."""
    return [Option(f"item:{item}", item) for item in items[:MAX_OPTIONS]] + [NONE_OF_THESE]


def entry_options(hits: list[Hit]) -> list[Option]:
    """The nearest questions as options, one an entry."""
    options, seen = [], set()
    for hit in hits:
        label = hit.entry.title if not hit.entry.locator else f"《{hit.entry.title}》{hit.entry.locator}"
        if label not in seen:
            seen.add(label)
            options.append(Option(f"entry:{hit.entry.id}", label))
        if len(options) == 3:
            break
    return [*options, NONE_OF_THESE]


def chosen(text: str, option: str | None, options: list[Option]) -> Option | None:
    """The option that was tapped, typed (its words, its number, or something close), or None."""
    by_id = {item.id: item for item in options}
    if option in by_id:
        return by_id[option]
    told = normalize(text).strip("。.、,，!！~ ")
    number = _number(told)
    if number is not None and 1 <= number <= len(options):
        return options[number - 1]
    labels = {item.id: normalize(item.label) for item in options}
    for item_id, label in labels.items():
        if told and (
            told == label or (len(told) >= 2 and told in label and sum(told in x for x in labels.values()) == 1)
        ):
            return by_id[item_id]
    found = process.extractOne(told, labels, scorer=fuzz.ratio, score_cutoff=75)
    return by_id[found[2]] if found else None


def _number(told: str) -> int | None:
    """The place in the list that the words name (2, 第二个, 选第2种), None when they name none."""
    match = _ORDINAL.fullmatch(told)
    if match is None:
        return None
    number = match["nth"] or match["number"]
    return _DIGITS.get(number) or int(number)
