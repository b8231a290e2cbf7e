"""The records and checks of a snapshot in Milvus."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache

from faqkb.kb.checks import Check, CheckLink, Signature
from faqkb.kb.errors import SnapshotDamaged
from faqkb.kb.index.names import source_key
from faqkb.kb.index.sentences import Sentence
from faqkb.kb.milvus.client import TEXT_BYTES, Fields, Milvus, Row
from faqkb.kb.milvus.keys import LABELS, expression_of, key_of, labels_of
from faqkb.kb.milvus.parts import Part, Parts, block_rows, blocks_of, damaged, decoded, encoded, parsed, texts_of
from faqkb.kb.milvus.selected import Selected
from faqkb.kb.milvus.vectors import MilvusPassages
from faqkb.kb.records import Filter, Record
from faqkb.kb.store.filter_table import holds
from faqkb.kb.store.record_table import Identity
from faqkb.kb.store.rows import dump_check, dump_record, load_check, load_record

FIELDS = Fields(
    # `id`, `file` and `source` are numbers of texts; `first` and `size` say where a long document lies.
    numbers=("id", "file", "source", "language", "first", "size"),
    labels=LABELS,
    texts=("written", "twin", "marks", "document"),
)
_CACHED = 500  # whole records kept in memory: at most 200 kB each, usually 3
_CACHED_IDS = 10_000  # positions by id, 200 bytes each
_CACHED_FILTERS = 16  # 8 bytes for each record that one lets through
_WINDOW = 16_000  # positions looked through by one query: Milvus answers with 16,384 rows at most
_AT_ONCE = 200  # documents of one query, 64 kB each at most


def document_of(record: Record, sentences: Sequence[Sentence]) -> bytes:
    """Return a record and the sentences of its answer as they are stored."""
    return json.dumps([dump_record(record), [_numbers(own) for own in sentences]], ensure_ascii=False).encode()


def is_long(document: bytes) -> bool:
    """Say whether a document is longer than one field takes."""
    return len(document) > TEXT_BYTES


def record_row(position: int, record: Record, identity: Identity, document: bytes, first: int) -> Row:
    """Return the row of a record; `first` is the block where its document goes if it is too long for a field."""
    return {
        "row": position,
        "id": key_of(record.id),
        "file": key_of(record.source.path),
        "source": key_of(source_key(record.source.path)),
        "first": first,
        "size": len(document),
        **labels_of(record),
        "written": identity.language,
        "twin": identity.twin,
        "marks": " ".join(sorted(identity.marks)),
        "document": "" if is_long(document) else document.decode(),
        "vector": [1.0, 0.0],
    }


def document_rows(content: bytes, first: int) -> Iterator[Row]:
    """Yield the rows of a long document."""
    return block_rows(Part.DOCUMENTS, content, first)


def _numbers(own: Sentence) -> list[int]:
    return [own.start, own.end, own.tokens.start, own.tokens.stop, own.header.start, own.header.stop]


class MilvusRecords:
    """Reads records: `RecordTable` says what each method returns."""

    def __init__(self, milvus: Milvus, collection: str, count: int, parts: Parts) -> None:
        self._milvus = milvus
        self._collection = collection
        self._parts = parts
        self._moved = texts_of(parts.read(Part.MOVED), "the list of former ids")
        self.count = count
        self._document = lru_cache(_CACHED)(self._read)
        self._position = lru_cache(_CACHED_IDS)(self._read_position)

    def at(self, position: int, /) -> Record:
        """Return the record at a position."""
        return self._document(position)[0]

    def sentences_of(self, position: int, /) -> tuple[Sentence, ...]:
        """Return the sentences of the answer of the record at a position."""
        return self._document(position)[1]

    def get(self, record_id: str) -> Record | None:
        """Return the record of that id, or None."""
        position = self.position(record_id)
        found = None if position is None else self.at(position)
        return found if found is not None and found.id == record_id else None

    def position(self, record_id: str) -> int | None:
        """Return the position of the record of that id, or None."""
        return self._position(record_id)

    def moved(self) -> dict[str, str]:
        """Return the successor of every id that was published once and is no more."""
        return self._moved

    def successor(self, record_id: str) -> Record | None:
        """Return the record that goes on what was published under an id that is no more, or None."""
        now = self._moved.get(record_id)
        return None if now is None else self.get(now)

    def identities_of(self, positions: Sequence[int]) -> dict[int, Identity]:
        """Return what is known of the records at some positions, by position, ascending."""
        wanted = sorted(set(positions))
        found = self._milvus.rows(self._collection, wanted, ["written", "twin", "marks"])
        self._check(len(found), len(wanted))
        return {
            position: Identity(
                found[position]["written"], found[position]["twin"], frozenset(found[position]["marks"].split())
            )
            for position in wanted
        }

    def positions_about(self, source: str, /) -> tuple[int, ...]:
        """Return the positions of the records of a file and its translations, by `source_key`, ascending."""
        return tuple(self.positions_of(f"source == {key_of(source)}"))

    def positions_from(self, paths: Sequence[str]) -> tuple[int, ...]:
        """Return the positions of the records of any of the files, by `Source.path`, ascending."""
        listed = ",".join(str(key_of(path)) for path in paths)
        return tuple(self.positions_of(f"file in [{listed}]")) if paths else ()

    def after(self, record_id: str | None, limit: int) -> tuple[Record, ...]:
        """Return up to `limit` records in stored order, those after `record_id` when it is given."""
        before = None if record_id is None else self.position(record_id)
        start = 0 if before is None else before + 1
        return tuple(record for record, _ in self._documents(range(start, min(start + limit, self.count))))

    def ids(self, start: int, limit: int) -> tuple[str, ...]:
        """Return up to `limit` record ids from a position on, in stored order."""
        return tuple(record.id for record, _ in self._documents(range(start, min(start + limit, self.count))))

    def positions_of(self, expression: str) -> list[int]:
        """Return the positions of the records that an expression lets through, ascending."""
        found: list[int] = []
        for start in range(0, self.count, _WINDOW):
            window = f"row >= {start} and row < {start + _WINDOW} and {expression}"
            found += sorted(int(row["row"]) for row in self._milvus.select(self._collection, window, []))
        return found

    def _read_position(self, record_id: str) -> int | None:
        found = self._milvus.select(self._collection, f"id == {key_of(record_id)}", [])
        return min((int(row["row"]) for row in found), default=None)

    def _read(self, position: int) -> tuple[Record, tuple[Sentence, ...]]:
        (found,) = self._documents(range(position, position + 1))
        return found

    def _documents(self, positions: range) -> Iterator[tuple[Record, tuple[Sentence, ...]]]:
        for start in range(0, len(positions), _AT_ONCE):
            wanted = positions[start : start + _AT_ONCE]
            rows = self._milvus.rows(self._collection, wanted, ["document", "first", "size"])
            self._check(len(rows), len(wanted))
            for position in wanted:
                yield _parsed(self._text(rows[position]))

    def _text(self, row: Row) -> str:
        if row["document"]:
            return str(row["document"])
        first, size = int(row["first"]), int(row["size"])
        blocks = self._parts.blocks(Part.DOCUMENTS, range(first, first + blocks_of(size)))
        return b"".join(blocks)[:size].decode("utf-8", "replace")

    def _check(self, got: int, want: int) -> None:
        if got != want:
            raise SnapshotDamaged(
                f"{self._collection}: {got} records at {want} positions; run `faq ingest` to store them again"
            )


def _parsed(document: str) -> tuple[Record, tuple[Sentence, ...]]:
    """Return what a row says of a record; whoever wrote it, nothing in its HTML is active. Raises SnapshotDamaged."""
    try:
        text, sentences = parsed(document, "a record")
        if not all(type(number) is int and number >= 0 for own in sentences for number in own):
            raise TypeError("its sentences are no places")
        found = tuple(
            Sentence(start, end, range(first, stop), range(header, header_end))
            for start, end, first, stop, header, header_end in sentences
        )
    except (ValueError, TypeError) as error:
        raise SnapshotDamaged(f"a record in Milvus is none ({error}); run `faq ingest` to store it again") from error
    return load_record(text), found


class MilvusFilters:
    """Which records a filter lets through; the expression that does goes to the search for passages too."""

    def __init__(self, records: MilvusRecords) -> None:
        self._records = records
        self._selected = lru_cache(_CACHED_FILTERS)(self._read)

    def positions(self, wanted: Filter, /) -> Sequence[int]:
        """Return the positions of the records that a filter lets through, ascending; one that says something."""
        return self._selected(wanted)

    def passes(self, position: int, wanted: Filter) -> bool:
        """Say whether a filter lets the record at a position through."""
        return not wanted or holds(self.positions(wanted), position)

    def _read(self, wanted: Filter) -> Selected:
        expression = expression_of(wanted)
        return Selected(self._records.positions_of(expression), expression)


class MilvusChecks:
    """The check scripts: a few dozen, held in memory."""

    def __init__(self, content: bytes) -> None:
        """Take what `checks_bytes` gave. Raises SnapshotDamaged."""
        stored = parsed(content, "the list of checks")
        if not isinstance(stored, list) or not all(isinstance(each, list) and len(each) == 2 for each in stored):
            raise damaged("the list of checks", "expected pairs of a check and its script")
        self._checks = {check.id: check for check in (load_check(text, decoded(script)) for text, script in stored)}
        self.signatures: tuple[Signature, ...] = tuple(
            known for check in self._checks.values() for known in check.signatures
        )

    def all(self) -> tuple[Check, ...]:
        """Return the stored checks, by id."""
        return tuple(self._checks.values())

    def get(self, check_id: str) -> Check | None:
        """Return the check of that id, or None."""
        return self._checks.get(check_id)

    def link(self, check_id: str, /) -> CheckLink | None:
        """Return what answers say of the check of that id, or None."""
        check = self._checks.get(check_id)
        return None if check is None else check.link


def checks_bytes(checks: Sequence[Check]) -> bytes:
    """Return the content of the part of the checks, by id."""
    return json.dumps([(dump_check(check), encoded(check.script)) for check in checks], ensure_ascii=False).encode()


class MilvusStore:
    """All that is known of the records."""

    def __init__(self, records: MilvusRecords, passages: MilvusPassages, checks: MilvusChecks) -> None:
        self.records = records
        self.filters = MilvusFilters(records)
        self.passages = passages
        self.checks = checks

    def close(self) -> None:
        """Nothing is held."""
