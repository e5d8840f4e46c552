"""模型登记: which trained models there are, which one serves, and who changed that. One pointer, replaced atomically."""

import contextlib
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from casework.errors import Conflict, InvalidInput, NotFound
from routing.artifact import MANIFEST, ArtifactError, Manifest, read_artifact, read_manifest

try:
    import fcntl
except ImportError:  # Windows: one process only, no lock between processes
    fcntl = None  # type: ignore[assignment]

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_DRAFT = ".adding-"


class ModelRegistry:
    """模型登记表: `folder`/<id>/ holds each model, registry.json the pointer and the history.

    registry.json: {"current": id | null, "line": [ids in order of promotion, last = current],
    "verdicts": {id: gate's verdict}, "history": [{"at", "by", "action", "id", "from", "result"}]}. The history's row of action
    "add" also has "model": what it was made of ({"trainer", "seed", "data", "selection"}), which outlives the model's folder.
    A process killed at any moment leaves the old registry or the new one, and at most a hidden draft folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "registry.json"

    def list(self) -> Sequence[dict]:
        """Newest first: {"id", "trainer", "seed", "created_at", "rows", "labels", "data", "measures", "state", "by", "selection",
        "promoted_at", "promoted_by", "verdict"}.

        `state`: current | candidate | former | damaged. `data`: {"file", "hash", "rows", "from", "to"} of what it learned;
        `selection`: the period and departments that were chosen, null for a file.
        """
        record = self._read()
        promoted = {row["id"]: row for row in record["history"] if row["action"] == "promote"}
        added = {row["id"]: row for row in record["history"] if row["action"] == "add"}
        rows = []
        for folder in self._models():
            row = {"id": folder.name, "trainer": "", "seed": 0, "created_at": "", "rows": 0, "labels": 0, "data": {}}
            row["measures"] = {}
            try:
                manifest = read_manifest(folder)
                row |= {
                    "trainer": manifest.trainer,
                    "seed": manifest.seed,
                    "data": _data(manifest),
                    "created_at": manifest.created_at,
                    "rows": manifest.data.get("rows", 0),
                    "labels": len(manifest.labels),
                    "measures": manifest.measures,
                }
                state = "former" if folder.name in promoted else "candidate"
            except ArtifactError:
                state = "damaged"
            row["state"] = "current" if folder.name == record["current"] else state
            first, last = added.get(folder.name, {}), promoted.get(folder.name, {})
            row |= {"by": first.get("by", ""), "selection": first.get("model", {}).get("selection")}
            row |= {"promoted_at": last.get("at"), "promoted_by": last.get("by", "")}
            rows.append(row | {"verdict": record["verdicts"].get(folder.name)})
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

    def manifest(self, id: str) -> Manifest:
        """What the model says of itself. Raises: NotFound, ArtifactError."""
        return read_manifest(self.path(id))

    def page(self, id: str, name: str) -> str:
        """A text file of the model, its hash checked: card.md or report.html. Raises: NotFound, ArtifactError."""
        expected = self.manifest(id).files.get(name)
        path = self._folder / id / name
        if expected is None or not path.is_file():
            raise NotFound(f"模型“{id}”没有附带 {name}。")
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != expected:
            raise ArtifactError(f"模型“{id}”的文件 {name} 与训练时不一致，已拒绝显示。请从备份恢复。")
        return content.decode("utf-8")

    def history(self) -> Sequence[dict]:
        """Every registration, promotion and rollback, oldest first."""
        return self._read()["history"]

    def add(self, folder: Path, by: str = "", verdict: dict | None = None, selection: dict | None = None) -> str:
        """Copy a checked model folder in as a candidate; returns its id.

        `verdict` is the gate's about it if known, `selection` what of the stored orders was chosen to train on.
        Raises: ArtifactError, Conflict when the id is there already.
        """
        manifest = read_artifact(folder).manifest
        name = manifest.id
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
            record["history"][-1]["model"] = {
                "trainer": manifest.trainer,
                "seed": manifest.seed,
                "data": _data(manifest),
                "selection": selection,
            }
            self._write(record)
        return name

    def promote(self, id: str, by: str, verdict: dict | None = None, reason: str = "") -> None:
        """Let a model serve. The gate's verdict ({"passed", "incumbent", "explanation"}) must be about the present incumbent.

        Without an incumbent no verdict is needed. With a `reason` a person may promote what could not be judged for want of
        orders (outcome "too_few"), never what was found worse; the reason is kept.
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
                undecided = verdict.get("outcome") == "too_few"
                if not verdict.get("passed") and not (undecided and reason.strip()):
                    raise Conflict(f"模型“{id}”未通过比较，不能启用：{verdict.get('explanation', '')}")
            if verdict is not None:
                record["verdicts"][id] = verdict
            result = (verdict or {}).get("explanation", "首个模型，无需比较。")
            if reason.strip():
                result += f"启用理由：{reason.strip()}"
            self._note(record, by, "promote", id, record["current"], result)
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


def _data(manifest: Manifest) -> dict:
    """What it learned, without the counts."""
    return {name: manifest.data.get(name) for name in ("file", "hash", "rows", "from", "to")}
