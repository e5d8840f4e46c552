"""Measure how well hot topics are found: recall of bursts put into a stream of everyday appeals, false alarms a week,
purity. The stream is the demonstration city's appeals in a shuffled order, each one once in its round; the bursts were
written by hand (demo/data/bursts-*.jsonl; three appeals each of links-*.jsonl are the small ones). The limits of
routing.topics were chosen on the tuning files alone.

python -m benchmarks.topics [--tune] [--name topics]        (--name keeps benchmarks/results/NAME.json)
python -m benchmarks.topics --speed 20000                   (a window of so many appeals, with four weeks before it)
"""

import argparse
import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
from threadpoolctl import threadpool_limits

import demo
from benchmarks.machine import write
from casework.deadline.calendar import CITY_TIME
from casework.insight.figures import Told
from casework.organisation.city import City, PlaceKind
from knowledge.encoder import OnnxEncoder
from routing.matters import Matter, Matters
from routing.places import Places
from routing.related import GistReader
from routing.topics import FoundTopic, find_topics

BEGIN = datetime(2026, 3, 2, tzinfo=CITY_TIME)
WINDOW = timedelta(hours=72)
DAILY = 130
"""Everyday appeals; the 4,000 last a month, so that no text stands twice in a window and the weeks before it."""
LOOK = timedelta(hours=2)
"""Between two looks at the stream."""
WEEKS = 4
"""Looked at, after four weeks that tell what is usual."""
HOURS = (*[0.4] * 7, 1.2, 2, 2.2, 2.1, 1.8, 1.3, 1.2, 1.7, 1.9, 1.8, 1.5, 1.1, 1.0, 1.1, 1.2, 0.8, 0.5)
"""How much of a day falls into each hour."""


@dataclass(frozen=True, slots=True)
class Burst:
    """爆发: which orders (ids) tell of one event, from when on, in a street or all over the city."""

    id: str
    at: datetime
    ids: frozenset[int]
    wide: bool


def background(rng: random.Random, days: int) -> list[Told]:
    """Everyday appeals: more by day than by night, fewer at weekends, some days busier than others."""
    texts = [json.loads(line) for path in demo.appeals() for line in path.read_text(encoding="utf-8").splitlines()]
    rows: list[Told] = []
    waiting: list[dict] = []
    for day in range(days):
        at = BEGIN + timedelta(days=day)
        mean = DAILY * (0.7 if at.weekday() >= 5 else 1.1) * rng.gammavariate(30, 1 / 30)
        for _ in range(round(mean)):
            if not waiting:
                waiting = rng.sample(texts, len(texts))
            row = waiting.pop()
            hour = rng.choices(range(24), HOURS)[0]
            moment = at + timedelta(hours=hour, minutes=rng.random() * 60)
            rows.append(Told(0, moment, row["text"], row["district"], "", "", row["category"], False))
    return rows


def bursts(rng: random.Random, city: City, kind: str, days: int) -> list[tuple[str, bool, list[Told]]]:
    """Each written event twice: in one street, told within hours by its places, and all over the city, told within a day."""
    fine = [place for place in city.places if place.kind in (PlaceKind.ESTATE, PlaceKind.ROAD, PlaceKind.COMMUNITY)]
    made = []
    events = [
        json.loads(line) for line in (demo.DATA / f"bursts-{kind}.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    for event in events:
        for wide in (False, True):
            begin = BEGIN + timedelta(days=28 + rng.random() * (days - 30))
            street = rng.choice([place for place in fine if place.street]).street
            own = [place for place in fine if place.street == street]
            rows = []
            for text in event["texts"]:
                place = rng.choice(fine if wide else own)
                at = begin + timedelta(hours=rng.random() * (20 if wide else 6))
                rows.append(Told(0, at, text.replace("{p}", place.name), place.district, "", "", "", False))
            made.append((f"{event['id']}{'-city' if wide else ''}", wide, rows))
    return made


def small(rng: random.Random, kind: str, days: int) -> list[tuple[str, bool, list[Told]]]:
    """The events of three that links-*.jsonl holds, at other times."""
    made = []
    for line in (demo.DATA / f"links-{kind}.jsonl").read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        same = {name for pair in event["pairs"] if pair["kind"] == "event" for name in (pair["a"], pair["b"])}
        if len(same) < 3:
            continue
        rows = [row for row in event["orders"] if row["id"] in same]
        first = min(datetime.fromisoformat(row["at"]) for row in rows)
        begin = BEGIN + timedelta(days=28 + rng.random() * (days - 30))
        told = [
            Told(
                0, begin + (datetime.fromisoformat(row["at"]) - first), row["text"], row["district"], "", "", "", False
            )
            for row in rows
        ]
        made.append((event["id"], False, told))
    return made


def stream(
    rng: random.Random, made: Sequence[tuple[str, bool, list[Told]]], days: int
) -> tuple[list[Told], list[Burst]]:
    """Everything in order of time, with ids."""
    rows = [("", row) for row in background(rng, days)]
    rows += [(name, row) for name, _, told in made for row in told]
    rows.sort(key=lambda pair: pair[1].at)
    numbered = [
        (name, Told(number, row.at, row.text, row.district, row.place, row.person, row.category, row.confidential))
        for number, (name, row) in enumerate(rows, 1)
    ]
    found = []
    for name, wide, _ in made:
        own = [row for of, row in numbered if of == name]
        found.append(Burst(name, own[0].at, frozenset(row.id for row in own), wide))
    return [row for _, row in numbered], found


def look(matters: list[Matter], vectors: np.ndarray, now: datetime, least: int) -> list[FoundTopic]:
    first = now - WINDOW - timedelta(days=28)
    times = np.array([row.at.timestamp() for row in matters])
    low, high = np.searchsorted(times, [first.timestamp(), now.timestamp()])
    return find_topics(matters[low:high], vectors[low:high], now, WINDOW, least, max(first, BEGIN))


def measure(matters: list[Matter], vectors: np.ndarray, found: list[Burst], days: int, least: int) -> dict:
    """Looks every two hours; a spike is a burst's when half of its members are. One alarm counts once (by its members)."""
    alarmed: dict[str, datetime] = {}
    purity, held, false, wrong = [], [], 0, []
    seen: set[int] = set()
    owner = {row: burst for burst in found for row in burst.ids}
    strongest: dict[str, float] = {}
    now = BEGIN + timedelta(days=28)
    while now <= BEGIN + timedelta(days=days):
        for topic in look(matters, vectors, now, least):
            ids = [row.id for row in topic.members]
            of = Counter(owner[row].id for row in ids if row in owner)
            name, count = of.most_common(1)[0] if of else ("", 0)
            if 2 * count >= len(ids):
                strongest[name] = max(strongest.get(name, 0.0), round(topic.surprise, 1))
                if topic.spike:
                    alarmed.setdefault(name, now)
                    purity.append(count / len(ids))
                    burst = next(burst for burst in found if burst.id == name)
                    told = sum(row.id in burst.ids and row.at <= now for row in matters)
                    held.append(count / told if told else 0.0)
            elif topic.spike:
                if 2 * len(seen.intersection(ids)) < len(ids):
                    false += 1
                    wrong.append(f"{topic.title} {len(ids)} {topic.surprise:.1f}")
                seen.update(ids)
        now += LOOK
    hours = [(at - next(b.at for b in found if b.id == name)).total_seconds() / 3600 for name, at in alarmed.items()]
    weeks = (days - 28) / 7
    by = {
        "street": [burst.id for burst in found if not burst.wide],
        "city": [burst.id for burst in found if burst.wide],
    }
    return {
        "bursts": len(found),
        "alarmed": len(alarmed),
        "recall": round(len(alarmed) / len(found), 4),
        "by": {kind: f"{sum(name in alarmed for name in names)}/{len(names)}" for kind, names in by.items() if names},
        "surprise": dict(sorted(strongest.items())),
        "missed": sorted({burst.id for burst in found} - set(alarmed)),
        "hours_to_alarm_median": round(float(np.median(hours)), 1) if hours else None,
        "false_alarms_a_week": round(false / weeks, 2),
        "false": wrong[:20],
        "purity": round(float(np.mean(purity)), 4) if purity else None,
        "members_found": round(float(np.mean(held)), 4) if held else None,
    }


def speed(count: int, dimension: int) -> dict:
    """Made-up vectors, as unlike as the appeals' are, around 2,000 matters in 8 districts of 10 streets."""
    from routing.related import Site

    rng = np.random.default_rng(5)
    total = count + round(count * timedelta(days=28) / WINDOW)
    centres = rng.normal(size=(2000, dimension)) + 0.9
    picked = rng.integers(0, 2000, total)
    vectors = (centres[picked] + rng.normal(size=(total, dimension)) * 0.9).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    now = BEGIN + timedelta(days=31)
    ages = np.sort(rng.random(total))[::-1] * timedelta(days=31).total_seconds()
    rows = []
    for number in range(total):
        district, street = f"{number % 8}区", f"{number % 80}街道"
        site = Site(district, frozenset([street]) if number % 5 < 2 else frozenset())
        at = now - timedelta(seconds=float(ages[number]))
        rows.append(Matter(number + 1, at, site, "停水", "", "", False))
    begun = perf_counter()
    found = find_topics(rows, vectors, now, WINDOW, 5, BEGIN)
    return {"window": count, "usual": total - count, "topics": len(found), "seconds": round(perf_counter() - begun, 1)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tune", action="store_true", help="the tuning files, other seeds")
    parser.add_argument("--speed", type=int, default=0, help="measure the time for a window of so many appeals")
    parser.add_argument("--name", default="", help="keep the result under benchmarks/results")
    given = parser.parse_args()
    threadpool_limits(1, user_api="blas")  # as an instance has it
    encoder = OnnxEncoder()
    result: dict = {"encoder": encoder.name}
    if given.speed:
        result["speed"] = speed(given.speed, encoder.dimension)
    else:
        result |= recall(encoder, "tune" if given.tune else "test", 11 if given.tune else 5)
        if given.name:
            result["speed"] = speed(20_000, encoder.dimension)
    if given.name:
        write(given.name, result)
    else:
        print(json.dumps(result, ensure_ascii=False, indent=1))
    return 0


def recall(encoder: OnnxEncoder, kind: str, seed: int) -> dict:
    city = City.from_dict(json.loads(demo.CITY.read_text(encoding="utf-8")))
    days = 28 + 7 * WEEKS
    result = {}
    for name, least, made in (
        ("authored", 5, bursts(random.Random(seed), city, kind, days)),
        ("events_of_three", 3, small(random.Random(seed), kind, days)),
    ):
        rows, found = stream(random.Random(seed + 1), made, days)
        with TemporaryDirectory() as folder:
            matters = Matters(GistReader(Places(city)), encoder, Path(folder))
            matters.learn(rows, BEGIN)
            matters.encode(float("inf"))
            known, vectors = matters.ready()
        begun = perf_counter()
        result[name] = {"least": least, **measure(known, vectors, found, days, least)}
        looks = timedelta(days=7 * WEEKS) / LOOK
        result[name]["seconds_a_look"] = round((perf_counter() - begun) / looks, 3)
    return result


if __name__ == "__main__":
    raise SystemExit(main())
