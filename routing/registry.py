"""模型登记: which trained models there are, which one serves, and who changed that. One pointer, replaced atomically."""

import contextlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from casework.errors import Conflict, InvalidInput, NotFound
from routing.artifact import MANIFEST, ArtifactError, read_artifact, read_manifest

try:
    import fcntl
except ImportError:  # Windows: one process only, no lock between processes
    fcntl = None  # type: ignore[assignment]

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_DRAFT = ".adding-"


class ModelRegistry:
    """模型登记表: `folder`/<id>/ holds each model, registry.json the pointer and the history.

    registry.json: {"current": id | null, "line": [ids in order of promotion, last = current],
    "verdicts": {id: gate's verdict}, "history": [{"at", "by", "action", "id", "from", "result"}]}.
    A process killed at any moment leaves the old registry or the new one, and at most a hidden draft folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "registry.json"

    def list(self) -> Sequence[dict]:
        """Newest first: {"id", "trainer", "created_at", "rows", "labels", "measures", "state", "promoted_at", "verdict"}.

        `state`: current | candidate | former | damaged.
        """
        record = self._read()
        promoted = {row["id"]: row["at"] for row in record["history"] if row["action"] == "promote"}
        rows = []
        for folder in self._models():
            row = {"id": folder.name, "trainer": "", "created_at": "", "rows": 0, "labels": 0, "measures": {}}
            try:
                manifest = read_manifest(folder)
                row |= {
                    "trainer": manifest.trainer,
                    "created_at": manifest.created_at,
                    "rows": manifest.data.get("rows", 0),
                    "labels": len(manifest.labels),
                    "measures": manifest.measures,
                }
                state = "former" if folder.name in promoted else "candidate"
            except ArtifactError:
                state = "damaged"
            row["state"] = "current" if folder.name == record["current"] else state
            rows.append(
                row | {"promoted_at": promoted.get(folder.name), "verdict": record["verdicts"].get(folder.name)}
            )
        return sorted(rows, key=lambda row: (row["created_at"], row["id"]), reverse=True)

    def current(self) -> Path | None:
        """The folder of the model that serves; None when none was promoted yet."""
        name = self._read()["current"]
        return self._folder / name if name else None

    def path(self, id: str) -> Path:
        """Raises: NotFound."""
        folder = self._folder / id
        if not _ID.fullmatch(id) or not (folder / MANIFEST).is_file():
            raise NotFound(f"没有编号为“{id}”的模型。可用 hotline models list 查看。")
        return folder

    def history(self) -> Sequence[dict]:
        """Every promotion and rollback, oldest first."""
        return self._read()["history"]

    def add(self, folder: Path, by: str = "", verdict: dict | None = None) -> str:
        """Copy a checked model folder in as a candidate, with the gate's verdict about it if known; returns its id.

        Raises: ArtifactError, Conflict when the id is there already.
        """
        name = read_artifact(folder).manifest.id
        if not _ID.fullmatch(name):
            raise InvalidInput(f"模型编号“{name}”含有不能用作目录名的字符。")
        with self._locked():
            target = self._folder / name
            if folder.resolve() != target.resolve():
                if target.exists():
                    raise Conflict(f"模型“{name}”已登记，不能重复添加。")
                draft = Path(tempfile.mkdtemp(prefix=_DRAFT, dir=self._folder))
                try:
                    shutil.copytree(folder, draft / name)
                    os.replace(draft / name, target)
                finally:
                    shutil.rmtree(draft, ignore_errors=True)
            record = self._read()
            if verdict is not None:
                record["verdicts"][name] = verdict
            self._note(record, by, "add", name, record["current"], (verdict or {}).get("explanation", ""))
            self._write(record)
        return name

    def promote(self, id: str, by: str, verdict: dict | None = None) -> None:
        """Let a model serve. The gate's verdict ({"passed", "incumbent", "explanation"}) must be about the present incumbent.

        Without an incumbent no verdict is needed.
        Raises: NotFound, ArtifactError, Conflict when the gate said no, was not asked, or compared with another incumbent.
        """
        with self._locked():
            read_artifact(self.path(id))
            record = self._read()
            if record["current"] == id:
                raise Conflict(f"模型“{id}”已在使用中。")
            verdict = verdict or record["verdicts"].get(id)
            if record["current"]:
                if verdict is None or verdict.get("incumbent") != record["current"]:
                    raise Conflict(
                        f"模型“{id}”尚未与在用模型“{record['current']}”比较，不能启用。请重新训练，训练结束时会自动比较。"
                    )
                if not verdict.get("passed"):
                    raise Conflict(f"模型“{id}”未通过比较，不能启用：{verdict.get('explanation', '')}")
            if verdict is not None:
                record["verdicts"][id] = verdict
            self._note(
                record, by, "promote", id, record["current"], (verdict or {}).get("explanation", "首个模型，无需比较。")
            )
            record["current"] = id
            record["line"].append(id)
            self._write(record)

    def rollback(self, by: str) -> str:
        """Serve the model before the present one again; returns its id. Raises: Conflict when there is none, ArtifactError."""
        with self._locked():
            record = self._read()
            if len(record["line"]) < 2:
                raise Conflict("没有可以退回的上一个模型。")
            target = record["line"][-2]
            read_artifact(self._folder / target)
            self._note(record, by, "rollback", target, record["current"], "退回上一个模型。")
            record["line"].pop()
            record["current"] = target
            self._write(record)
        return target

    def _models(self) -> Iterator[Path]:
        if self._folder.is_dir():
            yield from (path for path in sorted(self._folder.iterdir()) if path.is_dir() and _ID.fullmatch(path.name))

    @staticmethod
    def _note(record: dict, by: str, action: str, id: str, before: str | None, result: str) -> None:
        at = datetime.now(UTC).astimezone().isoformat(timespec="seconds")
        record["history"].append({"at": at, "by": by, "action": action, "id": id, "from": before, "result": result})

    def _read(self) -> dict:
        if not self._file.is_file():
            return {"current": None, "line": [], "verdicts": {}, "history": []}
        try:
            record = json.loads(self._file.read_text(encoding="utf-8"))
            return {key: record[key] for key in ("current", "line", "verdicts", "history")}
        except (ValueError, KeyError, TypeError) as error:
            raise ArtifactError(
                f"模型登记文件 {self._file} 已损坏。请从备份恢复，或删除后用 hotline train routing 重新训练。"
            ) from error

    def _write(self, record: dict) -> None:
        handle, name = tempfile.mkstemp(prefix=".registry-", dir=self._folder)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                json.dump(record, stream, ensure_ascii=False, indent=1)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(name, self._file)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name)
            raise

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """One writer at a time; also clears what a killed writer left."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "registry.lock").open("w") as lock:
            if fcntl:
                fcntl.flock(lock, fcntl.LOCK_EX)
            for left in (*self._folder.glob(f"{_DRAFT}*"), *self._folder.glob(".registry-*")):
                if left.is_dir():
                    shutil.rmtree(left, ignore_errors=True)
                else:
                    left.unlink(missing_ok=True)
            yield
