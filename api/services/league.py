"""承办单位排名服务: every measure with its numerator, denominator, interval and rank; the orders behind each figure."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from api.instance import Instance
from api.services.shares import order_rows
from casework.callback.satisfaction import ClosingFilter, Group, Measure, Part
from casework.errors import Forbidden, InvalidInput
from casework.events import Actor
from casework.insight.figures import Dimension, Period, Slice
from casework.insight.league import MEASURES, LeagueMeasure, own_and_units, ranked, with_units_added
from casework.transitions import Role
from storage.unit_of_work import UnitOfWork

LONGEST = timedelta(days=750)
"""Of a period that is counted at once."""
_BY_CLOSING = {
    LeagueMeasure.RESPONSE: Measure.RESPONSE,
    LeagueMeasure.RESOLUTION: Measure.RESOLUTION,
    LeagueMeasure.SATISFACTION: Measure.SATISFACTION,
}
Tallies = dict[LeagueMeasure, dict[str, tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class LeagueQuery:
    """What is asked for: [start, end), with the units counted with their departments or each alone."""

    start: datetime
    end: datetime
    together: bool = True
    sort: LeagueMeasure = LeagueMeasure.SATISFACTION

    def __post_init__(self) -> None:
        if self.start >= self.end:
            raise InvalidInput("开始日期应早于结束日期。")
        if self.end - self.start > LONGEST:
            raise InvalidInput("统计期间最长为两年，请缩短后重试。")


def league_view(instance: Instance, query: LeagueQuery, by: Actor) -> dict:
    """The league of docs/api.md; department staff see the places of all, but the orders behind their own figures alone."""
    with instance.unit() as work:
        return league_of(work, query, instance.settings.league_least, instance.clock.now())


def league_of(work: UnitOfWork, query: LeagueQuery, least: int, now: datetime) -> dict:
    """Raises: InvalidInput."""
    departments = {one.code: one for one in work.departments.all(active_only=False)}
    parents = {code: one.parent for code, one in departments.items() if one.parent}
    tallies = _tallies(work, query, now)
    volumes = {key[0]: (count, count) for key, count in _volumes(work, query) if key[0]}
    if query.together:
        tallies = {measure: with_units_added(rows, parents) for measure, rows in tallies.items()}
        volumes = with_units_added(volumes, parents)
    standings = {
        measure: {one.department: one for one in ranked(rows, MEASURES[measure].good, least)}
        for measure, rows in tallies.items()
    }
    codes = set(volumes) | {code for rows in standings.values() for code in rows}
    rows = []
    for code in codes:
        known = departments.get(code)
        rows.append(
            {
                "department": code,
                "name": known.name if known else code,
                "parent": parents.get(code, ""),
                "volume": volumes.get(code, (0, 0))[0],
                "measures": {
                    measure.value: standings[measure][code].as_dict()
                    for measure in LeagueMeasure
                    if code in standings[measure]
                },
            }
        )

    def place(row: dict) -> tuple:
        told = row["measures"].get(query.sort.value)
        rank = told["rank"] if told else None
        return (rank is None, rank or 0, -row["volume"], row["department"])

    rows.sort(key=place)
    return {
        "measures": [
            {
                "key": measure.value,
                "name": text.name,
                "basis": text.basis,
                "good": text.good,
                "by_closing": text.by_closing,
            }
            for measure, text in MEASURES.items()
        ],
        "sort": query.sort.value,
        "together": query.together,
        "least": least,
        "rows": rows,
    }


def _tallies(work: UnitOfWork, query: LeagueQuery, now: datetime) -> Tallies:
    found: Tallies = {measure: {} for measure in LeagueMeasure}
    for row in work.figures.tallies(Period(query.start, query.end, now)):
        found[LeagueMeasure(row.measure)][row.department] = row.numerator, row.denominator
    for code, told in work.callbacks.tally(ClosingFilter(query.start, query.end), Group.DEPARTMENT).items():
        for measure, asked in _BY_CLOSING.items():
            rate = told.rate(asked)
            if code and rate.denominator:
                found[measure][code] = rate.numerator, rate.denominator
    return found


def _volumes(work: UnitOfWork, query: LeagueQuery) -> list[tuple[tuple[str, ...], int]]:
    return list(work.figures.counts(Slice(query.start, query.end), (Dimension.DEPARTMENT,)))


def league_rows(
    instance: Instance,
    query: LeagueQuery,
    department: str,
    measure: LeagueMeasure | None,
    numerator: bool,
    by: Actor,
    page: int,
    size: int,
) -> dict:
    """The orders behind a figure; `measure` None: behind the volume; `department` "": of all departments.

    Raises: Forbidden for another department's.
    """
    first = (page - 1) * size
    with instance.unit() as work:
        parents = {one.code: one.parent for one in work.departments.all(active_only=False) if one.parent}
        if by.role is Role.DEPARTMENT and by.department not in (department, parents.get(department)):
            raise Forbidden("只能查看本单位及下属单位的工单。")
        codes = _codes(work, department, parents, query)
        if measure is None:
            slices = [Slice(query.start, query.end, values=((Dimension.DEPARTMENT, code),)) for code in codes]
            total = sum(count for one in slices for _, count in work.figures.counts(one, ()))
            merged = sorted((i for one in slices for i in work.figures.orders(one, first + size)), reverse=True)
            ids = merged[first : first + size]
        elif measure in _BY_CLOSING:
            wanted = ClosingFilter(query.start, query.end, tuple(codes))
            part = Part.NUMERATOR if numerator else Part.DENOMINATOR
            callbacks, total = work.callbacks.counted(wanted, _BY_CLOSING[measure], part, size, first)
            ids = [callback.work_order_id for callback in callbacks]
        else:
            period = Period(query.start, query.end, instance.clock.now())
            found, total = work.figures.tallied(period, measure.value, codes, numerator, size, first)
            ids = list(found)
        return {"items": order_rows(instance, work, ids, by), "total": total}


def _codes(work: UnitOfWork, department: str, parents: dict[str, str], query: LeagueQuery) -> list[str]:
    if department:
        return list(own_and_units(department, parents, query.together))
    # Figures may speak of departments that are not known any more, which stand in the counts alone.
    told = {row.department for row in work.figures.tallies(Period(query.start, query.end, query.end))}
    told |= {key[0] for key, _ in _volumes(work, query)}
    told |= set(work.callbacks.tally(ClosingFilter(query.start, query.end), Group.DEPARTMENT))
    return sorted((told | {one.code for one in work.departments.all(active_only=False)}) - {""})


def tallies_by_measure(work: UnitOfWork, query: LeagueQuery, now: datetime) -> dict[LeagueMeasure, tuple[int, int]]:
    """Over all departments: what a report tells of the whole city."""
    summed: dict[LeagueMeasure, list[int]] = defaultdict(lambda: [0, 0])
    for measure, rows in _tallies(work, query, now).items():
        for numerator, denominator in rows.values():
            summed[measure][0] += numerator
            summed[measure][1] += denominator
    return {measure: (summed[measure][0], summed[measure][1]) for measure in LeagueMeasure}
