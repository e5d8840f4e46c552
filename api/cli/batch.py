"""批处理: JSON Lines in ({"id", "text"}), JSON Lines out, same ids, same order; progress on stderr."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError
from tqdm import tqdm

from api.instance import Instance
from api.settings import Settings
from casework.errors import InvalidInput


@dataclass
class Context:
    """What all verbs share: settings given on the command line, and the instance made from them."""

    given: dict = field(default_factory=dict)

    def settings(self, **more: object) -> Settings:
        """The command line's settings over those of the environment. Raises: InvalidInput naming the setting."""
        try:
            return Settings(**(self.given | {k: v for k, v in more.items() if v is not None}))
        except ValidationError as error:
            names = "、".join(f"HOTLINE_{str(item['loc'][0]).upper()}" for item in error.errors())
            raise InvalidInput(f"配置有误，请检查：{names}（见 docs/settings.md）。") from None

    def instance(self, **more: object) -> Instance:
        """The instance of these settings."""
        return Instance(self.settings(**more))


def read_rows(path: Path) -> list[dict]:
    """Rows {"id", "text"}. Raises: InvalidInput naming the file and line."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        raise InvalidInput(f"找不到文件：{path}") from None
    except (UnicodeDecodeError, OSError):
        raise InvalidInput(f"文件无法读取，应为 UTF-8 编码的 JSON Lines：{path}") from None
    rows = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            raise InvalidInput(f"{path} 第{number}行不是合法的 JSON。") from None
        if not isinstance(row, dict) or "id" not in row or not isinstance(row.get("text"), str):
            raise InvalidInput(f'{path} 第{number}行应为 {{"id": …, "text": "…"}}。')
        rows.append(row)
    return rows


def run_batch(source: Path, target: Path, answer: Callable[[dict], dict]) -> None:
    """Answer every row; the output appears whole or not at all."""
    run_batches(source, target, lambda rows: [answer(row) for row in rows], 1)


def run_batches(source: Path, target: Path, answer: Callable[[list[dict]], list[dict]], size: int) -> None:
    """Answer every row, `size` at a time; the output appears whole or not at all."""
    rows = read_rows(source)
    working = target.with_name(f".{target.name}.part")
    target.parent.mkdir(parents=True, exist_ok=True)
    with working.open("w", encoding="utf-8") as file, tqdm(total=len(rows), file=sys.stderr, unit="条") as bar:
        for start in range(0, len(rows), size):
            part = rows[start : start + size]
            for row, told in zip(part, answer(part), strict=True):
                file.write(json.dumps({"id": row["id"], **told}, ensure_ascii=False, default=str) + "\n")
            bar.update(len(part))
    working.replace(target)


def emit(value: object) -> None:
    """Print JSON."""
    print(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def one_or_batch(text: str | None, batch: Path | None, out: Path | None) -> Iterator[str]:
    """The single text, or nothing when it is a batch. Raises: InvalidInput when neither or both are given."""
    if (text is None) == (batch is None):
        raise InvalidInput("请给出一段文字，或用 --batch IN --out OUT 处理文件。")
    if batch is not None and out is None:
        raise InvalidInput("批处理需要 --out 指定输出文件。")
    if text is not None:
        yield text
