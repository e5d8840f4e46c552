"""附件内容: each content is one encrypted file under its SHA-256, written whole or not at all."""

import hashlib
import os
import tempfile
from pathlib import Path

from casework.errors import Unavailable
from storage.secrets import InstanceSecrets

FOLDER = "attachments"
DRAFT = ".draft-"
"""How files begin that are still being written; a killed process leaves one behind, which nothing refers to."""


class AttachmentFiles:
    """附件仓库 in a folder: ab/abcdef…; what was written before a unit of work failed stays, and the next upload finds it."""

    def __init__(self, folder: Path, secrets: InstanceSecrets) -> None:
        self._folder, self._secrets = folder, secrets

    def put(self, content: bytes) -> str:
        """Store; the hash of the content as it was given. Raises: Unavailable when the disk refuses."""
        name = hashlib.sha256(content).hexdigest()
        path = self._path(name)
        if path.exists():
            return name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=DRAFT)  # mode 0600 by contract
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(self._secrets.encrypt_bytes(content))
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(draft, path)
            except BaseException:
                Path(draft).unlink(missing_ok=True)
                raise
            _sync(path.parent)
        except OSError as error:
            raise Unavailable("附件暂时无法保存，请稍后再试。如持续出现，请联系系统管理员检查磁盘空间。") from error
        return name

    def get(self, sha256: str) -> bytes:
        """Raises: Unavailable when it is missing, damaged or not what was stored."""
        try:
            content = self._secrets.decrypt_bytes(self._path(sha256).read_bytes())
        except OSError as error:
            raise Unavailable("附件文件不存在或无法读取，请联系系统管理员从备份恢复。") from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise Unavailable("附件文件的内容与存入时不一致，请联系系统管理员从备份恢复。")
        return content

    def _path(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256


def _sync(folder: Path) -> None:
    """So that a file's name outlives a power cut as its content does."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
