"""What the last question of a conversation asks for, given what was said before.

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
from functools import cached_property, lru_cache

from faqkb.kb.answers import Talk
from faqkb.kb.conversation.choices import chosen_by_words, chosen_numbers
from faqkb.kb.conversation.leaning import Leaning, leaning_of, length_in_words
from faqkb.kb.conversation.state import State
from faqkb.kb.conversation.talk import is_refusal, is_repair, may_be_repair, talk_of, without_change, without_small_talk
from faqkb.kb.conversation.tongue import own_language, requested_language
from faqkb.kb.language.codes import twin_key

_SURE = 0.985  # alone, whatever the words: above this a leaning question found its own record (tune half)
_PLAIN_SURE = 0.83  # alone, with no word that leans; the bundled ranking's own bar for an answer
_NEAR = 0.5  # alone: something stored is near enough that a text is not taken for talk by likeness alone
_ELSEWHERE = 0.5  # alone, when hardly anything speaks for what was shown before
_ELSEWHERE_AFTER_FAILURE = 0.1  # the same when that did not help: it would be the answer again
_KEPT = 0.05  # confidence of what was shown before, from which the question is taken to be about it as well
_NEW_WORDS = 2  # of a question that is announced as another one: fewer leave out what they ask about
_WHOLE_WORDS = 3  # of a question with no word that leans: shorter ones, `8g够吗`, lean all the same
_UNRELATED = 0.15  # alone, with no word that leans, and below `_KEPT` for what was shown: nothing stored is near
# Said of the answer before it or to nobody in particular: a record about the word is hardly what is meant.
_REMEMBERED_CHARS = 300  # of a message whose reading is kept
_LIGHT = frozenset([Talk.SOLVED, Talk.THANKS, Talk.GOODBYE, Talk.CHAT, Talk.GREETING, Talk.ACKNOWLEDGED, Talk.IDENTITY])
_WEIGHTY = frozenset([Talk.DISTRESS, Talk.PERSON, Talk.INSULT])


class Way(StrEnum):
    """How the last question was understood."""

    ALONE = "alone"
    COMBINED = "combined"
    CHOICE = "choice"
    TALK = "talk"
    REPAIR = "repair"
    """The answer before it did not help."""
    LANGUAGE = "language"
    """The same in another language."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one way of asking finds."""

    confidence: float
    """Of the first record, 0..1; 0 when there is none."""
    found: Callable[[], Mapping[str, float]]
    """Returns the confidence of the records found first, by `twin_key` of their ids: translations are one here."""

    def confidence_in(self, record_ids: Sequence[str]) -> float:
        """Return the highest confidence of some records, 0 where none was found."""
        by_record = self.found()
        return max((by_record.get(twin_key(record), 0.0) for record in record_ids), default=0.0)


@dataclass(frozen=True, slots=True)
class Resolution:
    """What to do with the last question."""

    way: Way
    query: str
    """What to search for; the question of the record for a choice, the text itself for small talk."""
    record_ids: tuple[str, ...] = ()
    """The records picked, where `way` is CHOICE."""
    talk: Talk | None = None
    """What is said, where `way` is TALK."""
    language: str = ""
    """What is asked for, where `way` is LANGUAGE."""
    leaning: Leaning = Leaning.NONE
    """Of the words of a question that was combined."""


Look = Callable[[str], Sighting]
"""Searches for a text."""
Title = Callable[[str], str | None]
"""Returns the question of the record of that id; None when there is no such record any more."""


Heard = Callable[[str], Talk | None]
"""Returns the kind of small talk that a text is like; None of a question."""


def resolve(question: str, state: State, look: Look, title: Title, heard: Heard) -> Resolution:
    """Return what the last question asks for.

    Searches at most four times, the first question of a conversation once. Small talk is overruled by a record of the
    maintainer's own about it; what is only like some is taken for it where nothing stored is near.
    """
    if state.offered and (chosen := _chosen(question, state, title)):
        return chosen
    read = read_message(question)
    if read.language_asked_for:
        return Resolution(Way.LANGUAGE, question, language=read.language_asked_for)
    if said := _said(question, read, state, look) or _like_talk(read, state, look, heard):
        return said
    own = read.own
    if not state.topic or _is_new(read) or _stands_alone(read, look, state):
        return Resolution(Way.ALONE, own)
    if read.ends_in_repair and state.shown:
        return Resolution(Way.REPAIR, state.query)
    before = dict.fromkeys((state.topic, state.query))
    queries = tuple(dict.fromkeys(f"{earlier} {own}" for earlier in before if earlier))
    sightings = [look(query) for query in queries] if len(queries) > 1 else []
    surest = max(range(len(sightings)), key=lambda at: sightings[at].confidence, default=0)
    return Resolution(Way.COMBINED, queries[surest], leaning=read.leaning)


class Reading:
    """What the words of a message tell, whatever was said before it; each is looked for when it is asked for, once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.own, self.is_announced = without_change(without_small_talk(text))

    @cached_property
    def language(self) -> str:
        """The language that it is written in; empty where it could stand in a conversation in any."""
        return own_language(self._text) or ""

    @cached_property
    def language_asked_for(self) -> str:
        """The language that it asks to go on in; empty for all else."""
        return requested_language(self._text) or ""

    @cached_property
    def talk(self) -> Talk | None:
        """What kind of small talk it is, by the lists."""
        return talk_of(self._text)

    @cached_property
    def is_repair(self) -> bool:
        """Whether it says that the answer before it did not help, and nothing more."""
        return is_repair(self._text)

    @cached_property
    def ends_in_repair(self) -> bool:
        """Whether it says so after telling something."""
        return may_be_repair(self.own)

    @cached_property
    def leaning(self) -> Leaning:
        """How it leans on what was said before."""
        return leaning_of(self.own)

    @cached_property
    def words(self) -> float:
        """Its length; two Chinese characters count as one word."""
        return length_in_words(self.own.casefold())

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to search for."""
        return not any(map(str.isalnum, self.own))


def read_message(text: str) -> Reading:
    """Return what the words of a message tell; of a short one, as it was read before."""
    return _read_again(text) if len(text) <= _REMEMBERED_CHARS else Reading(text)


_read_again = lru_cache(maxsize=1_024)(Reading)


def _is_new(read: Reading) -> bool:
    """Say whether a text is not about what was said before, whatever it finds: it says so, or it says nothing."""
    return read.is_empty or (read.is_announced and read.leaning is Leaning.NONE and read.words >= _NEW_WORDS)


def _said(question: str, read: Reading, state: State, look: Look) -> Resolution | None:
    """Return what a text says that is no question: small talk, or that the answer did not help; None for a question."""
    if read.talk not in _WEIGHTY and read.is_repair:
        return Resolution(Way.REPAIR, state.query or question)
    if read.talk is None:
        return None
    own_record = _SURE if read.talk in _LIGHT | {Talk.PERSON} else _PLAIN_SURE
    return None if look(question).confidence >= own_record else Resolution(Way.TALK, question, talk=read.talk)


def _like_talk(read: Reading, state: State, look: Look, heard: Heard) -> Resolution | None:
    """Return what a text says that is like small talk, where its words ask nothing and nothing stored is near."""
    asks_about_topic = bool(state.topic) and read.leaning is Leaning.EMPTY
    if asks_about_topic or look(read.own).confidence >= _NEAR or read.is_empty or read.leaning is Leaning.EMPTY:
        return None
    kind = heard(read.own)
    if kind is Talk.NOT_HELPED:
        return Resolution(Way.REPAIR, state.query) if state.shown else None
    return Resolution(Way.TALK, read.own, talk=kind) if kind else None


def _chosen(question: str, state: State, title: Title) -> Resolution | None:
    """Return the choices that the text names, by number or by words; None when it is something of its own."""
    titles = [title(record) or "" for record in state.offered]
    numbers = chosen_numbers(question, len(titles))
    if any(not 1 <= number <= len(titles) for number in numbers):
        return Resolution(Way.TALK, question, talk=Talk.OUTSIDE if len(titles) > 1 else Talk.DECLINED)
    by_words = chosen_by_words(question, titles) if not numbers else None
    places = [number - 1 for number in numbers] or ([] if by_words is None else [by_words])
    picked = [(titles[at], state.offered[at]) for at in places if titles[at]]
    if picked:
        return Resolution(Way.CHOICE, picked[0][0], tuple(record for _, record in picked))
    if is_refusal(question) and talk_of(question) not in _WEIGHTY:
        return Resolution(Way.TALK, question, talk=Talk.DECLINED)
    return None


def _stands_alone(read: Reading, look: Look, before: State) -> bool:
    """Say whether a question is to be asked without what was said before it."""
    if read.leaning is Leaning.EMPTY:
        return False
    alone = look(read.own)
    sure = alone.confidence
    if sure >= _SURE:
        return True
    if read.leaning is Leaning.REFERRING and not read.is_announced:
        return False
    if read.leaning is Leaning.NONE and sure >= _PLAIN_SURE:
        return True
    is_whole = read.leaning is Leaning.NONE and read.words >= _WHOLE_WORDS
    points_away = alone.confidence_in(before.shown[:1]) < _KEPT
    elsewhere = _ELSEWHERE_AFTER_FAILURE if before.has_failed else _ELSEWHERE
    return points_away and (sure >= elsewhere or (is_whole and sure < _UNRELATED))
