"""备份与恢复: everything an instance on SQLite owns, in one file. A PostgreSQL database is backed up by pg_dump."""

import sqlite3
import tarfile
import tempfile
from pathlib import Path

from api.instance import Instance
from casework.errors import InvalidInput
from storage.attachment_files import DRAFT

DATABASE = "hotline.db"
_LEFT_OUT = (f"{DATABASE}-wal", f"{DATABASE}-shm", DATABASE)


def backup(instance: Instance, target: Path) -> int:
    """Write a .tar.gz; the database by SQLite's online backup, so that it may be in use. Returns the files' count.

    Raises: InvalidInput when the instance is on PostgreSQL or the file exists.
    """
    settings = instance.settings
    if settings.database_url:
        raise InvalidInput("数据库不在数据目录中：请用 pg_dump 备份数据库，并另行备份数据目录。")
    if target.exists():
        raise InvalidInput(f"文件已存在，没有覆盖：{target}")
    with instance.unit():
        pass  # makes sure that the database exists at its newest revision
    working = target.with_name(f".{target.name}.part")
    count = 0
    with tempfile.TemporaryDirectory() as folder, tarfile.open(working, "w:gz") as tar:
        copy = Path(folder) / DATABASE
        with sqlite3.connect(settings.data_dir / DATABASE) as source, sqlite3.connect(copy) as goal:
            source.backup(goal)
        source.close()
        goal.close()
        tar.add(copy, DATABASE)
        for path in sorted(settings.data_dir.rglob("*")):
            name = path.relative_to(settings.data_dir).as_posix()
            if path.name.startswith(DRAFT):
                continue
            if path.is_file() and name not in _LEFT_OUT and path.resolve() not in (working.resolve(), target.resolve()):
                tar.add(path, name)
                count += 1
    working.replace(target)
    return count + 1


def restore(source: Path, folder: Path) -> int:
    """Unpack into `folder`, which must be empty or absent. Returns the files' count.

    Raises: InvalidInput when the folder holds data or the file is no backup.
    """
    if folder.exists() and any(folder.iterdir()):
        raise InvalidInput(
            f"数据目录 {folder} 不是空的，没有恢复。请换一个目录：hotline --data-dir 新目录 restore 文件。"
        )
    try:
        with tarfile.open(source, "r:gz") as tar:
            members = tar.getmembers()
            if DATABASE not in {member.name for member in members}:
                raise InvalidInput("这不是本系统的备份文件。")
            folder.mkdir(parents=True, exist_ok=True)
            tar.extractall(folder, members, filter="data")
    except FileNotFoundError:
        raise InvalidInput(f"找不到文件：{source}") from None
    except (tarfile.TarError, OSError, EOFError) as error:
        raise InvalidInput(f"备份文件无法读取：{error}") from None
    return len(members)
