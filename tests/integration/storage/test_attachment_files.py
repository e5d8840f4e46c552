"""附件内容: stored once under its hash, encrypted, whole or not at all; damage is noticed."""

import hashlib
from pathlib import Path

import pytest

from casework.errors import Unavailable
from storage.attachment_files import AttachmentFiles
from storage.secrets import InstanceSecrets

CONTENT = "我家楼下的垃圾".encode() * 1000


@pytest.fixture
def files(tmp_path: Path) -> AttachmentFiles:
    return AttachmentFiles(tmp_path / "attachments", InstanceSecrets.generate())


def stored_files(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "attachments").rglob("*") if path.is_file()]


def test_content_comes_back_and_is_kept_once_under_its_hash(files: AttachmentFiles, tmp_path: Path) -> None:
    name = files.put(CONTENT)
    assert name == files.put(CONTENT) == hashlib.sha256(CONTENT).hexdigest()
    (path,) = stored_files(tmp_path)
    assert path == tmp_path / "attachments" / name[:2] / name
    assert path.stat().st_mode & 0o077 == 0
    assert files.get(name) == CONTENT


def test_nothing_of_it_is_readable_on_the_disk(files: AttachmentFiles, tmp_path: Path) -> None:
    files.put(CONTENT)
    assert CONTENT[:30] not in stored_files(tmp_path)[0].read_bytes()


def test_a_missing_a_damaged_and_a_swapped_file_are_noticed(files: AttachmentFiles, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="不存在"):
        files.get("00" * 32)
    one, other = files.put(CONTENT), files.put(b"another")
    first, second = (tmp_path / "attachments" / name[:2] / name for name in (one, other))
    first.write_bytes(second.read_bytes())
    with pytest.raises(Unavailable, match="不一致"):
        files.get(one)
    second.write_bytes(second.read_bytes()[:-20])
    with pytest.raises(Unavailable, match="无法解密"):
        files.get(other)


def test_other_keys_do_not_open_it(files: AttachmentFiles, tmp_path: Path) -> None:
    name = files.put(CONTENT)
    with pytest.raises(Unavailable, match="密钥"):
        AttachmentFiles(tmp_path / "attachments", InstanceSecrets.generate()).get(name)


def test_a_folder_that_cannot_be_written_is_said_and_leaves_no_draft(tmp_path: Path) -> None:
    (tmp_path / "attachments").write_text("in the way")
    with pytest.raises(Unavailable, match="无法保存"):
        AttachmentFiles(tmp_path / "attachments", InstanceSecrets.generate()).put(CONTENT)
    assert list(tmp_path.rglob(".draft-*")) == []
