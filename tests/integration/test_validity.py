"""时效: questions about today and about the past, over two versions of one text, with the shipped encoder."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from assistant.answers import Answerer
from assistant.conversation import Outcome
from assistant.finding import Finding
from assistant.follow_up import FollowUpModel
from assistant.past import NOT_THEN
from knowledge.encoder import SHIPPED, OnnxEncoder
from knowledge.index import KnowledgeIndex
from knowledge.parsing import parse_file
from knowledge.retriever import Retriever
from knowledge.scoring import Scorer
from knowledge.shelf import build_index

TODAY = date(2026, 11, 21)
TITLE = "示范市公共自行车管理办法"
HEAD = f"# {TITLE}\n\n{{history}}\n\n<!-- INFO END -->\n\n## 第一章 总则\n\n第一条　为了规范公共自行车的管理，制定本办法。\n\n"
OLD = HEAD.format(history="2019年3月24日示范市人民政府公布") + (
    "第二条　本办法适用于示范市行政区域内公共自行车的投放、租用和管理。\n\n"
    "## 第二章 租用\n\n"
    "第三条　租用公共自行车应当缴纳押金二百元，并持本人身份证到服务网点办理租车卡。\n\n"
    "第四条　租用公共自行车每次免费使用时间为一小时，超过一小时的按每小时一元收费。\n\n"
    "第五条　损坏公共自行车的，应当照价赔偿。\n"
)
NEW = HEAD.format(history="2019年3月24日示范市人民政府公布 根据2026年8月10日市政府决定修订") + (
    "第二条　本办法适用于示范市行政区域内公共自行车的投放、租用和管理。\n\n"
    "## 第二章 租用\n\n"
    "第三条　租用公共自行车不收取押金，通过手机应用实名注册后即可租用。\n\n"
    "第四条　租用公共自行车每次免费使用时间为两小时，超过两小时的按每小时两元收费。\n\n"
    "第五条　损坏公共自行车的，应当照价赔偿。\n"
)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeIndex:
    entries = []
    for name, text in ((f"{TITLE}(2019-03-24).md", OLD), (f"{TITLE}(2026-09-20).md", NEW)):
        entries += parse_file(text.encode(), Path(name), name, None)
    return build_index(tmp_path_factory.mktemp("index") / "laws", entries, OnnxEncoder(SHIPPED))


@pytest.fixture(scope="module")
def answerer() -> Answerer:
    """With the shipped parts, but ready to answer: where to draw that line is measured elsewhere."""
    scorer = replace(Scorer.load(), answer_threshold=0.4, article_threshold=0.4, clarify_threshold=0.1)
    return Answerer(Retriever(OnnxEncoder(SHIPPED), scorer), FollowUpModel.load())


def ask(answerer: Answerer, index: KnowledgeIndex, text: str) -> Finding:
    return answerer.find(index, text, None, TODAY)


def test_todays_question_is_answered_from_the_version_in_force(answerer: Answerer, index: KnowledgeIndex) -> None:
    reply = ask(answerer, index, "租用公共自行车要缴纳押金吗，收多少押金").reply
    assert reply.outcome is Outcome.ANSWERED
    assert reply.text.startswith(f"《{TITLE}》第三条规定：\n租用公共自行车不收取押金")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2025年的时候租用公共自行车要缴纳押金吗", "2025年12月31日"),
        ("2026年9月以前租用公共自行车要缴纳押金吗", "2026年8月31日"),
        ("去年租用公共自行车要缴纳押金吗", "2025年12月31日"),
        ("新规之前租用公共自行车要缴纳押金吗", "2026年9月19日"),
    ],
)
def test_a_question_about_the_past_is_answered_from_what_held_then(
    answerer: Answerer, index: KnowledgeIndex, text: str, day: str
) -> None:
    finding = ask(answerer, index, text)
    assert finding.reply.outcome is Outcome.ANSWERED
    assert finding.reply.text.startswith(
        f"以下是{day}有效的规定，现行规定已有变化：\n《{TITLE}》第三条规定：\n租用公共自行车应当缴纳押金"
    )
    (now,) = finding.reply.related
    current = index.get(now["entry_id"])
    assert current is not None and "不收取押金" in current.answer
    assert "不收取押金" in ask(answerer, index, now["title"]).reply.text, (
        "the offer, tapped, is answered from today's text"
    )


def test_a_rule_that_was_not_changed_is_not_said_to_be(answerer: Answerer, index: KnowledgeIndex) -> None:
    reply = ask(answerer, index, "2025年的时候损坏公共自行车要照价赔偿吗").reply
    assert reply.text == f"《{TITLE}》第五条规定：\n损坏公共自行车的，应当照价赔偿。"


def test_a_story_of_the_past_is_answered_from_todays_text(answerer: Answerer, index: KnowledgeIndex) -> None:
    reply = ask(answerer, index, "我2019年办过租车卡，现在租用公共自行车还要缴纳押金吗").reply
    assert "现行规定已有变化" not in reply.text and (not reply.citations or "不收取押金" in reply.text)


def test_before_there_was_any_rule_none_is_told(answerer: Answerer, index: KnowledgeIndex) -> None:
    reply = ask(answerer, index, "2015年租用公共自行车要缴纳押金吗").reply
    assert (reply.outcome, reply.text) == (Outcome.ABSTAINED, NOT_THEN.format(day="2015年12月31日"))
    assert reply.citations == [] and reply.related
