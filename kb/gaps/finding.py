"""Finds the gaps of a knowledge base: what was missed, without what is answered by now, put together."""

from __future__ import annotations

import math
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from faqkb.kb.answers import Status
from faqkb.kb.feedback.questions import folded
from faqkb.kb.gaps.communities import centred, communities
from faqkb.kb.gaps.gap import Gap, Near, Remedy
from faqkb.kb.gaps.missed import Missed
from faqkb.kb.index.marks import marks_of
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.vectors import Vector

MOST = 2_000  # questions that are put together, the weightiest: 20 s on two cores
ALT_FROM = 0.5  # confidence: more likely than not that the record is meant
_NEAREST = 5
_REACH = 20  # of candidates whose confidence counts; those after it have next to none
_CENTRE = 200  # stored questions that the centre is worked out of: two seconds


@dataclass(frozen=True, slots=True)
class Gaps:
    """What is asked in vain."""

    open: tuple[Gap, ...]
    """The weightiest first."""
    closed: int
    """How many questions were missed and are answered by now, or are other words of a record."""
    rejected: int
    """How many gaps the maintainer wants to see no more."""
    read: int = 0
    """How many questions were looked at."""
    unread: int = 0
    """How many questions were not looked at, those that weigh least: too many, or no time was left for them."""


@dataclass(frozen=True, slots=True)
class _Placed:
    """A question that is still missed, and what comes near."""

    missed: Missed
    vector: Vector
    confidences: dict[str, float]
    """Of records, by id."""


def find_gaps(
    knowledge: KnowledgeBase,
    missed: Sequence[Missed],
    rejected: Collection[str] = (),
    *,
    most: int = MOST,
    seconds: float = math.inf,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Gaps:
    """Return the gaps that questions make, the weightiest so many of them.

    `rejected` are digests of questions that are to be seen no more. After so many seconds no further question is looked
    at: each takes 15 ms as people ask, and twenty times that where somebody sends a page of nonsense.
    `progress` is called with how many were looked at, and of how many.
    """
    known = {folded(text) for record in knowledge.all_records() for text in (record.question, *record.alternates)}
    until, read, placed = time.monotonic() + seconds, 0, []
    total = min(len(missed), most)
    for each in missed[:most]:
        if time.monotonic() > until:
            break
        read += 1
        progress(read, total)
        if found := _placed(knowledge, each, known):
            placed.append(found)
    gaps = [_gap(knowledge, [placed[row] for row in rows]) for rows in _together(knowledge, placed)]
    kept = tuple(gap for gap in gaps if not gap.digests.intersection(rejected))
    return Gaps(kept, read - len(placed), len(gaps) - len(kept), read, len(missed) - read)


def _placed(knowledge: KnowledgeBase, missed: Missed, known: Collection[str]) -> _Placed | None:
    """Return a question with what comes near, None where the snapshot answers it by now."""
    if folded(missed.question) in known and not missed.against:
        return None
    answer, ranked = knowledge.ask_ranked(missed.question, top_k=1)
    if answer.status is Status.ANSWERED and answer.hits[0].record.id not in _by_record(knowledge, missed.against):
        return None
    vector = knowledge.query_vector(missed.question)
    if vector is None:
        return None
    near = {knowledge.record_at(hit.position).id: hit.confidence for hit in ranked[:_REACH]}
    return _Placed(missed, vector, near)


def _together(knowledge: KnowledgeBase, placed: Sequence[_Placed]) -> list[list[int]]:
    if not placed:
        return []
    vectors = centred(np.array([each.vector for each in placed]), _centre(knowledge))
    questions = [each.missed.question for each in placed]
    return communities(vectors, [each.missed.weight for each in placed], list(map(marks_of, questions)))


def _centre(knowledge: KnowledgeBase) -> Vector:
    """Return the mean of stored questions' vectors, spread over all records."""
    step = max(1, knowledge.record_count // _CENTRE)
    found = [
        vector
        for position in range(0, knowledge.record_count, step)
        if (vector := knowledge.query_vector(knowledge.record_at(position).question)) is not None
    ]
    if not found:
        return np.zeros(knowledge.encoder.dim, dtype=np.float32)
    centre: Vector = np.mean(found, axis=0, dtype=np.float32)
    return centre


def _gap(knowledge: KnowledgeBase, placed: Sequence[_Placed]) -> Gap:
    nearest = tuple(_nearest(knowledge, placed))
    best = nearest[0] if nearest else None
    is_known = best is not None and (best.chosen > best.against or best.confidence >= ALT_FROM)
    return Gap(
        wordings=tuple(each.missed for each in placed),
        nearest=nearest,
        remedy=Remedy.ALT if is_known else Remedy.NEW,
        record_id=best.id if best is not None and is_known else None,
    )


def _nearest(knowledge: KnowledgeBase, placed: Sequence[_Placed]) -> Iterator[Near]:
    """Yield the records that are likely meant: those that readers chose, then the surest; rejected ones come last."""
    total = sum(each.missed.weight for each in placed)
    confidences: defaultdict[str, float] = defaultdict(float)
    chosen: Counter[str] = Counter()
    against: Counter[str] = Counter()
    for each in placed:
        for record_id, confidence in each.confidences.items():
            confidences[record_id] += each.missed.weight * confidence / total
        chosen.update(_by_record(knowledge, each.missed.chosen))
        against.update(_by_record(knowledge, each.missed.against))
    votes = Counter(chosen)
    votes.subtract(against)
    ids = sorted({*confidences, *chosen}, key=lambda each: (-votes[each], -confidences[each], each))
    for record in [found for each in ids if (found := knowledge.record(each))][:_NEAREST]:
        yield Near(record.id, record.question, confidences[record.id], chosen[record.id], against[record.id])


def _by_record(knowledge: KnowledgeBase, counts: Mapping[str, int]) -> Counter[str]:
    """Return counts by the records that there are: a renamed one is counted under its new id, one that is gone not."""
    found: Counter[str] = Counter()
    for record_id, count in counts.items():
        record = knowledge.record(record_id)
        if record is not None:
            found[record.id] += count
    return found
