"""密钥: the keys of one instance: encryption at rest, keyed hash of query codes, signing of sessions."""

import base64
import hashlib
import hmac
import json
import os
import secrets
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from casework.errors import InvalidInput, Unavailable
from storage.query_code import normalize_query_code

FILE_NAME = "secret.json"
MIN_SECRET = 32
"""Characters a configured secret must have at least; HKDF spreads entropy, it adds none."""


@dataclass(frozen=True, slots=True)
class InstanceSecrets:
    """实例密钥. Never printed: no key is part of its repr."""

    fernet_key: str = field(repr=False)
    """32 bytes, URL-safe base64."""
    code_key: bytes = field(repr=False)
    """32 bytes for the HMAC of query codes."""
    session_key: str = field(repr=False)
    """For signed session cookies, hexadecimal."""
    _fernet: Fernet = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_fernet", Fernet(self.fernet_key))

    @classmethod
    def generate(cls) -> Self:
        """Fresh random keys."""
        return cls(Fernet.generate_key().decode(), secrets.token_bytes(32), secrets.token_hex(32))

    @classmethod
    def from_key(cls, key: str) -> Self:
        """All three keys derived (HKDF-SHA256) from one configured secret, so that replicas share them.

        Raises: InvalidInput when it is shorter than MIN_SECRET characters.
        """
        if len(key) < MIN_SECRET:
            raise InvalidInput(f"HOTLINE_SECRET_KEY 太短：至少需要 {MIN_SECRET} 个字符，请用随机字符串重新设置。")

        def derive(purpose: str) -> bytes:
            return HKDF(SHA256(), 32, salt=None, info=f"hotline12345/{purpose}".encode()).derive(key.encode())

        fernet_key = base64.urlsafe_b64encode(derive("requester")).decode()
        return cls(fernet_key, derive("query-code"), derive("session").hex())

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the keys in `folder`, created with mode 0600 on the first call; safe when several processes start.

        Raises: Unavailable when the file cannot be read or is damaged.
        """
        path = folder / FILE_NAME
        try:
            if not path.exists():
                _create(path, cls.generate())
            row = json.loads(path.read_text(encoding="utf-8"))
            return cls(row["fernet_key"], bytes.fromhex(row["code_key"]), row["session_key"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Unavailable(
                f"密钥文件无法读取或已损坏：{path}。请检查目录权限，或从备份恢复该文件；不要重新生成，否则已加密的联系方式无法再读出。"
            ) from error

    def encrypt(self, text: str) -> str:
        """Fernet token of `text`; empty stays empty, so that "not given" needs no key to be seen."""
        return self._fernet.encrypt(text.encode()).decode() if text else ""

    def decrypt(self, token: str) -> str:
        """Raises: Unavailable when the token was made with another key."""
        if not token:
            return ""
        try:
            return self._fernet.decrypt(token.encode()).decode()
        except InvalidToken as error:
            raise Unavailable(
                "已加密的内容无法解密：当前密钥与写入时不同。请管理员恢复原来的 secret.json 或 HOTLINE_SECRET_KEY。"
            ) from error

    def encrypt_bytes(self, content: bytes) -> bytes:
        """Fernet token of a file's content."""
        return self._fernet.encrypt(content)

    def decrypt_bytes(self, token: bytes) -> bytes:
        """Raises: Unavailable when the token was made with another key, or damaged."""
        try:
            return self._fernet.decrypt(token)
        except InvalidToken as error:
            raise Unavailable("文件无法解密：已损坏，或当前密钥与写入时不同。请管理员从备份恢复。") from error

    def code_hash(self, code: str) -> str:
        """HMAC-SHA256 of a query code in any spelling, hexadecimal."""
        return hmac.new(self.code_key, normalize_query_code(code).encode(), hashlib.sha256).hexdigest()

    def phone_hash(self, phone: str) -> str:
        """HMAC-SHA256 of a phone number, hexadecimal; "" for none."""
        return hmac.new(self.code_key, b"phone:" + phone.encode(), hashlib.sha256).hexdigest() if phone else ""


def _create(path: Path, keys: InstanceSecrets) -> None:
    """Write the file whole or not at all; of several writers the first wins and the others keep its keys."""
    path.parent.mkdir(parents=True, exist_ok=True)
    row = {"fernet_key": keys.fernet_key, "code_key": keys.code_key.hex(), "session_key": keys.session_key}
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{FILE_NAME}.")  # mode 0600 by contract
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(row, file)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        os.unlink(draft)
