"""The trainer from file to folder, many times over: small appeals, a fake encoder, everything else real."""

import json
from pathlib import Path

import numpy as np
import pytest

from casework.errors import InvalidInput
from routing.artifact import read_artifact, weights_digest
from routing.predictor import Predictor
from tests.small_city import DEPARTMENTS, TEXTS, small_encoder, train_small, write_appeals
from training.routing_data import Columns
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
    assert first.manifest.files["weights.npz"] == second.manifest.files["weights.npz"]
    assert first.manifest.thresholds == second.manifest.thresholds and first.vocabulary == second.vocabulary


def test_other_data_give_other_weights_and_another_hash(trained: Trained, tmp_path: Path) -> None:
    texts = {code: own[1:] for code, own in TEXTS.items()}
    other = train_small(tmp_path, data=write_appeals(tmp_path / "other.jsonl", texts))
    assert other.manifest.data["hash"] != trained.manifest.data["hash"]
    assert weights_digest(read_artifact(other.folder).weights) != weights_digest(read_artifact(trained.folder).weights)


def test_the_final_model_learned_the_held_out_rows_too_and_its_twin_did_not(trained: Trained) -> None:
    weights = read_artifact(trained.folder).weights
    assert not np.array_equal(weights["department.term_weights"], weights["twin.term_weights"])
    assert len(weights["seen"]) == 32


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


def _rows(trained: Trained) -> list:
    from training.routing_data import read_examples

    return list(read_examples(trained.folder.parent / "appeals.jsonl", Columns(time="created_at")))


def test_an_incumbent_that_cannot_be_loaded_does_not_block_its_successor(trained: Trained, tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    verdict = judge(trained, tmp_path / "old", small_encoder())
    assert verdict.passed and "无法加载" in verdict.explanation


def test_evaluation_on_a_file_says_what_was_learned_before(trained: Trained) -> None:
    plan = Plan(trained.folder.parent / "appeals.jsonl", Columns(time="created_at"))
    found = evaluate(trained.folder, plan, small_encoder())
    assert found["measures"]["rows"] == 40 and found["already_learned"] == 32 and found["unknown_labels"] == []


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
