"""What `faq tune` brings to questions that it was not given, by what it learns from.

    python tools/tune_quality.py [--sets NAME,…] [--sources NAME,…] [--seed N]

The labelled paraphrases of each FAQ, and the questions that it does not answer, are halved. One half is what tune gets,
as each of its sources would have it; the other half is asked before and after.

    queries    the half as a file of labelled queries
    votes      readers who ask the half find the right answer helpful, open and find helpful the right choice, and vote
               against a wrong answer
    gaps       what of the half is not answered rightly is accepted as other words of the right record
    wordings   all of the half that has an answer is other words of the right record

Before is the FAQ with these other words and the default ranking. What tune does not keep changes nothing.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import quality_sets
from simulate_month import SHARED, case_of, encoder

from faqkb.ingest import read_sources
from faqkb.kb.answers import Status
from faqkb.kb.building.build import build_snapshot
from faqkb.kb.building.trial import trial_copy
from faqkb.kb.errors import ContentError
from faqkb.kb.evaluation.outcome import Outcome
from faqkb.kb.evaluation.queries import LabelledQuery, evaluate, report
from faqkb.kb.feedback.events import Event, Vote
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.learning.lessons import (
    Lesson,
    Source,
    labelled_lessons,
    split_lessons,
    stored_lessons,
    voted_lessons,
)
from faqkb.kb.learning.tune import tune_ranking
from faqkb.kb.records import Record

TOGETHER = {
    "town": ("library", "hospital", "museum", "railway"),
    "products": ("hearthkit", "lumenbox", "jinspect", "keynest", "marlinmq", "quillpress"),
}
"""Several FAQs of ours in one knowledge base: one alone has too few questions to halve."""
SETS = ("town", "clinc", "esun", "products", "banking")
"""None was fitted to by the default ranking; the last, and half of esun, taught the encoder."""
_COLUMNS = ("recall@1", "mrr", "answered_coverage", "answered_precision", "false_answers")


@dataclass(slots=True)
class Figures:
    """What came of one source over some sets."""

    sets: int = 0
    refused: int = 0
    published: int = 0
    before: list[Outcome] = field(default_factory=list)
    after: list[Outcome] = field(default_factory=list)


def main() -> None:
    """Tune each set by each source, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--sources", default=",".join(Source))
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    total = {Source(name): Figures() for name in given.sources.split(",")}
    for name in given.sets.split(","):
        records, queries = read(name)
        learned, measured = halves(queries, random.Random(f"{given.seed} {name}"))
        with tempfile.TemporaryDirectory() as folder:
            built = build_snapshot(Path(folder), records, encoder()).snapshot
            for source, figures in total.items():
                own = Figures()
                with trial_copy(Path(folder), built) as copy:  # what is embedded already is not embedded again
                    tuned(copy, records, source, learned, measured, own)
                add(figures, own)
                print(row(f"{name}, {source.value}", own), flush=True)
    for source, figures in total.items():
        print(row(f"**all, {source.value}**", figures), flush=True)


def read(name: str) -> tuple[tuple[Record, ...], tuple[LabelledQuery, ...]]:
    """Return the records and the queries of a set."""
    if name in TOGETHER:
        own = [quality_sets.read_set(SHARED, each) for each in TOGETHER[name]]
        records = tuple(record for each in own for record in each.records)
        return records, tuple(query for each in own for query in each.queries)
    case = case_of(name)
    with tempfile.TemporaryDirectory() as folder:
        for file, content in case.files.items():
            (Path(folder) / file).write_bytes(content)
        return read_sources([Path(folder) / file for file in case.files]).records, case.queries


def halves(
    queries: Sequence[LabelledQuery], chosen: random.Random
) -> tuple[tuple[LabelledQuery, ...], tuple[LabelledQuery, ...]]:
    """Return two halves, each with half of what has an answer and half of what has none."""
    learned: list[LabelledQuery] = []
    measured: list[LabelledQuery] = []
    for kind in (True, False):
        own = [query for query in queries if bool(query.relevant) is kind]
        chosen.shuffle(own)
        learned += own[: len(own) // 2]
        measured += own[len(own) // 2 :]
    return tuple(learned), tuple(measured)


def tuned(
    folder: Path,
    records: Sequence[Record],
    source: Source,
    learned: Sequence[LabelledQuery],
    measured: Sequence[LabelledQuery],
    figures: Figures,
) -> None:
    """Tune one knowledge base by one source, and put down what the measured half gets before and after."""
    with closing(KnowledgeBase.open(folder)) as knowledge:
        lessons = list(lessons_of(knowledge, source, learned))
    words = {lesson.labelled.query: lesson.labelled.relevant[0] for lesson in lessons if lesson.is_stored}
    if words:
        build_snapshot(folder, [with_words(record, words) for record in records], encoder())
        with closing(KnowledgeBase.open(folder)) as knowledge:
            lessons = list(stored_lessons(knowledge, words if source is Source.GAPS else ()))
            lessons = [lesson for lesson in lessons if lesson.labelled.query in words]
    figures.sets += 1
    figures.before = outcomes(folder, measured)
    try:
        figures.published += tune_ranking(folder, split_lessons(lessons)).accepted
    except ContentError:
        figures.refused += 1
    figures.after = outcomes(folder, measured)


def lessons_of(knowledge: KnowledgeBase, source: Source, learned: Sequence[LabelledQuery]) -> Iterator[Lesson]:
    """Yield what one half teaches by a source."""
    if source is Source.QUERIES:
        yield from labelled_lessons(learned)
    elif source is Source.VOTES:
        yield from voted_lessons(knowledge, [vote for asked in learned for vote in votes(knowledge, asked)])
    else:
        for asked, outcome in zip(learned, evaluate(knowledge, learned).outcomes, strict=True):
            if asked.relevant and (source is Source.WORDINGS or not (outcome.answered and outcome.right)):
                yield Lesson(replace(asked, relevant=tuple(sorted(outcome.relevant))[:1]), source)


def votes(knowledge: KnowledgeBase, asked: LabelledQuery) -> Iterator[Event]:
    """Yield how a reader votes on what a question gets."""
    answer = knowledge.ask(asked.query)
    right = set(asked.relevant)
    shown = [hit.record for hit in answer.hits]
    helpful = next((record.id for record in shown if right & {record.id, record.question}), None)
    if answer.status is Status.ANSWERED and helpful != shown[0].id:
        yield Vote(shown[0].id, False, ("not_my_question",), question=asked.query)
    elif answer.status is not Status.NO_ANSWER and helpful is not None:
        yield Vote(helpful, True, question=asked.query)


def with_words(record: Record, words: dict[str, str]) -> Record:
    """Return a record with its part of new words."""
    own = (text for text, record_id in words.items() if record_id == record.id and text not in record.alternates)
    return replace(record, alternates=(*record.alternates, *own))


def outcomes(folder: Path, queries: Sequence[LabelledQuery]) -> list[Outcome]:
    """Return what each query gets of the live snapshot."""
    with closing(KnowledgeBase.open(folder)) as knowledge:
        return list(evaluate(knowledge, queries).outcomes)


def add(total: Figures, own: Figures) -> None:
    """Add one set's figures to those of all."""
    total.sets += own.sets
    total.refused += own.refused
    total.published += own.published
    total.before += own.before
    total.after += own.after


def row(name: str, figures: Figures) -> str:
    """Return a line of the table."""
    before, after = report(figures.before), report(figures.after)
    shown = " | ".join(f"{before[column] or 0:.3f} → {after[column] or 0:.3f}" for column in _COLUMNS)
    done = f"{figures.published} of {figures.sets}" + (f" ({figures.refused} refused)" if figures.refused else "")
    return f"| {name} | {done} | {before['n'] - before['n_out_of_scope']} + {before['n_out_of_scope']} | {shown} |"


if __name__ == "__main__":
    main()
