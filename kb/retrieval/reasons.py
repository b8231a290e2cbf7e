"""Why a record won, or why nothing is said: one sentence for the maintainer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from faqkb.kb.answers import LIKELY, Status
from faqkb.kb.retrieval.finding import Found
from faqkb.kb.retrieval.ranking import Indexes, ScoredRecord
from faqkb.kb.text import analyse

_LATIN = re.compile(r"[a-z0-9]")
_HAN_WORD = re.compile(r"[\u3400-\u9fff]{2,}")
_NAMED = 3  # words in a sentence; more says less
_TITLE_CHARS = 80


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of the question that it is about."""

    text: str
    stored: bool
    """Whether any record holds it."""
    held: bool
    """Whether the nearest record holds it."""
    match: float
    """Best match of its tokens among those of the nearest record, the mean of them."""


def why(status: Status, found: Found, indexes: Indexes) -> str:
    """Return the sentence; empty where there was nothing to search for or to search in."""
    if not found.hits or found.query is None:
        return ""
    best, *others = found.hits
    rest = [hit for hit in others if hit.twin != best.twin]
    title = _title(best, indexes)
    if best.position in found.named:
        return f"The question holds an error text that a check knows, and the check names {title}."
    words = list(_words(found, best, indexes))
    if status is Status.ANSWERED:
        return f"{_won(title, words)}; {_behind(rest, indexes)}."
    return _unsure(best, rest, words, indexes)


def _unsure(best: ScoredRecord, rest: Sequence[ScoredRecord], words: Sequence[_Word], indexes: Indexes) -> str:
    """Return why the nearest record is not given as the answer."""
    title = _title(best, indexes)
    missing = [word for word in words if not word.held and word.match < _matched(best)]
    unknown = [word for word in missing if not word.stored]
    if unknown:
        return f"The question asks about {_listed(unknown)}, which no record mentions; the nearest is {title}."
    if missing:
        return f"The question asks about {_listed(missing)}, which the nearest record does not mention: {title}."
    if rest and rest[0].confidence >= LIKELY:
        return f"Several records fit about equally well: {title} and {_title(rest[0], indexes)}."
    if best.confidence >= LIKELY:
        return f"{title} may answer, but not surely enough: {int(best.confidence * 100)}%."
    return f"The nearest record, {title}, fits no better than it fits questions about other things."


def _won(title: str, words: Sequence[_Word]) -> str:
    shared = [word for word in words if word.held]
    return f"{title} speaks of {_listed(shared)}" if shared else f"{title} says the same in other words"


def _behind(rest: Sequence[ScoredRecord], indexes: Indexes) -> str:
    if not rest:
        return "there is no other record"
    return f"the next record, {_title(rest[0], indexes)}, comes to {int(rest[0].confidence * 100)}%"


def _title(hit: ScoredRecord, indexes: Indexes) -> str:
    question = indexes.store.records.at(hit.position).question
    return f"“{question if len(question) <= _TITLE_CHARS else question[:_TITLE_CHARS] + '…'}”"


def _listed(words: Sequence[_Word]) -> str:
    return ", ".join(f"*{word.text}*" for word in words[:_NAMED])


def _matched(hit: ScoredRecord) -> float:
    """Return the similarity from which a word counts as said in other words: above what any question scores there."""
    return hit.parts["late_baseline"]


def _words(found: Found, best: ScoredRecord, indexes: Indexes) -> Iterator[_Word]:
    """Yield the words that the question is about, in its order, each once."""
    assert found.query is not None  # noqa: S101 - why() looks first
    places, words = indexes.places, indexes.words
    views = [places.view_tokens(view) for view in places.views_of(best.position)]
    of_views = indexes.tokens.matches(found.query.tokens, views)
    matches = of_views[of_views.mean(axis=1).argmax()]
    seen = set()
    for start, end, tokens in _spans(found.text, found.spans[: len(matches)]):
        text = found.text[start:end].strip()
        parts = [part for part in analyse(text) if len(part) > 1]
        if not parts or text.casefold() in seen or not _is_subject(text.casefold()):
            continue
        seen.add(text.casefold())
        yield _Word(
            text,
            stored=all(words.records_with(part) for part in parts),
            held=all(words.holds(best.position, part) for part in parts),
            match=float(matches[tokens.start : tokens.stop].mean()),
        )


def _spans(text: str, tokens: Sequence[range]) -> Iterator[tuple[int, int, range]]:
    """Yield (start, end, tokens) of each word: pieces of a Latin word belong together."""
    first = 0
    for at in range(1, len(tokens) + 1):
        joined = (
            at < len(tokens)
            and tokens[at].start == tokens[at - 1].stop
            and _LATIN.match(text[tokens[at].start : tokens[at].start + 1].casefold())
            and _LATIN.match(text[tokens[at].start - 1 : tokens[at].start].casefold())
        )
        if not joined and tokens:
            yield tokens[first].start, tokens[at - 1].stop, range(first, at)
            first = at


def _is_subject(folded: str) -> bool:
    """Say whether a question can be about a word: no word that every question has."""
    asked_with = _asked_with()
    if _LATIN.match(folded):
        return len(folded) > 1 and folded not in asked_with
    return bool(_HAN_WORD.fullmatch(folded)) and not any(word in folded for word in asked_with)


@cache
def _asked_with() -> frozenset[str]:
    lines = files("faqkb.kb.retrieval").joinpath("asked_with.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())
