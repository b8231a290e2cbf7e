"""The one module that knows pymilvus. Every call has a time limit, and fails with one sentence.

No text of a user or an author ever becomes part of an expression: what is looked up by text is looked up by a number
that is worked out of it (`kb/milvus/keys.py`), so that there is nothing to escape.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

from faqkb.kb.errors import MilvusAway, MilvusMissing
from faqkb.kb.milvus.address import MilvusAddress
from faqkb.kb.vectors import Vector

READ_SECONDS = 3.0  # of one call while somebody waits for an answer
WRITE_SECONDS = 60.0  # of one batch that is stored
LOAD_SECONDS = 1_800.0  # until a collection is indexed and in memory: a million vectors take minutes
BATCH_BYTES = 8_000_000  # of one call that stores: Milvus takes 64 MB
_BATCH_ROWS = 5_000
_ANSWERED_ROWS = 16_384  # of one query, Milvus's own limit
_ASKED_ROWS = 1_000  # of one query, by their keys
TEXT_BYTES = 65_535  # of one field, Milvus's own limit
_LABELS = 1_024  # of one field of labels
_FLAT_ROWS = 100_000  # up to which all vectors are looked through: exact, as fast as FAISS's, and nothing to tune
_GRAPH = {"M": 32, "efConstruction": 256}
_GRAPH_WIDTH = 256  # of a search: eight times as many as are asked for

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fields:
    """What the rows of a collection hold, beside their key `row`; a collection without vectors gets a stand-in."""

    numbers: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    """Lists of numbers."""
    texts: tuple[str, ...] = ()
    dim: int = 0
    """Of the vectors, 0 where there are none."""


# Long on purpose: every call of pymilvus stands here, a few lines each.
class Milvus:
    """A connection; any number of threads may use it. Every method raises MilvusAway."""

    def __init__(self, address: MilvusAddress) -> None:
        """Connect. Raises MilvusMissing too."""
        try:
            import grpc  # noqa: PLC0415 - comes with it
            import pymilvus  # noqa: PLC0415 - an extra, which a knowledge base on this machine does not need
        except ImportError as error:
            raise MilvusMissing(
                "store is milvus, and its client is not installed; run pip install 'faqkb[milvus]'"
            ) from error
        logging.getLogger("pymilvus").setLevel(logging.CRITICAL)  # it prints the traceback of what is raised anyway
        self.address = address
        self._pymilvus = pymilvus
        # Some calls of pymilvus let through what it calls by, where a server is slow.
        self._failures = (pymilvus.exceptions.MilvusException, grpc.RpcError, OSError, ValueError)
        with self._told():
            self._client = pymilvus.MilvusClient(
                uri=address.uri, token=address.token, timeout=READ_SECONDS, dedicated=True
            )

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def collections(self) -> list[str]:
        """Return the names of all collections."""
        with self._told():
            return sorted(self._client.list_collections(timeout=READ_SECONDS))

    def target(self, alias: str) -> str | None:
        """Return the collection that an alias leads to, None where there is no such alias."""
        with self._told():
            if not self._client.has_collection(alias, timeout=READ_SECONDS):
                return None
            found = self._client.describe_collection(alias, timeout=READ_SECONDS)
            return str(found["collection_name"])

    def switch(self, alias: str, collection: str) -> None:
        """Make an alias lead to a collection, in one step."""
        known = self.target(alias)
        with self._told():
            if known is None:
                self._client.create_alias(collection, alias, timeout=WRITE_SECONDS)
            elif known != collection:
                self._client.alter_alias(collection, alias, timeout=WRITE_SECONDS)

    def drop_alias(self, alias: str) -> None:
        """Remove an alias, where there is one."""
        if self.target(alias) is not None:
            with self._told():
                self._client.drop_alias(alias, timeout=WRITE_SECONDS)

    def create(self, name: str, fields: Fields) -> None:
        """Make a collection, without rows."""
        kinds = self._pymilvus.DataType
        with self._told():
            schema = self._client.create_schema(auto_id=False, enable_dynamic_field=False)
            schema.add_field("row", kinds.INT64, is_primary=True)
            for field in fields.numbers:
                schema.add_field(field, kinds.INT64)
            for field in fields.labels:
                schema.add_field(field, kinds.ARRAY, element_type=kinds.INT64, max_capacity=_LABELS)
            for field in fields.texts:
                schema.add_field(field, kinds.VARCHAR, max_length=TEXT_BYTES)
            schema.add_field("vector", kinds.FLOAT_VECTOR, dim=fields.dim or 2)
            self._client.create_collection(name, schema=schema, timeout=WRITE_SECONDS)

    def store(self, name: str, rows: Iterable[Row], size_of: Callable[[Row], int]) -> int:
        """Store rows, in batches; return how many. `size_of` says about how many bytes one takes."""
        count = 0
        for batch in _batches(rows, size_of):
            with self._told():
                count += int(self._client.insert(name, batch, timeout=WRITE_SECONDS)["insert_count"])
        with self._told():
            self._client.flush(name, timeout=LOAD_SECONDS)
        return count

    def serve(self, name: str, rows: int) -> None:
        """Index a collection of so many rows and load it into the memory of the servers' nodes."""
        few = rows <= _FLAT_ROWS
        with self._told():
            wanted = self._client.prepare_index_params()
            kind: Mapping[str, Any] = {"index_type": "FLAT"} if few else {"index_type": "HNSW", "params": _GRAPH}
            wanted.add_index("vector", metric_type="IP", **kind)
            self._client.create_index(name, wanted, timeout=LOAD_SECONDS)
        self.load(name)

    def load(self, name: str, seconds: float = LOAD_SECONDS) -> None:
        """Load a collection that is indexed, within a time; one that is loaded stays so."""
        with self._told():
            state = self._client.get_load_state(name, timeout=READ_SECONDS)["state"]
            if state != self._pymilvus.client.types.LoadState.Loaded:
                self._client.load_collection(name, timeout=seconds)

    def release(self, name: str) -> None:
        """Take a collection out of the memory of the servers' nodes; it stays stored."""
        with self._told():
            self._client.release_collection(name, timeout=WRITE_SECONDS)

    def drop(self, name: str) -> None:
        """Remove a collection."""
        with self._told():
            self._client.drop_collection(name, timeout=WRITE_SECONDS)

    def count(self, name: str) -> int:
        """Return how many rows a collection has, whatever was stored a moment ago counted in."""
        with self._told():
            found = self._client.query(
                name, output_fields=["count(*)"], consistency_level="Strong", timeout=WRITE_SECONDS
            )
            return int(found[0]["count(*)"])

    def rows(self, name: str, keys: Iterable[int], fields: Sequence[str]) -> dict[int, Row]:
        """Return the rows of some keys, by key; those that are not there are left out."""
        found: dict[int, Row] = {}
        for _, page in self.pages(name, keys, fields, _ASKED_ROWS):
            found |= page
        return found

    def pages(
        self, name: str, keys: Iterable[int], fields: Sequence[str], most: int
    ) -> Iterator[tuple[list[int], dict[int, Row]]]:
        """Yield so many keys at a time with their rows: whoever misses one need not ask for those that follow."""
        left = iter(keys)
        while asked := list(islice(left, most)):
            listed = ",".join(str(int(key)) for key in asked)
            yield asked, {int(row["row"]): row for row in self.select(name, f"row in [{listed}]", fields)}

    def select(self, name: str, expression: str, fields: Sequence[str]) -> list[Row]:
        """Return the rows that an expression of ours lets through, at most 16,384."""
        with self._told():
            found = self._client.query(
                name,
                filter=expression,
                output_fields=["row", *fields],
                limit=_ANSWERED_ROWS,
                consistency_level="Eventually",  # a snapshot is counted before anybody sees it, and never changes
                timeout=READ_SECONDS,
            )
            return list(found)

    def nearest(self, name: str, query: Vector, limit: int, expression: str) -> list[tuple[int, float]]:
        """Return (row, inner product) of the nearest rows that an expression lets through, best first."""
        with self._told():
            (found,) = self._client.search(
                name,
                data=[query.tolist()],
                filter=expression,
                limit=limit,
                search_params={"metric_type": "IP", "params": {"ef": _GRAPH_WIDTH}},
                consistency_level="Eventually",
                timeout=READ_SECONDS,
            )
            return [(int(hit.get("row", hit.get("id"))), float(hit["distance"])) for hit in found]

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except self._failures as error:
            why = " ".join(str(getattr(error, "message", None) or error).split())[:200]
            raise MilvusAway(
                f"Milvus at {self.address.uri} does not answer ({why}); see that it runs, and try again"
            ) from error


def _batches(rows: Iterable[Row], size_of: Callable[[Row], int]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    size = 0
    for row in rows:
        batch.append(row)
        size += size_of(row)
        if len(batch) >= _BATCH_ROWS or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
