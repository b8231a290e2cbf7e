"""What a question gets back: the answer document of the command line, the API and the pages."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from faqkb.kb.checks import CheckLink
from faqkb.kb.records import Record

LIKELY = 0.1
"""Confidence of a record worth showing as a choice: one in ten such is right."""


class Status(StrEnum):
    """The three states of an answer."""

    ANSWERED = "answered"
    AMBIGUOUS = "ambiguous"
    NO_ANSWER = "no_answer"


class Reason(StrEnum):
    """Why there is no answer."""

    NOT_CONFIDENT = "not_confident"
    EMPTY_QUESTION = "empty_question"
    EMPTY_INDEX = "empty_index"
    SMALL_TALK = "small_talk"
    """Said within a conversation, and no question; `NoAnswer.talk` says what kind."""


class Talk(StrEnum):
    """What is said in a conversation that is no question, the weightiest first; below them, replies to a choice."""

    DISTRESS = "distress"
    """`我不想活了`, `this is an emergency`."""
    PERSON = "person"
    """Wants to talk to one: `转人工`."""
    INSULT = "insult"
    SOLVED = "solved"
    THANKS = "thanks"
    GOODBYE = "goodbye"
    QUESTION = "question"
    """Announces one: `can I ask something?`."""
    TEST = "test"
    IDENTITY = "identity"
    """`who are you`, `what can you do`."""
    CHAT = "chat"
    """`tell me a joke`."""
    GREETING = "greeting"
    ACKNOWLEDGED = "acknowledged"
    """`ok`, `我试试`."""
    NOT_HELPED = "not_helped"
    """The answer before it did not help: `还是不行`."""
    DECLINED = "declined"
    """None of the choices is meant."""
    OUTSIDE = "outside"
    """A number that the list of choices does not have."""
    LANGUAGE = "language"
    """Another language is asked for, and nothing was asked yet."""
    NO_TRANSLATION = "no_translation"
    """The answer is asked for in a language that it is not written in."""


@dataclass(frozen=True, slots=True)
class Highlight:
    """The sentence of `Record.answer_text` that answers, as character offsets into it; empty where none does."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a hit came about."""

    passage: str
    """Text of the passage that matched best."""
    scores: dict[str, float]
    """Each part's score, higher is better."""
    weights: dict[str, float]
    """The weight of each part in the fused score."""
    known_error: bool
    """Whether the question holds an error text that a check knows and says belongs to this record."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A record found for a question."""

    record: Record
    confidence: float
    """Calibrated probability that the record answers the question, 0..1, higher is surer."""
    highlight: Highlight
    explanation: Explanation
    checks: tuple[CheckLink, ...]
    """Scripts that prove the answer on the reader's machine."""

    def to_json(self, *, explain: bool = False) -> dict[str, Any]:
        """Return one entry of the answer document's `answers`."""
        record = self.record
        document: dict[str, Any] = {
            "id": record.id,
            "question": record.question,
            "language": record.language,
            "answer": record.answer,
            "answer_html": record.answer_html,
            "confidence": self.confidence,
            "highlight": {"start": self.highlight.start, "end": self.highlight.end, "text": self.highlight.text},
            "source": {
                "path": record.source.path,
                "line": record.source.line,
                "section": list(record.section),
                "anchor": record.source.anchor,
            },
            "checks": [check.to_json() for check in self.checks],
        }
        if explain:
            document["explain"] = {
                "passage": self.explanation.passage,
                "scores": self.explanation.scores,
                "weights": self.explanation.weights,
                "known_error": self.explanation.known_error,
            }
        return document


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A stored question offered when there is no answer."""

    id: str
    question: str
    confidence: float


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Why nothing is answered, and what may be near."""

    reason: Reason
    message: str
    suggestions: tuple[Suggestion, ...] = ()
    talk: Talk | None = None
    """What was said, where it is `SMALL_TALK`."""
    about: str = ""
    """Id of the record that did not help, or is not written in the language asked for."""
    count: int = 0
    """Choices there were, of a number outside of them."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The whole reply to one question."""

    question: str
    """The question as typed: normalised, a long paste reduced to its telling lines."""
    read_as: str
    """What was searched for: the question without typing errors, or the sentence of a message that asks."""
    status: Status
    confidence: float
    """Of the best record found, shown or not, 0..1; 0 when there is none."""
    hits: tuple[Hit, ...]
    """Best first. The first is the answer when `answered`; the choices when `ambiguous`; empty when `no_answer`."""
    no_answer: NoAnswer | None
    snapshot: str
    took_ms: float
    why: str = ""
    """One sentence for the maintainer: why the first record won, or why nothing is said."""
    others: tuple[Answer, ...] = ()
    """Answers to the other questions of the same message, in its order."""
    language: str = ""
    """Of the conversation, as a code, e.g. `zh`; empty where nothing tells it."""

    @property
    def likely_choices(self) -> tuple[Hit, ...]:
        """The hits that a reader chooses from when `ambiguous`: of two, the second may be there for form's sake."""
        return tuple(hit for hit in self.hits if hit.confidence >= LIKELY) or self.hits[:1]

    @property
    def shown_ids(self) -> tuple[str, ...]:
        """The records shown, best first: the answer and its runners-up, the choices, or the suggestions."""
        if self.no_answer is not None:
            return tuple(near.id for near in self.no_answer.suggestions)
        return tuple(hit.record.id for hit in self.hits)

    def to_json(self, *, explain: bool = False) -> dict[str, Any]:
        """Return the answer document of `faq ask --json` and `POST /api/v1/ask`."""
        others = [other._own_json(explain=explain) for other in self.others]
        return self._own_json(explain=explain) | {"others": others}

    def _own_json(self, *, explain: bool) -> dict[str, Any]:
        missing = self.no_answer
        document: dict[str, Any] = {
            "question": self.question,
            "understood_as": self.read_as,
            "status": self.status.value,
            "answered": self.status is Status.ANSWERED,
            "confidence": self.confidence,
            "language": self.language or None,
            "answers": [hit.to_json(explain=explain) for hit in self.hits],
            "no_answer": None
            if missing is None
            else {
                "reason": missing.reason.value,
                "talk": missing.talk and missing.talk.value,
                "message": missing.message,
                "suggestions": [
                    {"id": near.id, "question": near.question, "confidence": near.confidence}
                    for near in missing.suggestions
                ],
            },
            "snapshot": self.snapshot,
            "took_ms": round(self.took_ms, 3),
        }
        if explain:
            document["why"] = self.why
        return document
