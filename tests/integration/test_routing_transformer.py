"""The transformer trainer with a tiny random BERT made here; skipped where the extra `train` is missing."""

from pathlib import Path

import numpy as np
import pytest

from casework.errors import InvalidInput, Unavailable
from knowledge.encoder import SHIPPED, OnnxEncoder
from knowledge.text import normalize
from routing.artifact import ArtifactError
from routing.network import OnnxClassifier
from routing.predictor import Predictor
from tests.small_city import TEXTS, small_encoder, train_small
from training import routing_transformer
from training.network import FineTuner, Lesson
from training.progress import Progress

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
    assert {"model.onnx", "twin.npz", "tokenizer.json"} <= set(trained.manifest.files)
    assert trained.manifest.calibration["mixture"]["network"] >= 0
    assert trained.manifest.features["network"]["base"] == base.name
    predictor = Predictor.load(trained.folder, small_encoder())
    assert predictor.predict([TEXT])[0].label == "water"
    assert predictor.predict([""])[0].label in TEXTS
    said = predictor.probabilities([row.text for row in trained.test], twin=True).argmax(axis=1)
    right = np.mean([predictor.labels[i] == row.label for i, row in zip(said, trained.test, strict=True)])
    assert trained.manifest.measures["held_out"]["top1"] == pytest.approx(right, abs=1e-4)


def test_a_changed_or_missing_network_is_refused(base: Path, tmp_path: Path) -> None:
    trained = train_small(tmp_path, trainer="transformer", base=base, epochs=1)
    for name in ("model.onnx", "twin.npz"):
        path = trained.folder / name
        content = path.read_bytes()
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        with pytest.raises(ArtifactError, match=f"{name}.*不一致"):
            Predictor.load(trained.folder, small_encoder())
        path.unlink()
        with pytest.raises(ArtifactError, match=f"缺少文件 {name}"):
            Predictor.load(trained.folder, small_encoder())
        path.write_bytes(content)
    assert Predictor.load(trained.folder, small_encoder()).predict([TEXT])[0].label in TEXTS


def test_the_network_learns_and_its_scores_do_not_depend_on_the_neighbours(base: Path, tmp_path: Path) -> None:
    texts = [text for own in TEXTS.values() for text in own]
    y = np.repeat(np.arange(4), 10)
    tuner = FineTuner(base, 4, 8, 1)
    # A random network has to learn everything, a pretrained one only the last step: hence the rate.
    tuner.learn(Lesson(texts, y, y * 2), 40, 64, Progress("test"), rate=3e-3)
    network = OnnxClassifier(tmp_path, {"max_tokens": 64}, name=tuner.export(tmp_path / "other.onnx").name)
    scores = network.scores(texts)
    assert scores.shape == (40, 4) and (scores.argmax(axis=1) == y).mean() > 0.9
    assert np.allclose(scores[7], network.scores([texts[7]])[0], atol=1e-5)


def test_it_learns_on_after_it_was_exported_and_texts_without_category_break_nothing(
    base: Path, tmp_path: Path
) -> None:
    texts, none = [text for own in TEXTS.values() for text in own], np.full(40, -1)
    tuner = FineTuner(base, 4, 0, 1)
    tuner.learn(Lesson(texts, np.repeat(np.arange(4), 10), none), 1, 32, Progress("test"), rate=3e-3)
    first, second = tmp_path / "a.onnx", tmp_path / "b.onnx"
    tuner.export(first)
    tuner.learn(Lesson(texts, np.repeat(np.arange(4), 10), none), 1, 32, Progress("test"), rate=3e-3)
    tuner.export(second)
    before, after = (
        OnnxClassifier(tmp_path, {"max_tokens": 32}, name=path.name).scores(texts) for path in (first, second)
    )
    assert np.isfinite(after).all() and not np.allclose(before, after)


def test_the_same_seed_gives_the_same_network(base: Path, tmp_path: Path) -> None:
    texts, y = [text for own in TEXTS.values() for text in own], np.repeat(np.arange(4), 10)
    for name in ("a", "b"):
        tuner = FineTuner(base, 4, 2, 7)
        tuner.learn(Lesson(texts, y, y // 2), 1, 32, Progress("test"))
        (tmp_path / name).mkdir()
        tuner.export(tmp_path / name / "model.onnx")
    one, two = (OnnxClassifier(tmp_path / name, {"max_tokens": 32}).scores(texts) for name in ("a", "b"))
    assert np.allclose(one, two, atol=1e-3)


def test_a_base_that_is_no_checkpoint_is_refused(base: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"不是 transformers 检查点.*不加 --base"):
        train_small(tmp_path, trainer="transformer", base=tmp_path)


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The encoder that ships, as a checkpoint again."""
    for package in ("torch", "transformers", "onnx"):
        pytest.importorskip(package, reason="the extra `train` is not installed")
    if not (SHIPPED / "encoder.onnx").is_file():
        pytest.skip("the shipped encoder is not there")
    from training.checkpoint import checkpoint_of

    return checkpoint_of(SHIPPED, tmp_path_factory.mktemp("shipped"))


def test_the_shipped_encoder_as_a_checkpoint_gives_its_vectors(shipped: Path) -> None:
    import torch
    from transformers import AutoModel, AutoTokenizer

    texts = [*TEXTS["water"], *TEXTS["school"], "ABC-12 路口 2026年3月1日", "水" * 150]
    tokenizer = AutoTokenizer.from_pretrained(str(shipped), local_files_only=True)
    model = AutoModel.from_pretrained(str(shipped), local_files_only=True, add_pooling_layer=False).eval()
    encoder = OnnxEncoder(threads=1)
    for text in texts:
        with torch.no_grad():
            told = tokenizer([normalize(text)], return_tensors="pt")
            vector = model(**told).last_hidden_state[0, 0].numpy()
        cosine = float(encoder.encode([text])[0] @ vector / np.linalg.norm(vector))
        assert cosine > 0.999, (text, cosine)


def test_without_a_base_it_starts_from_the_shipped_encoder(shipped: Path, tmp_path: Path) -> None:
    trained = train_small(tmp_path, trainer="transformer", epochs=1)
    assert trained.manifest.features["network"]["base"] == "shipped"
    assert Predictor.load(trained.folder, small_encoder()).predict([TEXT])[0].label == "water"


def test_a_folder_that_is_no_encoder_of_that_form_is_no_start(base: Path, tmp_path: Path) -> None:
    """A graph without BERT's nodes."""
    import onnx
    from onnx import TensorProto, helper

    from training.checkpoint import checkpoint_of

    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "g", [value], [value])
    onnx.save(helper.make_model(graph), str(tmp_path / "encoder.onnx"))
    with pytest.raises(InvalidInput, match="--base"):
        checkpoint_of(tmp_path, tmp_path / "out")


def test_without_the_extra_it_says_how_to_get_it(tmp_path: Path) -> None:
    try:
        routing_transformer.require_extra()
    except Unavailable as error:
        assert "make train-setup" in error.message and "--trainer light" in error.message
        with pytest.raises(Unavailable):
            train_small(tmp_path, trainer="transformer")
    else:
        pytest.importorskip("torch")
