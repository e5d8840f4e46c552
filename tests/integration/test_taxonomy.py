"""诉求分类 over HTTP, with a city's own file and without one."""

import shutil
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

import demo
from api.app import create_app
from api.auth import hasher
from api.instance import Instance
from api.settings import Settings
from casework.errors import InvalidInput
from casework.organisation.staff import Staff
from casework.transitions import Role


def console(folder: Path) -> TestClient:
    """A signed-in agent of a new instance."""
    instance = Instance(Settings(data_dir=folder, worker_in_serve=False))
    with instance.unit() as work:
        work.staff.put(Staff("agent", "话务员", Role.AGENT, hasher().hash("a-password"), ""))
        work.commit()
    client = TestClient(create_app(instance))
    assert client.post("/api/session", json={"username": "agent", "password": "a-password"}).status_code == 200
    return client


def test_the_console_gets_the_citys_taxonomy(tmp_path: Path) -> None:
    shutil.copy(demo.TAXONOMY, tmp_path / "taxonomy.csv")
    nodes = console(tmp_path).get("/api/console/taxonomy").json()
    assert nodes[0] == {"code": "01", "name": "科教文体", "path": "科教文体", "parent": ""}
    assert {node["code"]: node["path"] for node in nodes}["03010401"] == "城乡建设/住房公积金/公积金缴存/单位欠缴少缴"


def test_a_city_without_a_taxonomy_has_an_empty_one(tmp_path: Path) -> None:
    client = console(tmp_path)
    assert client.get("/api/console/taxonomy").json() == []
    client.delete("/api/session")
    assert client.get("/api/console/taxonomy").status_code == 401


def test_a_faulty_taxonomy_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "taxonomy.csv").write_text("code,name,parent,source\n0101,物业,01,\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match="第2行"):
        _ = Instance(Settings(data_dir=tmp_path)).taxonomy
