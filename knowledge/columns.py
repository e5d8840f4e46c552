"""列名: which column of a table is which field, by the Chinese and English names that people give them."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence

from knowledge.file_content import FileFault
from knowledge.sheets import Sheet

Names = Mapping[str, Sequence[str]]
"""Field → the names of its column, the best first."""
HEADER_WITHIN = 10
"""The header is looked for among this many first rows: a heading or a note may stand above it."""
_NOTE = re.compile(r"[(\[【].*?[)\]】]|[*:：★/、]|\s|_|-")
_COUNT = re.compile(r"(?<=[^\d])\d{1,2}$")


def plain_name(name: str) -> str:
    """A column's name without case, blanks, notes in brackets and marks: `*相似问（选填）` is 相似问."""
    return _NOTE.sub("", unicodedata.normalize("NFKC", name).lower())


def recognised(header: Sequence[str], names: Names, repeated: Sequence[str] = ()) -> dict[str, list[int]]:
    """Field → its columns. Fields in `repeated` may have several (相似问1, 相似问2); of others the best name wins.

    Raises: FileFault when two columns have the same name.
    """
    plain = [plain_name(name) for name in header]
    found: dict[str, list[int]] = {}
    for field, known in names.items():
        if field in repeated:
            places = [at for at, name in enumerate(plain) if name in known or _COUNT.sub("", name) in known]
        else:
            best = next((name for name in known if name in plain), "")
            places = [at for at, name in enumerate(plain) if best and name == best]
            if len(places) > 1:
                raise FileFault(f"有{len(places)}列都叫“{header[places[0]]}”，请合并或改名后再导入。")
        if places:
            found[field] = places
    return found


def records(
    sheet: Sheet,
    names: Names,
    is_header: Callable[[Mapping[str, object]], bool],
    repeated: Sequence[str] = (),
    exact: bool = False,
) -> Iterator[tuple[str, dict[str, str]]]:
    """(place, field → text) of each row under the header, the first row whose fields satisfy `is_header`.

    `exact`: every row must have as many cells as the header (csv, where a wrong count tells of broken quoting).
    Nothing is yielded where no row is a header. Raises: FileFault.
    """
    columns: dict[str, list[int]] = {}
    width = seen = 0
    for number, cells in sheet.rows:
        if not columns:
            found = recognised(cells, names, repeated)
            seen += 1
            if is_header(found):
                columns, width = found, len(_trimmed(cells))
            elif seen >= HEADER_WITHIN:
                return
            continue
        place = sheet.place(number)
        if exact:
            _check_width(cells, width, place)
        yield (
            place,
            {
                field: "\n".join(cells[at] for at in places if at < len(cells) and cells[at])
                for field, places in columns.items()
            },
        )


def _trimmed(cells: list[str]) -> list[str]:
    last = max((at for at, cell in enumerate(cells) if cell), default=-1)
    return cells[: last + 1]


def _check_width(cells: list[str], width: int, place: str) -> None:
    told = len(_trimmed(cells))
    if told > width:
        raise FileFault(f"{place}有{told}格，表头只有{width}列；内容里有分隔符或换行的，请用英文双引号括起来。")
    if len(cells) < width:
        raise FileFault(f"{place}只有{len(cells)}格，表头有{width}列；空着的格也要保留分隔符，有换行的内容请加引号。")
