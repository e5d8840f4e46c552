"""质检规则开关: the rules that administrators have switched off, in quality.json of the data folder, read anew at each inspection."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from casework.errors import InvalidInput, NotFound
from casework.quality.quality_rules import RULES

MAX_NOTE = 200


@dataclass(frozen=True, slots=True)
class QualitySwitches:
    """开关. `path` need not exist: then all rules are on."""

    path: Path

    def read(self) -> dict[str, dict]:
        """Rule → {"by", "at", "note"} of those switched off; a file that cannot be read switches nothing off."""
        try:
            rows = json.loads(self.path.read_text(encoding="utf-8"))["off"]
        except (OSError, ValueError, KeyError, TypeError):
            return {}
        return {code: row for code, row in rows.items() if code in RULES} if isinstance(rows, dict) else {}

    def switch(self, rule: str, on: bool, note: str, by: str, at: str) -> None:
        """Raises: NotFound (no such rule), InvalidInput (no reason for switching off)."""
        if rule not in RULES:
            raise NotFound("没有这条质检规则。")
        note = note.strip()
        if not on and not note:
            raise InvalidInput("停用规则请填写原因，以后查得到为什么停用。")
        if len(note) > MAX_NOTE:
            raise InvalidInput(f"原因请控制在{MAX_NOTE}字以内。")
        rows = self.read()
        rows.pop(rule, None)
        if not on:
            rows[rule] = {"by": by, "at": at, "note": note}
        written = self.path.with_suffix(f".{os.getpid()}.tmp")
        written.write_text(json.dumps({"off": rows}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        os.replace(written, self.path)
