"""Azure's numbers of records: made from the record ids, so that the same record keeps its number."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from flask import current_app

from faqkb.kb.knowledge import KnowledgeBase
from faqkb.server.answering.per_snapshot import PerSnapshot

EXTENSION = "faq-azure-ids"
NO_RECORD = -1
"""What stands for no answer."""
_HIGHEST = 2**31 - 1  # of an int32, which Azure's clients in other languages read
_PAGE = 10_000


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of one snapshot."""

    by_record: Mapping[str, int]
    by_number: Mapping[int, str]


class AzureIds(PerSnapshot[Numbers]):
    """The numbers of the snapshots in use; made once for each, at the first request that needs them.

    0.2 s for the first one who asks among 100,000 records.
    """

    def __init__(self) -> None:
        super().__init__(lambda knowledge: numbered(_all_ids(knowledge)))


def azure_ids(knowledge: KnowledgeBase) -> Numbers:
    """Return the numbers of a knowledge base as the current application remembers them."""
    return cast(AzureIds, current_app.extensions[EXTENSION]).of(knowledge)


def numbered(record_ids: Iterable[str]) -> Numbers:
    """Give each record a number in 1 … 2^31 - 1, no two the same.

    A number is a hash of the id. Where two ids hash alike, which two of 100,000 do twice, the one that sorts later
    takes another.
    """
    by_record: dict[str, int] = {}
    by_number: dict[int, str] = {}
    for record_id in sorted(record_ids):
        tried = 0
        while (number := _hash(record_id, tried)) in by_number:
            tried += 1
        by_record[record_id] = number
        by_number[number] = record_id
    return Numbers(by_record, by_number)


def _hash(record_id: str, tried: int) -> int:
    digest = hashlib.sha256(f"{record_id}\n{tried}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % _HIGHEST + 1


def _all_ids(knowledge: KnowledgeBase) -> Iterable[str]:
    for start in range(0, knowledge.record_count, _PAGE):
        yield from knowledge.record_ids(start=start, limit=_PAGE)
