"""意图 and 诉求类型 read from the words."""

import numpy as np
import pytest

from assistant.classifier import LinearClassifier
from assistant.intents import GREETING, THANKS, Intent, intent_of, stated_type
from casework.appeal import AppealType
from casework.errors import Unavailable
from tests.fake_encoder import FakeEncoder
from tests.unit.assistant.desk import TYPES


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("公积金怎么提取", Intent.QUESTION),
        ("投诉电话是多少", Intent.QUESTION),
        ("你好", Intent.SMALLTALK),
        ("谢谢", Intent.SMALLTALK),
        ("好的，谢谢你！", Intent.SMALLTALK),
        ("你好，公积金怎么提取", Intent.QUESTION),
        ("转人工", Intent.HUMAN),
        ("我要找人工客服", Intent.HUMAN),
        ("查一下我的工单进度", Intent.STATUS),
        ("我上次反映的投诉处理得怎么样了", Intent.STATUS),
        ("我要投诉", Intent.INTAKE),
        ("我想反映一个问题", Intent.INTAKE),
        ("投诉", Intent.INTAKE),
        ("", Intent.QUESTION),
    ],
)
def test_the_intent_of_the_words(text: str, intent: Intent) -> None:
    assert intent_of(text)[0] is intent


def test_small_talk_brings_its_answer() -> None:
    assert intent_of("您好")[1] == GREETING and intent_of("谢谢")[1] == THANKS and intent_of("转人工")[1] == ""


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("我要投诉物业", AppealType.COMPLAINT),
        ("我要举报偷排", AppealType.REPORT),
        ("我提一个建议", AppealType.SUGGESTION),
        ("想表扬一位司机", AppealType.PRAISE),
        ("求助，孩子上学的事", AppealType.HELP),
        ("路灯坏了", None),
    ],
)
def test_the_type_that_is_stated(text: str, kind: AppealType | None) -> None:
    assert stated_type(text) is kind


def test_an_unstated_type_is_the_likeliest_and_a_stated_one_wins() -> None:
    assert TYPES.type_of("路灯坏了请修一下") is AppealType.HELP
    assert TYPES.type_of("我要投诉，路灯坏了请修一下") is AppealType.COMPLAINT
    assert TYPES.appeal_share("路灯坏了请修一下") > 0.9 > 0.5 > TYPES.appeal_share("需要什么材料")


def test_probabilities_are_the_softmax_of_the_layer() -> None:
    encoder = FakeEncoder(dimension=8)
    weights = np.vstack([np.zeros((8, 2)), [[0.0, np.log(3)]]]).astype(np.float32)
    shares = LinearClassifier(encoder, ("a", "b"), weights, {}).probabilities("随便")
    assert shares == {"a": pytest.approx(0.25), "b": pytest.approx(0.75)}


def test_a_missing_or_foreign_file_is_unavailable(tmp_path) -> None:
    file = tmp_path / "types.json"
    with pytest.raises(Unavailable, match="缺失"):
        LinearClassifier.load(FakeEncoder(), file)
    file.write_text('{"encoder": "fake:other", "labels": ["a"], "weights": [[0.0]], "thresholds": {"g": 0.3}}', "utf-8")
    with pytest.raises(Unavailable, match="不匹配"):
        LinearClassifier.load(FakeEncoder(), file)
    loaded = LinearClassifier.load(FakeEncoder("fake:other"), file)
    assert loaded.labels == ("a",) and loaded.thresholds == {"g": 0.3}
