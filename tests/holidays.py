"""放假安排 of 2027 as a city might import it; made up for the tests, since the State Council has not told it yet."""

from datetime import date, timedelta

HOLIDAYS_2027: list[tuple[date, bool, str]] = [
    (date(2027, 1, 1), False, "元旦"),
    *((date(2027, 2, 6) + timedelta(days=n), False, "春节") for n in range(7)),
    (date(2027, 2, 13), False, "春节"),
    (date(2027, 2, 14), True, "春节调休"),
    (date(2027, 4, 5), False, "清明节"),
    *((date(2027, 5, 1) + timedelta(days=n), False, "劳动节") for n in range(5)),
    (date(2027, 5, 8), True, "劳动节调休"),
    (date(2027, 6, 9), False, "端午节"),
    (date(2027, 9, 15), False, "中秋节"),
    *((date(2027, 10, 1) + timedelta(days=n), False, "国庆节") for n in range(7)),
    (date(2027, 10, 9), True, "国庆节调休"),
    (date(2027, 10, 10), True, "国庆节调休"),
]


def rows_2027() -> list[tuple[str, dict[str, str]]]:
    """As they are read from a file."""
    return [
        (f"第{number}行", {"day": day.isoformat(), "worked": "是" if worked else "否", "name": name})
        for number, (day, worked, name) in enumerate(HOLIDAYS_2027, 2)
    ]


def csv_2027() -> str:
    """The file."""
    told = [",".join(row.values()) for _, row in rows_2027()]
    return "\n".join(["日期,是否上班,名称", *told]) + "\n"
