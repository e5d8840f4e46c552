"""Measure how well appeals that belong together are found: precision and recall of 重单, 重复诉求 and 群体诉求 on the authored
events of demo/data. The limits stand in casework.handling.linking.TABLE; they were chosen on links-tune.jsonl alone.

python -m benchmarks.links [--sweep] [--name links]        (--name keeps benchmarks/results/NAME.json)
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import demo
from assistant.intents import TypeClassifier
from benchmarks.machine import write
from casework.appeal import AppealType
from casework.handling.linking import TABLE, Comparison, LinkKind, kind_of
from casework.organisation.city import City
from knowledge.encoder import OnnxEncoder
from routing.places import Places
from routing.related import Gist, GistReader, Vectors, likeness
from routing.relations import compare

FILES = {"tune": "links-tune.jsonl", "test": "links-test.jsonl"}


@dataclass(frozen=True, slots=True)
class Told:
    """One order of a file, as the system would see it."""

    event: str
    id: str
    person: str
    at: datetime
    closed: datetime | None
    type: AppealType
    gist: Gist


@dataclass(frozen=True, slots=True)
class Pair:
    """Two orders, the earlier first, with what they are by the file ("none" across events) and what was compared."""

    wanted: str
    earlier: Told
    later: Told
    comparison: Comparison


def read(path: Path, gists: GistReader, types: TypeClassifier) -> tuple[list[Told], dict[tuple[str, str, str], str]]:
    """The orders of a file, and the kinds of the pairs within its events."""
    orders, kinds = [], {}
    for line in path.read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        for row in event["orders"]:
            closed = datetime.fromisoformat(row["closed"]) if row.get("closed") else None
            gist = gists.read(row["text"], row["district"])
            kind = types.type_of(row["text"])
            at = datetime.fromisoformat(row["at"])
            orders.append(Told(event["id"], row["id"], row["person"], at, closed, kind, gist))
        for row in event["pairs"]:
            kinds[event["id"], row["a"], row["b"]] = row["kind"]
    return orders, kinds


def pairs(orders: list[Told], kinds: dict[tuple[str, str, str], str], vectors: Vectors) -> Iterator[Pair]:
    """All pairs of a file that may be linked at all, those of different events too: in use every order is compared with
    every other one."""
    for later in orders:
        earlier = [order for order in orders if order.at < later.at and may(order, later)]
        if not earlier:
            continue
        like = likeness(later.gist, [order.gist for order in earlier], vectors)
        for order, score in zip(earlier, like, strict=True):
            same = bool(later.person) and order.person == later.person
            is_open = order.closed is None or order.closed > later.at
            apart = later.at - order.at
            told = compare(later.gist, order.gist, float(score), same, apart, later.type, order.type, is_open)
            wanted = kinds.get((order.event, order.id, later.id), "none") if order.event == later.event else "none"
            yield Pair(wanted, order, later, told)


def may(order: Told, later: Told) -> bool:
    """Of one event, of one person, or at one place within two weeks."""
    same = bool(later.person) and order.person == later.person
    near = later.at - order.at <= timedelta(days=14) and later.gist.site.same(order.gist.site)
    return order.event == later.event or same or near


def measure(rows: list[Pair]) -> dict:
    """Of each kind: right, found, wanted, precision, recall."""
    right: Counter[str] = Counter()
    found: Counter[str] = Counter()
    wanted = Counter(row.wanted for row in rows)
    for row in rows:
        kind = kind_of(row.comparison)
        if kind:
            found[kind.value] += 1
            right[kind.value] += kind.value == row.wanted
    return {
        kind.value: {
            "right": right[kind.value],
            "found": found[kind.value],
            "wanted": wanted[kind.value],
            "precision": round(right[kind.value] / found[kind.value], 4) if found[kind.value] else None,
            "recall": round(right[kind.value] / wanted[kind.value], 4) if wanted[kind.value] else None,
        }
        for kind in LinkKind
    } | {"pairs": len(rows)}


def sweep(rows: list[Pair]) -> Iterator[dict]:
    """For every row of the table: precision and recall of that row alone at every limit, on the pairs it may hold for."""
    for rule in TABLE:
        if rule.same_text:
            continue
        for limit in [step / 100 for step in range(48, 97, 1)]:
            table = (replace(rule, likeness=limit),)
            hits = [row for row in rows if kind_of(row.comparison, table) is rule.kind]
            right = sum(row.wanted == rule.kind for row in hits)
            yield {
                "rule": TABLE.index(rule),
                "kind": rule.kind.value,
                "limit": limit,
                "found": len(hits),
                "right": right,
            }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sweep", action="store_true", help="the tuning file at other limits, and its errors")
    parser.add_argument("--name", default="", help="keep the result under benchmarks/results")
    given = parser.parse_args()
    city = City.from_dict(json.loads(demo.CITY.read_text(encoding="utf-8")))
    encoder = OnnxEncoder()
    gists, vectors, types = GistReader(Places(city)), Vectors(encoder), TypeClassifier.load(encoder)
    if given.sweep:
        rows = list(pairs(*read(demo.DATA / FILES["tune"], gists, types), vectors))
        for line in sweep(rows):
            print(json.dumps(line))
        for row in rows:
            kind = kind_of(row.comparison)
            if (kind or "none") != row.wanted:
                told = f"{row.comparison.likeness:.3f} {row.earlier.gist.told} | {row.later.gist.told}"
                print(f"{row.wanted} → {kind or 'none'}: {told}", file=sys.stderr)
        return 0
    result: dict = {"encoder": encoder.name, "limits": [{"kind": r.kind.value, "likeness": r.likeness} for r in TABLE]}
    for name, file in FILES.items():
        result[name] = measure(list(pairs(*read(demo.DATA / file, gists, types), vectors)))
    if given.name:
        write(given.name, result)
    else:
        print(json.dumps(result, ensure_ascii=False, indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
