"""The transformer trainer with a tiny random BERT made here; skipped where the extra `train` is missing."""

from pathlib import Path

import pytest

from casework.errors import InvalidInput, Unavailable
from routing.predictor import Predictor
from tests.small_city import TEXTS, small_encoder, train_small
from training import routing_transformer

TEXT = "自来水停了一整天，水费还涨了"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint with two layers and the appeals' characters as its vocabulary."""
    torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
    transformers = pytest.importorskip("transformers", reason="the extra `train` is not installed")
    pytest.importorskip("onnx", reason="the extra `train` is not installed")
    folder = tmp_path_factory.mktemp("bert")
    characters = sorted({char for own in TEXTS.values() for text in own for char in text})
    (folder / "vocab.txt").write_text(
        "\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters]), encoding="utf-8"
    )
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=5 + len(characters), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64
    )
    transformers.BertModel(config).save_pretrained(folder)
    transformers.BertTokenizerFast(vocab=str(folder / "vocab.txt")).save_pretrained(folder)
    return folder


def test_it_trains_exports_blends_and_serves_without_torch(base: Path, tmp_path: Path) -> None:
    trained = train_small(tmp_path, trainer="transformer", base=base, epochs=4)
    assert {"model.onnx", "tokenizer.json"} <= set(trained.manifest.files)
    assert "network" in trained.manifest.calibration["weights"]
    predictor = Predictor.load(trained.folder, small_encoder())
    assert predictor.predict([TEXT])[0].label == "water"
    assert predictor.predict([""])[0].label in TEXTS


def test_the_network_learns_and_its_scores_do_not_depend_on_the_neighbours(base: Path, tmp_path: Path) -> None:
    import numpy as np

    from routing.network import OnnxClassifier
    from training.progress import Progress

    texts = [text for own in TEXTS.values() for text in own]
    y = np.repeat(np.arange(4), 10)
    # A random network has to learn everything, a pretrained one only the last step: hence the rate.
    routing_transformer.fine_tune(base, texts, y, 4, 1, 40, tmp_path, Progress("test"), rate=3e-3)
    network = OnnxClassifier(tmp_path, {"max_tokens": 64})
    scores = network.scores(texts)
    assert (scores.argmax(axis=1) == y).mean() > 0.9
    assert np.allclose(scores[7], network.scores([texts[7]])[0], atol=1e-5)


def test_without_a_base_it_says_what_is_needed(base: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="--base"):
        train_small(tmp_path, trainer="transformer")
    with pytest.raises(InvalidInput, match="--base"):
        train_small(tmp_path, trainer="transformer", base=tmp_path)


def test_without_the_extra_it_says_how_to_get_it(tmp_path: Path) -> None:
    try:
        routing_transformer.require_extra()
    except Unavailable as error:
        assert "make train-setup" in error.message and "--trainer light" in error.message
        with pytest.raises(Unavailable):
            train_small(tmp_path, trainer="transformer")
    else:
        pytest.importorskip("torch")
