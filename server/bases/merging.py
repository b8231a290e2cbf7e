"""Puts together what several knowledge bases say to one question. Maps values to values.

Each base says how sure it is of its own records, as calibrated for it, so confidences may be compared: the record that
is surest comes first, and its base says whether that is an answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from faqkb.kb.answers import Status

_LEAST_CHOICES = 2  # of an ambiguous question, however few are asked for


@dataclass(frozen=True, slots=True)
class Said:
    """The answer document of one base."""

    base: str
    document: dict[str, Any]

    @property
    def status(self) -> Status:
        """Whether it has an answer, choices, or neither."""
        return Status(self.document["status"])


@dataclass(frozen=True, slots=True)
class Merged:
    """The answer of several bases."""

    status: Status
    answers: tuple[tuple[str, dict[str, Any]], ...]
    """Name of the base and entry of its `answers`, the surest first."""
    suggestions: tuple[tuple[str, dict[str, Any]], ...]
    """The same of `suggestions`, where nothing is answered."""
    said: tuple[Said, ...]
    """What each base said: those that answered best first."""

    @property
    def confidence(self) -> float:
        """Of the best record found, shown or not."""
        return max((float(each.document["confidence"]) for each in self.said), default=0.0)

    @property
    def asked(self) -> frozenset[str]:
        """The bases that the question counts as asked of: whose record answers, among whose records the reader
        chooses, or all of them where none has anything."""
        if self.status is Status.ANSWERED:
            return frozenset({self.answers[0][0]})
        return frozenset(base for base, _ in self.answers) or frozenset(each.base for each in self.said)


def merge_answers(said: Sequence[Said], top_k: int) -> Merged:
    """Return one answer of those that bases gave, with at most so many records (of an ambiguous one two at least).

    Of two records that are equally sure, that of the base named first comes first.
    """
    ranked = _surest([(each.base, entry) for each in said for entry in each.document["answers"]])
    by_base = {each.base: each for each in said}
    status = by_base[ranked[0][0]].status if ranked else Status.NO_ANSWER
    most = max(top_k, _LEAST_CHOICES) if status is Status.AMBIGUOUS else top_k
    near = [] if ranked else [(each.base, one) for each in said for one in _suggestions(each)]
    best_first = sorted(said, key=lambda each: -float(each.document["confidence"]))
    return Merged(status, tuple(ranked[:most]), tuple(_surest(near)[:top_k]), tuple(best_first))


def merge_hits(found: Iterable[tuple[str, Sequence[dict[str, Any]]]], limit: int) -> list[tuple[str, dict[str, Any]]]:
    """Return the hits of several bases, each with the base's name, the surest first, so many at most."""
    return _surest([(base, hit) for base, hits in found for hit in hits])[:limit]


def shown_records(answers: Sequence[tuple[str, dict[str, Any]]], least: float) -> list[tuple[str, dict[str, Any]]]:
    """Return the first record, and those after it in its language that are so sure at least, as on a base's page."""
    return [
        each
        for at, each in enumerate(answers)
        if at == 0 or (each[1]["confidence"] >= least and each[1]["language"] == answers[0][1]["language"])
    ]


def _surest(entries: list[tuple[str, dict[str, Any]]]) -> list[tuple[str, dict[str, Any]]]:
    return sorted(entries, key=lambda each: -float(each[1]["confidence"]))  # stable


def _suggestions(said: Said) -> list[dict[str, Any]]:
    no_answer = said.document["no_answer"]
    return list(no_answer["suggestions"]) if no_answer else []
