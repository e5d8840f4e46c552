"""数据报告: what a training would find in the data, without training; for a person who decides whether to train."""

from collections.abc import Sequence
from pathlib import Path

from casework.errors import InvalidInput
from casework.masking import mask_text
from casework.organisation.department import Department
from routing.cleaning import Cleaner
from training.routing_data import Columns, Example, group_examples, prepare_examples, read_examples

LISTED = 20
"""Conflicts that are shown, of all that are counted."""


def data_report(path: Path, columns: Columns, departments: Sequence[Department] = (), clean: bool = True) -> dict:
    """The DataReport as JSON, personal data in excerpts masked, with the period covered.

    `problem` says why these data cannot be trained on, "" when they can; the counts that are then missing are left out.
    Raises: InvalidInput when the file cannot be read at all.
    """
    rows = list(read_examples(path, columns))
    found = {"read": len(rows), "problem": ""} | _period(rows)
    names = {row.label for row in rows} | {name for one in departments for name in (one.name, one.short_name)}
    cleaner = Cleaner(tuple(sorted(name for name in names if not name.isascii())), clean)
    try:
        kept, report = prepare_examples(rows, cleaner, departments)
    except InvalidInput as error:
        return found | {"problem": error.message}
    group_examples(kept, report)
    told = report.as_dict()
    told["conflict_count"] = len(report.conflicts)
    told["conflicts"] = [row | {"text": mask_text(row["text"])} for row in report.conflicts[:LISTED]]
    told["cut_examples"] = [mask_text(text) for text in report.cut_examples]
    return found | told | {"kept": len(kept)}


def _period(rows: Sequence[Example]) -> dict:
    times = [row.time for row in rows if row.time]
    return {"from": min(times).isoformat() if times else None, "to": max(times).isoformat() if times else None}
