"""Asking each question of a knowledge base made of the files, to see whether it finds itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from faqkb.ingest.ids import Ids
from faqkb.ingest.linted.findings import Finding
from faqkb.ingest.linted.reading import Linted
from faqkb.ingest.linting.repeats import Asked, all_asked
from faqkb.ingest.page.text import excerpt
from faqkb.kb.building.build import build_snapshot
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.language.codes import twin_key
from faqkb.kb.model.encoder import Encoder


def not_first(files: Sequence[Linted], encoder: Encoder, told: Callable[[int, int], None]) -> Iterator[Finding]:
    """Yield each question that another record is found for first; a translation counts as the record itself.

    The knowledge base is made in a temporary folder and removed. `told` hears how many passages are embedded, and of
    how many. Raises what build_snapshot raises.
    """
    ids = Ids()
    asked = {ids.take(each.record.id): each for each in all_asked(files)}
    if not asked:
        return
    with TemporaryDirectory(prefix="faq-lint-") as folder:
        records = [replace(each.record, id=name) for name, each in asked.items()]
        build_snapshot(Path(folder), records, encoder, told)
        knowledge = KnowledgeBase.open(Path(folder))
        try:
            for name, each in asked.items():
                hits = knowledge.search(each.record.question, limit=1)
                found = hits[0].record.id if hits else ""
                if twin_key(found) != twin_key(name):
                    yield _finding(each, asked.get(found))
        finally:
            knowledge.close()


def _finding(each: Asked, other: Asked | None) -> Finding:
    got = f"“{excerpt(other.record.question)}” at {other.place}" if other else "nothing"
    return Finding(
        each.path,
        each.record.source.line,
        "not-first",
        f"“{excerpt(each.record.question)}” finds {got} before itself",
        "make one of the two, or say in the questions what is different",
        other=other.place if other else None,
    )
