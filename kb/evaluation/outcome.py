"""What a labelled query got: the facts that all measures are made of."""

from __future__ import annotations

from dataclasses import dataclass

from faqkb.kb.answers import Status


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one query got."""

    ranked: tuple[str, ...]
    """Ids of the records found with no threshold, best first."""
    relevant: frozenset[str]
    """Ids of the records that answer it, also of those that are not stored; empty when it must stay unanswered."""
    status: Status
    confidence: float
    """Of the first record found, 0..1; 0 when there is none."""
    choices: int
    """How many records were offered as choices; 0 unless ambiguous."""

    @property
    def in_scope(self) -> bool:
        """Whether any record answers it."""
        return bool(self.relevant)

    @property
    def ranks(self) -> tuple[int, ...]:
        """1-based ranks of the relevant records that were found, ascending."""
        return tuple(rank for rank, record in enumerate(self.ranked, start=1) if record in self.relevant)

    @property
    def right(self) -> bool:
        """Whether the first record found is relevant."""
        return self.ranks[:1] == (1,)

    @property
    def answered(self) -> bool:
        """Whether the first record found was given as the answer."""
        return self.status is Status.ANSWERED

    @property
    def shown_right(self) -> bool:
        """Whether a relevant record was shown: as the answer, or among the choices."""
        return self.right if self.answered else any(rank <= self.choices for rank in self.ranks)
