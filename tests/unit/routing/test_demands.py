"""The search for several demands: clauses keep the text, cuts lie between clauses, a single demand stays whole."""

import json
from pathlib import Path

import pytest

from casework.errors import Unavailable
from routing.clauses import CLAUSES, clauses_of, spans_of
from routing.demands import FEATURES, JUDGE, DemandSplitter
from routing.predictor import Predictor

TWO = "自来水从早上停到现在，水龙头一滴水都没有。另外外地转学回来，学区怎么划，老师上课不讲课。"


def test_clauses_joined_are_the_text() -> None:
    for text in (TWO, "没有标点的一句话", "。，。，", "第一件 第二件事情在这里 第三件", "", "，" * 40 + "完"):
        clauses = clauses_of(text)
        assert "".join(clauses) == text
        assert [text[start:end] for start, end in spans_of(clauses)] == clauses
    assert len(clauses_of("说一句，" * 90)) == CLAUSES, "a long text has few enough places to judge"


def test_the_shipped_judge_fits_the_program_and_says_how_good_it_is() -> None:
    row = json.loads(JUDGE.read_text(encoding="utf-8"))
    assert row["features"] == list(FEATURES) and len(row["weights"]) == len(FEATURES)
    assert row["measured"]["precision"] >= 0.7 and row["measured"]["recall"] > 0.4


def test_a_judge_of_other_features_is_refused(predictor: Predictor, tmp_path: Path) -> None:
    row = json.loads(JUDGE.read_text(encoding="utf-8")) | {"features": ["agreement"]}
    (tmp_path / "demands.json").write_text(json.dumps(row), encoding="utf-8")
    with pytest.raises(Unavailable, match="重新安装"):
        DemandSplitter(predictor, tmp_path / "demands.json")


def judged(predictor: Predictor, folder: Path, line: float) -> DemandSplitter:
    """A judge that cuts wherever the two sides agree least, if at all by `line`."""
    row = json.loads(JUDGE.read_text(encoding="utf-8"))
    row |= {"weights": [-20.0 if name == "agreement" else 0.0 for name in FEATURES], "bias": 5.0, "line": line}
    (folder / "judge.json").write_text(json.dumps(row), encoding="utf-8")
    return DemandSplitter(predictor, folder / "judge.json")


def test_two_matters_are_cut_where_the_second_begins(predictor: Predictor, tmp_path: Path) -> None:
    found = judged(predictor, tmp_path, 0.9).split(TWO)
    assert [demand.label for demand in found] == ["water", "school"]
    assert found[1].text.startswith("另外外地转学")
    assert TWO[found[0].start : found[-1].end] == TWO, "nothing of the text is lost"


def test_one_matter_stays_whole(predictor: Predictor, tmp_path: Path) -> None:
    splitter = judged(predictor, tmp_path, 0.9)
    assert [demand.text for demand in splitter.split("自来水从早上停到现在，水龙头一滴水都没有，水压也太小。")] == [
        "自来水从早上停到现在，水龙头一滴水都没有，水压也太小。"
    ]
    assert splitter.split("停水") == [] and splitter.split("") == [], "nothing to divide"


def test_there_are_never_more_than_three_parts(predictor: Predictor, tmp_path: Path) -> None:
    text = "自来水从早上停到现在。学区怎么划老师不讲。水龙头的水发黄。转学插班要什么材料。停电停到半夜跳闸了。"
    assert len(judged(predictor, tmp_path, 0.0).split(text)) == 3


def test_many_texts_are_cut_as_one_by_one(predictor: Predictor, tmp_path: Path) -> None:
    splitter = judged(predictor, tmp_path, 0.5)
    three = TWO + "停电停到半夜，空调一开就跳闸。"
    texts = [
        TWO,
        "停水",
        "",
        three,
        "自来水从早上停到现在，水龙头一滴水都没有，水压也太小。",
        "，" * 40,
        TWO,
        "好，" * 60,
    ]
    for many in (texts, texts * 4):
        together = splitter.split_all(many)
        for text, found in zip(many, together, strict=True):
            alone = splitter.split(text)
            assert [(one.text, one.start, one.end, one.label) for one in found] == [
                (one.text, one.start, one.end, one.label) for one in alone
            ]
            assert [one.confidence for one in found] == pytest.approx([one.confidence for one in alone], abs=1e-6)
    assert splitter.split_all([]) == []
    assert len(splitter.split(three)) == 3


class Counting(Predictor):
    """The real model, counting how often it is called for clauses."""

    def __init__(self, predictor: Predictor) -> None:
        vars(self).update(vars(predictor))
        self.encoded, self.calls, self.runs = [], 0, 0

    def clause_features(self, clauses):
        self.encoded += clauses
        return super().clause_features(clauses)

    def run_probabilities(self, take, counts, vectors, twin=False):
        self.calls, self.runs = self.calls + 1, self.runs + take.shape[0]
        return super().run_probabilities(take, counts, vectors, twin)


def test_a_round_of_judging_is_one_call_for_all_texts(predictor: Predictor, tmp_path: Path) -> None:
    model = Counting(predictor)
    judged(model, tmp_path, 1.01).split_all([TWO, TWO + "谢谢。", "自来水从早上停到现在，水龙头一滴水都没有。"])
    assert model.calls == 1, "nothing was cut, and the whole texts are known from the first round"
    model = Counting(predictor)
    judged(model, tmp_path, 0.9).split_all([TWO, "自来水从早上停到现在，水龙头一滴水都没有。"])
    assert model.calls == 2, "the parts of what was cut are judged once more"


def test_no_run_is_predicted_twice(predictor: Predictor, tmp_path: Path) -> None:
    model = Counting(predictor)
    judged(model, tmp_path, 0.9).split(TWO)
    clauses = len(clauses_of(TWO))
    assert model.runs <= clauses * (clauses + 1) // 2, "there are no more runs than that"


@pytest.mark.parametrize("text", ["停水了", "停水了，怎么办", "您好，自来水停了", "好的，嗯。自来水一滴都没有。谢谢"])
def test_what_cannot_be_divided_costs_nothing(predictor: Predictor, tmp_path: Path, text: str) -> None:
    model = Counting(predictor)
    assert judged(model, tmp_path, 0.0).split(text) == []
    assert model.encoded == [] and model.calls == 0


def test_a_line_that_everything_reaches_ends_where_nothing_is_left_to_cut(predictor: Predictor, tmp_path: Path) -> None:
    found = judged(predictor, tmp_path, 0.0).split("自来水停到现在。学区怎么划老师。")
    assert [one.text for one in found] == ["自来水停到现在。", "学区怎么划老师。"]
