"""热点服务: looks for hot topics in the moving window, keeps them, raises an alert once, shows them as far as one may see."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from api.instance import Instance
from casework.deadline.notice import Notice
from casework.errors import NotFound
from casework.events import Actor
from casework.handling.sight import sight_of
from casework.insight.hot_topic import HotTopic, successor_of, told_before
from casework.masking import mask_text
from casework.organisation.city import City
from casework.transitions import STATE_NAMES, Role
from casework.work_order import WorkOrder
from routing.topics import ENOUGH, USUAL, FoundTopic, find_topics
from storage.unit_of_work import UnitOfWork

ALERT = "hot_topic"
"""Kind of the notice."""
ENCODING_SECONDS = 25.0
"""Of one look; a job is leased for 120. What is left is done at the next, the older ones last."""
CURRENT = timedelta(hours=1)
"""How long after it was last found a topic counts as present."""
SHOWN = 500
EXCERPT = 60


def refresh(instance: Instance, seconds: float = ENCODING_SECONDS) -> list[HotTopic]:
    """Look once: topics that go on keep their key, those that end stay as they were. Done twice it changes nothing more."""
    now = instance.clock.now()
    window = timedelta(hours=instance.settings.hot_topic_hours)
    begin, oldest = now - window, now - window - USUAL
    matters = instance.matters
    with instance.unit() as work:
        matters.learn(work.figures.told(matters.to_read(oldest, begin), now), oldest, now)
    known_from = matters.encode(seconds) or now
    rows, vectors = matters.ready()
    found = find_topics(rows, vectors, now, window, instance.settings.hot_topic_least, known_from)
    with instance.unit() as work:
        kept = _keep(work, found, now, window)
        work.commit()
    return kept


def _keep(work: UnitOfWork, found: Sequence[FoundTopic], now: datetime, window: timedelta) -> list[HotTopic]:
    known = list(work.hot_topics.since(now - window, SHOWN))
    taken: set[str] = set()
    kept = []
    for one in found:
        members = [row.id for row in one.members]
        former = successor_of(members, known, taken)
        topic = HotTopic(
            key=former.key if former else f"{members[0]}:{one.place}",
            title=one.title,
            terms=one.terms,
            found_at=former.found_at if former else now,
            window_from=now - window,
            window_to=now,
            count=len(members),
            members=members,
            figures=one.figures(),
            main_order_id=former.main_order_id if former else None,
            alerted_at=former.alerted_at if former else None,
        )
        if topic.key in taken:
            continue
        taken.add(topic.key)
        alert = one.spike and topic.alerted_at is None
        if alert:
            topic.alerted_at = now
        work.hot_topics.put(topic)
        if alert and not told_before(members, known):
            work.notices.add(Notice(f"{ALERT}:{topic.key}", now, ALERT, Role.SUPERVISOR, _alert(topic)))
        kept.append(topic)
    return kept


def _alert(topic: HotTopic) -> str:
    told = topic.figures
    usual = "平时很少出现" if told["usual"] < 1 else f"平时约{told['usual']:.0f}件"
    return f"热点预警：{topic.title}，近{told['span_hours']:.0f}小时{told['span_count']}件，{usual}。请核实情况并研判是否需要统一处置。"


def topics_view(instance: Instance, by: Actor, past: bool = False) -> dict:
    """The list of docs/api.md: those present, or with `past` those of the last 30 days too; the most surprising first."""
    now = instance.clock.now()
    with instance.unit() as work:
        topics = work.hot_topics.since(now - (timedelta(days=30) if past else CURRENT), SHOWN)
        sight = sight_of(work, by)
        shown = [topic for topic in topics if by.role is not Role.DEPARTMENT or _seen(work, topic, by, sight)]
    items = [topic_view(topic, instance.city, now) for topic in shown]
    items.sort(key=lambda row: (not row["present"], -row["surprise"], -row["count"], row["id"]))
    hours = instance.settings.hot_topic_hours
    return {
        "items": items,
        "window_hours": hours,
        "usual_days": USUAL.days,
        "enough_days": ENOUGH.days,
        "least": instance.settings.hot_topic_least,
    }


def topic_view(topic: HotTopic, city: City, now: datetime) -> dict:
    told = {name: value for name, value in topic.figures.items() if name != "districts"}
    codes = city.codes
    districts = [
        {"code": codes.get(row["name"], ""), "name": row["name"] or "未说明区县", "count": row["count"]}
        for row in topic.figures.get("districts", [])
    ]
    return {
        "id": topic.id,
        "title": topic.title,
        "terms": topic.terms,
        "count": topic.count,
        "found_at": topic.found_at,
        "window_from": topic.window_from,
        "window_to": topic.window_to,
        "alerted_at": topic.alerted_at,
        "present": now - topic.window_to <= CURRENT,
        "districts": districts,
        **told,
    }


def topic_detail(instance: Instance, topic_id: int, by: Actor) -> dict:
    """A topic with its members; to a department only those it may see, and never a confidential one. Raises: NotFound."""
    now = instance.clock.now()
    with instance.unit() as work:
        topic = work.hot_topics.get(topic_id)
        members = _seen(work, topic, by, sight_of(work, by))
        if by.role is Role.DEPARTMENT and not members:
            raise NotFound("没有找到这个热点。")
        names = {department.code: department.name for department in work.departments.all(active_only=False)}
    rows = [_member_view(order, names) for order in reversed(members)]
    return topic_view(topic, instance.city, now) | {"members": rows, "hidden": topic.count - len(rows)}


def _seen(work: UnitOfWork, topic: HotTopic, by: Actor, sight: Sequence[str]) -> list[WorkOrder]:
    orders = [work.work_orders.get(order_id) for order_id in topic.members[-SHOWN:]]
    if by.role is not Role.DEPARTMENT:
        return orders
    own = set(sight)
    return [
        order
        for order in orders
        if not order.confidential and own & {order.lead_department, *order.supporting_departments}
    ]


def _member_view(order: WorkOrder, names: dict[str, str]) -> dict:
    return {
        "id": order.id,
        "number": order.number,
        "created_at": order.created_at,
        "type": order.type.value,
        "district": order.district,
        "category": order.category,
        "state_name": STATE_NAMES[order.state],
        "department_name": names.get(order.lead_department, order.lead_department),
        "confidential": order.confidential,
        "excerpt": mask_text(order.text, (order.requester.name, order.requester.phone))[:EXCERPT],
    }
