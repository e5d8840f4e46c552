"""The trainer from file to folder, many times over: small appeals, a fake encoder, everything else real."""

import json
from pathlib import Path

import numpy as np
import pytest

from casework.errors import InvalidInput
from casework.organisation.department import NO_DEPARTMENT
from routing.artifact import TWIN, read_artifact, read_weights, weights_digest
from routing.decision import Router
from routing.duties import Duties
from routing.model import UNNAMED
from routing.predictor import Predictor
from tests.small_city import DEPARTMENTS, TEXTS, small_encoder, train_small, write_appeals
from training.routing_data import Columns, read_examples
from training.routing_material import Plan, read_departments
from training.routing_training import Trained, evaluate, judge


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A small model, trained once for all tests of the module; never changed by a test."""
    return train_small(tmp_path_factory.mktemp("training"))


def test_the_figures_stored_are_those_of_the_model_on_disk(trained: Trained) -> None:
    """Trained and served predictions are compared: the twin, loaded again, gives the held-out figures."""
    predictor = Predictor.load(trained.folder, small_encoder())
    said = predictor.probabilities([row.text for row in trained.test], twin=True).argmax(axis=1)
    right = np.mean([predictor.labels[i] == row.label for i, row in zip(said, trained.test, strict=True)])
    assert trained.manifest.measures["held_out"]["top1"] == pytest.approx(right, abs=1e-4)
    assert trained.manifest.measures["held_out"]["rows"] == len(trained.test) == 8


def test_the_same_data_and_seed_give_the_same_weights(trained: Trained, tmp_path: Path) -> None:
    again = train_small(tmp_path)
    first, second = (read_artifact(folder) for folder in (trained.folder, again.folder))
    assert weights_digest(first.weights) == weights_digest(second.weights)
    for name in ("weights.npz", TWIN):
        assert first.manifest.files[name] == second.manifest.files[name]
    assert first.manifest.thresholds == second.manifest.thresholds and first.vocabulary == second.vocabulary


def test_other_data_give_other_weights_and_another_hash(trained: Trained, tmp_path: Path) -> None:
    texts = {code: own[1:] for code, own in TEXTS.items()}
    other = train_small(tmp_path, data=write_appeals(tmp_path / "other.jsonl", texts))
    assert other.manifest.data["hash"] != trained.manifest.data["hash"]
    assert weights_digest(read_artifact(other.folder).weights) != weights_digest(read_artifact(trained.folder).weights)


def test_the_final_model_learned_the_held_out_rows_too_and_its_twin_did_not(trained: Trained) -> None:
    artifact = read_artifact(trained.folder)
    final, twin = artifact.weights, read_weights(artifact, TWIN)
    for target in ("department", "category"):
        assert not np.array_equal(final[f"{target}.term_weights"], twin[f"{target}.term_weights"])
    assert len(final["seen"]) == 32


@pytest.mark.parametrize("cleaning", [True, False])
def test_operators_phrases_in_the_data_leak_only_when_cleaning_is_off(tmp_path: Path, cleaning: bool) -> None:
    names = {department.code: department.name for department in DEPARTMENTS}
    texts = {code: [f"{text}。请{names[code]}核实处理。" for text in own] for code, own in TEXTS.items()}
    trained = train_small(tmp_path, data=write_appeals(tmp_path / "leaky.jsonl", texts), clean=cleaning)
    assert trained.report.cut == (40 if cleaning else 0)
    vocabulary = read_artifact(trained.folder).vocabulary
    assert ("核实" in vocabulary) is not cleaning
    assert trained.manifest.cleaning["enabled"] is cleaning


def test_the_leak_would_have_made_the_figures_too_good(tmp_path: Path) -> None:
    """Texts that say nothing but for the phrase: with cleaning the model must not do better than the plain truth allows."""
    names = [department.name for department in DEPARTMENTS]
    texts = {
        department.code: [
            f"反映第{chr(0x4E00 + 37 * i + 7 * j)}件事{chr(0x5E00 + 91 * i + j)}，请{names[j]}核实处理。"
            for i in range(10)
        ]
        for j, department in enumerate(DEPARTMENTS)
    }
    data = write_appeals(tmp_path / "empty.jsonl", texts)
    for path in (data,):
        path.write_text(path.read_text(encoding="utf-8").replace("/故障", "").replace("/费用", ""), encoding="utf-8")
    honest = train_small(tmp_path, "clean", data=data, columns=Columns(), departments=False)
    leaking = train_small(tmp_path, "leak", data=data, columns=Columns(), departments=False, clean=False)
    assert leaking.manifest.measures["held_out"]["top1"] == 1.0
    assert honest.manifest.measures["held_out"]["top1"] < 0.7


def test_without_an_encoder_and_without_departments_it_trains_on_words_alone(tmp_path: Path) -> None:
    trained = train_small(tmp_path, departments=False, use_vectors=False)
    assert trained.manifest.encoder == ""
    assert Predictor.load(trained.folder, None).predict(["自来水停了"])[0].label == "water"


def test_rare_labels_are_kept_but_never_dispatched_alone(tmp_path: Path) -> None:
    data = write_appeals(tmp_path / "a.jsonl")
    with data.open("a", encoding="utf-8") as stream:
        row = {"text": "文化馆的雕像掉漆了", "department": "culture", "category": "", "created_at": "2026-01-02 09:00"}
        stream.write(json.dumps(row, ensure_ascii=False) + "\n")
    trained = train_small(tmp_path, data=data, departments=False)
    assert "culture" in trained.manifest.labels and trained.manifest.thresholds["culture"] is None


def test_the_card_and_the_report_tell_the_figures_and_escape_what_citizens_wrote(tmp_path: Path) -> None:
    texts = {
        code: [f"{text}<script>alert('{i}')</script>" for i, text in enumerate(own)] for code, own in TEXTS.items()
    }
    trained = train_small(tmp_path, data=write_appeals(tmp_path / "a.jsonl", texts))
    page = (trained.folder / "report.html").read_text(encoding="utf-8")
    card = (trained.folder / "card.md").read_text(encoding="utf-8")
    assert "<script" not in page and "<svg" in page and "http" not in page.replace("http-equiv", "")
    for told in ("留出测试", "首选准确率", trained.manifest.id):
        assert told in card
    for told in ("可靠性", "最易混淆", "把握最大的错误", "各单位"):
        assert told in page


def test_the_gate_refuses_a_worse_model(trained: Trained, tmp_path: Path) -> None:
    """A candidate trained on shuffled labels loses against the incumbent on rows that neither has seen."""
    codes = list(TEXTS)
    wrong = {code: TEXTS[codes[(i + 1) % 4]][:8] + TEXTS[code][8:] for i, code in enumerate(codes)}
    candidate = train_small(tmp_path, "wrong", data=write_appeals(tmp_path / "wrong.jsonl", wrong))
    candidate.test = trained.test
    verdict = judge(candidate, trained.folder, small_encoder())
    assert not verdict.passed and verdict.difference["top1"] < -0.2 and verdict.incumbent == trained.folder.name


def test_the_gate_lets_the_same_model_and_the_first_one_pass(trained: Trained, tmp_path: Path) -> None:
    again = train_small(tmp_path, "again")
    assert judge(again, None, small_encoder()).passed
    verdict = judge(again, trained.folder, small_encoder())
    assert verdict.passed and verdict.rows == 8


def test_rows_that_the_incumbent_has_learned_are_not_counted(trained: Trained, tmp_path: Path) -> None:
    candidate = train_small(tmp_path)
    learned = read_artifact(trained.folder).weights["seen"]
    assert len(learned)
    candidate.test = [row for row in _rows(trained) if row not in trained.test]
    verdict = judge(candidate, trained.folder, small_encoder())
    assert not verdict.passed and verdict.rows == 0


def _rows(trained: Trained, name: str = "appeals.jsonl") -> list:
    return list(read_examples(trained.folder.parent / name, Columns(time="created_at")))


def test_an_incumbent_that_cannot_be_loaded_does_not_block_its_successor(trained: Trained, tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    verdict = judge(trained, tmp_path / "old", small_encoder())
    assert verdict.passed and "无法加载" in verdict.explanation


def test_evaluation_on_a_file_says_what_was_learned_before(trained: Trained) -> None:
    plan = Plan(trained.folder.parent / "appeals.jsonl", Columns(time="created_at"))
    found = evaluate(trained.folder, plan, small_encoder())
    assert found["measures"]["rows"] == 40 and found["already_learned"] == 32 and found["unknown_labels"] == []


NOBODYS = [
    f"{who}欠我{sum}块钱不还，想请人评理" for who in ("邻居", "前夫", "朋友") for sum in ("三千", "八百", "两万")
]


def test_what_is_no_departments_is_learned_and_never_dispatched(tmp_path: Path) -> None:
    data = write_appeals(tmp_path / "a.jsonl", TEXTS | {NO_DEPARTMENT: [*NOBODYS, "同学借钱不还，想请人评理"]})
    trained = train_small(tmp_path, data=data, columns=Columns())
    assert NO_DEPARTMENT in trained.manifest.labels
    artifact, encoder = read_artifact(trained.folder), small_encoder()
    artifact.manifest.thresholds = dict.fromkeys(artifact.manifest.labels, 0.0)
    router = Router(Predictor(artifact, encoder), Duties(DEPARTMENTS, encoder), None, DEPARTMENTS)
    found = router.decide("表弟欠我五千块钱不还，想请人评理")
    assert (found.department, found.decision, found.model_department) == ("", "review", NO_DEPARTMENT)
    assert router.decide("自来水停了一天，水龙头一滴都没有").decision == "auto"


def told(path: Path) -> Path:
    """The appeals with type and urgency, the category of one department left out."""
    rows = [json.loads(line) for line in write_appeals(path).read_text(encoding="utf-8").splitlines()]
    for row in rows:
        row |= {"type": "咨询" if "费" in row["text"] else "投诉", "urgency": "一般"}
        row["category"] = "" if row["department"] == "school" else row["category"]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def test_traits_and_rows_without_category_from_file_to_prediction(tmp_path: Path) -> None:
    trained = train_small(tmp_path, data=told(tmp_path / "a.jsonl"))
    assert trained.manifest.traits == {"type": ["咨询", "投诉"]}
    assert trained.manifest.measures["traits"]["type"]["rows"] == 32
    assert trained.manifest.measures["category"]["rows"] == sum(
        row.label != "school" for row in _rows(trained, "a.jsonl") if row.text not in {one.text for one in trained.test}
    )
    assert "5 个诉求分类" in (trained.folder / "card.md").read_text(encoding="utf-8"), "= is none that a person gave"
    assert UNNAMED + "school" not in (trained.folder / "report.html").read_text(encoding="utf-8")
    asked = ["水费一个月六百多，电费怎么交", "路灯坏了没人修", "老师在群里骂学生，家长都看不下去", ""]
    predictions = Predictor.load(trained.folder, small_encoder()).predict(asked)
    assert [one.traits["type"].label for one in predictions[:2]] == ["咨询", "投诉"]
    assert predictions[2].label == "school" and predictions[2].category == ""
    assert not any(one.category.startswith(UNNAMED) for one in predictions)


@pytest.mark.parametrize("newest_first", [False, True])
def test_the_order_of_the_rows_in_the_file_does_not_matter_where_they_have_times(
    trained: Trained, tmp_path: Path, newest_first: bool
) -> None:
    lines = write_appeals(tmp_path / "a.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "b.jsonl").write_text("".join(reversed(lines) if newest_first else lines), encoding="utf-8")
    other = train_small(tmp_path, data=tmp_path / "b.jsonl")
    assert weights_digest(read_artifact(other.folder).weights) == weights_digest(read_artifact(trained.folder).weights)


def test_labels_of_five_rows_each_are_trained_on(tmp_path: Path) -> None:
    """After the split by time no label has a row for every fold."""
    texts = {f"{code}-{half}": own[half * 5 : half * 5 + 5] for code, own in TEXTS.items() for half in (0, 1)}
    trained = train_small(tmp_path, data=write_appeals(tmp_path / "a.jsonl", texts), departments=False)
    assert len(trained.manifest.labels) == 8 and len(trained.test) == 8


def test_a_training_part_of_one_department_alone_is_trained_on(tmp_path: Path) -> None:
    """The other department begins in the last fifth."""
    rows = [(text, "water") for text in [*TEXTS["water"], *TEXTS["power"], *TEXTS["school"]]]
    rows += [(text, "street") for text in TEXTS["street"]]
    path = tmp_path / "a.jsonl"
    lines = [
        json.dumps({"text": text, "department": code, "created_at": f"2026-02-{1 + i // 2:02}"}, ensure_ascii=False)
        for i, (text, code) in enumerate(rows[:38])
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    trained = train_small(tmp_path, data=path, departments=False)
    assert trained.manifest.measures["held_out"]["top1"] == 0.0
    assert trained.manifest.thresholds["street"] is None


def test_departments_are_read_from_jsonl(tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    path.write_text('{"code": "a", "name": "甲局", "short_name": "甲", "duties": ["修路"]}\n', encoding="utf-8")
    (found,) = read_departments(path)
    assert (found.code, found.duties, found.active) == ("a", ["修路"], True)
    path.write_text('{"code": "a"}\n', encoding="utf-8")
    with pytest.raises(InvalidInput, match="第1行"):
        read_departments(path)


def test_data_that_repeat_themselves_are_refused(tmp_path: Path) -> None:
    long = "石桥街道纺织社区门口的路灯坏了整整一个礼拜，晚上老人出门摸黑走，摔了两个，请快点来修一修吧"
    texts = {code: [f"{long}{mark}" for mark in "一二三四五六七八九十"] for code in ("water", "power")}
    texts = {code: [f"{text}{code}" for text in own] for code, own in texts.items()}
    with pytest.raises(InvalidInput, match="逐字重复"):
        train_small(tmp_path, data=write_appeals(tmp_path / "same.jsonl", texts), departments=False)


def test_an_empty_held_out_part_is_told_as_such(tmp_path: Path) -> None:
    """The last fifth repeats what came before: nothing is left to test on, and no figure is made up."""
    rows = [(text, code) for code, own in TEXTS.items() for text in own][:32]
    rows = rows + [(f"{text}。", code) for text, code in rows[:8]]
    path = tmp_path / "a.jsonl"
    lines = [
        json.dumps({"text": text, "department": code, "created_at": f"2026-02-{1 + i // 2:02}"}, ensure_ascii=False)
        for i, (text, code) in enumerate(rows)
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    trained = train_small(tmp_path, data=path)
    held = trained.manifest.measures["held_out"]
    assert held["rows"] == 0 and held["top1"] is None and held["auto"]["coverage"] is None
    assert "—" in (trained.folder / "card.md").read_text(encoding="utf-8")
    assert not judge(trained, trained.folder, small_encoder()).passed
