"""`python -m training …` on real parts: the shipped encoder, real files, real processes."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from knowledge.encoder import SHIPPED, OnnxEncoder
from routing.artifact import read_manifest
from routing.decision import Router
from routing.duties import Duties
from routing.predictor import Predictor
from routing.registry import ModelRegistry
from tests.small_city import DEPARTMENTS, TEXTS, write_appeals
from training.__main__ import main

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(not (SHIPPED / "encoder.onnx").is_file(), reason="the shipped encoder is not there")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_appeals(tmp_path / "appeals.jsonl")


@pytest.fixture
def departments(tmp_path: Path) -> Path:
    path = tmp_path / "departments.jsonl"
    rows = [{"code": d.code, "name": d.name, "short_name": d.short_name, "duties": d.duties} for d in DEPARTMENTS]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def last_line(capsys: pytest.CaptureFixture[str]) -> dict:
    return json.loads(capsys.readouterr().out.strip().splitlines()[-1])


def test_train_register_promote_and_route(data, departments, tmp_path, capsys) -> None:
    command = [
        "routing",
        "--data",
        str(data),
        "--departments",
        str(departments),
        "--registry",
        str(tmp_path / "models"),
    ]
    assert main([*command, "--time", "created_at", "--promote", "--by", "admin"]) == 0
    first = last_line(capsys)
    assert first["promoted"] and first["rows"] == 40 and first["measures"]["held_out"]["rows"] == 8
    registry, encoder = ModelRegistry(tmp_path / "models"), OnnxEncoder(threads=1)
    assert registry.current() == Path(first["folder"])
    router = Router(Predictor.load(registry.current(), encoder), Duties(DEPARTMENTS, encoder), None, DEPARTMENTS)
    found = router.decide("小区门口的路灯一到晚上就不亮，黑灯瞎火的")
    assert (
        found.department == "street" and len(found.candidates) >= 3 and found.evidence["duty"]["department"] == "street"
    )
    # The same data again: a candidate that is not worse takes over, and rollback undoes it.
    assert main([*command, "--time", "created_at", "--promote", "--seed", "7"]) == 0
    second = last_line(capsys)
    assert second["verdict"]["incumbent"] == first["model"] and second["verdict"]["rows"] == 8
    assert second["promoted"] is second["verdict"]["passed"]
    if second["promoted"]:
        assert registry.rollback("admin") == first["model"]
    assert not (tmp_path / "models" / ".trained").exists()


def test_a_worse_candidate_is_registered_but_not_promoted(departments, tmp_path, capsys) -> None:
    good, codes = write_appeals(tmp_path / "good.jsonl"), list(TEXTS)
    wrong = write_appeals(
        tmp_path / "wrong.jsonl",
        {code: TEXTS[codes[(i + 1) % 4]][:8] + TEXTS[code][8:] for i, code in enumerate(codes)},
    )
    command = ["routing", "--registry", str(tmp_path / "models"), "--time", "created_at", "--promote"]
    assert main([*command, "--data", str(good)]) == 0
    first = last_line(capsys)
    assert main([*command, "--data", str(wrong)]) == 0
    second = last_line(capsys)
    assert not second["promoted"] and "不予启用" in second["verdict"]["explanation"]
    states = {row["id"]: row["state"] for row in ModelRegistry(tmp_path / "models").list()}
    assert states == {first["model"]: "current", second["model"]: "candidate"}


def test_evaluate_a_model_on_a_gbk_csv(data, tmp_path, capsys) -> None:
    assert main(["routing", "--data", str(data), "--out", str(tmp_path / "m")]) == 0
    rows = "".join(f'"{text}",{code}\n' for code, own in TEXTS.items() for text in own)
    (tmp_path / "a.csv").write_bytes(("诉求,单位\n" + rows + "归谁管不知道,别处\n").encode("gbk"))
    capsys.readouterr()
    assert (
        main(
            [
                "evaluate-routing",
                "--model",
                str(tmp_path / "m"),
                "--data",
                str(tmp_path / "a.csv"),
                "--text",
                "诉求",
                "--label",
                "单位",
            ]
        )
        == 0
    )
    found = last_line(capsys)
    assert found["measures"]["rows"] == 41 and found["measures"]["top1"] > 0.9 and found["unknown_labels"] == ["别处"]


@pytest.mark.parametrize(
    ("arguments", "content", "told"),
    [
        ([], "诉求,单位\n停水,水务\n", "现有的列：诉求、单位"),
        (["--text", "诉求", "--label", "单位"], "诉求,单位\n停水,水务\n停电,供电\n", "至少需要20条"),
        ([], "", "是空的"),
        ([], "text,department\n" + "".join(f",水务{i % 3}\n" for i in range(30)), "正文列全是空的"),
        ([], "text,department\n" + "".join(f"停水第{chr(0x4E00 + i)}天,水务\n" for i in range(30)), "一个单位"),
    ],
)
def test_bad_data_fails_with_what_to_do(arguments, content, told, tmp_path, capsys) -> None:
    path = tmp_path / "a.csv"
    path.write_text(content, encoding="utf-8")
    assert main(["routing", "--data", str(path), "--out", str(tmp_path / "m"), "--no-vectors", *arguments]) == 1
    said = capsys.readouterr()
    assert told in said.err and said.out == "" and not (tmp_path / "m").exists()


def test_an_unknown_department_fails_before_training(data, departments, tmp_path, capsys) -> None:
    with data.open("a", encoding="utf-8") as stream:
        stream.write('{"text": "水管爆了", "department": "市水务公司", "created_at": "2026-01-01"}\n')
    command = ["routing", "--data", str(data), "--departments", str(departments), "--out", str(tmp_path / "m")]
    assert main(command) == 1
    told = capsys.readouterr().err
    assert "市水务公司" in told and "第41行" in told and "市水务集团" in told and not (tmp_path / "m").exists()


@pytest.mark.parametrize(
    "arguments",
    [[], ["routing"], ["routing", "--data", "x.csv"], ["routing", "--data", "x.csv", "--out", "m", "--promote"], ["fly"],
     ["routing", "--data", "x.csv", "--out", "m", "--precision", "2"]],
)  # fmt: skip
def test_wrong_usage_exits_two(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2


def test_a_killed_training_leaves_the_registry_as_it_was(data, departments, tmp_path) -> None:
    models = tmp_path / "models"
    command = [
        sys.executable,
        "-m",
        "training",
        "routing",
        "--data",
        str(data),
        "--time",
        "created_at",
        "--registry",
        str(models),
    ]
    assert subprocess.run([*command, "--promote"], cwd=ROOT, capture_output=True, check=False).returncode == 0
    before = (models / "registry.json").read_bytes()
    process = subprocess.Popen([*command, "--promote"], cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    assert process.stderr is not None
    for line in process.stderr:
        if "交叉拟合".encode() in line:
            break
    os.kill(process.pid, signal.SIGKILL)
    process.wait(30)
    process.stderr.close()
    time.sleep(0.1)
    registry = ModelRegistry(models)
    assert (models / "registry.json").read_bytes() == before
    assert len(registry.list()) == 1 and registry.current() == registry.path(registry.list()[0]["id"])
    assert subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0
    assert len(registry.list()) == 2


def test_a_full_disk_is_told_and_leaves_no_half_model(data, tmp_path, capsys) -> None:
    """/dev/full stands for a disk without room: a folder cannot be made under a file."""
    assert main(["routing", "--data", str(data), "--out", "/dev/full/model", "--no-vectors"]) == 1
    assert "无法在" in capsys.readouterr().err


def limited(size: int) -> Callable[[], None]:
    """For a child process: no file may grow beyond `size` bytes, and the write that would fails as on a full disk."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_a_disk_that_fills_up_while_the_model_is_written_leaves_the_incumbent_and_no_draft(data, tmp_path) -> None:
    models = tmp_path / "models"
    command = [sys.executable, "-m", "training", "routing", "--data", str(data), "--no-vectors", "--promote"]
    command += ["--registry", str(models)]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0
    before, serving = (models / "registry.json").read_bytes(), ModelRegistry(models).current()
    assert serving is not None
    sizes = {path.name: path.stat().st_size for path in serving.iterdir()}
    there = sorted(path.name for path in models.iterdir())
    # Nothing fits; the pages do and the weights do not; all but the last bytes of the greatest file do.
    for limit in (500, max(sizes["report.html"], sizes["card.md"]) + 100, max(sizes.values()) - 10):
        full = subprocess.run(
            [*command, "--seed", "3"], cwd=ROOT, capture_output=True, text=True, check=False, preexec_fn=limited(limit)
        )
        last = full.stderr.strip().splitlines()[-1]
        assert full.returncode == 1 and full.stdout == "" and "Traceback" not in full.stderr, full.stderr
        assert "失败" in last and "磁盘空间" in last and "模型不受影响" in last
        assert (models / "registry.json").read_bytes() == before
        assert sorted(path.name for path in models.iterdir()) == there
    assert Predictor.load(serving, None).predict(["自来水停了一整天"])[0].label in TEXTS


SIX_TIMES = (
    "2026-03-{:02} 08:05:00",
    "2026/3/{} 8:05",
    "2026年3月{}日8时5分",
    "202603{:02}",
    "2026.3.{}",
    "2026-03-{:02}T08:05:09+08:00",
)


def test_two_encodings_six_forms_of_dates_short_rows_and_nul_in_one_file(tmp_path, capsys) -> None:
    """What four systems exported and somebody put together: all of it is read, by time."""
    rows = [
        f'"{text}",{code},{SIX_TIMES[i % 6].format(i + 1)}' for code, own in TEXTS.items() for i, text in enumerate(own)
    ]
    lines = [f"{row}\n".encode("gb18030" if i % 3 else "utf-8") for i, row in enumerate(rows)]
    path = tmp_path / "a.csv"
    path.write_bytes(
        "诉求,单位,时间\n".encode("utf-8-sig") + b"".join(lines) + "只有正文,,2026-03-01\n".encode() + b"\0" * 64
    )
    command = ["routing", "--data", str(path), "--text", "诉求", "--label", "单位", "--time", "时间"]
    assert main([*command, "--out", str(tmp_path / "m"), "--no-vectors"]) == 0
    assert last_line(capsys)["rows"] == 40
    manifest = read_manifest(tmp_path / "m")
    assert set(manifest.labels) == set(TEXTS) and manifest.data["by_time"]
    assert (manifest.data["from"][:10], manifest.data["to"][:10]) == ("2026-03-01", "2026-03-10")
    assert manifest.data["test_rows"] == 8


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("".join(f"诉求{chr(0xAC00 + i)}的事,单位{i}\n" for i in range(10_000)), "有10000个不同的单位名称，超过2000个"),
        ("停水了,没人管,水务\n", "第2行有3列，而表头只有2列"),
        ('停水了,水务\n"停电了,供电\n没电了,供电\n', "第3行的英文双引号没有配对"),
        ("停水了\n停电了\n", "没有同时具备正文和单位的数据行"),
    ],
)
def test_what_is_wrong_with_a_table_is_said_with_its_line(content, told, tmp_path, capsys) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,department\n" + content, encoding="utf-8")
    assert main(["routing", "--data", str(path), "--out", str(tmp_path / "m"), "--no-vectors"]) == 1
    said = capsys.readouterr()
    assert told in said.err.strip().splitlines()[-1] and said.out == "" and not (tmp_path / "m").exists()


def test_a_file_of_two_gigabytes_is_refused_without_reading_it(tmp_path) -> None:
    path = tmp_path / "big.csv"
    with path.open("wb") as stream:
        stream.truncate(2 << 30)  # sparse: takes no room
    command = [sys.executable, "-m", "training", "routing", "--data", str(path), "--out", str(tmp_path / "m")]
    done = subprocess.run(
        [*command, "--no-vectors"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (1 << 30, 1 << 30)),
    )
    assert done.returncode == 1 and "2.0 GB" in done.stderr.strip().splitlines()[-1] and not (tmp_path / "m").exists()


@pytest.mark.parametrize("change", ["version", "weights", "twin"])
def test_a_model_of_another_version_or_changed_by_hand_is_refused_by_every_command(
    change, data, tmp_path, capsys
) -> None:
    model = tmp_path / "m"
    assert main(["routing", "--data", str(data), "--out", str(model), "--no-vectors"]) == 0
    if change == "version":
        row = json.loads((model / "model.json").read_text(encoding="utf-8"))
        (model / "model.json").write_text(json.dumps(row | {"format": 1}, ensure_ascii=False), encoding="utf-8")
    else:
        path = model / f"{change}.npz"
        path.write_bytes(path.read_bytes()[:-1] + b"x")
    capsys.readouterr()
    assert main(["evaluate-routing", "--model", str(model), "--data", str(data)]) == 1
    told = capsys.readouterr().err.strip().splitlines()[-1]
    assert (
        ("第1版" in told and "重新训练" in told)
        if change == "version"
        else (f"{change}.npz" in told and "拒绝" in told)
    )


def test_a_data_report_trains_nothing(data, departments, tmp_path, capsys) -> None:
    command = ["data-report", "--data", str(data), "--departments", str(departments)]
    assert main([*command, "--time", "created_at"]) == 0
    found = last_line(capsys)
    assert found["kept"] == 40 and found["counts"] == dict.fromkeys(TEXTS, 10) and found["from"] < found["to"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["appeals.jsonl", "departments.jsonl"]
    assert main(["data-report", "--data", str(tmp_path / "none.csv")]) == 1
    assert "找不到数据文件" in capsys.readouterr().err


def test_what_was_chosen_is_kept_with_the_model(data, tmp_path, capsys) -> None:
    chosen = {"from": "2026-01-01", "to": None, "departments": ["water"]}
    command = ["routing", "--data", str(data), "--registry", str(tmp_path / "models"), "--no-vectors", "--by", "lead"]
    assert main([*command, "--selection", json.dumps(chosen)]) == 0
    last_line(capsys)
    (row,) = ModelRegistry(tmp_path / "models").list()
    assert row["selection"] == chosen and row["by"] == "lead" and row["state"] == "candidate"
