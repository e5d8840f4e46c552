"""At rest: neither names nor phones nor query codes can be read from the database's rows or files."""

import base64
import dataclasses
import hmac
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select

from assistant.conversation import Conversation, Outcome, Turn
from casework.appeal import Requester
from casework.errors import InvalidInput, Unavailable
from casework.work_order import WorkOrder
from storage.query_code import normalize_query_code
from storage.secrets import FILE_NAME, InstanceSecrets
from storage.tables import work_orders
from storage.unit_of_work import SqlUnitOfWork
from tests.integration.storage.conftest import NOW, Database, run_at_once

NAME, PHONE = "司马青衫", "13712345678"
SECRET = "configured-secret-of-forty-characters-xx"


def fill(database: Database, order: WorkOrder) -> None:
    said = Turn(1, NOW, f"我叫{NAME}，电话{PHONE}", Outcome.INTAKE, {"text": f"{NAME}您好，{PHONE}对吗？"})
    with database.unit() as unit:
        unit.work_orders.add(order)
        unit.work_orders.save(order)
        state = {"draft": {"name": NAME, "phone": PHONE}}
        unit.conversations.add(Conversation("c", NOW, state=state, turns=[said]))
        unit.commit()


def test_rows_hold_no_person_and_no_code(database: Database, new_order: Callable[..., WorkOrder]) -> None:
    order = new_order(requester=Requester(NAME, PHONE), text="路灯不亮")
    fill(database, order)
    raw = database.raw()
    assert "路灯不亮" in raw, "the rows were really read"
    for hidden in (NAME, PHONE, order.query_code, normalize_query_code(order.query_code)):
        assert hidden not in raw
    with database.unit() as unit:
        assert unit.work_orders.get(order.id).requester == Requester(NAME, PHONE)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_files_hold_no_person_and_no_code(database: Database, new_order: Callable[..., WorkOrder]) -> None:
    order = new_order(requester=Requester(NAME, PHONE), text="路灯不亮")
    fill(database, order)
    folder = Path(database.engine.url.database).parent
    content = b"".join(path.read_bytes() for path in folder.glob("hotline.db*"))
    assert "路灯不亮".encode() in content, "the files were really read"
    for hidden in (NAME, PHONE, order.query_code, normalize_query_code(order.query_code)):
        assert hidden.encode() not in content


def test_the_code_is_kept_as_a_keyed_hash(database: Database, new_order: Callable[..., WorkOrder]) -> None:
    order = new_order()
    fill(database, order)
    with database.engine.connect() as connection:
        stored = connection.execute(select(work_orders.c.query_code_hash)).scalar_one()
    assert stored == database.secrets.code_hash(order.query_code)
    assert len(stored) == 64
    assert stored != InstanceSecrets.generate().code_hash(order.query_code)


def test_nothing_given_stays_empty(database: Database, new_order: Callable[..., WorkOrder]) -> None:
    order = new_order(requester=Requester())
    fill(database, order)
    with database.unit() as unit:
        assert unit.work_orders.get(order.id).anonymous


def test_another_key_reads_nothing(database: Database, new_order: Callable[..., WorkOrder]) -> None:
    order = new_order()
    fill(database, order)
    with SqlUnitOfWork(database.engine, InstanceSecrets.generate()) as unit:
        assert unit.work_orders.by_query_code(order.query_code) is None
        with pytest.raises(Unavailable, match="密钥"):
            unit.work_orders.get(order.id)


def test_keys_are_made_once_and_private(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "yet"
    first = InstanceSecrets.load(folder)
    assert InstanceSecrets.load(folder) == first
    assert InstanceSecrets.load(tmp_path / "other") != first
    assert stat.S_IMODE((folder / FILE_NAME).stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == [FILE_NAME], "no draft is left"
    assert len({first.fernet_key, first.session_key, first.code_key.hex()}) == 3


def test_many_starters_share_one_set_of_keys(tmp_path: Path) -> None:
    imports = "from pathlib import Path; from storage.secrets import InstanceSecrets"
    action = "print(InstanceSecrets.load(Path(sys.argv[1])).session_key)"
    keys = run_at_once(imports, action, str(tmp_path))
    assert len(keys[0].strip()) == 64
    assert len(set(keys)) == 1
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: InstanceSecrets.load(tmp_path / "threads").session_key, range(8)))) == 1


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"fernet_key": "x", "code_key": "00", "session_key": ""}'])
def test_a_damaged_file_is_not_replaced(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE_NAME).write_text(content)
    with pytest.raises(Unavailable, match="备份"):
        InstanceSecrets.load(tmp_path)
    assert (tmp_path / FILE_NAME).read_text() == content


def test_replicas_derive_the_same_keys_from_one_secret() -> None:
    first = InstanceSecrets.from_key(SECRET)
    assert first == InstanceSecrets.from_key(SECRET)
    assert first.decrypt(InstanceSecrets.from_key(SECRET).encrypt(NAME)) == NAME
    other = InstanceSecrets.from_key(SECRET + "x")
    for name in ("fernet_key", "code_key", "session_key"):
        assert getattr(first, name) != getattr(other, name)
    assert base64.urlsafe_b64decode(first.fernet_key) != first.code_key != bytes.fromhex(first.session_key)
    with pytest.raises(InvalidInput, match="32"):
        InstanceSecrets.from_key("x" * 31)


def test_keys_are_derived_by_rfc_5869() -> None:
    """A release that derives other keys could no longer read what older ones wrote."""

    def expand(info: str) -> bytes:
        extracted = hmac.digest(bytes(32), SECRET.encode(), "sha256")
        return hmac.digest(extracted, info.encode() + b"\x01", "sha256")

    keys = InstanceSecrets.from_key(SECRET)
    assert base64.urlsafe_b64decode(keys.fernet_key) == expand("hotline12345/requester")
    assert keys.session_key == expand("hotline12345/session").hex()
    code_hash = hmac.digest(expand("hotline12345/query-code"), b"ABCDE23456", "sha256")
    assert keys.code_hash("abcde-23456") == code_hash.hex()


def test_keys_are_not_printed() -> None:
    keys = InstanceSecrets.generate()
    assert keys.fernet_key not in repr(keys) and keys.session_key not in repr(keys)
    assert repr(keys.code_key) not in repr(keys)
    assert not [item.name for item in dataclasses.fields(keys) if item.repr], "nor is any key that is added later"
