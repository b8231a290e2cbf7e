"""What changed between two sets of records, for a person."""

from __future__ import annotations

from collections.abc import Iterator

from faqkb.kb.snapshot.comparing import Difference


def difference_sentence(found: Difference) -> str:
    """Return how many records were added, changed, renamed and removed."""
    return ", ".join(f"{count} {name}" for name, count in found.counts.items())


def difference_lines(found: Difference) -> Iterator[str]:
    """Yield a line for each record that differs."""
    for record in found.added:
        yield f"  + {record.id}  {record.question}"
    for record in found.changed:
        yield f"  ~ {record.id}  {record.question}"
    for before, now in found.renamed:
        yield f"  > {before.id} -> {now.id}  {now.question}"
    for record in found.removed:
        yield f"  - {record.id}  {record.question}"
