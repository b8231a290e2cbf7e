"""The rows of a snapshot's collections, read from the opened local snapshot."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from faqkb.kb.index.late_interaction import TokenIndex
from faqkb.kb.milvus.client import Fields, Row
from faqkb.kb.milvus.keys import labels_of
from faqkb.kb.milvus.parts import FIELDS as PART_FIELDS
from faqkb.kb.milvus.parts import Part, block_rows, blocks_of, sizes_row
from faqkb.kb.milvus.records import FIELDS as RECORD_FIELDS
from faqkb.kb.milvus.records import checks_bytes, document_of, document_rows, is_long, record_row
from faqkb.kb.milvus.tokens import FIELDS as TOKEN_FIELDS
from faqkb.kb.milvus.tokens import token_rows
from faqkb.kb.milvus.vectors import KINDS, fields
from faqkb.kb.milvus.words import vocabulary_bytes
from faqkb.kb.retrieval.ranking import Indexes
from faqkb.kb.snapshot.manifest import canonical
from faqkb.kb.snapshot.published import (
    DAYS_FILE,
    PLACES_FILE,
    POSTINGS_FILE,
    RANKING_FILE,
    WORDINGS_FILE,
    SnapshotFiles,
)
from faqkb.kb.store.store import Store

_STEP = 1_000  # passages whose vectors are read at once


@dataclass(frozen=True, slots=True)
class LocalSnapshot:
    """An opened snapshot on this machine, as it is stored in Milvus."""

    files: SnapshotFiles
    indexes: Indexes
    tokens: TokenIndex
    store: Store
    dim: int

    def fields(self) -> dict[str, Fields]:
        """Return what the rows of each collection hold."""
        return {"passages": fields(self.dim), "tokens": TOKEN_FIELDS, "records": RECORD_FIELDS, "parts": PART_FIELDS}

    def rows(self, kind: str) -> Iterator[Row]:
        """Yield the rows of a collection."""
        return {"passages": self._passages, "tokens": self._tokens, "records": self._records, "parts": self._parts}[
            kind
        ]()

    def _passages(self) -> Iterator[Row]:
        places, passages = self.indexes.places, self.store.passages
        known = -1
        labels: Row = {}
        for start in range(0, places.count, _STEP):
            rows = range(start, min(start + _STEP, places.count))
            for row, vector in zip(rows, self.indexes.vectors.vectors(rows), strict=True):
                position = places.position_of(row)
                if position != known:
                    known, labels = position, labels_of(self.store.records.at(position))
                yield {
                    "row": row,
                    "position": position,
                    "kind": KINDS.index(passages.kind(row)),
                    **labels,
                    "text": passages.text(row),
                    "vector": vector.tolist(),
                }

    def _tokens(self) -> Iterator[Row]:
        places = self.indexes.places
        # Records that say the same may share their token vectors.
        _, views = np.unique(places.view_tokens_at, return_index=True)
        for span in map(places.view_tokens, views.tolist()):
            yield from token_rows(span.start, self.tokens.codes(span))

    def _records(self) -> Iterator[Row]:
        for position, first, document in self._documents():
            records = self.store.records
            identity = records.identities_of([position])[position]
            yield record_row(position, records.at(position), identity, document, first)

    def _documents(self) -> Iterator[tuple[int, int, bytes]]:
        """Yield (position, its first block among the long ones, document) of every record."""
        records, first = self.store.records, 0
        for position in range(records.count):
            document = document_of(records.at(position), records.sentences_of(position))
            yield position, first, document
            first += blocks_of(len(document)) if is_long(document) else 0

    def _parts(self) -> Iterator[Row]:
        files = self.files
        sizes: dict[Part, int] = {}
        contents: dict[Part, Callable[[], bytes]] = {
            Part.MANIFEST: partial(canonical, files.manifest.to_json()),
            Part.PLACES: partial(files.read_verified, PLACES_FILE),
            Part.RANKING: partial(files.read_verified, RANKING_FILE),
            Part.WORDINGS: partial(files.read_verified, WORDINGS_FILE),
            Part.POSTINGS: partial(files.read_verified, POSTINGS_FILE),
            Part.VOCABULARY: lambda: vocabulary_bytes(self.store.word_entries()),
            Part.NAMES: lambda: json.dumps(self.store.word_names(), ensure_ascii=False).encode(),
            Part.MOVED: lambda: json.dumps(self.store.records.moved(), ensure_ascii=False).encode(),
            Part.DAYS: lambda: files.read_if_there(DAYS_FILE) or b"",
            Part.CHECKS: lambda: checks_bytes(self.store.checks.all()),
        }
        for part, content_of in contents.items():
            content = content_of()
            sizes[part] = len(content)
            yield from block_rows(part, content)
        for _, first, document in self._documents():
            if is_long(document):
                yield from document_rows(document, first)
        yield from self._pictures()
        yield from sizes_row(sizes)

    def _pictures(self) -> Iterator[Row]:
        """Yield the rows of the pictures, one after the other in the order of their names."""
        first = 0
        for picture in self.files.pictures():
            content = self.files.picture(picture.name) or b""
            yield from block_rows(Part.PICTURES, content, first)
            first += blocks_of(len(content))
