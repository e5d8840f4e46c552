"""答复质检: a reply cut up, the models as they are served, the whole inspector; with an encoder of hashed character pairs."""

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from assistant.inspector import Draft, Inspector
from assistant.reply_quality import (
    RULES,
    WIDTH,
    Forest,
    ReplyJudge,
    chosen,
    reply_spread,
    reply_told,
    scored,
    sentence_features,
    vectors_of,
)
from assistant.reply_text import MAX_SENTENCES, ReplyText, pieces, sentences_of
from casework.errors import Unavailable
from casework.quality.reply_rules import Spotted
from tests.fake_encoder import FakeEncoder

REPLY = "您好，来件收悉。3月6日已更换接头并恢复供水；后续将尽快改造管网。感谢您的支持！"


def text(reply: str = REPLY, closing: str = "已解决", kind: str = "投诉") -> ReplyText:
    return ReplyText("家里停水三天了", reply, kind, closing)


def judge(encoder: FakeEncoder, **weights: float) -> ReplyJudge:
    """Says of each named rule what its weight (a bias) says, whatever the reply."""
    reply = text()
    vectors = vectors_of(encoder, reply)
    features = sentence_features(reply, vectors[0], vectors[2]).shape[1]
    told = len(scored(np.zeros(len(RULES)))) + len(reply_told(reply, *vectors))
    spread = len(reply_spread(reply, *vectors[:2]))
    model = np.zeros((len(RULES), told + spread + 1), dtype=np.float32)
    for rule in RULES:
        model[RULES.index(rule), -1] = weights.get(rule, -9.0)
    sentence = np.zeros((len(RULES), features + 1), dtype=np.float32)
    sentence[:, 8] = 1.0  # some cue: the sentence that has most of it is quoted
    undecided = Forest(
        np.arange(len(RULES)).reshape(-1, 1),
        np.full(len(RULES), -1, dtype=np.int16),
        *(np.zeros(len(RULES), dtype=kind) for kind in (np.float32, np.int32, np.int32)),
        np.full(len(RULES), 0.5, dtype=np.float16),
    )
    lines = dict.fromkeys(RULES, 0.5)
    return ReplyJudge(encoder, sentence, model, np.zeros(told), np.ones(told), undecided, lines, "test")


def test_a_reply_is_cut_into_sentences_that_are_its_own_substrings() -> None:
    found = sentences_of(REPLY)
    assert [one.text for one in found] == [
        "您好，来件收悉。",
        "3月6日已更换接头并恢复供水；",
        "后续将尽快改造管网。",
        "感谢您的支持！",
    ]
    assert all(REPLY[one.start : one.start + len(one.text)] == one.text for one in found)


@pytest.mark.parametrize("reply", ["", "   ", "😀😀😀", "。。。！！", "\n\n"])
def test_what_has_no_words_has_no_sentences(reply: str) -> None:
    assert sentences_of(reply) == []
    told = ReplyText("x", reply, "投诉", "")
    assert told.cues.shape[0] == 0
    assert np.isfinite(told.signs).all()


def test_a_very_long_reply_is_looked_at_in_bounds() -> None:
    found = sentences_of("请您自行联系其他部门办理此事。" * 10_000)
    assert len(found) == MAX_SENTENCES


def test_pieces_are_the_same_in_every_process() -> None:
    assert pieces("漏水", WIDTH) == pieces("漏水", WIDTH)
    assert pieces("漏水", WIDTH) != pieces("停电", WIDTH)
    assert all(0 <= place < WIDTH for place in pieces("漏水" * 50, WIDTH))


def test_features_have_one_length_whatever_the_reply() -> None:
    encoder = FakeEncoder()
    shapes = set()
    for reply in (REPLY, "好的，已修复。", "😀", "无" * 7000):
        told = text(reply)
        demand, whole, sentences = vectors_of(encoder, told)
        features = sentence_features(told, demand, sentences)
        assert features.shape[0] == len(told.sentences)
        shapes.add(
            (features.shape[1], len(reply_told(told, demand, whole, sentences)), len(reply_spread(told, demand, whole)))
        )
    assert len(shapes) == 1


def test_what_does_not_go_together_is_not_said_together() -> None:
    sure = dict.fromkeys(RULES, 0.3)
    assert "no_action" not in chosen(sure, "解释说明")
    assert "no_action" in chosen(sure, "已解决")
    assert {"missing", "off_topic"}.isdisjoint(chosen(sure, ""))
    both = {rule: -1.0 for rule in RULES} | {"missing": 0.2, "off_topic": 0.1}
    assert chosen(both, "") == ["missing"]
    assert chosen({rule: -0.1 for rule in RULES}, "已解决") == []


def test_a_suspicion_quotes_a_sentence_of_the_reply() -> None:
    encoder = FakeEncoder()
    (found,) = judge(encoder, tone=3.0).suspicions(text())
    assert found.rule == "tone"
    assert found.passage in REPLY
    assert found.share == pytest.approx(1 / (1 + np.exp(-3.0)), abs=1e-3)
    assert judge(encoder).suspicions(text()) == []
    assert judge(encoder, tone=3.0).suspicions(text("😀😀")) == []


def test_a_model_of_another_encoder_or_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="重新安装"):
        ReplyJudge.load(FakeEncoder(), tmp_path / "none.npz")
    (tmp_path / "bad.npz").write_bytes(b"PK nothing")
    with pytest.raises(Unavailable):
        ReplyJudge.load(FakeEncoder(), tmp_path / "bad.npz")
    with pytest.raises(Unavailable, match="编码器"):
        ReplyJudge.load(FakeEncoder())
    told = json.dumps({"encoder": "fake:bigrams", "rules": ["other"]})
    np.savez(tmp_path / "other.npz", told=np.array(told))
    with pytest.raises(Unavailable):
        ReplyJudge.load(FakeEncoder(), tmp_path / "other.npz")


def draft(reply: str, closing: str = "已解决", **more: object) -> Draft:
    return Draft("家里停水三天了", reply, "投诉", closing, date(2026, 5, 6), **more)  # type: ignore[arg-type]


def test_the_inspector_puts_rules_and_models_together_the_costliest_first() -> None:
    reply = "依据《合同法》第六十条，已修复。车主孟庆山，住云湖花园6栋1单元201。"
    found = Inspector(judge(FakeEncoder(), tone=3.0)).draft(draft(reply))
    assert [one.rule for one in found] == ["personal_data", "expired_policy", "tone"]
    assert all(one.passage in reply for one in found)


def test_without_a_model_what_can_be_looked_up_is_still_found() -> None:
    inspector = Inspector(None)
    assert [one.rule for one in inspector.draft(draft("依据《物权法》第七十条办理完毕。"))] == ["expired_policy"]
    assert inspector.version == "rules-1"
    assert Inspector(judge(FakeEncoder())).version == "rules-1+test"


@pytest.mark.parametrize("reply", ["", "😀😀😀", "……"])
def test_a_reply_without_words_is_a_formula(reply: str) -> None:
    (found,) = Inspector(None).draft(draft(reply))
    assert found.rule == "template"
    assert "没有可读" in found.explanation


def test_a_rule_that_is_switched_off_finds_nothing() -> None:
    assert Inspector(None, {"expired_policy"}).draft(draft("依据《物权法》第七十条办理完毕。")) == []


def test_agents_words_have_rules_of_their_own() -> None:
    inspector = Inspector(judge(FakeEncoder(), tone=3.0, missing=3.0))
    leak = "我们已告知该店，投诉人系楼上402室的住户。"
    found = inspector.words(["好的", "", leak])
    assert {one.rule for one in found} == {"agent_tone", "agent_personal_data"}
    assert Spotted("agent_personal_data", leak, found[0].explanation) in found
    assert inspector.words([]) == []
