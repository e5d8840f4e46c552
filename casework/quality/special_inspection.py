"""专项质检: a sample of the closings that a query selects, drawn by a stored seed, worked through by people."""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict

from casework.errors import Conflict, Forbidden, InvalidInput
from casework.events import Actor
from casework.ports import CaseworkUnit, Clock
from casework.quality.inspection import INSPECTORS
from casework.quality.quality import ClosingQuery, SpecialInspection
from casework.quality.quality_rules import RULES

MAX_SIZE = 1000
MAX_NAME = 100
MAX_NOTE = 500
VERDICTS = {"ok": "合格", "fault": "有问题"}


def begin_special(
    unit: CaseworkUnit, name: str, wanted: ClosingQuery, size: int, seed: int, by: Actor, clock: Clock
) -> SpecialInspection:
    """Select, draw and store. Raises: Forbidden, InvalidInput (no name, no such size, nothing selected)."""
    if by.role not in INSPECTORS:
        raise Forbidden("专项质检须由督办员或管理员发起。")
    name = name.strip()
    if not name or len(name) > MAX_NAME:
        raise InvalidInput(f"请填写专项质检名称，{MAX_NAME}字以内。")
    if not 1 <= size <= MAX_SIZE:
        raise InvalidInput(f"抽查数量应为1至{MAX_SIZE}。")
    selected = unit.quality.closings(wanted)
    if not selected:
        raise InvalidInput("没有符合条件的办结工单，请放宽条件后重试。")
    drawn = draw(selected, size, seed)
    special = SpecialInspection(
        name, clock.now(), by.id, query_row(wanted) | {"selected": len(selected)}, size, seed, drawn
    )
    unit.quality.add_special(special)
    return special


def draw(selected: Sequence[tuple[int, str]], size: int, seed: int) -> list[int]:
    """`size` orders of (order, department), each department by its share (largest remainders), in a random order.

    The same seed draws the same orders.
    """
    groups: dict[str, list[int]] = defaultdict(list)
    for order_id, department in selected:
        groups[department].append(order_id)
    size = min(size, len(selected))
    shares = {department: size * len(orders) / len(selected) for department, orders in groups.items()}
    counts = {department: int(share) for department, share in shares.items()}
    rest = sorted(groups, key=lambda department: (counts[department] - shares[department], department))
    for department in rest[: size - sum(counts.values())]:
        counts[department] += 1
    chance = random.Random(seed)
    drawn = [
        order_id
        for department in sorted(groups)
        for order_id in chance.sample(sorted(groups[department]), counts[department])
    ]
    chance.shuffle(drawn)
    return drawn


def judge_order(
    unit: CaseworkUnit,
    special_id: int,
    order_id: int,
    verdict: str,
    rules: Sequence[str],
    note: str,
    by: Actor,
    clock: Clock,
) -> SpecialInspection:
    """What a person found in one order of the sample, once.

    Raises: NotFound, Forbidden, Conflict (judged before, closed, another judged at this moment), InvalidInput.
    """
    if by.role not in INSPECTORS:
        raise Forbidden("专项质检须由督办员或管理员评定。")
    special = unit.quality.special(special_id)
    if special.closed:
        raise Conflict("这次专项质检已经结束。")
    if order_id not in special.work_order_ids:
        raise InvalidInput("这张工单不在本次抽查范围内。")
    if str(order_id) in special.verdicts:
        raise Conflict("这张工单已经评定过，请继续下一张。")
    if verdict not in VERDICTS:
        raise InvalidInput("评定结果应为：" + "、".join(VERDICTS.values()) + "。")
    if any(rule not in RULES for rule in rules):
        raise InvalidInput("没有这条质检规则。")
    if verdict == "fault" and not rules and not note.strip():
        raise InvalidInput("评定为有问题的，请选择问题类型或填写说明。")
    if len(note) > MAX_NOTE:
        raise InvalidInput(f"说明请控制在{MAX_NOTE}字以内。")
    kept = sorted(set(rules)) if verdict == "fault" else []
    row = {"verdict": verdict, "rules": kept, "note": note.strip(), "by": by.id, "at": clock.now().isoformat()}
    special.verdicts = special.verdicts | {str(order_id): row}
    unit.quality.save_special(special)
    return special


def close_special(unit: CaseworkUnit, special_id: int, version: int, by: Actor) -> SpecialInspection:
    """结束; what was not judged stays so and is counted. Raises: NotFound, Forbidden, Conflict."""
    if by.role not in INSPECTORS:
        raise Forbidden("专项质检须由督办员或管理员结束。")
    special = unit.quality.special(special_id)
    if special.closed or special.version != version:
        raise Conflict("这次专项质检刚刚被其他人处理过，请刷新后重试。")
    special.closed = True
    unit.quality.save_special(special)
    return special


def next_order(special: SpecialInspection) -> int | None:
    """The first order that nobody has judged yet."""
    return next((one for one in special.work_order_ids if str(one) not in special.verdicts), None)


def summary(special: SpecialInspection) -> dict:
    """How many were judged, how many had faults, and by which rules."""
    rows = special.verdicts.values()
    rules = {code: sum(code in row["rules"] for row in rows) for code in RULES}
    return {
        "sampled": len(special.work_order_ids),
        "judged": len(special.verdicts),
        "faults": sum(row["verdict"] == "fault" for row in rows),
        "rules": {code: count for code, count in rules.items() if count},
    }


def query_row(wanted: ClosingQuery) -> dict:
    """The query as plain JSON, without what it leaves open."""
    told = asdict(wanted) | {name: at.isoformat() for name in ("start", "end") if (at := getattr(wanted, name))}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in told.items() if value}
