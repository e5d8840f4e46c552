"""报告数据: what a periodic report says, as plain JSON: every figure with its denominator and the query of its rows.

A query is what follows `#/figures?` in the console, where the orders behind the figure are listed.
"""

from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from api.instance import Instance
from api.services.league import LeagueQuery, league_of, tallies_by_measure
from api.services.shares import EMPTY_NAME, name_of
from casework.callback.satisfaction import ClosingFilter
from casework.deadline.calendar import CITY_TIME
from casework.insight.figures import DIMENSION_NAMES, Dimension, Period, Slice
from casework.insight.hot_topic import HotTopic
from casework.insight.league import MEASURES, LeagueMeasure, wilson
from casework.insight.periodic_report import KIND_NAMES, ReportKind, period_before, period_name
from casework.masking import mask_text
from storage.unit_of_work import UnitOfWork

FORM = 1
"""Of the content; raised when it changes."""
SHARES = (Dimension.TYPE, Dimension.CATEGORY_1, Dimension.CATEGORY_3, Dimension.DISTRICT, Dimension.STREET)
MOST_SHARES = 15
MOST_TOPICS = 15
MOST_NOTABLE = 10
EXCERPT = 80
NOTES = (
    "诉求量按登记时间统计，含保密工单和并单、拆分后的工单；每个数字都可以在工作台查到对应的工单。",
    "响应率、解决率、满意率按本期办结的工单统计，分母为已评价的回访；未联系上、等待评价、拒绝评价和不需回访的另行列出。",
    "其他比率按本期登记的工单统计，办理情况截至报告生成时。",
    "单位排名按威尔逊区间（95%）可靠的一端排列，分母过小的单位另列，不参与排名；单位数字含其下属单位。",
    "热点为与此前四周常态相比显著增多的同类诉求，异常度为该数量在常态下偶然出现的概率的负对数（以10为底）。",
    "诉求摘录已隐去姓名、电话和证件号码；保密工单只计数，不摘录。",
)


def report_content(instance: Instance, kind: ReportKind, start: datetime, end: datetime) -> dict:
    """The content of a report; of a period without any appeal too."""
    now = instance.clock.now()
    before = period_before(kind, start)
    query = LeagueQuery(start, end)
    with instance.unit() as work:
        volume = _volume(work, start, end, before)
        rates = _rates(work, query, now)
        callbacks = _callbacks(work, start, end)
        league = league_of(work, query, instance.settings.league_least, now)
        topics = [_topic(topic) for topic in _topics(work, start, end)]
        notable = _notable(work, start, end)
    return {
        "form": FORM,
        "kind": kind.value,
        "title": f"{instance.city.name}12345热线{KIND_NAMES[kind]}",
        "period": period_name(kind, start, end),
        "from": start.isoformat(),
        "to": end.isoformat(),
        "made_at": now.isoformat(),
        "volume": volume,
        "shares": [_shares_of(instance, start, end, dimension) for dimension in SHARES],
        "topics": topics,
        "rates": rates,
        "callbacks": callbacks,
        "league": _league(league, start, end),
        "notable": notable,
        "notes": list(NOTES),
    }


def slice_query(start: datetime, end: datetime, *values: tuple[Dimension, str]) -> str:
    """Where the console lists the orders of a slice."""
    chosen = [("value", f"{dimension.value}:{value}") for dimension, value in values]
    return urlencode([("of", "slice"), *_days(start, end), *chosen])


def league_query(start: datetime, end: datetime, department: str, measure: str, part: str) -> str:
    """Where the console lists the orders behind a measure."""
    named = [("department", department), ("measure", measure), ("part", part)]
    return urlencode([("of", "league"), *_days(start, end), *named])


def _days(start: datetime, end: datetime) -> list[tuple[str, str]]:
    """The last day is included."""
    return [("from", _day(start).isoformat()), ("to", (_day(end) - timedelta(days=1)).isoformat())]


def _day(moment: datetime) -> date:
    return moment.astimezone(CITY_TIME).date()


def _volume(work: UnitOfWork, start: datetime, end: datetime, before: tuple[datetime, datetime]) -> dict:
    ((_, count),) = work.figures.counts(Slice(start, end), ())
    ((_, former),) = work.figures.counts(Slice(*before), ())
    daily = sorted((key[0], number) for key, number in work.figures.counts(Slice(start, end), (Dimension.DAY,)))
    return {
        "count": count,
        "query": slice_query(start, end),
        "before": former,
        "before_query": slice_query(*before),
        "change": None if not former else round((count - former) / former, 4),
        "days": [
            {"day": day, "count": number, "query": slice_query(start, end, (Dimension.DAY, day))}
            for day, number in daily
        ],
    }


def _shares_of(instance: Instance, start: datetime, end: datetime, dimension: Dimension) -> dict:
    with instance.unit() as work:
        counted = work.figures.counts(Slice(start, end), (dimension,))
        names = {one.code: one.name for one in work.departments.all(active_only=False)}
    total = sum(count for _, count in counted)
    return {
        "dimension": dimension.value,
        "name": DIMENSION_NAMES[dimension],
        "total": total,
        "others": sum(count for _, count in counted[MOST_SHARES:]),
        "rows": [
            {
                "name": name_of(dimension, value, names) or EMPTY_NAME,
                "count": count,
                "share": round(count / total, 4),
                "query": slice_query(start, end, (dimension, value)),
            }
            for (value,), count in counted[:MOST_SHARES]
        ],
    }


def _rates(work: UnitOfWork, query: LeagueQuery, now: datetime) -> list[dict]:
    rows = []
    for measure, (above, below) in tallies_by_measure(work, query, now).items():
        low, high = wilson(above, below)
        rows.append(
            {
                "key": measure.value,
                "name": MEASURES[measure].name,
                "basis": MEASURES[measure].basis,
                "numerator": above,
                "denominator": below,
                "share": round(above / below, 4) if below else None,
                "low": round(low, 4),
                "high": round(high, 4),
            }
            | _queries(query.start, query.end, "", measure.value)
        )
    return rows


def _queries(start: datetime, end: datetime, department: str, measure: str) -> dict:
    return {
        "numerator_query": league_query(start, end, department, measure, "numerator"),
        "denominator_query": league_query(start, end, department, measure, "denominator"),
    }


def _callbacks(work: UnitOfWork, start: datetime, end: datetime) -> dict:
    told = work.callbacks.tally(ClosingFilter(start, end)).get("")
    if told is None:
        return {"closings": 0, "answered": 0, "unreached": 0, "waiting": 0, "refused": 0, "excluded": 0}
    return {
        "closings": told.closings,
        "answered": told.answered,
        "unreached": told.unreached,
        "waiting": told.waiting,
        "refused": told.refused,
        "excluded": told.excluded.total(),
    }


def _league(league: dict, start: datetime, end: datetime) -> dict:
    shown = (
        LeagueMeasure.SATISFACTION,
        LeagueMeasure.RESOLUTION,
        LeagueMeasure.CLOSED_IN_TIME,
        LeagueMeasure.RETURNED,
        LeagueMeasure.FAULTY,
    )
    rows = []
    for row in league["rows"]:
        told = {
            measure.value: row["measures"][measure.value] | _queries(start, end, row["department"], measure.value)
            for measure in shown
            if measure.value in row["measures"]
        }
        standing = row["measures"].get(LeagueMeasure.SATISFACTION.value)
        rows.append(
            {
                "name": row["name"],
                "volume": row["volume"],
                "volume_query": league_query(start, end, row["department"], "", ""),
                "rank": standing["rank"] if standing else None,
                "measures": told,
            }
        )
    return {
        "least": league["least"],
        "measures": [{"key": measure.value, "name": MEASURES[measure].name} for measure in shown],
        "ranked": [row for row in rows if row["rank"] is not None],
        "apart": [row for row in rows if row["rank"] is None],
    }


def _topics(work: UnitOfWork, start: datetime, end: datetime) -> list[HotTopic]:
    """Those found for the first time in the period, the largest first."""
    known = work.hot_topics.since(start, 1000)
    return [topic for topic in known if start <= topic.found_at < end][:MOST_TOPICS]


def _topic(topic: HotTopic) -> dict:
    told = topic.figures
    return {
        "id": topic.id,
        "title": topic.title,
        "count": topic.count,
        "span_hours": told.get("span_hours"),
        "span_count": told.get("span_count"),
        "usual": told.get("usual"),
        "surprise": told.get("surprise"),
        "alerted": topic.alerted_at is not None,
        "districts": [f"{one['name'] or '未说明区县'}{one['count']}件" for one in told.get("districts", [])[:5]],
        "query": urlencode({"of": "topic", "id": topic.id}),
    }


def _notable(work: UnitOfWork, start: datetime, end: datetime) -> list[dict]:
    """Supervised orders first; excerpts masked, confidential ones without any."""
    period = Period(start, end, end)
    codes = [one.code for one in work.departments.all(active_only=False)]
    measure = LeagueMeasure.SUPERVISED.value
    ids, _ = work.figures.tallied(period, measure, codes, True, MOST_NOTABLE)
    rows = []
    for order_id in ids:
        order = work.work_orders.get(order_id)
        excerpt = mask_text(order.text, (order.requester.name, order.requester.phone))[:EXCERPT]
        rows.append(
            {
                "id": order.id,
                "number": order.number,
                "category": order.category,
                "why": "督办" + (f"{order.supervision_level}级" if order.supervision_level else "（已解除）"),
                "excerpt": "（保密工单，不摘录）" if order.confidential else excerpt,
            }
        )
    return rows
