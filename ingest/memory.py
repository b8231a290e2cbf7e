"""What was read of a file, for the next reading of the same content: most files do not change between two of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from faqkb.ingest.pictures import PicturesBeside
from faqkb.ingest.readings.orders import Order
from faqkb.ingest.reports.report import Document

_KEPT = 2_000  # documents; a hundred thousand records of ordinary text take a gigabyte


@dataclass(frozen=True, slots=True)
class Content:
    """All that a document is made of, but for the pictures beside it."""

    name: str
    sha256: bytes
    """Of its text."""
    by_hand: bool
    order: Order

    @classmethod
    def of(cls, name: str, text: str, *, by_hand: bool, order: Order) -> Content:
        """Return what tells a text from any other."""
        return cls(name, hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest(), by_hand, order)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A document, and the pictures that it asked for with what was found: by line and address."""

    document: Document
    pictures: Mapping[tuple[int, str], str | None]


class ReadingMemory:
    """The documents of earlier readings."""

    def __init__(self) -> None:
        self._documents: dict[Content, _Kept] = {}

    def document_of(self, content: Content, beside: PicturesBeside) -> Document | None:
        """Return what an earlier reading brought; None where there was none, or a picture is another one now."""
        kept = self._documents.pop(content, None)
        if kept is None:
            return None
        found = {(line, address): beside.at(line)(address) for line, address in kept.pictures}  # all: they are shelved
        if found != kept.pictures:
            return None
        self._documents[content] = kept  # the one that was asked for last goes last
        return kept.document

    def keep(self, content: Content, document: Document, beside: PicturesBeside) -> None:
        """Remember what was read now."""
        self._documents[content] = _Kept(document, dict(beside.asked))
        while len(self._documents) > _KEPT:
            del self._documents[next(iter(self._documents))]
