"""Rows of a Milvus that somebody else writes to: an error that names them, and neither memory nor time without end."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from forged import QUESTION, honest
from milvus_support import stored_in_lite

from faqkb.kb.errors import SnapshotDamaged
from faqkb.kb.index.places import Places
from faqkb.kb.milvus.address import MilvusAddress
from faqkb.kb.milvus.client import Milvus
from faqkb.kb.milvus.opening import MilvusBase
from faqkb.kb.milvus.parts import Part, Parts, block_rows, decoded, encoded, sizes_row
from faqkb.kb.milvus.words import _WORD
from faqkb.kb.model.encoder import Encoder

PARTS, RECORDS, PASSAGES, TOKENS = "parts", "records", "passages", "tokens"


@dataclass(frozen=True, slots=True)
class Lite:
    """A knowledge base in milvus-lite whose rows can be put otherwise."""

    milvus: Milvus
    base: MilvusBase

    def put(self, kind: str, change: Callable[[dict[str, Any]], object], key: str = "row >= 0") -> None:
        name = self.milvus.address.collection(self.base.live_name(), kind)
        rows = [dict(row) for row in self.milvus._client.query(name, filter=key, output_fields=["*"])]
        for row in rows:
            change(row)
        self.milvus._client.upsert(name, rows)

    def put_part(self, part: Part, content: bytes) -> None:
        name = self.milvus.address.collection(self.base.live_name(), PARTS)
        sizes = dict(Parts.of(self.milvus, name).sizes) | {part.name: len(content)}
        rows = [*block_rows(part, content), *sizes_row({Part[each]: size for each, size in sizes.items()})]
        self.milvus._client.upsert(name, rows)

    def part(self, part: Part) -> bytes:
        return Parts.of(self.milvus, self.milvus.address.collection(self.base.live_name(), PARTS)).read(part)

    def ask(self) -> None:
        with closing(self.base.open(threads=1)) as knowledge:
            knowledge.ask(QUESTION)


@pytest.fixture
def lite(encoder: Encoder, model_folder: Path, tmp_path: Path) -> Iterator[Lite]:
    folder = honest(tmp_path / "kb", encoder)
    file = tmp_path / "faq.db"
    base = MilvusBase(MilvusAddress(str(file)), model_folder)
    with closing(stored_in_lite(folder, file)) as milvus, closing(base):
        yield Lite(milvus, base)


def refused(lite: Lite) -> None:
    with pytest.raises(SnapshotDamaged, match="run `faq ingest`"):
        lite.ask()


@pytest.mark.parametrize(
    "sizes", ["[]", "{}", "[" * 9_000, '{"PLACES": "x"}', json.dumps(dict.fromkeys(Part.__members__, 10**15))]
)
def test_sizes_that_are_none_are_refused_before_anything_is_made_of_them(lite: Lite, sizes: str) -> None:
    lite.put(PARTS, lambda row: row.update(content=encoded(sizes.encode())), "row == 0")
    refused(lite)


@pytest.mark.parametrize("part", [Part.NAMES, Part.MOVED, Part.CHECKS])
@pytest.mark.parametrize("content", [b"{", b"[1]", b'{"docker": 5}', b"[" * 9_000, b"[[1, 2]]"])
def test_lists_that_are_none_are_refused(lite: Lite, part: Part, content: bytes) -> None:
    lite.put_part(part, content)
    refused(lite)


def test_a_word_in_more_records_than_there_are_is_refused(lite: Lite) -> None:
    words = np.frombuffer(lite.part(Part.VOCABULARY), dtype=_WORD).copy()
    words["first"], words["records"] = 0, 10
    lite.put_part(Part.VOCABULARY, words.tobytes())
    refused(lite)


def test_texts_of_giant_numbers_of_tokens_are_refused(lite: Lite) -> None:
    with closing(lite.base.open(threads=1)) as knowledge:
        records, passages = knowledge.record_count, len(lite.part(Part.PLACES))
    manifest = json.loads(lite.part(Part.MANIFEST))
    assert passages
    places = Places.from_bytes(lite.part(Part.PLACES), manifest["counts"]["passages"], records)
    giant = np.full_like(places.tokens, 4_000_000_000)
    lite.put_part(Part.PLACES, replace(places, tokens=giant).to_bytes())
    refused(lite)


def sentences(*numbers: object) -> Callable[[dict[str, Any]], object]:
    def change(row: dict[str, Any]) -> None:
        row["document"] = json.dumps([json.loads(row["document"])[0], [numbers, numbers]])

    return change


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        (RECORDS, lambda row: row.update(document="[" * 9_000)),
        (RECORDS, lambda row: row.update(document="", first=0, size=10**18)),
        (RECORDS, sentences(0, 5, 0, 10**12, 0, 0)),
        (RECORDS, sentences(0.5, 1.5, 0, 1, 0, 0)),
        (RECORDS, sentences(0, 5, 5, 5, 0, 0)),
        (PASSAGES, lambda row: row.update(kind=99)),
        (PASSAGES, lambda row: row.update(row=row["row"] + 10**9)),
        (TOKENS, lambda row: row.update(codes="")),
        (TOKENS, lambda row: row.update(codes=encoded(b"abc"))),
        (TOKENS, lambda row: row.update(codes=encoded(decoded(row["codes"])[:384]))),
    ],
)
def test_rows_that_are_none_are_refused(lite: Lite, kind: str, change: Callable[[dict[str, Any]], object]) -> None:
    lite.put(kind, change)
    refused(lite)
