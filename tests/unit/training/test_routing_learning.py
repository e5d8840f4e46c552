"""派单学习: what categories and traits teach, and that nothing of a held-out row reaches its own hints."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from routing.features import ENCODED
from routing.model import UNNAMED, Model
from tests.small_city import TEXTS, small_encoder
from training.progress import Progress
from training.routing_learning import category_measures, fit, learn, learn_categories, ownership
from training.routing_light import Settings
from training.routing_material import ENCODED_TOTAL, MIN_ENCODED, Material, Plan, encoded_share, gather
from training.routing_training import features_of, space_of

USES = Settings(use_neighbours=False)


def quiet(step: str) -> None:
    """Nobody listens."""


def material_of(folder: Path, rows: list[dict]) -> Material:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    with Progress("test") as said:
        return gather(Plan(path), small_encoder(), (), said)


def padding(number: int) -> str:
    """Words that say nothing and differ from row to row."""
    draw = np.random.default_rng(number)
    return "".join(chr(0x6000 + n) for n in draw.integers(0, 4000, 6))


def crossed(category: bool) -> list[dict]:
    """Two departments, each with two of the four pairs of a place and a matter: no word speaks for either department."""
    rows = []
    for number in range(80):
        place, matter = number % 2, number // 2 % 2
        text = f"{('河边', '楼顶')[place]}，{('灯光', '积水')[matter]}，{padding(number)}"
        row = {"text": text, "department": ("甲局", "乙局")[place ^ matter], "category": f"{place}{matter}"}
        rows.append(row if category else row | {"category": ""})
    return rows


def right(learned, material: Material, rows: np.ndarray) -> float:
    return float((learned.choice.probabilities.argmax(axis=1) == material.y[rows]).mean())


def test_where_departments_overlap_and_categories_do_not_categories_help(tmp_path: Path) -> None:
    found = {}
    for named in (True, False):
        material = material_of(tmp_path, crossed(named))
        rows = np.arange(80)
        found[named] = right(learn(material, rows, USES, 1, quiet), material, rows)
    assert found[False] < 0.75 and found[True] > 0.95


def test_the_fitted_model_has_the_categories_help_too(tmp_path: Path) -> None:
    material = material_of(tmp_path, crossed(True))
    train, held, space = np.arange(60), np.arange(60, 80), space_of(material)
    learned = learn(material, train, USES, 1, quiet)
    model = fit(material, train, learned, USES, space)
    found = model.probabilities(features_of(material, space, held))
    assert (found.departments.argmax(axis=1) == material.y[held]).mean() > 0.9
    assert found.categories is not None
    assert (found.categories.argmax(axis=1) == material.category_of[held]).mean() > 0.9
    without = Model(model.department).probabilities(features_of(material, space, held)).departments
    assert (without.argmax(axis=1) == material.y[held]).mean() < 0.9


def small_rows() -> list[dict]:
    return [
        {"text": text, "department": code, "category": f"{code}/{'费用' if '费' in text else '故障'}"}
        for code, own in TEXTS.items()
        for text in own
    ]


def test_a_rows_own_department_leaves_no_trace_in_the_hints_of_its_category(tmp_path: Path) -> None:
    """The department of one row of a small category is another: what its category says of it must stay the same."""
    material = material_of(tmp_path, small_rows())
    rows = np.arange(40)
    paid = np.flatnonzero(material.category_of == material.categories.index("power/费用"))
    assert len(paid) == 2
    row, other = paid
    changed = material.y.copy()
    changed[row] = material.labels.index("school")
    before, after = (
        learn_categories(one, rows, USES, 1, quiet).hints for one in (material, replace(material, y=changed))
    )
    assert np.array_equal(before[row], after[row])
    assert not np.array_equal(before[other], after[other]), "whereas the other row of the category learns of it"


def test_rows_that_were_not_learned_leave_no_trace_in_any_hint(tmp_path: Path) -> None:
    material = material_of(tmp_path, small_rows())
    rows = np.arange(0, 40, 2)
    y, z = material.y.copy(), material.category_of.copy()
    y[1::2], z[1::2] = 0, 0
    changed = replace(material, y=y, category_of=z)
    first, second = (learn_categories(one, rows, USES, 1, quiet) for one in (material, changed))
    assert first is not None and second is not None
    assert np.array_equal(first.hints, second.hints) and first.hints[1::2].any()


def test_ownership_is_the_share_of_each_department_and_even_for_unseen_categories(tmp_path: Path) -> None:
    material = material_of(tmp_path, small_rows())
    rows = np.flatnonzero(material.y == material.labels.index("power"))
    owned = ownership(material, rows)
    assert np.allclose(owned.sum(axis=1), 1)
    assert owned[material.categories.index("power/故障"), material.labels.index("power")] == 1
    assert np.allclose(owned[material.categories.index("water/故障")], 1 / 4)


def test_rows_without_a_category_count_to_one_of_their_department_alone(tmp_path: Path) -> None:
    rows = [row | {"category": "" if row["department"] == "school" else row["category"]} for row in small_rows()]
    material = material_of(tmp_path, rows)
    unnamed = UNNAMED + "school"
    assert unnamed in material.categories and (material.category_of >= 0).all()
    of = [material.categories[i] for i in material.category_of]
    assert all((name == unnamed) == (row.label == "school") for name, row in zip(of, material.rows, strict=True))
    learned = learn(material, np.arange(40), USES, 1, quiet)
    owned = ownership(material, np.arange(40))[material.categories.index(unnamed)]
    assert learned.categories is not None and owned[material.labels.index("school")] == 1


@pytest.mark.parametrize("category", ["", "都一样/全一样"])
def test_one_category_or_none_is_nothing_to_learn(tmp_path: Path, category: str) -> None:
    material = material_of(tmp_path, [row | {"category": category} for row in small_rows()])
    assert material.categories == []
    learned = learn(material, np.arange(40), USES, 1, quiet)
    assert learned.categories is None and learned.hints is None and "categories" not in learned.choice.blend.names


def test_a_category_for_every_row_breaks_nothing(tmp_path: Path) -> None:
    rows = [row | {"category": f"类{number}/项{number}"} for number, row in enumerate(small_rows())]
    material = material_of(tmp_path, rows)
    learned = learn(material, np.arange(32), USES, 1, quiet)
    model = fit(material, np.arange(32), learned, USES, space_of(material))
    found = model.probabilities(features_of(material, space_of(material), np.arange(40)))
    assert np.isfinite(found.departments).all() and found.departments.shape == (40, 4)


def told(rows: list[dict]) -> list[dict]:
    """With type, urgency and sentiment, of which only the type has two labels of five rows or more."""
    return [
        row
        | {
            "type": "咨询" if "费" in row["text"] else ("投诉" if number else "表扬"),
            "urgency": "一般",
            "sentiment": "不满" if number < 4 else "中性",
        }
        for number, row in enumerate(rows)
    ]


def test_a_trait_is_learned_only_with_two_labels_of_enough_rows(tmp_path: Path) -> None:
    material = material_of(tmp_path, told(small_rows()))
    assert set(material.traits) == {"type"}
    trait = material.traits["type"]
    assert trait.labels == ["咨询", "投诉"] and trait.y[0] == -1 and (trait.y[1:] >= 0).all()
    learned = learn(material, np.arange(40), USES, 1, quiet)
    assert set(learned.traits) == {"type"} and 0 not in learned.trait_rows["type"]
    assert learned.without_traits().traits == {} and learned.without_traits().choice is learned.choice


def test_a_trait_that_the_learned_part_has_too_little_of_is_left_out(tmp_path: Path) -> None:
    material = material_of(tmp_path, told(small_rows()))
    y = material.traits["type"].y
    few = np.concatenate([np.flatnonzero(y == 0)[:2], np.flatnonzero(y != 0)])
    assert learn(material, few, USES, 1, quiet).traits == {}


def test_a_trait_told_only_of_texts_that_repeat_each_other_is_left_out(tmp_path: Path) -> None:
    long = "石桥街道纺织社区门口的路灯坏了整整一个礼拜，晚上老人出门摸黑走，摔了两个，请快点来修一修吧"
    same = [
        {"text": f"{long}{mark}", "department": "street", "type": "投诉" if number % 2 else "求助", "category": ""}
        for number, mark in enumerate("一二三四五六七八九十")
    ]
    material = material_of(tmp_path, [*small_rows(), *same])
    assert set(material.traits) == {"type"} and len(set(material.corpus.groups[40:])) == 1
    assert learn(material, np.arange(50), USES, 1, quiet).traits == {}


def test_of_many_texts_the_encoder_reads_less_of_each() -> None:
    assert encoded_share(100) == ENCODED and encoded_share(1_000_000) == MIN_ENCODED
    assert MIN_ENCODED < encoded_share(10_000) == ENCODED_TOTAL // 10_000 < ENCODED


def test_category_measures_count_levels_and_leave_out_rows_without_category() -> None:
    truth, said = ["a/b/c", "a/b/d", "a/e", UNNAMED + "x"], ["a/b/c", "a/b/c", "a/b/c", UNNAMED + "x"]
    assert category_measures(truth, said) == {"rows": 3, "top1": 0.3333, "levels": [1.0, 0.6667, 0.5]}
    assert category_measures([UNNAMED + "x"], ["a"]) == {"rows": 0, "top1": None, "levels": []}
