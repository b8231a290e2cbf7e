"""What the last question of a conversation asks for, given the turns before it.

Nothing is generated: a follow-up is searched for together with earlier questions, and the way of asking that the
ranking is surest of is taken. Two errors are kept apart:

* a follow-up asked alone finds nothing, or whatever holds its one word (`那 GPU 呢？`, `why?`);
* a new topic asked together with the old one is dragged back to it, since the old question's words fill the query.

So the question alone has the first say: it stands where the ranking is sure of it, where it points away from what was
shown before, and where it has nothing to do with anything stored. How sure it has to be depends on how its words lean
(`leaning.py` beside this file). The thresholds were chosen on the `tune` half of tests/quality/dialogues.jsonl; what
they are worth is measured on the other half (docs/conversation.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from faqkb.kb import limits
from faqkb.kb.conversation.choices import chosen_by_words, chosen_number
from faqkb.kb.conversation.leaning import Leaning, leaning_of
from faqkb.kb.conversation.small_talk import is_small_talk, without_small_talk
from faqkb.kb.language.codes import twin_key

_SURE = 0.985  # alone, whatever the words: above this a leaning question found its own record (tune half)
_PLAIN_SURE = 0.83  # alone, with no word that leans; the bundled ranking's own bar for an answer
_ELSEWHERE = 0.5  # alone, when hardly anything speaks for what was shown before
_KEPT = 0.05  # confidence of what was shown before, from which the question is taken to be about it as well
_UNRELATED = 0.03  # alone, with no word that leans: nothing stored is near, the old topic is not either


class Way(StrEnum):
    """How the last question was understood."""

    ALONE = "alone"
    COMBINED = "combined"
    CHOICE = "choice"
    SMALL_TALK = "small_talk"


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question and what it got."""

    question: str
    """As typed, at most `limits.TURN_CHARS` characters."""
    query: str
    """What was searched for: the question, alone or combined with those before it."""
    shown: tuple[str, ...] = ()
    """Ids of the records shown, best first: the answer, the choices, or the suggestions."""
    choices: bool = False
    """Whether they were offered to choose from: the answer was ambiguous, or suggestions were all there was."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one way of asking finds."""

    confidence: float
    """Of the first record, 0..1; 0 when there is none."""
    by_record: Mapping[str, float]
    """Confidence of the records found first, by `twin_key` of their ids: translations are one record here."""

    def confidence_in(self, record_ids: Sequence[str]) -> float:
        """Return the highest confidence of some records, 0 where none was found."""
        return max((self.by_record.get(twin_key(record), 0.0) for record in record_ids), default=0.0)


@dataclass(frozen=True, slots=True)
class Resolution:
    """What to do with the last question."""

    way: Way
    query: str
    """What to search for; the question of the record for a choice, the text itself for small talk."""
    record_id: str | None = None
    """The record picked; None unless `way` is CHOICE."""


Look = Callable[[str], Sighting]
"""Searches for a text."""
Title = Callable[[str], str | None]
"""Returns the question of the record of that id; None when there is no such record any more."""


def resolve(question: str, turns: Sequence[Turn], look: Look, title: Title) -> Resolution:
    """Return what the last question asks for; `turns` are the earlier ones, oldest first, small talk left out.

    Searches at most three times; the first question of a conversation costs one search, and only if it may be small
    talk, which a record of the maintainer's own about it overrules.
    """
    picked = _picked(question, turns[-1], title) if turns and turns[-1].choices else None
    if picked:
        return picked
    if is_small_talk(question):
        way = Way.ALONE if look(question).confidence >= _SURE else Way.SMALL_TALK
        return Resolution(way, question)
    own = without_small_talk(question)
    leaning = leaning_of(own)
    if not turns or (leaning is not Leaning.EMPTY and _stands_alone(leaning, look(own), turns[-1])):
        return Resolution(Way.ALONE, own)
    queries = tuple(dict.fromkeys((f"{turns[-1].question} {own}", f"{turns[-1].query} {own}")))
    sightings = [look(query) for query in queries] if len(queries) > 1 else []
    surest = max(range(len(sightings)), key=lambda at: sightings[at].confidence, default=0)
    return Resolution(Way.COMBINED, queries[surest])


def turn_of(question: str, resolution: Resolution, shown: Sequence[str], *, choices: bool) -> Turn:
    """Return what to remember of a question once it was answered, cut to what a session may hold."""
    said = resolution.query if resolution.way is Way.CHOICE else without_small_talk(question)
    return Turn(
        question=said[: limits.TURN_CHARS],
        query=resolution.query[-limits.TURN_CHARS :],
        shown=tuple(shown[: limits.CHOICES]),
        choices=choices,
    )


def _picked(question: str, turn: Turn, title: Title) -> Resolution | None:
    """Return the choice that the text names, by number or by words; None when it is a question of its own."""
    titles = [title(record) or "" for record in turn.shown]
    at = chosen_number(question, len(titles))
    if at is None:
        at = chosen_by_words(question, titles)
    return Resolution(Way.CHOICE, titles[at], turn.shown[at]) if at is not None and titles[at] else None


def _stands_alone(leaning: Leaning, alone: Sighting, before: Turn) -> bool:
    """Say whether a question is to be asked without the turn before it."""
    sure = alone.confidence
    if sure >= _SURE:
        return True
    if leaning is Leaning.REFERRING:
        return False
    if leaning is Leaning.NONE and (sure >= _PLAIN_SURE or sure < _UNRELATED):
        return True
    return sure >= _ELSEWHERE and alone.confidence_in(before.shown[:1]) < _KEPT
