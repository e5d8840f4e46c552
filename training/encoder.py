"""编码器调优: tune the base encoder on question pairs and statute questions.

Command (writes OUT/tuned, OUT/onnx and OUT/report.json):
    python -m training.encoder --base ST_DIR --pairs FILE --questions FILE --laws DIR --out DIR

Beside the statute questions given, those of `training/data/statute-questions.jsonl` (written for this project) are learned.
"""

import argparse
import json
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from knowledge.encoder import SHIPPED
from knowledge.text import tokenize
from training.encoder_evaluation import Measures, load_encode, measure, statute_pool
from training.encoder_export import export_onnx
from training.pairs import read_pairs, split_pairs, triplets
from training.statutes import StatuteQuestion, read_articles, read_questions, split_questions

SEED = 12345
MAX_LENGTH = 96
"""Tokens of a passage while tuning."""
BLENDS = (0.5, 0.62, 0.75, 1.0)
PARAPHRASES_MAY_LOSE = 0.005
"""So much of the base's share of paraphrases found first a blend may lose."""
OWN_QUESTIONS = Path(__file__).parent / "data" / "statute-questions.jsonl"
FIRST_RANK, LAST_RANK = 1, 40
"""Ranks of the wrong articles that negatives are drawn from."""
WORDED_SHARE = 0.4
"""Share of the negatives that come from BM25's ranks."""
TOO_ALIKE = 0.93
"""Cosine to a right article from which on another is taken for a second right one."""
Encode = Callable[[list[str]], np.ndarray]


def _by_words(passages: dict[str, str]) -> Callable[[str, int], list[int]]:
    """(question, k) → numbers of the k passages that BM25 finds, best first."""
    import bm25s

    index = bm25s.BM25()
    index.index([tokenize(text) for text in passages.values()], show_progress=False)
    return lambda question, k: [int(i) for i in index.retrieve([tokenize(question)], k=k, show_progress=False)[0][0]]


def mine_negatives(
    questions: list[StatuteQuestion], passages: dict[str, str], first_rank: int = 2, last_rank: int = 12
) -> list[tuple[str, str, str]]:
    """(question, right article, hard negative): the negative is drawn from BM25's wrong ranks 2–12."""
    keys = list(passages)
    nearest = _by_words(passages)
    draw = random.Random(SEED)
    rows = []
    for question in questions:
        hits = nearest(question.question, last_rank + 10)
        wrong = [keys[i] for i in hits if keys[i] not in question.articles][first_rank:last_rank]
        rows += [(question.question, passages[key], passages[draw.choice(wrong)]) for key in question.articles]
    return rows


def mine_dense_negatives(
    questions: list[StatuteQuestion], passages: dict[str, str], encode: Encode, passes: int
) -> list[tuple[str, str, str]]:
    """(question, right article, hard negative) for each pass: drawn from an encoder's or from BM25's wrong ranks.

    An article that nearly says the same as the right one (an older interpretation, say) is no negative.
    """
    keys = list(passages)
    place = {key: i for i, key in enumerate(keys)}
    vectors = encode([passages[key] for key in keys])
    asked = encode([question.question for question in questions])
    nearest = _by_words(passages)
    draw = random.Random(SEED)
    rows = []
    for question, vector in zip(questions, asked, strict=True):
        right = [place[key] for key in question.articles]
        alike = (vectors[right] @ vectors.T).max(axis=0) > TOO_ALIKE
        scores = vectors @ vector
        scores[alike] = -1
        near = np.argpartition(-scores, LAST_RANK)[:LAST_RANK]
        near = near[np.argsort(-scores[near])][FIRST_RANK:]
        worded = [i for i in nearest(question.question, LAST_RANK) if not alike[i]] or list(near)
        for _ in range(passes):
            for i in right:
                wrong = draw.choice(list(worded if draw.random() < WORDED_SHARE else near))
                rows.append((question.question, passages[keys[i]], passages[keys[wrong]]))
    return rows


def tune(base: Path, out: Path, pair_rows: dict, statute_rows: list) -> None:
    """Train with MultipleNegativesRanking on all three sets at once and save the checkpoint to `out`."""
    import torch
    from datasets import Dataset
    from sentence_transformers import (
        SentenceTransformer,
        SentenceTransformerTrainer,
        SentenceTransformerTrainingArguments,
    )
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
    from sentence_transformers.sentence_transformer.training_args import (
        BatchSamplers,
        MultiDatasetBatchSamplers,
    )

    model = SentenceTransformer(str(base), device="cpu")
    model.max_seq_length = MAX_LENGTH
    for layer in model.modules():
        if isinstance(layer, torch.nn.Dropout):
            layer.p = 0.0  # the same passage must not be two; a quarter quicker as well
    data = {
        "triplets": Dataset.from_dict(_columns(("anchor", "positive", "negative"), pair_rows["triplets"])),
        "pairs": Dataset.from_dict(_columns(("anchor", "positive"), pair_rows["pairs"])),
        "statutes": Dataset.from_dict(_columns(("anchor", "positive", "negative"), statute_rows)),
    }
    loss = MultipleNegativesRankingLoss(model, scale=50.0)
    arguments = SentenceTransformerTrainingArguments(
        output_dir=str(out / "checkpoints"),
        num_train_epochs=1,
        per_device_train_batch_size=32,
        learning_rate=5e-5,
        warmup_steps=0.1,
        batch_sampler=BatchSamplers.NO_DUPLICATES,
        multi_dataset_batch_sampler=MultiDatasetBatchSamplers.PROPORTIONAL,
        save_strategy="no",
        logging_steps=25,
        report_to="none",
        use_cpu=True,
        bf16=True,  # a quarter of the time where the processor has AMX; weights stay float32
        seed=SEED,
        dataloader_num_workers=0,
    )
    SentenceTransformerTrainer(model=model, args=arguments, train_dataset=data, loss=loss).train()
    model.max_seq_length = 512
    model.save(str(out / "tuned"))


def _columns(names: tuple[str, ...], rows: list[tuple[str, ...]]) -> dict[str, list[str]]:
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}


def blend(base: Path, tuned: Path, share: float, out: Path) -> None:
    """Write the weighted mean of two checkpoints (`share` of the tuned one): keeps what the base knew."""
    from sentence_transformers import SentenceTransformer

    first, second = SentenceTransformer(str(base), device="cpu"), SentenceTransformer(str(tuned), device="cpu")
    weights = first.state_dict()
    mixed = {
        name: weights[name] * (1 - share) + value * share if value.is_floating_point() else value
        for name, value in second.state_dict().items()
    }
    second.load_state_dict(mixed)
    second.save(str(out))


def choose_blend(results: dict[float, Measures], base: Measures) -> float | None:
    """The share that finds most statutes, among those that beat the base there and find paraphrases about as well."""
    level = base.paraphrase_hit_1 - PARAPHRASES_MAY_LOSE
    better = {
        share: (m.statute_hit_5, m.statute_mrr)
        for share, m in results.items()
        if m.paraphrase_hit_1 >= level and m.statute_mrr > base.statute_mrr
    }
    return max(better, key=better.__getitem__) if better else None


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--base", "--pairs", "--questions", "--laws", "--out"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--triplets", type=int, default=5000, help="question triplets used (default 5000)")
    parser.add_argument("--plain", type=int, default=4000, help="question pairs used (default 4000)")
    parser.add_argument("--statute-epochs", type=int, default=2, help="passes over the statute questions")
    parser.add_argument("--miner", type=Path, default=SHIPPED, help="encoder that finds the hard negatives")
    options = parser.parse_args(argv)
    options.out.mkdir(parents=True, exist_ok=True)
    started = time.time()

    pairs = split_pairs(read_pairs(options.pairs))
    passages = read_articles(options.laws)
    questions = split_questions(read_questions(options.questions, passages))
    with_negative, plain = triplets(pairs["train"])
    draw = random.Random(SEED)
    chosen: dict[str, list] = {
        "triplets": draw.sample(with_negative, min(options.triplets, len(with_negative))),
        "pairs": draw.sample(plain, min(options.plain, len(plain))),
    }
    learned = questions["train"] + read_questions(OWN_QUESTIONS, passages)
    statute_rows = mine_dense_negatives(
        learned, passages, load_encode(options.miner, quick=True), options.statute_epochs
    )
    print(f"{len(statute_rows)} statute rows, {[(k, len(v)) for k, v in chosen.items()]}", file=sys.stderr)
    if not (options.out / "tuned").exists():
        tune(options.base, options.out, chosen, statute_rows)
    tuned_s = time.time() - started

    pool = statute_pool(passages, questions["choose"] + questions["test"], mine_negatives, distractors=250)
    base = measure(options.base, pairs["choose"], questions["choose"], pool)
    results = {}
    for share in BLENDS:
        folder = options.out / f"blend-{share}"
        blend(options.base, options.out / "tuned", share, folder)
        results[share] = measure(folder, pairs["choose"], questions["choose"], pool)
        print(share, results[share], "base", base, file=sys.stderr)
    chosen_share = choose_blend(results, base)
    report: dict = {
        "base_choose": base.as_dict(),
        "choose": {str(k): m.as_dict() for k, m in results.items()},
        "chosen_share": chosen_share,
        "tuning_seconds": round(tuned_s),
        "rows": {k: len(v) for k, v in chosen.items()} | {"statutes": len(statute_rows)},
    }
    if chosen_share is not None:
        best = options.out / f"blend-{chosen_share}"
        onnx_dir = export_onnx(best, options.out / "onnx")
        report["test"] = {
            "base": measure(options.base, pairs["test"], questions["test"], pool).as_dict(),
            "tuned": measure(best, pairs["test"], questions["test"], pool).as_dict(),
            "shipped_int8": measure(onnx_dir, pairs["test"], questions["test"], pool).as_dict(),
        }
    (options.out / "report.json").write_text(json.dumps(report, ensure_ascii=False, indent=2), encoding="utf-8")
    print(json.dumps(report, ensure_ascii=False, indent=2))
    return 0 if chosen_share is not None else 1


if __name__ == "__main__":
    raise SystemExit(main())
