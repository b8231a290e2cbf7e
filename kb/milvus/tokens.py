"""The token vectors of a snapshot in Milvus: the codes of each view, in rows of at most 125 tokens.

The server's own MaxSim over arrays of vectors came with Milvus 2.6; here the codes of a hundred candidates are fetched
in one query and compared as `kb/index/late_interaction.py` does, so that any server from 2.3 on gives the same.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence

import numpy as np

from faqkb.kb import limits
from faqkb.kb.errors import SnapshotDamaged
from faqkb.kb.index.late_interaction import dequantise
from faqkb.kb.index.places import Places
from faqkb.kb.milvus.client import Fields, Milvus, Row
from faqkb.kb.milvus.parts import BLOCK_BYTES, decoded, encoded
from faqkb.kb.vectors import Scores, Similarities, TokenCodes, TokenVectors

FIELDS = Fields(texts=("codes",))
_AT_ONCE = 200  # rows of one query: 64 kB each at most
_MOST_TOKENS = 1_000_000  # of one text: more than the longest answer has
_KEPT_BYTES = 64_000_000  # of codes: what a question's highlights read was read by its ranking


def row_tokens(dim: int) -> int:
    """Return how many tokens a row holds at most."""
    return BLOCK_BYTES // dim


def token_rows(first: int, codes: TokenCodes) -> Iterator[Row]:
    """Yield the rows of a view whose tokens begin at `first`."""
    step = row_tokens(codes.shape[1])
    for at in range(0, len(codes), step):
        yield {"row": first + at, "codes": encoded(codes[at : at + step].tobytes()), "vector": [1.0, 0.0]}


class MilvusTokens:
    """Token vectors: `TokenReader` says what each method returns."""

    def __init__(self, milvus: Milvus, collection: str, dim: int, places: Places) -> None:
        self._milvus = milvus
        self._collection = collection
        self._dim = dim
        self._starts = np.unique(places.view_tokens_at)
        """First token of each view, ascending."""
        self._kept: OrderedDict[int, TokenCodes] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def scores(self, query: TokenVectors, spans: Sequence[range]) -> Scores:
        """Return how well each text, given as its rows, at least one, matches the query's first tokens."""
        mean: Scores = self.matches(query, spans).mean(axis=1)
        return mean

    def matches(self, query: TokenVectors, spans: Sequence[range]) -> Similarities:
        """Return the best match of each of the query's first tokens in each text, shape (texts, tokens)."""
        wanted = query[: limits.LATE_TOKENS]
        keys = [self._keys(span) for span in spans]
        found = self._rows(sorted({key for own in keys for key in own}))
        best = np.empty((len(spans), len(wanted)), dtype=np.float32)
        for at, (span, own) in enumerate(zip(spans, keys, strict=True)):
            codes = np.concatenate([found[key] for key in own])[span.start - own[0] : span.stop - own[0]]
            if len(codes) != len(span):
                raise self._damaged(f"{len(codes)} of {len(span)} tokens")
            best[at] = (dequantise(codes) @ wanted.T).max(axis=0)
        return best

    def close(self) -> None:
        """Let go of what was read."""
        with self._lock:
            self._kept.clear()
            self._bytes = 0

    def _keys(self, span: range) -> range:
        """Return the rows that hold some tokens of one view, in order: they are counted from where it begins."""
        if not 0 < len(span) <= _MOST_TOKENS:
            raise self._damaged(f"a text of {len(span)} tokens")
        step = row_tokens(self._dim)
        first = int(self._starts[np.searchsorted(self._starts, span.start, side="right") - 1])
        return range(first + (span.start - first) // step * step, span.stop, step)

    def _rows(self, keys: Sequence[int]) -> dict[int, TokenCodes]:
        with self._lock:
            found = {key: self._kept[key] for key in keys if key in self._kept}
        missing = (key for key in keys if key not in found)
        read: dict[int, TokenCodes] = {}
        for asked, rows in self._milvus.pages(self._collection, missing, ["codes"], _AT_ONCE):
            if len(rows) != len(asked):
                raise self._damaged("token vectors are missing")
            read |= {key: self._codes(row) for key, row in rows.items()}
        self._keep(read)
        return found | read

    def _codes(self, row: Row) -> TokenCodes:
        content = decoded(row["codes"])
        if not content or len(content) % self._dim:
            raise self._damaged(f"token vectors of {len(content)} bytes")
        return np.frombuffer(content, dtype=np.int8).reshape(-1, self._dim)

    def _damaged(self, what: str) -> SnapshotDamaged:
        return SnapshotDamaged(f"{self._collection}: {what}; run `faq ingest` to store them again")

    def _keep(self, read: dict[int, TokenCodes]) -> None:
        with self._lock:
            for key, codes in read.items():
                if key not in self._kept:
                    self._kept[key] = codes
                    self._bytes += codes.nbytes
            while self._bytes > _KEPT_BYTES:
                self._bytes -= self._kept.popitem(last=False)[1].nbytes
