"""派单学习: categories first, then departments with the categories' help, then the texts' other traits; all out of fold.

A department's texts are of many kinds, a category's of one: linear scorers tell categories apart where departments overlap.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from routing.model import UNNAMED, Model, category_scores
from training.routing_data import folds
from training.routing_evaluation import macro_f1
from training.routing_light import Choice, Descriptions, Scorers, Settings, Space, choose
from training.routing_material import Material

TERM_PRODUCTS = 2_000_000
"""Texts × categories up to which categories are also told apart by terms: beyond, fitting them takes longer than all else."""
FEW = 3
"""Of a trait's labels, those with fewer different texts than this cannot be learned; with only one learnable label there is no trait."""
Said = Callable[[str], None]


@dataclass(slots=True)
class Categories:
    """学成的分类: the choice learned on some rows, and what it says of the departments of all rows of the corpus."""

    choice: Choice
    settings: Settings
    rows: np.ndarray
    hints: np.ndarray
    """float32 (corpus rows, departments): out of fold for the rows learned from."""


@dataclass(slots=True)
class Learned:
    """学成: how much each scorer counts, for departments and, where there are any, categories and traits."""

    choice: Choice
    categories: Categories | None = None
    traits: dict[str, Choice] = field(default_factory=dict)
    trait_rows: dict[str, np.ndarray] = field(default_factory=dict)

    def without_traits(self) -> "Learned":
        """What a twin needs: only departments are compared."""
        return Learned(self.choice, self.categories)

    @property
    def hints(self) -> np.ndarray | None:
        return self.categories.hints if self.categories else None


def learn(material: Material, rows: np.ndarray, uses: Settings, seed: int, said: Said, traits: bool = True) -> Learned:
    """Learn on `rows` of the material alone. `seed` decides the folds."""
    categories = learn_categories(material, rows, uses, seed, said)
    hints = categories.hints if categories else None
    count = len(material.labels)
    said("学习承办单位")
    choice = choose(material.corpus, material.about, material.y, count, rows, seed, uses, said, hints)
    learned = Learned(choice, categories)
    plain = replace(uses, use_neighbours=False)
    for name, trait in (material.traits if traits else {}).items():
        own = rows[trait.y[rows] >= 0]
        _, first = np.unique(material.corpus.groups[own], return_index=True)
        if sum(np.bincount(trait.y[own[first]], minlength=2) >= FEW) < 2:
            continue
        said(f"学习{TRAIT_NAMES.get(name, name)}")
        learned.traits[name] = choose(
            material.corpus, material.nothing, trait.y, len(trait.labels), own, seed, plain, said
        )
        learned.trait_rows[name] = own
    return learned


TRAIT_NAMES = {"type": "诉求类型", "urgency": "紧急程度", "sentiment": "情绪"}


def learn_categories(material: Material, rows: np.ndarray, uses: Settings, seed: int, said: Said) -> Categories | None:
    """The categories' choice on `rows`; None where there are not two of them."""
    z, count = material.category_of, len(material.categories)
    if count < 2:
        return None
    said("学习诉求分类")
    # Neighbours moved neither categories nor departments by .002 here, and would be looked for twice.
    settings = replace(uses, use_terms=uses.use_terms and len(rows) * count <= TERM_PRODUCTS, use_neighbours=False)
    if not (settings.use_terms or settings.use_vectors):
        return None
    corpus, about = material.corpus, material.about_categories
    choice = choose(corpus, about, z, count, rows, seed, settings, said)
    hints = np.zeros((len(corpus), len(material.labels)), dtype=np.float32)
    # The folds of `choose`: a row's own department must not stand in the ownership that hints at it.
    for train, test in folds(z[rows], corpus.groups[rows], seed):
        hints[rows[test]] = category_scores(choice.probabilities[test], ownership(material, rows[train]))
    others = np.setdiff1d(np.arange(len(corpus)), rows)
    if len(others):
        scores = Scorers(corpus, about, z, count, rows, settings).scores(others)
        hints[others] = category_scores(choice.blend.probabilities(scores), ownership(material, rows))
    return Categories(choice, settings, rows, hints)


def ownership(material: Material, rows: np.ndarray) -> np.ndarray:
    """float64 (categories, departments): of each category's rows the share of each department; even where it has none."""
    owned = np.zeros((len(material.categories), len(material.labels)))
    np.add.at(owned, (material.category_of[rows], material.y[rows]), 1.0)
    total = owned.sum(axis=1, keepdims=True)
    return np.where(total > 0, owned / np.maximum(total, 1), 1 / owned.shape[1])


def fit(material: Material, rows: np.ndarray, learned: Learned, uses: Settings, space: Space) -> Model:
    """The served model: every target fitted on `rows` as `learned` chose; weights rounded as they will be stored."""
    corpus = material.corpus

    def fitted(about: Descriptions, y: np.ndarray, labels: list[str], choice: Choice, own: np.ndarray, how: Settings):
        scorers = Scorers(corpus, about, y, len(labels), own, how, space)
        return scorers.target(labels, choice.blend)

    model = Model(fitted(material.about, material.y, material.labels, learned.choice, rows, uses))
    if learned.categories:
        model.category = fitted(
            material.about_categories,
            material.category_of,
            material.categories,
            learned.categories.choice,
            rows,
            learned.categories.settings,
        )
        model.owned = ownership(material, rows).astype(np.float32)
    plain = replace(uses, use_neighbours=False)
    for name, choice in learned.traits.items():
        trait = material.traits[name]
        own = rows[trait.y[rows] >= 0]
        model.traits[name] = fitted(material.nothing, trait.y, trait.labels, choice, own, plain)
    return model


def side_measures(material: Material, learned: Learned) -> dict:
    """Out-of-fold figures of categories and traits: {"category_top1", "category_levels": [..], "traits": {name: {...}}}."""
    figures: dict = {}
    if learned.categories:
        rows = learned.categories.rows
        truth = [material.categories[i] for i in material.category_of[rows]]
        said = [material.categories[i] for i in learned.categories.choice.probabilities.argmax(axis=1)]
        figures["category"] = category_measures(truth, said)
    for name, choice in learned.traits.items():
        y, chosen = material.traits[name].y[learned.trait_rows[name]], choice.probabilities.argmax(axis=1)
        figures.setdefault("traits", {})[name] = {
            "rows": len(y),
            "top1": round(float((chosen == y).mean()), 4),
            "macro_f1": round(macro_f1(chosen, y), 4),
        }
    return figures


def category_measures(truth: list[str], said: list[str]) -> dict:
    """{"rows", "top1", "levels": [share right at level 1, at level 2, …]} of the rows that have a category."""
    pairs = [(a.split("/"), b.split("/")) for a, b in zip(truth, said, strict=True) if not a.startswith(UNNAMED)]
    if not pairs:
        return {"rows": 0, "top1": None, "levels": []}
    deepest = max(len(a) for a, _ in pairs)
    deep = [[(a, b) for a, b in pairs if len(a) >= level] for level in range(1, deepest + 1)]
    levels = [round(sum(a[:level] == b[:level] for a, b in at) / len(at), 4) for level, at in enumerate(deep, 1)]
    return {"rows": len(pairs), "top1": round(sum(a == b for a, b in pairs) / len(pairs), 4), "levels": levels}
