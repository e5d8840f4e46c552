"""日历命令: calendar show, import."""

from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import typer

from api.calendar_file import read_calendar
from api.cli.batch import emit
from api.instance import Instance
from api.services.calendar import import_calendar
from casework.deadline.calendar import OfficialCalendar
from casework.deadline.calendar_table import CalendarTable
from knowledge.file_content import read_bytes

WEEKDAYS = "一二三四五六日"
SOURCES = {"table": "本市导入的安排", "library": "国务院公布的安排", "guess": "尚无安排，按周一至周五推算"}
AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON")]


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    calendar = typer.Typer(no_args_is_help=True, help="工作日历：查看、导入放假安排。")
    app.add_typer(calendar, name="calendar")

    @calendar.command("show", help="查看一年的放假和调休安排。")
    def show(
        context: typer.Context,
        year: Annotated[int, typer.Argument(min=1, max=9998, help="年份")],
        as_json: AsJson = False,
    ) -> None:
        told = year_of(context.obj.instance(), year)
        if as_json:
            emit(told)
            return
        print(f"{year}年：{told['source_name']}；工作日{told['working_days']}天。")
        if told["source"] == "guess":
            print("放假安排公布后，请用 hotline calendar import 文件 导入，在办工单的期限会自动重算。")
        for row in told["days"]:
            name = f"\t{row['name']}" if row["name"] else ""
            print(f"{row['day']}\t周{row['weekday']}\t{'上班' if row['worked'] else '放假'}{name}")

    @calendar.command(
        "import", help="导入放假安排（.csv、.xlsx，列为日期、是否上班、名称）；在办工单的期限随后自动重算。"
    )
    def import_(context: typer.Context, file: Annotated[Path, typer.Argument(help="放假安排文件")]) -> None:
        instance = context.obj.instance()
        table = read_calendar(file.name, read_bytes(file))
        changed = import_calendar(instance, table)
        for year in sorted(table.years):
            print(f"{year}年：列出{len(table.of_year(year))}天，全年工作日{table.working_days(year)}天。")
        print("已导入，在办工单的期限将由后台任务重算。" if changed else "内容与原有安排相同，没有变化。")


def year_of(instance: Instance, year: int) -> dict:
    """The days of a year that are not what their weekday says, and where that is known from."""
    table = instance.calendar_file.table()
    calendar = OfficialCalendar(table)
    source = "table" if year in table.years else "library" if calendar.knows(year) else "guess"
    first = date(year, 1, 1)
    days = [first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days)]
    listed = [day for day in days if calendar.is_working_day(day) != (day.weekday() < 5) or day in table.days]
    return {
        "year": year,
        "source": source,
        "source_name": SOURCES[source],
        "working_days": sum(map(calendar.is_working_day, days)),
        "days": [
            {
                "day": day.isoformat(),
                "weekday": WEEKDAYS[day.weekday()],
                "worked": calendar.is_working_day(day),
                "name": name_of(table, day),
            }
            for day in listed
        ],
    }


def name_of(table: CalendarTable, day: date) -> str:
    """As the table calls the day; of the library's days the holiday in Chinese."""
    told = table.days.get(day)
    if told is not None or day.year in table.years:
        return told.name if told else ""
    import chinese_calendar

    try:
        _, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        return ""
    return next((one.chinese for one in chinese_calendar.Holiday if one.value == name), "")
