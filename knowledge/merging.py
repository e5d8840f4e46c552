"""合并索引段: several segments become one without reading, cutting or embedding their texts again."""

from collections.abc import Sequence
from pathlib import Path

import faiss
import numpy as np

from knowledge.postings import join_postings
from knowledge.segment import ATTRIBUTES, FIELDS, Segment


def merge_segments(folder: Path, parts: Sequence[tuple[Segment, np.ndarray]], dimension: int) -> None:
    """Write into the new `folder` what is in `parts`: segments, each with its dropped rows (int32), which are left out."""
    folder.mkdir(parents=True)
    rows = [np.setdiff1d(np.arange(segment.entry_count), dropped) for segment, dropped in parts]
    held = [np.isin(segment.passage_entry, own) for (segment, _), own in zip(parts, rows, strict=True)]
    quantized = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT)
    vectors = [segment.embedded()[1][passages] for (segment, _), passages in zip(parts, held, strict=True)]
    if sum(map(len, vectors)):
        quantized.train(np.concatenate(vectors))
        for own in vectors:
            quantized.add(own)
    faiss.write_index(quantized, str(folder / "vectors.faiss"))
    for field in FIELDS:
        join_postings(
            folder, field, [(segment.fields[field], own) for (segment, _), own in zip(parts, held, strict=True)]
        )

    def keep(name: str, arrays: list[np.ndarray]) -> None:
        np.save(folder / f"{name}.npy", np.concatenate(arrays))

    pairs = list(zip((segment for segment, _ in parts), rows, held, strict=True))
    for name in ATTRIBUTES:
        keep(f"entry-{name}", [segment.keys[name][own] for segment, own, _ in pairs])
    for name in ("first", "last", "level"):
        keep(f"entry-{name}", [getattr(segment, name)[own] for segment, own, _ in pairs])
    counts = np.concatenate([np.diff(segment.starts)[own] for segment, own, _ in pairs])
    np.save(folder / "entry-starts.npy", np.concatenate([[0], np.cumsum(counts)]).astype(np.int64))
    keep("passage-asks", [segment.asks[passages] for segment, _, passages in pairs])
    keep("passage-digests", [segment.digests[passages] for segment, _, passages in pairs])
    offsets = [0]
    with (folder / "entries.jsonl").open("wb") as file:
        for segment, own, _ in pairs:
            for row in own:
                line = segment.line(int(row))
                file.write(line)
                offsets.append(offsets[-1] + len(line))
    np.save(folder / "entry-offsets.npy", np.array(offsets, dtype=np.int64))
