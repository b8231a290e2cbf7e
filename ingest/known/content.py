"""What tells the content of one file from any other."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from faqkb.ingest.readings.orders import Order


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

    def key(self, reader: str) -> bytes:
        """Return the 32 bytes under which what a reader made of it is kept."""
        parts = [reader, self.name, self.sha256.hex(), self.by_hand, self.order.style, self.order.level]
        return hashlib.sha256(json.dumps(parts).encode("ascii")).digest()
