"""附件: a file that belongs to an order. Its content is stored once, under its hash; the row says whose it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from casework.transitions import Role


@dataclass(slots=True)
class Attachment:
    """附件. `name` is as it was given (encrypted at rest), `media_type` as the content was recognised, `size` in bytes."""

    work_order_id: int
    at: datetime
    actor: str
    role: Role
    name: str
    media_type: str
    size: int
    sha256: str
    id: int = 0


class Attachments(Protocol):
    """附件 repository: the rows; contents are a `FileStore`'s."""

    def add(self, attachment: Attachment) -> None:
        """Store; fills `id`."""
        ...

    def get(self, attachment_id: int) -> Attachment:
        """Raises: NotFound."""
        ...

    def of(self, work_order_id: int) -> Sequence[Attachment]:
        """Oldest first."""
        ...


class FileStore(Protocol):
    """附件内容: the bytes, each content kept once under its SHA-256 (hexadecimal)."""

    def put(self, content: bytes) -> str:
        """Store whole or not at all; the hash."""
        ...

    def get(self, sha256: str) -> bytes:
        """Raises: Unavailable when it is missing or damaged."""
        ...
