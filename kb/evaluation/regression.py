"""Real questions with known answers, asked again: which of them get what they should, which get worse than before."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from faqkb.kb.answers import Status
from faqkb.kb.evaluation.outcome import Outcome
from faqkb.kb.evaluation.queries import ANYTHING, Asked, Evaluation


class Grade(IntEnum):
    """How well a question fared, as its asker sees it; a higher one is better."""

    MISLED = 0
    """A wrong answer, or one where there is none."""
    LOST = 1
    """Choices without the right one, or where there is no answer."""
    SILENT = 2
    """Nothing, though there is an answer."""
    SHOWN = 3
    """The right answer among the choices."""
    ANSWERED = 4
    """The right answer; silence where there is none."""


EXPECTED = {"answered": Grade.ANSWERED, "shown": Grade.SHOWN, "no_answer": Grade.ANSWERED, ANYTHING: Grade.MISLED}
"""The grade that a query has to get at least, by what its file expects of it."""


def grade(outcome: Outcome) -> Grade:
    """Return how well a question fared."""
    if outcome.status is Status.NO_ANSWER:
        return Grade.SILENT if outcome.in_scope else Grade.ANSWERED
    if outcome.answered:
        return Grade.ANSWERED if outcome.right else Grade.MISLED
    return Grade.SHOWN if outcome.shown_right else Grade.LOST


@dataclass(frozen=True, slots=True)
class Change:
    """A question that is answered otherwise than before."""

    before: Asked
    now: Asked

    @property
    def worse(self) -> bool:
        """Whether its asker fares worse."""
        return grade(self.now.outcome) < grade(self.before.outcome)

    def to_json(self) -> dict[str, Any]:
        """Return the query, and what it got before and gets now."""
        sides = {"before": self.before.to_json(), "now": self.now.to_json()}
        got = {name: {key: side[key] for key in ("status", "confidence", "first")} for name, side in sides.items()}
        return {"query": self.now.query.query, "worse": self.worse, **got}


def failures(evaluation: Evaluation) -> tuple[Asked, ...]:
    """Return the queries that do not get what their file expects.

    Where it expects nothing of its own: the right record shown, as the answer or among the choices; silence for a
    query out of scope.
    """
    return tuple(asked for asked in evaluation.asked if grade(asked.outcome) < _wanted(asked))


def changes(before: Evaluation, now: Evaluation) -> tuple[Change, ...]:
    """Return the questions that get another status or another first record, of two evaluations of the same queries."""
    pairs = zip(before.asked, now.asked, strict=True)
    return tuple(Change(one, other) for one, other in pairs if _seen(one) != _seen(other))


def _wanted(asked: Asked) -> Grade:
    return EXPECTED[asked.query.expect or ("shown" if asked.outcome.in_scope else "no_answer")]


def _seen(asked: Asked) -> tuple[Status, Grade, str | None]:
    """Return what the asker gets; a record that only has another id is the same one."""
    shown = asked.outcome.status is not Status.NO_ANSWER
    return asked.outcome.status, grade(asked.outcome), asked.first_question if shown else None
