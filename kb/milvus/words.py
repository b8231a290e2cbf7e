"""The lexical index of a snapshot in Milvus: the vocabulary in memory, the postings read where a question needs them.

The server's own BM25 came with Milvus 2.5 and weighs otherwise than ours; the postings are those of a snapshot on this
machine, so that the same records are found on every server from 2.3 on (docs/decisions/milvus.md).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from faqkb.kb.errors import SnapshotDamaged
from faqkb.kb.index.postings import Entry, PostingsFile
from faqkb.kb.milvus.keys import key_of
from faqkb.kb.store.word_table import PostedWords

_WORD = np.dtype([("key", "<i8"), ("first", "<i8"), ("records", "<u4"), ("most", "<f8")])


def vocabulary_bytes(entries: Mapping[str, Entry]) -> bytes:
    """Return where the postings of each word lie, by its number."""
    rows = [(key_of(word), entry.first, entry.records, entry.most) for word, entry in entries.items()]
    return np.sort(np.array(rows, dtype=_WORD), order="key").tobytes()


class MilvusWords(PostedWords):
    """The words of a snapshot in Milvus."""

    def __init__(self, vocabulary: bytes, names: Mapping[str, str], postings: PostingsFile) -> None:
        """Raises SnapshotDamaged."""
        if len(vocabulary) % _WORD.itemsize:
            raise SnapshotDamaged("the vocabulary in Milvus is cut short; run `faq ingest` to store it again")
        self._words = np.frombuffer(vocabulary, dtype=_WORD)
        self._keys = np.ascontiguousarray(self._words["key"])
        self._names = names
        super().__init__(postings, self._find)

    def named_by(self, word: str) -> str | None:
        """Return which file a word names, empty for the whole knowledge base; None: it is no name."""
        return self._names.get(word)

    def _find(self, word: str) -> Entry | None:
        key = key_of(word)
        at = int(np.searchsorted(self._keys, key))
        if at == len(self._keys) or int(self._keys[at]) != key:
            return None
        row = self._words[at]
        return Entry(int(row["first"]), int(row["records"]), float(row["most"]))
