"""A knowledge base from elsewhere whose numbers or models would take all time or memory."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from forged import QUESTION, entry_of, honest, reseal, with_statements
from server_support import copied_knowledge, make_record

from faqkb.kb.errors import ModelDamaged, SnapshotDamaged
from faqkb.kb.index.places import Places
from faqkb.kb.index.wordings import WordingClassifier
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.snapshot.moved import moved_ids
from faqkb.kb.snapshot.stored import open_stored

Change = Callable[[Path], None]


@pytest.fixture(scope="module")
def made(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return honest(tmp_path_factory.mktemp("honest") / "kb", encoder)


@pytest.fixture
def kb(made: Path, tmp_path: Path) -> Path:
    return copied_knowledge(made, tmp_path / "kb")


def opened(kb: Path) -> KnowledgeBase:
    return KnowledgeBase.open(kb, threads=1)


def rewritten(path: Path, content: bytes) -> None:
    path.unlink()  # or what it is linked to would change too
    path.write_bytes(content)


def with_model_file(name: str, content: bytes) -> Change:
    """Return a change that puts another file into the model, as its manifest says."""

    def change(folder: Path) -> None:
        path = folder / "model" / "manifest.json"
        manifest = json.loads(path.read_bytes())
        manifest["files"][name] = {"sha256": entry_of(content).sha256, "size": len(content)}
        rewritten(folder / "model" / name, content)
        rewritten(path, json.dumps(manifest).encode())

    return change


def with_normalizer(normalizer: dict[str, Any]) -> Change:
    """Return a change that gives the tokenizer another normalizer."""

    def change(folder: Path) -> None:
        tokenizer = json.loads((folder / "model" / "tokenizer.json").read_bytes())
        content = json.dumps(tokenizer | {"normalizer": normalizer}).encode()
        with_model_file("tokenizer.json", content)(folder)

    return change


def with_places(**fields: Any) -> Change:
    """Return a change of the places of passages, and of the token vectors that they name."""

    def change(folder: Path) -> None:
        manifest = json.loads((folder / "manifest.json").read_bytes())
        counts = manifest["counts"]
        places = Places.from_bytes((folder / "places.bin").read_bytes(), counts["passages"], counts["records"])
        changed = {name: np.full_like(getattr(places, name), value) for name, value in fields.items()}
        rewritten(folder / "places.bin", replace(places, **changed).to_bytes())
        tokens = folder / "tokens" / "000001.i4"
        rewritten(tokens, tokens.read_bytes() + bytes(192 * 2_000))

    return change


def field(number: int, content: bytes) -> bytes:
    length = len(content)
    return bytes([number << 3 | 2, length & 127 | 128, length >> 7]) + content


def node(operator: bytes) -> bytes:
    return field(1, field(4, operator))


GRAPHS = {
    "a loop": field(7, node(b"Loop")),
    "a loop in a graph of a node": field(7, field(1, field(5, field(6, node(b"Loop"))))),
    "a scan": field(7, node(b"Scan")),
    "a search for words": field(7, node(b"BeamSearch")),
}


@pytest.mark.parametrize("graph", GRAPHS.values(), ids=GRAPHS)
def test_a_model_that_may_run_for_ever_is_not_read(kb: Path, graph: bytes) -> None:
    reseal(kb, with_model_file("model.onnx", graph))
    with pytest.raises(SnapshotDamaged, match="may run for ever"):
        opened(kb)


LONGER = {"type": "Replace", "pattern": {"String": "a"}, "content": "a" * 100}
DOUBLING = {"type": "Replace", "pattern": {"Regex": ""}, "content": "a"}
NORMALIZERS = {
    "a hundred characters for one": {"type": "Sequence", "normalizers": [LONGER] * 5},
    "one beside each, again and again": {"type": "Sequence", "normalizers": [DOUBLING] * 16},
    "in sequences": {"type": "Sequence", "normalizers": [{"type": "Sequence", "normalizers": [DOUBLING] * 6}] * 6},
    "much before": {"type": "Prepend", "prepend": "a" * 1_000_000},
    "a table without end": {"type": "Precompiled", "precompiled_charsmap": "A" * 3_000_000},
    "none": {"type": "Replace"},
}


@pytest.mark.parametrize("normalizer", NORMALIZERS.values(), ids=NORMALIZERS)
def test_a_tokenizer_that_makes_texts_grow_is_not_read(kb: Path, normalizer: dict[str, Any]) -> None:
    reseal(kb, with_normalizer(normalizer))
    with pytest.raises(SnapshotDamaged, match="faq ingest"):
        opened(kb)


def test_a_pattern_of_a_tokenizer_with_too_many_ways_is_named(kb: Path) -> None:
    pattern = "(a|a)+(a|a)+(a|a)+$x"
    reseal(kb, with_normalizer({"type": "Replace", "pattern": {"Regex": pattern}, "content": "b"}))
    with closing(opened(kb)) as knowledge, pytest.raises(ModelDamaged, match="the tokenizer gave up"):
        knowledge.ask(f"{'a' * 60}!")


@pytest.mark.parametrize(
    "fields",
    [
        {"tokens": 600, "view_tokens_at": 0},
        {"baselines": 3e38},
        {"baselines": np.nan},
        {"view_baselines": -3e38},
    ],
)
def test_places_that_no_encoder_gives_are_refused(kb: Path, fields: dict[str, float]) -> None:
    reseal(kb, with_places(**fields))
    with pytest.raises(SnapshotDamaged, match="places of passages"):
        opened(kb)


def test_a_classifier_without_bounds_is_refused(kb: Path) -> None:
    weights = np.full((2, 385), 3e38, dtype=np.float32)
    reseal(kb, lambda folder: rewritten(folder / "wordings.bin", WordingClassifier((0, 1), weights).to_bytes()))
    with pytest.raises(SnapshotDamaged, match="classifier of wordings"), closing(opened(kb)) as knowledge:
        knowledge.ask(QUESTION)


def chained(kb: Path, length: int) -> float:
    """Return the processor time of following so many former ids, each of which leads to the next."""
    numbers = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {length})"
    reseal(
        kb, with_statements(f"{numbers} INSERT INTO moved SELECT 'faq/' || i || 'x', 'faq/' || (i + 1) || 'x' FROM n;")
    )
    last = make_record(f"faq/{length + 1}x", "How large is the moon?")
    with open_stored(kb) as stored:
        began = time.process_time()
        found = moved_ids(stored, [last])
        took = time.process_time() - began
    assert found["faq/1x"] == last.id
    assert len(found) == length
    return took


def test_a_chain_of_former_ids_takes_linear_time(made: Path, tmp_path: Path) -> None:
    few, many = (chained(copied_knowledge(made, tmp_path / str(length)), length) for length in (2_000, 20_000))
    assert many < 40 * few + 0.1
