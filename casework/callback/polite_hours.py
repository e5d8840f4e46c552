"""回访时段: the hours of the day, in the city's time, in which citizens may be disturbed."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from casework.deadline.calendar import CITY_TIME
from casework.errors import InvalidInput

_SPAN = re.compile(r"\s*(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})\s*")


@dataclass(frozen=True, slots=True)
class PoliteHours:
    """回访时段: spans of one day, in order, the end of each not included; none = any time."""

    spans: tuple[tuple[time, time], ...] = ()

    @classmethod
    def read(cls, written: str) -> "PoliteHours":
        """Of 09:00-12:00,14:00-20:00; empty = any time. Raises: InvalidInput."""
        spans: list[tuple[time, time]] = []
        for part in written.split(",") if written.strip() else []:
            found = _SPAN.fullmatch(part)
            try:
                told = [int(number) for number in found.groups()] if found else []
                begin, end = time(told[0], told[1]), time(told[2], told[3])
            except (IndexError, ValueError):
                raise InvalidInput("回访时段应形如 09:00-12:00,14:00-20:00；留空表示不限。") from None
            if begin >= end or (spans and begin < spans[-1][1]):
                raise InvalidInput("回访时段应从早到晚排列，互不重叠，结束晚于开始。")
            spans.append((begin, end))
        return cls(tuple(spans))

    def next(self, at: datetime) -> datetime:
        """The first moment from `at` on that is polite: `at` itself, or the next beginning of a span."""
        local = at.astimezone(CITY_TIME)
        if not self.spans or any(begin <= local.time() < end for begin, end in self.spans):
            return at
        later = next((begin for begin, _ in self.spans if begin > local.time()), None)
        day = local.date() if later else local.date() + timedelta(days=1)
        return datetime.combine(day, later or self.spans[0][0], CITY_TIME)
