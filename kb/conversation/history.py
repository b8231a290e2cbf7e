"""The state of a conversation made anew from what was said, for whoever keeps the conversation himself."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from faqkb.kb import limits
from faqkb.kb.conversation.dialogue import Reply, reply_to
from faqkb.kb.conversation.leaning import Leaning
from faqkb.kb.conversation.state import NOTHING_SAID, State
from faqkb.kb.conversation.talk import is_refusal
from faqkb.kb.conversation.understanding import read_message
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.records import EVERY_RECORD, Filter, Record
from faqkb.kb.retrieval.query import parse_query
from faqkb.kb.text import clean

_LOOKED_BACK = 60  # messages; a longer conversation has left its beginning
_REPLAYED = 8  # questions of it that are answered anew
_STANDING = 2  # of them that stand alone by their words: a question that leaves its subject out looks as if it did
_NUMBERED = re.compile(r"^[ \t>*-]{0,6}(\d{1,2})[.):、][ \t]+(.{1,500})$", re.MULTILINE)
_SHORT = 3  # characters: `2`, `b`, `shm` stand for something said before
_LIST_CHARS = 4_000  # the end of a message, where its list stands
_MARKS = re.compile(r"[*_`\[\]]|\(https?://[^\s()]{1,300}\)")


@dataclass(frozen=True, slots=True)
class Said:
    """A message of a conversation."""

    role: Literal["user", "assistant"]
    text: str


def questions_of(messages: Sequence[str]) -> tuple[Said, ...]:
    """Return what a reader said, where the replies were not kept."""
    return tuple(Said("user", text) for text in messages)


def replayed(said: Sequence[Said]) -> tuple[Said, ...]:
    """Return the part of a conversation that its state is made of, oldest first: back to where its topic began.

    At most `_REPLAYED` questions of it need a search, each as long as what a state keeps.
    """
    kept = [Said(each.role, _kept(each.text)) if each.role == "user" else each for each in said[-_LOOKED_BACK:]]
    standing = asked = 0
    for at in range(len(kept) - 1, -1, -1):
        text = kept[at].text
        if kept[at].role != "user" or not _asks(text):
            continue
        asked += 1
        standing += read_message(text).leaning is Leaning.NONE and len(text) > _SHORT
        if standing == _STANDING or asked == _REPLAYED:
            return tuple(kept[at:])
    return tuple(kept)


def replayed_count(said: Sequence[Said]) -> int:
    """Return how many questions are answered anew for the state after a conversation."""
    return sum(each.role == "user" and _asks(each.text) for each in replayed(said))


def state_after(
    knowledge: KnowledgeBase,
    said: Sequence[Said],
    *,
    filter: Filter = EVERY_RECORD,
    reply: Callable[..., Reply] = reply_to,
) -> State:
    """Return the state after what was said, oldest first. Raises InvalidQuery.

    A list of stored questions in a reply is what the reader chooses from, whatever would be listed today. `reply`
    answers the questions anew, with the arguments and the result of `reply_to`.
    """
    again = replayed(said)
    state = _spoken_before(said[-_LOOKED_BACK : len(said) - len(again)])
    for each in again:
        if each.role == "user":
            state = reply(knowledge, each.text, state, filter=filter).state
        elif listed := listed_records(knowledge, each.text):
            state = replace(state, offered=listed)
    return state


def state_of_turn(knowledge: KnowledgeBase, asked: str, shown: Record | None) -> State:
    """Return the state after one turn, for a client that keeps no more: what was asked, and the record it got.

    A follow-up was asked about that record, which is more than its own words tell. Raises InvalidQuery.
    """
    state = state_after(knowledge, questions_of([asked or (shown.question if shown else "")]))
    if shown is None or shown.id in state.shown:
        return state
    topic = shown.question[: limits.TURN_CHARS]
    return replace(state, topic=topic, query=topic, shown=(shown.id,), offered=(), answered=(shown.id,))


def listed_records(knowledge: KnowledgeBase, message: str) -> tuple[str, ...]:
    """Return the ids of the records whose questions a message lists by number; empty where it lists anything else."""
    titles: list[str] = []
    for match in _NUMBERED.finditer(message[-_LIST_CHARS:]):
        number = int(match[1])
        titles = [*titles, match[2]] if number == len(titles) + 1 else [match[2]] if number == 1 else []
    if not 1 <= len(titles) <= limits.TOP_K_MAX:
        return ()
    found = [_record_asking(knowledge, title) for title in titles]
    return tuple(record for record in found if record) if all(found) else ()


def _record_asking(knowledge: KnowledgeBase, title: str) -> str | None:
    wanted = _folded(title)
    hits = knowledge.search(title, limit=limits.CHOICES)
    return next((hit.record.id for hit in hits if _folded(hit.record.question) == wanted), None)


def _folded(title: str) -> str:
    return "".join(clean(_MARKS.sub("", title)).casefold().split())


def _asks(text: str) -> bool:
    """Say whether a message asks anything: all else needs no search to be understood."""
    read = read_message(text)
    return not (read.talk or read.language_asked_for or read.is_repair or is_refusal(text) or read.is_empty)


def _spoken_before(said: Sequence[Said]) -> State:
    """Return what the earlier part of a conversation leaves: its language."""
    state = NOTHING_SAID
    for each in said:
        if each.role != "user":
            continue
        read = read_message(_kept(each.text))
        if read.language_asked_for:
            state = replace(state, language=read.language_asked_for, is_language_asked_for=True)
        elif not state.is_language_asked_for:
            state = replace(state, language=read.language or state.language)
    return state


def _kept(text: str) -> str:
    return text if len(text) <= limits.TURN_CHARS else parse_query(text).text[: limits.TURN_CHARS]
