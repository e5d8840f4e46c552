"""放假安排文件: calendar.csv in the data folder, read again when it changes, and files that are imported into it."""

import csv
import io
import logging
from pathlib import Path, PurePath

from casework.deadline.calendar_table import CalendarTable, read_table
from casework.errors import InvalidInput
from knowledge.columns import records
from knowledge.file_content import check_format
from knowledge.sheets import read_csv, read_xlsx

log = logging.getLogger("hotline.calendar")
FILE = "calendar.csv"
COLUMNS = {
    "day": ("日期", "day", "date"),
    "worked": ("是否上班", "上班", "是否工作日", "worked"),
    "name": ("名称", "节日", "说明", "备注", "name"),
}
HEADER = ("日期", "是否上班", "名称")
MAX_ROWS = 5000


def read_calendar(name: str, data: bytes) -> CalendarTable:
    """The table in a .csv or .xlsx file. Raises: InvalidInput, FileFault."""
    suffix = PurePath(name).suffix.lower()
    if suffix not in (".csv", ".xlsx"):
        raise InvalidInput("放假安排请用 .csv 或 .xlsx 文件，列为：日期、是否上班、名称。")
    if not data.strip():
        raise InvalidInput("文件是空的。")
    check_format(data, suffix)
    rows = []
    for sheet in [read_csv(data)] if suffix == ".csv" else read_xlsx(data):
        for row in records(sheet, COLUMNS, lambda found: "day" in found and "worked" in found):
            rows.append(row)
            if len(rows) > MAX_ROWS:
                raise InvalidInput(f"放假安排超过{MAX_ROWS}行，请检查文件是否选对。")
    return read_table(rows)


class CalendarFile:
    """放假安排 of this instance."""

    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir / FILE
        self._seen: tuple[int, int] | None = None
        self._table = CalendarTable()

    def load(self) -> CalendarTable:
        """As it stands now. Raises: InvalidInput naming the file and what is wrong."""
        seen = self._mark()
        self._table = self._read() if seen else CalendarTable()
        self._seen = seen
        return self._table

    def table(self) -> CalendarTable:
        """The table; read again when the file has changed. One that cannot be read is told, and the former table goes on."""
        if self._mark() != self._seen:
            try:
                return self.load()
            except InvalidInput as error:
                self._seen = self._mark()
                log.error("the calendar stays as it was: %s", error.message)
        return self._table

    def save(self, table: CalendarTable) -> None:
        """Whole or not at all."""
        written = io.StringIO(newline="")
        rows = csv.writer(written)
        rows.writerow(HEADER)
        for one in table.days.values():
            rows.writerow((one.day.isoformat(), "是" if one.worked else "否", one.name))
        part = self.path.with_name(f".{FILE}.part")
        part.write_text(written.getvalue(), encoding="utf-8-sig", newline="")
        part.replace(self.path)
        self.load()

    def _read(self) -> CalendarTable:
        try:
            return read_calendar(FILE, self.path.read_bytes())
        except InvalidInput as error:
            raise InvalidInput(f"{self.path} 无法使用：{error.message}") from None
        except OSError as error:
            raise InvalidInput(f"{self.path} 无法读取：{error.strerror}。") from None

    def _mark(self) -> tuple[int, int] | None:
        try:
            told = self.path.stat()
        except OSError:
            return None
        return told.st_mtime_ns, told.st_size
