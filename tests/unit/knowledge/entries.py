"""A small base of entries to search, and an index folder of it."""

from datetime import date
from pathlib import Path

from knowledge.encoder import Encoder
from knowledge.entry import EntryKind, KnowledgeEntry, Source
from knowledge.index import KnowledgeIndex
from knowledge.scoring import CONFIDENCE_FEATURES, FEATURES, Scorer
from knowledge.shelf import build_index

TODAY = date(2026, 3, 9)


def faq(
    entry_id: str, question: str, answer: str, item: str = "", facet: str = "", similar: tuple[str, ...] = ()
) -> KnowledgeEntry:
    return KnowledgeEntry(
        entry_id,
        EntryKind.FAQ,
        question,
        answer,
        similar_questions=list(similar),
        item=item,
        facet=facet,
        sources=[Source("示范市住房公积金管理办法", "第三条", "示府发〔2024〕1号")],
    )


def law(entry_id: str, title: str, locator: str, answer: str, since: date | None = None) -> KnowledgeEntry:
    return KnowledgeEntry(entry_id, EntryKind.REGULATION, title, answer, locator=locator, effective_from=since)


def base() -> list[KnowledgeEntry]:
    return [
        faq("zf-tj", "租房可以提取公积金吗", "无房职工租房可以提取。", "租房提取", "条件", ("租房子能取公积金不",)),
        faq("zf-cl", "租房提取公积金需要什么材料", "身份证和无房证明。", "租房提取", "材料"),
        faq("zx-tj", "装修可以提取公积金吗", "装修自住房可以提取。", "装修提取", "条件"),
        faq("zx-cl", "装修提取公积金需要什么材料", "身份证、发票和合同。", "装修提取", "材料"),
        faq("dk-ed", "公积金贷款最高能贷多少", "最高八十万元。", "公积金贷款", "额度"),
        law("tl-24", "住房公积金管理条例", "第二十四条", "职工离休、退休的，可以提取职工住房公积金账户内的存储余额。"),
    ]


def weights(names: tuple[str, ...], **told: float) -> tuple[float, ...]:
    """Weights by name, 0 where none is told. Raises: ValueError for a name that is not among `names`."""
    if unknown := told.keys() - set(names):
        raise ValueError(f"no such features: {unknown}")
    return tuple(told.get(name, 0.0) for name in names)


def scorer(**changes: float) -> Scorer:
    """By the cosines and the shared words; sure where about two thirds of the question are in the first hit."""
    thresholds = {"answer_threshold": 0.6, "clarify_threshold": 0.25} | changes
    return Scorer(
        weights(
            FEATURES,
            dense_question=8.0,
            dense_text=4.0,
            words_question=4.0,
            words_text=4.0,
            pairs_question=8.0,
            regulation_dense=4.0,
            regulation_words=4.0,
            regulation_pairs=8.0,
        ),
        weights(
            CONFIDENCE_FEATURES,
            bias=-5.5,
            dense_question=9.0,
            dense_text=2.0,
            pairs_question=3.0,
            regulation_dense=9.0,
            regulation_pairs=3.0,
        ),
        **thresholds,
    )


def index_of(folder: Path, entries: list[KnowledgeEntry], encoder: Encoder) -> KnowledgeIndex:
    return build_index(folder, entries, encoder)
