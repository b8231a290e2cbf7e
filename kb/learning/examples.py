"""Labelled queries put to a knowledge base, as what the ranking and the encoder learn from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np

from faqkb.kb.building.build import build_snapshot
from faqkb.kb.building.trial import trial_copy
from faqkb.kb.evaluation.queries import LabelledQuery, relevant_ids
from faqkb.kb.fusion import PARTS
from faqkb.kb.index.passages import Kind
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.language.codes import twin_key
from faqkb.kb.learning.fitting import LEFT_OUT, Example
from faqkb.kb.learning.lessons import Lesson, Source
from faqkb.kb.learning.train_encoder import TuningQuery, TuningRecord, TuningSet
from faqkb.kb.records import Record
from faqkb.kb.retrieval.ranking import ScoredRecord

_CONFUSABLE = 4  # wrong records of each query, those found first
_ROUNDS = 3  # of leaving one wording of each record out; a record with many would teach more than all others
_LEFT_OUT_WEIGHT = 0.5  # two queries with an answer to one without, about as in the sets of the default ranking


def collect_examples(
    knowledge: KnowledgeBase, queries: Sequence[LabelledQuery], *, weight: float = 1.0
) -> tuple[Example, ...]:
    """Return every query with its candidates, translations of better ones left out; those without any are left out."""
    examples = []
    for query, relevant in zip(queries, relevant_ids(knowledge, queries), strict=True):
        hits = knowledge.without_translations(knowledge.ask_ranked(query.query)[1])
        if hits:
            examples.append(replace(example_of(knowledge, hits, relevant, weight=weight), query=query.query))
    return tuple(examples)


def collect_lessons(folder: Path, knowledge: KnowledgeBase, lessons: Sequence[Lesson]) -> tuple[Example, ...]:
    """Return the examples of lessons about the knowledge base in a folder.

    A wording that is stored is asked of a copy that lacks it. Where nobody says what has no answer, each query is asked
    once more with the record that answers it left out (and its translations): from queries that all have an answer only
    overconfidence is learned. Raises what KnowledgeBase.open and build_snapshot raise.
    """
    told = [lesson for lesson in lessons if not lesson.is_stored]
    rounds = _rounds([lesson for lesson in lessons if lesson.is_stored])
    asked = [*told, *(lesson for chosen in rounds for lesson in chosen.values())]
    has_labels = any(lesson.is_out_of_scope for lesson in told)
    without = [lesson for lesson in asked if not has_labels or lesson.source is not Source.QUERIES]
    return (*_told(knowledge, told), *_stored(folder, knowledge, rounds), *_left_out(knowledge, without))


def _told(knowledge: KnowledgeBase, lessons: Sequence[Lesson]) -> Iterator[Example]:
    found = relevant_ids(knowledge, [lesson.labelled for lesson in lessons])
    for lesson, relevant in zip(lessons, found, strict=True):
        asked = knowledge.without(lesson.labelled.without) if lesson.labelled.without else knowledge
        hits = asked.without_translations(asked.ask_ranked(lesson.labelled.query)[1])
        if not hits:
            continue
        example = example_of(asked, hits, set(lesson.wrong) or relevant)
        if lesson.wrong:
            example = replace(example, right=~example.right, or_none=True)
        yield replace(example, query=lesson.labelled.query, source=lesson.source.value)


def _rounds(lessons: Sequence[Lesson]) -> tuple[Mapping[str, Lesson], ...]:
    """Return which wording each record lacks in each round, by the record's id."""
    rounds: list[dict[str, Lesson]] = []
    for lesson in lessons:
        (record_id,) = lesson.labelled.relevant
        lacking = next((chosen for chosen in rounds if record_id not in chosen), None)
        if lacking is None and len(rounds) < _ROUNDS:
            rounds.append(lacking := {})
        if lacking is not None:
            lacking[record_id] = lesson
    return tuple(rounds)


def _stored(folder: Path, knowledge: KnowledgeBase, rounds: Sequence[Mapping[str, Lesson]]) -> Iterator[Example]:
    """Yield what wordings find while they are left out, one of each record at a time."""
    if not rounds:
        return
    records = tuple(knowledge.all_records())
    with trial_copy(folder, knowledge.name) as trial:
        for chosen in rounds:
            lacking = [_lacking(record, chosen.get(record.id)) for record in records]
            build_snapshot(trial, lacking, knowledge.encoder, checks=knowledge.checks(), pictures=knowledge.pictures())
            with closing(KnowledgeBase.open(trial)) as other:
                yield from _told(other, tuple(chosen.values()))


def _lacking(record: Record, lesson: Lesson | None) -> Record:
    if lesson is None:
        return record
    return replace(record, alternates=tuple(text for text in record.alternates if text != lesson.labelled.query))


def _left_out(knowledge: KnowledgeBase, lessons: Sequence[Lesson]) -> Iterator[Example]:
    """Yield what queries find while every record that answers them is left out."""
    families: dict[str, set[str]] = {}
    for record in knowledge.all_records():
        families.setdefault(twin_key(record.id), set()).add(record.id)
    found = relevant_ids(knowledge, [lesson.labelled for lesson in lessons])
    for lesson, relevant in zip(lessons, found, strict=True):
        stored = [families[twin_key(each)] for each in relevant if twin_key(each) in families]
        if not stored:
            continue
        lacking = knowledge.without(frozenset().union(*stored))
        hits = lacking.without_translations(lacking.ask_ranked(lesson.labelled.query)[1])
        if hits:
            example = example_of(lacking, hits, frozenset(), weight=_LEFT_OUT_WEIGHT)
            yield replace(example, query=lesson.labelled.query, source=LEFT_OUT)


def example_of(
    knowledge: KnowledgeBase, hits: Sequence[ScoredRecord], relevant: Set[str], *, weight: float = 1.0
) -> Example:
    """Return one query's candidates, at least one, as what is learned from; `relevant` are ids."""
    return Example(
        parts=np.array([[hit.parts[part] for part in PARTS] for hit in hits]),
        right=np.array([knowledge.record_at(hit.position).id in relevant for hit in hits]),
        in_scope=bool(relevant),
        weight=weight,
    )


def tuning_set(knowledge: KnowledgeBase, queries: Sequence[LabelledQuery]) -> TuningSet:
    """Return the records and queries that train an encoder, with the wrong records that the index finds first."""
    records = {
        knowledge.record_at(position).id: TuningRecord(
            wordings=(knowledge.record_at(position).question, *knowledge.record_at(position).alternates),
            pieces=knowledge.passage_texts(position, Kind.ANSWER),
        )
        for position in range(knowledge.record_count)
    }
    found = []
    for query, relevant in zip(queries, relevant_ids(knowledge, queries), strict=True):
        hits = knowledge.ask_ranked(query.query)[1]
        ids = (knowledge.record_at(hit.position).id for hit in hits)
        found.append(
            TuningQuery(
                text=query.query,
                relevant=tuple(sorted(relevant & records.keys())),
                confusable=tuple(record for record in ids if record not in relevant)[:_CONFUSABLE] if relevant else (),
            )
        )
    # A query whose record is not stored teaches nothing: it is neither answered nor out of scope.
    kept = [query for query, own in zip(found, queries, strict=True) if query.relevant or not own.relevant]
    return TuningSet(records, tuple(kept))
