import numpy as np

from routing.features import ENCODED, WORD, TermFeatures, TermSettings, centred, count_matrix, count_terms, encode_each
from tests.fake_encoder import FakeEncoder

SETTINGS = TermSettings()
TEXTS = ["路灯坏了，没人修", "路灯又坏了", "自来水停了两天", "自来水发黄"]


def test_no_run_of_characters_crosses_punctuation_and_numbers_are_masked() -> None:
    counts = count_terms("路灯，坏了138号", SETTINGS)
    assert counts["路灯"] == 1
    assert "灯坏" not in counts
    assert counts["了0"] == 1
    assert not any("138" in term for term in counts)


def test_words_are_kept_apart_from_characters() -> None:
    counts = count_terms("自来水停了", SETTINGS)
    assert WORD + "自来水" in counts
    assert WORD + "自来水" not in count_terms("自来水停了", TermSettings(words=False))


def test_each_block_of_a_row_has_unit_length() -> None:
    features, _ = TermFeatures.fit(count_matrix(TEXTS, SETTINGS), SETTINGS)
    row = features.matrix(["自来水坏了"])
    words = np.array([features.terms[i].startswith(WORD) for i in row.indices])
    assert np.isclose((row.data[words] ** 2).sum(), 1)
    assert np.isclose((row.data[~words] ** 2).sum(), 1)


def test_the_columns_of_training_are_those_of_serving() -> None:
    counts = count_matrix(TEXTS, SETTINGS)
    features, chosen = TermFeatures.fit(counts, SETTINGS)
    again = TermFeatures(SETTINGS, features.terms, features.idf)
    trained, served = features.weigh(counts.matrix[:, chosen]), again.matrix(TEXTS)
    assert (trained != served).nnz == 0


def test_a_text_without_known_terms_is_an_empty_row() -> None:
    features, _ = TermFeatures.fit(count_matrix(TEXTS, SETTINGS), SETTINGS)
    assert features.matrix(["xyz", ""]).nnz == 0


def test_the_vocabulary_keeps_the_most_frequent_terms() -> None:
    settings = TermSettings(characters=(1,), words=False, max_terms=2)
    features, _ = TermFeatures.fit(count_matrix(["甲乙", "甲乙丙", "甲丁"], settings), settings)
    assert features.terms == sorted("甲乙")


def test_texts_are_encoded_one_by_one() -> None:
    calls: list[int] = []

    class Counting(FakeEncoder):
        def encode(self, texts, quick=False):
            assert quick, "the exact graph takes three times as long"
            calls.append(len(texts))
            return super().encode(texts)

    assert encode_each(Counting(), TEXTS).shape == (4, 512)
    assert calls == [1, 1, 1, 1]
    assert encode_each(Counting(), []).shape == (0, 512)


def test_directions_from_the_centre_have_unit_length_and_the_centre_itself_none() -> None:
    vectors = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]])
    moved = centred(vectors, np.array([0.5, 0.5]))
    assert np.allclose(np.linalg.norm(moved, axis=1), [1, 1, 0])


def test_of_a_long_text_the_encoder_reads_the_beginning() -> None:
    encoder = FakeEncoder()
    long = "路灯坏了" * 100
    found = encode_each(encoder, [long, long[:40]], limit=40)
    assert np.array_equal(found[0], found[1]) and encoder.seen == [long[:40]] * 2
    encode_each(encoder, [long])
    assert encoder.seen[-1] == long[:ENCODED]
