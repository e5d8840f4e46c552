"""定期报告服务: made once for each period, kept as plain JSON, shown as a page or a Word document."""

from datetime import date, timedelta
from pathlib import Path

from api.instance import Instance
from api.services.report_docx import report_docx
from api.services.report_figures import report_content
from api.services.report_html import report_html
from casework.deadline.calendar import CITY_TIME
from casework.errors import InvalidInput
from casework.insight.periodic_report import KIND_NAMES, PeriodicReport, ReportKind, period_of
from casework.insight.periodic_report import period_name as name_of

SHOWN = 200


def make_report(instance: Instance, kind: ReportKind, day: date) -> PeriodicReport:
    """The report of the period that the day lies in; made when there is none yet. Raises: InvalidInput for one not over."""
    start, end = period_of(kind, day)
    now = instance.clock.now()
    if end > now:
        raise InvalidInput(f"{name_of(kind, start, end)}尚未结束，结束后才能生成{KIND_NAMES[kind]}。")
    with instance.unit() as work:
        known = work.periodic_reports.of_period(kind, start)
    if known is not None:
        return known
    report = PeriodicReport(kind, start, end, now, report_content(instance, kind, start, end))
    with instance.unit() as work:
        if work.periodic_reports.add(report):
            work.commit()
    with instance.unit() as work:  # maybe another's, made meanwhile
        stored = work.periodic_reports.of_period(kind, start)
    return stored or report


def make_due(instance: Instance) -> list[PeriodicReport]:
    """Those of the last day, week and month that are over."""
    yesterday = instance.clock.now().astimezone(CITY_TIME).date() - timedelta(days=1)
    made = []
    for kind in ReportKind:
        start, end = period_of(kind, yesterday)
        if end > instance.clock.now():
            start, _ = period_of(kind, start.date() - timedelta(days=1))
        made.append(make_report(instance, kind, start.date()))
    return made


def report_file(instance: Instance, report: PeriodicReport, form: str) -> bytes:
    """Raises: InvalidInput."""
    if form == "docx":
        return report_docx(report.content)
    if form == "html":
        return report_html(report.content, instance.settings.public_url).encode("utf-8")
    raise InvalidInput("报告格式应为 html 或 docx。")


def write_report(instance: Instance, kind: ReportKind, day: date, path: Path) -> PeriodicReport:
    """For the command line; the form by the file's ending. Raises: InvalidInput."""
    form = path.suffix.lower().lstrip(".")
    if form not in ("html", "docx"):
        raise InvalidInput("报告文件应以 .html 或 .docx 结尾。")
    report = make_report(instance, kind, day)
    content = report_file(instance, report, form)
    try:
        path.write_bytes(content)
    except OSError:
        raise InvalidInput(
            f"无法写入 {path}，请检查文件夹是否存在、是否有写入权限。报告已生成，换个位置即可取用。"
        ) from None
    return report


def get_report(instance: Instance, report_id: int) -> PeriodicReport:
    """Raises: NotFound."""
    with instance.unit() as work:
        return work.periodic_reports.get(report_id)


def reports_view(instance: Instance, kind: ReportKind | None) -> list[dict]:
    with instance.unit() as work:
        reports = work.periodic_reports.list(kind, SHOWN)
    return [report_view(report) for report in reports]


def report_view(report: PeriodicReport) -> dict:
    """Report of docs/api.md."""
    return {
        "id": report.id,
        "kind": report.kind.value,
        "kind_name": KIND_NAMES[report.kind],
        "period": name_of(report.kind, report.period_from, report.period_to),
        "period_from": report.period_from,
        "period_to": report.period_to,
        "made_at": report.made_at,
        "count": report.content["volume"]["count"],
    }


def file_name(report: PeriodicReport, form: str) -> str:
    told = name_of(report.kind, report.period_from, report.period_to)
    return f"{KIND_NAMES[report.kind]}-{told}.{form}"
