"""工作时间: when in a day a department works, read from texts such as "09:00-12:00,13:30-17:30"."""

import re
from dataclasses import dataclass

from casework.errors import InvalidInput

DAY = 24 * 60
"""Minutes."""
MOST = 4
"""Spans in a day."""
EXAMPLE = "“09:00-12:00,13:30-17:30”；全天值守的填“00:00-24:00”"
_SPAN = re.compile(r"(\d{1,2}):(\d{2})(?:-|—|——|–|~|至|到)(\d{1,2}):(\d{2})")
_PARTS = re.compile(r"[,;、和及]+")
_ALIKE = str.maketrans("：，；～－", ":,;~-")


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """工作时间: spans in minutes of the day, in order, apart from each other."""

    spans: tuple[tuple[int, int], ...]

    @property
    def always(self) -> bool:
        """全天值守: around the clock, on holidays too."""
        return self.spans == ((0, DAY),)

    @property
    def minutes(self) -> int:
        """Of a day of work."""
        return sum(end - start for start, end in self.spans)

    def __str__(self) -> str:
        return ",".join(f"{_clock(start)}-{_clock(end)}" for start, end in self.spans)

    @classmethod
    def parse(cls, text: str) -> "WorkingHours":
        """Raises: InvalidInput that names the part which cannot be read."""
        parts = [part for part in _PARTS.split(text.translate(_ALIKE).replace(" ", "")) if part]
        if not parts:
            raise InvalidInput(f"请填写工作时间，例如{EXAMPLE}。")
        if len(parts) > MOST:
            raise InvalidInput(f"工作时间最多分{MOST}段，请合并后再保存。")
        spans = [_span(part) for part in parts]
        for (_, end), (start, _), part in zip(spans, spans[1:], parts[1:], strict=False):
            if start < end:
                raise InvalidInput(f"工作时间“{part}”应晚于前一段，各段不能重叠。")
        # What touches is one span: 00:00-12:00 and 12:00-24:00 are around the clock.
        joined = [spans[0]]
        for start, end in spans[1:]:
            if start == joined[-1][1]:
                joined[-1] = joined[-1][0], end
            else:
                joined.append((start, end))
        return cls(tuple(joined))


DEFAULT_HOURS = WorkingHours(((9 * 60, 17 * 60 + 30),))
"""Of the hotline's deadlines, and of departments that name no hours of their own."""


def hours_or_default(text: str) -> WorkingHours:
    """The department's hours; the default where none are named, or where a text of former versions cannot be read."""
    try:
        return WorkingHours.parse(text) if text.strip() else DEFAULT_HOURS
    except InvalidInput:
        return DEFAULT_HOURS


def _span(part: str) -> tuple[int, int]:
    found = _SPAN.fullmatch(part)
    if found is None:
        raise InvalidInput(f"看不懂工作时间“{part}”，请写成{EXAMPLE}。")
    hour, minute, last_hour, last_minute = (int(number) for number in found.groups())
    start, end = hour * 60 + minute, last_hour * 60 + last_minute
    if minute > 59 or last_minute > 59 or start >= DAY or end > DAY:
        raise InvalidInput(f"工作时间“{part}”里没有这个时刻，请填00:00至24:00之间的时间。")
    if start >= end:
        raise InvalidInput(f"工作时间“{part}”的结束应晚于开始；跨夜的请分成两段，如“00:00-06:00,22:00-24:00”。")
    return start, end


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
