"""作答校准: learn how both indexes' scores join, how sure the first hit is, and from where on to answer.

Command (writes OUT, by default knowledge/model/answers.json, and prints the curve):
    python -m training.answers --questions demo/data/questions-tune.jsonl demo/data/questions-tune-2.jsonl
        [--statutes FILE --archive DATA_DIR/index] [--out FILE]

`--archive` is the index of an instance into which the demonstration base and the statutes have been imported.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from sklearn.model_selection import StratifiedGroupKFold

from knowledge.encoder import SHIPPED, OnnxEncoder
from knowledge.entry import EntryKind, KnowledgeEntry
from knowledge.importing import find_files
from knowledge.index import KnowledgeIndex
from knowledge.parsing import parse_file, read_bytes
from knowledge.retriever import Retriever
from knowledge.scoring import CONFIDENCE_FEATURES, FEATURES, Hit, Scorer, confidence_features
from knowledge.shelf import IndexShelf, build_index
from training.statutes import article_key, read_questions, split_questions

FOLDS = 5
WANTED_PRECISION, WANTED_ABSTENTION = 0.95, 0.91
"""Of answers to answerable questions the share that is right, of unanswerable questions the share not answered: the threshold is the
lowest that gives both."""
OWN_QUESTIONS = Path(__file__).parent / "data" / "statute-questions-choose.jsonl"
"""Statute questions written for this project that the encoder has not learned."""
CLARIFY_QUANTILE = 0.75
"""Share of the unanswerable questions that get no choice either."""
AGAINST = ("second", "rival_item")
"""Confidence features that speak against the first hit; all others but the kind speak for it."""
MAY_ANSWER = 0.6
"""Cosine to one of its questions from which on an entry may answer a statute question as well."""
DEPTH = 30
"""Hits of a ranking that the confidence looks at, as the assistant does."""
RIDGE = 0.3


@dataclass(frozen=True, slots=True)
class Question:
    """A question with the ids that answer it ("" = none do) and what kind of test it is."""

    text: str
    right: frozenset[str]
    kind: str


def read_demo_questions(path: Path) -> list[Question]:
    """Rows of kind answerable, unanswerable and ambiguous."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    wanted = ("answerable", "unanswerable", "ambiguous")
    return [Question(r["text"], frozenset(r["entry_ids"]), r["kind"]) for r in rows if r["kind"] in wanted]


def read_entries(paths: list[Path]) -> list[KnowledgeEntry]:
    """Entries of knowledge files and statute files or folders, as an import would make them."""
    return [entry for file, name in find_files(paths) for entry in parse_file(read_bytes(file), file, name, None)]


def statute_questions(path: Path, index: KnowledgeIndex) -> list[Question]:
    """The choose part of the statute questions, and our own, with the ids of their articles in force in the index."""
    named: dict[str, str] = {}
    for row in index.in_force(date.today()).nonzero()[0]:
        entry = index.entry(int(row))
        if entry.locator:
            named[article_key(entry.title + entry.locator)] = entry.id
    known = dict.fromkeys(named, "")
    asked = split_questions(read_questions(path, known))["choose"] + read_questions(OWN_QUESTIONS, known)
    return [Question(q.question, frozenset(named[key] for key in q.articles), "answerable") for q in asked]


@dataclass(frozen=True, slots=True)
class Case:
    """A question against one base: its candidate entries and their features (n, len(FEATURES))."""

    question: Question
    entries: list[KnowledgeEntry]
    features: np.ndarray

    @property
    def right(self) -> np.ndarray:
        """bool (n,): which candidates answer."""
        return np.array([entry.id in self.question.right for entry in self.entries], dtype=bool)

    def rank(self, weights: tuple[float, ...]) -> list[Hit]:
        """The hits that the retriever would give with these weights."""
        shares = Scorer(weights, (), 0, 0).shares(self.features)
        order = np.argsort(-shares, kind="stable")[:DEPTH]
        return [Hit(self.entries[i], float(shares[i]), tuple(self.features[i])) for i in order]


def cases_of(questions: Sequence[Question], index: KnowledgeIndex, retriever: Retriever) -> list[Case]:
    """Every question that has candidates in this base.

    Whether an entry of another kind answers a statute question, nobody has said: those that are near it are left out,
    the others stand against the articles.
    """
    cases = []
    near = FEATURES.index("dense_question")
    for question in questions:
        positions, features = retriever.candidates(index, question.text, date.today())
        entries = [index.entry(int(position)) for position in positions]
        if any(name.startswith("law-") for name in question.right):
            kept = [row for row, values in enumerate(features) if values[near] < MAY_ANSWER]
            entries, features = [entries[row] for row in kept], features[kept]
        if entries:
            cases.append(Case(question, entries, features))
    return cases


def fit_scorer(cases: Sequence[Case]) -> tuple[float, ...]:
    """Weights over FEATURES by which a right entry takes the largest share of its question's candidates (listwise)."""
    lists = [(case.features, case.right.astype(float)) for case in cases if case.right.any()]
    deviation = np.vstack([features for features, _ in lists]).std(axis=0)
    scale = np.where(deviation > 1e-6, deviation, 1.0)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        total, slope = RIDGE * weights @ weights, 2 * RIDGE * weights
        for features, right in lists:
            scores = features / scale @ weights
            shares = np.exp(scores - scores.max())
            shares /= shares.sum()
            taken = (shares * right).sum()
            total -= np.log(taken + 1e-12)
            slope += (features / scale).T @ (shares - shares * right / (taken + 1e-12))
        return total, slope

    found = minimize(loss, np.zeros(len(FEATURES)), jac=True, method="L-BFGS-B", options={"maxiter": 300})
    return tuple(float(w) for w in found.x / scale)


def learn(cases: list[Case]) -> tuple[Scorer, list[dict]]:
    """Scorer and its curve; confidence and thresholds come from hits of scorers that had not seen the question."""
    kinds = [case.question.kind + ("-statute" if is_statute(case) else "") for case in cases]
    groups = [case.question.text for case in cases]
    hits: list[list[Hit]] = [[] for _ in cases]
    for train, held in StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0).split(kinds, kinds, groups):
        weights = fit_scorer([cases[i] for i in train])
        for i in held:
            hits[i] = cases[i].rank(weights)
    for kind in ("answerable", "answerable-statute"):
        rows = [i for i, name in enumerate(kinds) if name == kind]
        if rows:
            found = {
                k: np.mean([any(h.entry.id in cases[i].question.right for h in hits[i][:k]) for i in rows])
                for k in (1, 3, 5)
            }
            print(kind, len(rows), {f"hit@{k}": round(float(v), 3) for k, v in found.items()}, file=sys.stderr)
    judged = [i for i, name in enumerate(kinds) if name != "ambiguous"]
    shape = np.array([confidence_features(hits[i])[1:] for i in judged])
    right = np.array([hits[i][0].entry.id in cases[i].question.right for i in judged])
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=1)
    confidence = np.zeros(len(judged))
    for train, held in folds.split(shape, right, [groups[i] for i in judged]):
        bias, slopes = fit_confidence(shape[train], right[train])
        confidence[held] = 1 / (1 + np.exp(-(bias + shape[held] @ slopes)))
    bias, slopes = fit_confidence(shape, right)
    unanswerable = np.array([kinds[i] == "unanswerable" for i in judged])
    curve = precision_curve(confidence, right, unanswerable)
    article = np.array([hits[i][0].entry.kind is EntryKind.REGULATION for i in judged])
    answer, of_articles = (
        lowest_threshold(precision_curve(confidence[own], right[own], unanswerable[own])) for own in (~article, article)
    )
    clarify = float(np.quantile(confidence[unanswerable], CLARIFY_QUANTILE)) if unanswerable.any() else answer / 2
    scorer = Scorer(
        fit_scorer(cases),
        (bias, *(float(w) for w in slopes)),
        answer,
        round(min(clarify, answer), 4),
        of_articles,
    )
    return scorer, curve


def lowest_threshold(curve: list[dict]) -> float:
    """Where precision and abstention are first as wanted; 1.0 (never) where they are nowhere."""
    good = (p for p in curve if p["precision"] >= WANTED_PRECISION and p["abstention"] >= WANTED_ABSTENTION)
    return next(good, {"threshold": 1.0})["threshold"]


def fit_confidence(shape: np.ndarray, right: np.ndarray) -> tuple[float, np.ndarray]:
    """Logistic bias and slopes over CONFIDENCE_FEATURES[1:], by which more evidence never lowers the confidence.

    Without the signs held, wording that test authors avoid (much overlap with the base) would count against an answer.
    """
    deviation, middle = shape.std(axis=0), shape.mean(axis=0)
    scale = np.where(deviation > 1e-6, deviation, 1.0)
    columns = np.hstack([np.ones((len(shape), 1)), (shape - middle) / scale])

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        odds = columns @ weights
        share = 1 / (1 + np.exp(-odds))
        penalty = 0.5 * weights[1:] @ weights[1:]
        slope = columns.T @ (share - right)
        slope[1:] += weights[1:]
        return float(np.logaddexp(0, odds).sum() - odds[right].sum() + penalty), slope

    signs = [(None, None), *((None, 0) if name in AGAINST else (0, None) for name in CONFIDENCE_FEATURES[1:])]
    signs[CONFIDENCE_FEATURES.index("regulation")] = (None, None)
    found = minimize(loss, np.zeros(columns.shape[1]), jac=True, method="L-BFGS-B", bounds=signs).x
    slopes = found[1:] / scale
    return float(found[0] - slopes @ middle), slopes


def is_statute(case: Case) -> bool:
    """Whether the question is answered by articles."""
    return next(iter(case.question.right), "").startswith("law-")


def precision_curve(confidence: np.ndarray, right: np.ndarray, unanswerable: np.ndarray) -> list[dict]:
    """Per threshold: share of answerable questions answered, of these answers the share that is right (and of all answers, to
    unanswerable questions too), share of unanswerable questions not answered."""
    curve = []
    for threshold in np.linspace(0.05, 0.99, 95):
        answered = confidence >= threshold
        if not (answered & ~unanswerable).any():
            break
        curve.append(
            {
                "threshold": round(float(threshold), 4),
                "answered": round(float(answered[~unanswerable].mean()), 4),
                "precision": round(float(right[answered & ~unanswerable].mean()), 4),
                "precision_of_all": round(float(right[answered].mean()), 4),
                "abstention": round(float(1 - answered[unanswerable].mean()), 4) if unanswerable.any() else 1.0,
            }
        )
    return curve


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=Path, required=True, nargs="+")
    parser.add_argument("--knowledge", type=Path, default=Path("demo/data/knowledge"))
    parser.add_argument("--statutes", type=Path, help="statute questions (STARD form); only their choose part is used")
    parser.add_argument(
        "--archive", type=Path, help="index of an instance with the demonstration base and the statutes"
    )
    parser.add_argument("--encoder", type=Path, default=SHIPPED)
    parser.add_argument("--out", type=Path, default=SHIPPED / "answers.json")
    options = parser.parse_args(argv)
    encoder = OnnxEncoder(options.encoder)
    unlearned = Scorer((0.0,) * len(FEATURES), (0.0,) * len(CONFIDENCE_FEATURES), 1.0, 1.0)
    retriever = Retriever(encoder, unlearned)
    questions = [question for path in options.questions for question in read_demo_questions(path)]
    # With and without statutes beside them: what is learned must hold for either base.
    with tempfile.TemporaryDirectory() as folder:
        entries = read_entries([options.knowledge])
        print(f"{len(entries)} entries, {len(questions)} questions", file=sys.stderr)
        cases = cases_of(questions, build_index(Path(folder) / "base", entries, encoder), retriever)
    if options.archive:
        index = IndexShelf(options.archive, encoder).current()
        asked = questions + (statute_questions(options.statutes, index) if options.statutes else [])
        print(f"{len(index)} entries with the statutes, {len(asked)} questions", file=sys.stderr)
        cases += cases_of(asked, index, retriever)
    scorer, curve = learn(cases)
    row = {
        "features": list(FEATURES),
        "confidence_features": list(CONFIDENCE_FEATURES),
        "weights": [round(w, 4) for w in scorer.weights],
        "confidence_weights": [round(w, 4) for w in scorer.confidence_weights],
        "answer_threshold": scorer.answer_threshold,
        "clarify_threshold": scorer.clarify_threshold,
        "article_threshold": scorer.article_threshold,
        "encoder": encoder.name,
        "cases": len(cases),
    }
    options.out.write_text(json.dumps(row, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(row, ensure_ascii=False))
    for point in curve[::8]:
        print(json.dumps(point))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
