"""编码器的选择: the blend that finds most statutes, if it finds paraphrases about as well as the base."""

import numpy as np

from training.encoder import choose_blend, mine_dense_negatives
from training.encoder_evaluation import Measures
from training.statutes import StatuteQuestion

BASE = Measures(0.70, 0.640, 0.53, 0.40)


def test_the_best_on_statutes_is_chosen_among_those_that_keep_paraphrases() -> None:
    results = {
        0.5: Measures(0.70, 0.639, 0.69, 0.54),
        0.75: Measures(0.69, 0.636, 0.73, 0.56),
        1.0: Measures(0.68, 0.630, 0.80, 0.60),
    }
    assert choose_blend(results, BASE) == 0.75


def test_none_is_chosen_where_none_beats_the_base_on_statutes() -> None:
    assert choose_blend({1.0: Measures(0.80, 0.70, 0.60, 0.39)}, BASE) is None


def test_an_article_that_says_the_same_is_no_negative() -> None:
    """The twin of the right article has its very vector; it is never drawn."""
    passages = {f"法第{i}条": f"第{i}条 押金{i}" for i in range(60)}
    vectors = np.eye(60, dtype=np.float32)
    vectors[1] = vectors[0]

    def encode(texts: list[str]) -> np.ndarray:
        return vectors if len(texts) == 60 else vectors[:1] * 0.6 + vectors[2:3] * 0.8

    rows = mine_dense_negatives([StatuteQuestion("押金不退", ("法第0条",))], passages, encode, 40)
    assert len(rows) == 40
    assert {right for _, right, _ in rows} == {passages["法第0条"]}
    assert not {negative for _, _, negative in rows} & {passages["法第0条"], passages["法第1条"]}
