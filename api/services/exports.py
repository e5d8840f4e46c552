"""导出服务: orders, the league, hot topics and findings as csv or xlsx, masked by role, row by row.

Department staff get what they may see, without the requester; the office gets the name and phone masked. Nobody gets
them in clear. Every export is recorded before its first byte.
"""

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from openpyxl import Workbook

from api.instance import Instance
from api.services.league import LeagueQuery, league_view
from api.services.quality_views import VERDICT_NAMES
from api.services.topics import topics_view
from casework.deadline.calendar import CITY_TIME
from casework.errors import InvalidInput
from casework.events import Actor
from casework.handling.sight import sight_of
from casework.insight.export import MOST_ROWS, Export, harmless
from casework.masking import mask_name, mask_phone, mask_text
from casework.ports import WorkOrderFilter
from casework.quality.quality import FindingFilter
from casework.quality.quality_rules import RULES
from casework.transitions import STATE_NAMES, Role
from casework.work_order import WorkOrder
from storage.unit_of_work import UnitOfWork

FORMS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
TOO_MANY = "符合条件的数据超过{most}行，请缩短期间或增加筛选条件后再导出。"
_PAGE = 500
_NEXT = timedelta(microseconds=1)
_CHUNK = 64 * 1024
Row = Sequence[object]


@dataclass(frozen=True, slots=True)
class File:
    """导出文件: streamed; `name` is what it is saved as."""

    name: str
    media_type: str
    content: Iterator[bytes]


def export_orders(
    instance: Instance, wanted: WorkOrderFilter, form: str, by: Actor, told: dict, most: int = MOST_ROWS
) -> File:
    """The orders of the list with the same filter, newest first. Raises: InvalidInput when there are more than `most`."""
    _check(form)
    with instance.unit() as work:
        wanted = replace(wanted, sight=sight_of(work, by))
        names = {department.code: department.name for department in work.departments.all(active_only=False)}
    count = _count_orders(instance, wanted, most)
    header = [
        "工单编号", "诉求类型", "状态", "紧急程度", "区县", "街道（镇）", "诉求分类", "主办单位", "协办单位", "诉求内容",
        "登记时间", "办理时限", "办结时间", "是否超期", "退单次数", "重办次数", "催办次数", "督办级别", "是否保密",
    ]  # fmt: skip
    office = by.role is not Role.DEPARTMENT
    header += ["诉求人", "联系电话"] if office else []
    now = instance.clock.now()
    rows = (_order_row(order, names, now, office) for order in _orders(instance, wanted, most))
    return _file(instance, "orders", "工单", form, header, rows, count, by, told)


def _order_row(order: WorkOrder, names: dict[str, str], now: datetime, office: bool) -> Row:
    own = order.requester.name, order.requester.phone
    row = [
        order.number,
        order.type.value,
        STATE_NAMES[order.state],
        order.urgency.value,
        order.district,
        order.street,
        order.category,
        names.get(order.lead_department, order.lead_department),
        "、".join(names.get(code, code) for code in order.supporting_departments),
        mask_text(order.text, own),
        _time(order.created_at),
        _time(order.due_at),
        _time(order.closed_at),
        order.overdue(now),
        order.returns,
        order.reworks,
        order.urges,
        order.supervision_level,
        order.confidential,
    ]
    return [*row, mask_name(own[0]), mask_phone(own[1])] if office else row


def _count_orders(instance: Instance, wanted: WorkOrderFilter, most: int) -> int:
    """Raises: InvalidInput when there are more than a file may hold."""
    with instance.unit() as work:
        _, count = work.work_orders.list(wanted, 1)
        # The count stops early, so the row after the last is looked for.
        if work.work_orders.list(wanted, 1, most)[0]:
            raise InvalidInput(TOO_MANY.format(most=most))
    return count


def _orders(instance: Instance, wanted: WorkOrderFilter, most: int) -> Iterator[WorkOrder]:
    """Page by page back along the time of creation, each page in a unit of work of its own; none twice, though others are
    filed meanwhile, and at most as many as a file holds."""
    given: set[int] = set()
    """Of the moment that the last page ended in."""
    until, skipped, total = wanted.created_to, 0, 0
    while total < most:
        with instance.unit() as work:
            page, _ = work.work_orders.list(replace(wanted, created_to=until), _PAGE, skipped)
        for order in page:
            if order.id not in given and total < most:
                total += 1
                yield order
        if len(page) < _PAGE:
            return
        last = page[-1].created_at
        if last == page[0].created_at:
            skipped += _PAGE  # more than a page of one moment: go on within it
            given |= {order.id for order in page}
        else:
            until, skipped = last + _NEXT, 0
            given = {order.id for order in page if order.created_at == last}


def export_league(instance: Instance, query: LeagueQuery, form: str, by: Actor, told: dict) -> File:
    """Raises: InvalidInput."""
    _check(form)
    view = league_view(instance, query, by)
    header = ["单位", "工单数"]
    for measure in view["measures"]:
        name = measure["name"]
        header += [name, f"{name}分子", f"{name}分母", f"{name}95%下限", f"{name}95%上限", f"{name}名次"]
    rows = [
        [
            row["name"],
            row["volume"],
            *(cell for one in view["measures"] for cell in _cells(row["measures"].get(one["key"]))),
        ]
        for row in view["rows"]
    ]
    return _file(instance, "league", "承办单位排名", form, header, rows, len(rows), by, told)


def _cells(told: dict | None) -> list[object]:
    if told is None:
        return ["", 0, 0, "", "", ""]
    rank = told["rank"] if told["rank"] is not None else "不参与排名"
    share = "" if told["share"] is None else told["share"]
    return [share, told["numerator"], told["denominator"], told["low"], told["high"], rank]


def export_topics(instance: Instance, form: str, by: Actor, told: dict) -> File:
    """The hot topics of the last 30 days. Raises: InvalidInput."""
    _check(form)
    view = topics_view(instance, by, past=True)
    header = [
        "热点",
        "首次发现",
        "最近发现",
        "工单数",
        "人数",
        "突出时段（小时）",
        "时段内件数",
        "平时件数",
        "倍数",
        "异常度",
        "预警时间",
        "区县分布",
        "主要分类",
    ]
    rows = [
        [
            row["title"],
            _time(row["found_at"]),
            _time(row["window_to"]),
            row["count"],
            row["persons"],
            row["span_hours"],
            row["span_count"],
            "" if row["usual"] is None else row["usual"],
            "" if row["times"] is None else row["times"],
            row["surprise"],
            _time(row["alerted_at"]),
            "、".join(f"{one['name']}{one['count']}件" for one in row["districts"]),
            "、".join(f"{one['category']}（{one['count']}）" for one in row["categories"][:3]),
        ]
        for row in view["items"]
    ]
    return _file(instance, "topics", "热点", form, header, rows, len(rows), by, told)


def export_findings(instance: Instance, wanted: FindingFilter, form: str, by: Actor, told: dict) -> File:
    """质检问题 of the list with the same filter, newest first; departments get their own. Raises: InvalidInput."""
    _check(form)
    with instance.unit() as work:
        wanted = replace(wanted, departments=tuple(sight_of(work, by)))
        found, total = work.quality.findings(wanted, MOST_ROWS)
        if total > MOST_ROWS:
            raise InvalidInput(TOO_MANY.format(most=MOST_ROWS))
        names = {department.code: department.name for department in work.departments.all(active_only=False)}
        numbers = _numbers(work, {finding.work_order_id for finding in found})
    header = ["工单编号", "承办单位", "规则", "严重程度", "引文", "说明", "发现时间", "结论", "结论时间"]
    rows = [
        [
            numbers[one.work_order_id],
            names.get(one.department, one.department),
            RULES[one.rule].name if one.rule in RULES else one.rule,
            one.severity.value,
            mask_text(one.passage),
            one.explanation,
            _time(one.at),
            VERDICT_NAMES[one.verdict],
            _time(one.decided_at),
        ]
        for one in found
    ]
    return _file(instance, "findings", "质检问题", form, header, rows, len(rows), by, told)


def _numbers(work: UnitOfWork, ids: set[int]) -> dict[int, str]:
    return {order_id: work.work_orders.get(order_id).number for order_id in ids}


def _check(form: str) -> None:
    if form not in FORMS:
        raise InvalidInput("导出格式应为 csv 或 xlsx。")


def _file(
    instance: Instance,
    kind: str,
    name: str,
    form: str,
    header: Row,
    rows: Iterable[Row],
    count: int,
    by: Actor,
    told: dict,
) -> File:
    now = instance.clock.now()
    with instance.unit() as work:
        work.exports.add(Export(now, by.id, by.role.value, kind, form, count, told))
        work.commit()
    content = _csv(header, rows) if form == "csv" else _xlsx(header, rows)
    return File(f"{name}-{now.astimezone(CITY_TIME):%Y%m%d-%H%M%S}.{form}", FORMS[form], content)


def _csv(header: Row, rows: Iterable[Row]) -> Iterator[bytes]:
    """UTF-8 with a byte-order mark, by which Excel knows it."""
    yield b"\xef\xbb\xbf"
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([harmless(cell) for cell in header])
    for row in rows:
        writer.writerow([harmless(cell) for cell in row])
        if text.tell() >= _CHUNK:
            yield _emptied(text)
    yield _emptied(text)


def _emptied(text: io.StringIO) -> bytes:
    content = text.getvalue().encode("utf-8", "replace")
    text.seek(0)
    text.truncate()
    return content


def _xlsx(header: Row, rows: Iterable[Row]) -> Iterator[bytes]:
    """Written to a file row by row (write-only), then sent: never whole in memory."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("导出")
    sheet.append([harmless(cell) for cell in header])
    for row in rows:
        sheet.append([harmless(cell) for cell in row])
    with tempfile.TemporaryFile() as file:
        book.save(file)
        file.seek(0)
        while chunk := file.read(_CHUNK):
            yield chunk


def _time(moment: datetime | None) -> str:
    return f"{moment.astimezone(CITY_TIME):%Y-%m-%d %H:%M}" if moment else ""
