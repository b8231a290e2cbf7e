"""What of a snapshot is read whole, or by the place of a byte: blocks of bytes, each a row.

The numbers of passages and the vocabulary are held in memory by every server (50 to 80 bytes a passage, 28 a word); the
postings are read where a question needs them.
"""

from __future__ import annotations

import base64
import json
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from faqkb.kb.errors import SnapshotDamaged
from faqkb.kb.milvus.client import Fields, Milvus, Row

BLOCK_BYTES = 48_000  # 64,000 as base64, of the 65,535 that a field takes
_PART_ROWS = 1 << 40
_AT_ONCE = 200  # blocks of one query: 13 MB
_MOST_BYTES = _PART_ROWS * BLOCK_BYTES  # of a part
_KEPT_BYTES = 64_000_000  # of blocks that were read: the postings of the commonest words

FIELDS = Fields(texts=("content",))


class Part(IntEnum):
    """The parts; each has its own range of keys."""

    SIZES = 0
    """How many bytes each of the others has, as JSON."""
    MANIFEST = 1
    PLACES = 2
    RANKING = 3
    WORDINGS = 4
    POSTINGS = 5
    VOCABULARY = 6
    NAMES = 7
    CHECKS = 8
    DOCUMENTS = 9
    """Of records, where they are longer than one field takes."""
    PICTURES = 10
    MOVED = 11
    """Successors of ids that are no more, as JSON."""
    DAYS = 12
    """As the file has them; of no bytes where there is none."""


_SIZED = frozenset(Part) - {Part.SIZES, Part.DOCUMENTS, Part.PICTURES}


def encoded(content: bytes) -> str:
    """Return bytes as a field of text holds them."""
    return base64.b64encode(content).decode("ascii")


def decoded(text: str) -> bytes:
    """Return the bytes of a field. Raises SnapshotDamaged."""
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, TypeError) as error:
        raise SnapshotDamaged(
            f"a row in Milvus holds no bytes ({error}); run `faq ingest` to store it again"
        ) from error


def parsed(content: bytes | str, what: str) -> Any:
    """Return the JSON that somebody stored. Raises SnapshotDamaged."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise damaged(what, str(error)) from error


def texts_of(content: bytes, what: str) -> dict[str, str]:
    """Return the JSON object of texts that somebody stored. Raises SnapshotDamaged."""
    found = parsed(content, what)
    if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
        raise damaged(what, "expected texts by name")
    return found


def damaged(what: str, why: str) -> SnapshotDamaged:
    """Return the error of something in Milvus that no publishing of ours stored."""
    return SnapshotDamaged(f"{what} in Milvus is not what was stored ({why[:80]}); run `faq ingest` to store it again")


def block_rows(part: Part, content: bytes, first: int = 0) -> Iterator[Row]:
    """Yield the rows of a part, or of what begins at a block of it."""
    for at in range(0, len(content), BLOCK_BYTES):
        row = part * _PART_ROWS + first + at // BLOCK_BYTES
        yield {"row": row, "content": encoded(content[at : at + BLOCK_BYTES]), "vector": [1.0, 0.0]}


def blocks_of(size: int) -> int:
    """Return how many blocks so many bytes take."""
    return -(-size // BLOCK_BYTES)


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a snapshot in Milvus."""

    milvus: Milvus
    collection: str
    sizes: Mapping[str, int]

    @classmethod
    def of(cls, milvus: Milvus, collection: str) -> Parts:
        """Open them. Raises SnapshotDamaged, MilvusAway."""
        rows = milvus.rows(collection, [Part.SIZES * _PART_ROWS], ["content"])
        if not rows:
            raise SnapshotDamaged(f"{collection}: holds no sizes; run `faq ingest` to store it again")
        (row,) = rows.values()
        sizes = parsed(decoded(row["content"]), "the list of parts")
        whole = isinstance(sizes, dict) and set(sizes) >= {part.name for part in _SIZED}
        if not whole or not all(type(size) is int and 0 <= size < _MOST_BYTES for size in sizes.values()):
            raise damaged("the list of parts", "expected the size of each")
        return cls(milvus, collection, sizes)

    def read(self, part: Part) -> bytes:
        """Return a whole part. Raises SnapshotDamaged, MilvusAway."""
        size = self.sizes[part.name]
        return b"".join(self.blocks(part, range(blocks_of(size))))[:size]

    def blocks(self, part: Part, wanted: Sequence[int]) -> list[bytes]:
        """Return some blocks of a part, in the order asked. Raises SnapshotDamaged, MilvusAway."""
        read: list[bytes] = []
        keys = (part * _PART_ROWS + block for block in wanted)
        # What is said to be larger than it is ends at the first hole.
        for asked, found in self.milvus.pages(self.collection, keys, ["content"], _AT_ONCE):
            if len(found) != len(set(asked)):
                raise SnapshotDamaged(f"{self.collection}: {part.name} has holes; run `faq ingest` to store it again")
            read += (decoded(found[key]["content"]) for key in asked)
        return read

    def source(self, part: Part) -> RemoteBytes:
        """Return a part to be read from where it is needed."""
        return RemoteBytes(self, part)


def sizes_row(sizes: Mapping[Part, int]) -> Iterator[Row]:
    """Yield the row that says how large each part is."""
    told: dict[str, Any] = {part.name: size for part, size in sizes.items()}
    return block_rows(Part.SIZES, json.dumps(told).encode())


class RemoteBytes:
    """A part, read by place; what was read stays in memory up to a limit."""

    def __init__(self, parts: Parts, part: Part) -> None:
        self.name = f"{parts.collection} {part.name}"
        self.size = parts.sizes[part.name]
        self._parts = parts
        self._part = part
        self._kept: OrderedDict[int, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def read_into(self, at: int, found: memoryview) -> int:
        """Fill memory with the bytes from a place on; return how many there were."""
        target = found.cast("B") if found.nbytes else found
        end = min(at + found.nbytes, self.size)
        if end <= at:
            return 0
        numbers = range(at // BLOCK_BYTES, blocks_of(end))
        content = b"".join(self._blocks(numbers))
        start = at - numbers.start * BLOCK_BYTES
        target[: end - at] = content[start : start + end - at]
        return end - at

    def close(self) -> None:
        """Let go of what was read."""
        with self._lock:
            self._kept.clear()

    def _blocks(self, numbers: range) -> list[bytes]:
        with self._lock:
            known = {number: self._kept[number] for number in numbers if number in self._kept}
            for number in known:
                self._kept.move_to_end(number)
        missing = [number for number in numbers if number not in known]
        read = dict(zip(missing, self._parts.blocks(self._part, missing), strict=True)) if missing else {}
        with self._lock:
            self._kept |= read
            while len(self._kept) * BLOCK_BYTES > _KEPT_BYTES:
                self._kept.popitem(last=False)
        return [known.get(number) or read[number] for number in numbers]
