"""纠错读法: corrected readings by the words of the base in use."""

from datetime import date
from pathlib import Path

from assistant.answers import Answerer
from assistant.conversation import Outcome
from assistant.corrections import Corrections, changed_words, vocabulary
from knowledge.index import KnowledgeIndex
from knowledge.scoring import CONFIDENCE_FEATURES, FEATURES, Hit, Scorer
from tests.fake_encoder import FakeEncoder
from tests.unit.assistant.desk import FOLLOW_UPS
from tests.unit.knowledge.entries import TODAY, base, faq, index_of, weights

MORE = [
    faq(f"x{n}", text, "答。", "公积金贷款")
    for n, text in enumerate(("公积金怎么查询", "公积金能不能转移", "公积金账户在哪里看", "公积金利息怎么算"))
]


def test_the_vocabulary_is_that_of_the_questions(tmp_path: Path) -> None:
    told = vocabulary(index_of(tmp_path / "index", base(), FakeEncoder()))
    assert told["公积金"] >= 5 and "租房提取" in told and "余额" not in told, "an article's words are not typed"


def test_changed_words_are_whole_words() -> None:
    assert changed_words("公鸡金怎么提取", "公积金怎么提取") == ("公积金",)
    assert changed_words("公积金", "公积金") == ()


def test_the_vocabulary_follows_the_index(tmp_path: Path) -> None:
    small = index_of(tmp_path / "small", [base()[0]], FakeEncoder())
    large = index_of(tmp_path / "large", [*base(), *MORE], FakeEncoder())
    corrections = Corrections()
    corrections.of(small, "公鸡金贷款")
    assert corrections.of(large, "公鸡金贷款最高能贷多少")[0].words == ("公积金",)
    assert corrections.of(large, "公积金贷款最高能贷多少") == []


class Literal:
    """Finds the loan's entry, surely where the fund is named and hardly where it is not."""

    def __init__(self, index: KnowledgeIndex) -> None:
        self.entry = index.get("dk-ed")
        self.scorer = Scorer((), weights(CONFIDENCE_FEATURES, bias=-3.0, dense_question=6.0), 0.6, 0.3)

    def search(self, index: KnowledgeIndex, query: str, k: int = 10, today: date | None = None) -> list[Hit]:
        return [Hit(self.entry, 1.0, weights(FEATURES, dense_question=1.0 if "公积金" in query else 0.3))]


def test_a_misspelt_question_is_answered_and_says_how_it_was_read(tmp_path: Path) -> None:
    index = index_of(tmp_path / "index", [*base(), *MORE], FakeEncoder())
    answerer = Answerer(Literal(index), FOLLOW_UPS)
    reply = answerer.find(index, "公鸡金贷款最高能贷多少", None, TODAY).reply
    assert (reply.outcome, reply.text) == (Outcome.ANSWERED, "按“公积金”理解您的问题：\n最高八十万元。")
    assert answerer.find(index, "公积金贷款最高能贷多少", None, TODAY).reply.text == "最高八十万元。"
    assert answerer.find(index, "天上的星星", None, TODAY).reply.outcome is Outcome.ABSTAINED
