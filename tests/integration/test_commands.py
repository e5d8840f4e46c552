"""The command line as an engineer uses it, with the bad input too."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

LAW = """# 示范市{name}条例

2026年1月1日 示范市人民代表大会常务委员会通过

<!-- INFO END -->

## 第一章 总则

第一条 为了规范示范市{name}活动，制定本条例。

第二条 {rule}
"""


def hotline(data: Path, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "api.cli", "--data-dir", str(data), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def write_laws(folder: Path) -> None:
    folder.mkdir()
    kite = LAW.format(name="放风筝", rule="在机场净空保护区内放飞风筝的，由公安机关处五百元罚款。")
    (folder / "放风筝条例(2026-01-01).md").write_text(kite, encoding="utf-8")
    owl = LAW.format(name="猫头鹰保护", rule="发现受伤猫头鹰的，应当在二十四小时内送交野生动物救护站。")
    (folder / "猫头鹰保护条例(2026-01-01).md").write_bytes(owl.encode("gbk"))
    (folder / "空的.md").write_bytes(b"")
    (folder / "坏的.md").write_bytes(b"\x00\x01\x02\xff\xfe\x00PK")
    (folder / "没有标题.md").write_text("第一条 只有正文。\n", encoding="utf-8")


def test_import_names_the_faulty_files_goes_on_and_exits_1(city_copy, tmp_path):
    write_laws(tmp_path / "法规")
    done = hotline(city_copy, "import", str(tmp_path / "法规"))
    assert done.returncode == 1
    for name, words in (("空的.md", "空"), ("坏的.md", "不是文本"), ("没有标题.md", "标题")):
        line = next(line for line in done.stderr.splitlines() if name in line and "：" in line)
        assert words in line
    assert "导入2个文件" in done.stdout

    for question, title in (
        ("捡到受伤的猫头鹰多久要送走", "示范市猫头鹰保护条例"),
        ("机场净空保护区放飞风筝罚款", "示范市放风筝条例"),
    ):
        hits = json.loads(hotline(city_copy, "search", question, "--json").stdout)["hits"]
        assert (hits[0]["title"], hits[0]["locator"]) == (title, "第二条")

    again = hotline(city_copy, "import", str(tmp_path / "法规"))
    assert "导入0个文件，2个没有变化；写入0条" in again.stdout


def test_a_killed_import_goes_on_where_it_stopped(city_copy, tmp_path):
    folder = tmp_path / "很多法规"
    folder.mkdir()
    for number in range(60):
        name = f"第{number}号管理"
        (folder / f"{number:02}.md").write_text(
            LAW.format(name=name, rule=f"编号{number}的事项由市政府办理。"), encoding="utf-8"
        )
    command = [sys.executable, "-m", "api.cli", "--data-dir", str(city_copy), "import", str(folder)]
    running = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    assert running.stderr is not None
    running.stderr.read(1)  # progress has begun
    time.sleep(1.0)
    running.send_signal(signal.SIGKILL)
    running.wait()
    running.stderr.close()
    answer = hotline(city_copy, "ask", "租房子可以提取公积金吗", "--json")
    assert json.loads(answer.stdout)["outcome"] == "answered"
    done = hotline(city_copy, "import", str(folder))
    assert done.returncode == 0, done.stderr
    hits = json.loads(hotline(city_copy, "search", "编号59的事项由谁办理", "--json").stdout)["hits"]
    assert hits[0]["title"] == "示范市第59号管理条例"


def test_batches_keep_ids_and_order(city_copy, tmp_path):
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    texts = ["租房提取需要什么材料", "", "😀", "今年中秋放几天假", "公积金" * 5000]
    source.write_text(
        "".join(json.dumps({"id": f"n{i}", "text": t}) + "\n" for i, t in enumerate(texts)), encoding="utf-8"
    )
    for verb, field in (("ask", "outcome"), ("search", "hits"), ("route", "decision")):
        done = hotline(city_copy, verb, "--batch", str(source), "--out", str(target))
        assert done.returncode == 0, done.stderr
        rows = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
        assert [row["id"] for row in rows] == [f"n{i}" for i in range(5)]
        assert all(field in row for row in rows)
    assert rows[1]["decision"] == rows[2]["decision"] == "review"


@pytest.mark.parametrize(
    ("content", "words"), [("not json\n", "第1行"), ('{"id": 1}\n', "第1行"), ('{"id": 1, "text": "x"}\n[]\n', "第2行")]
)
def test_a_broken_batch_names_its_line_and_writes_nothing(city_copy, tmp_path, content, words):
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(content, encoding="utf-8")
    done = hotline(city_copy, "ask", "--batch", str(source), "--out", str(target))
    assert done.returncode == 1
    assert words in done.stderr
    assert not target.exists()


def test_wrong_usage_exits_2_and_missing_things_exit_1(city_copy, tmp_path):
    assert hotline(city_copy, "import").returncode == 2
    assert hotline(city_copy, "train", "routing").returncode == 2
    assert hotline(city_copy, "nonsense").returncode == 2
    missing = hotline(city_copy, "import", str(tmp_path / "没有"))
    assert (missing.returncode, "找不到" in missing.stderr) == (1, True)
    empty = hotline(tmp_path / "empty", "ask", "你知道什么")
    assert (empty.returncode, "hotline import" in empty.stderr) == (1, True)


def test_training_names_a_missing_column_and_an_unknown_department(city_copy, tmp_path):
    data = tmp_path / "orders.csv"
    rows = "".join(f"路灯坏了第{i}天还没人修,cgj\n小区停水{i}小时了,swjt\n" for i in range(20))
    data.write_text("content,department\n" + rows, encoding="utf-8")
    done = hotline(city_copy, "train", "routing", "--data", str(data))
    assert done.returncode == 1
    assert "text" in done.stderr
    assert "content" in done.stderr
    data.write_text("text,department\n" + rows + "公园的灯不亮,市园林局绿化处\n", encoding="utf-8")
    done = hotline(city_copy, "train", "routing", "--data", str(data))
    assert done.returncode == 1
    assert "市园林局绿化处" in done.stderr


def test_settings_are_all_documented():
    from api.settings_document import document

    page = Path(__file__).parents[2] / "docs" / "settings.md"
    assert page.read_text(encoding="utf-8") == document(), "run: python -m api.settings_document > docs/settings.md"


def test_production_refuses_demo_secrets(tmp_path, monkeypatch):
    monkeypatch.setenv("HOTLINE_ENV", "production")
    assert "HOTLINE_SECRET_KEY" in hotline(tmp_path, "models", "list").stderr
    monkeypatch.setenv("HOTLINE_SECRET_KEY", "x" * 20 + "demo" + "y" * 20)
    assert hotline(tmp_path, "models", "list").returncode == 1
    monkeypatch.setenv("HOTLINE_SECRET_KEY", "k" * 40)
    assert "HOTLINE_COOKIE_SECURE" in hotline(tmp_path, "models", "list").stderr
    monkeypatch.setenv("HOTLINE_COOKIE_SECURE", "true")
    assert hotline(tmp_path, "models", "list").returncode == 0
