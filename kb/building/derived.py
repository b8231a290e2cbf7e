"""What is worked out of the records of a snapshot, whole records taken over from the earlier one where they can be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from faqkb.kb.building.earlier import Earlier, Embedded, digest_of
from faqkb.kb.building.token_files import KeptView, NewView, token_files
from faqkb.kb.checks import Check
from faqkb.kb.index.coarse import WORTH_IT, CoarseIndex
from faqkb.kb.index.cohort import LANGUAGES, Baselines, Cohort, cohort_languages, cohort_questions
from faqkb.kb.index.dense import FaissIndex
from faqkb.kb.index.late_interaction import dequantise
from faqkb.kb.index.marks import marks_of
from faqkb.kb.index.passages import Kind, Passage, View, passages_of, views_of
from faqkb.kb.index.places import Places
from faqkb.kb.index.postings import Occurrences, build_postings, words_of
from faqkb.kb.index.sentences import PieceTokens, sentences_of
from faqkb.kb.index.tables import table_rows
from faqkb.kb.index.wordings import fit_wordings
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.records import Record
from faqkb.kb.snapshot.published import (
    COARSE_FILE,
    COHORT_FILE,
    COHORT_TOKENS_FILE,
    INDEX_FILE,
    PACKING_FILE,
    PLACES_FILE,
    POSTINGS_FILE,
    RECORDS_FILE,
    WORDINGS_FILE,
)
from faqkb.kb.snapshot.publishing import Content
from faqkb.kb.store.writing import KeptTexts, NewTexts, SentenceRow, Texts, build_store
from faqkb.kb.vectors import Halves, Matrix, TokenCodes, Vector


@dataclass(frozen=True, slots=True)
class _Unit:
    """What is worked out of one record anew."""

    passages: Sequence[Passage]
    views: Sequence[View]
    """Their rows counted from the record's first passage."""
    marks: str
    words: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Run:
    """A new record, or records that stand one after the other as they did before: taken over in one piece."""

    position: int
    """Of the first, among the records now."""
    before: int
    """Of the first in the earlier snapshot, -1 where it is new."""
    records: int

    @property
    def is_new(self) -> bool:
        """Whether this is a new record."""
        return self.before < 0

    @property
    def known(self) -> tuple[int, int]:
        """The first in the earlier snapshot, and how many."""
        return self.before, self.records


@dataclass(frozen=True, slots=True)
class _Numbers:
    """What `Places` has of some records."""

    positions: npt.NDArray[np.uint32]
    tokens: npt.NDArray[np.uint32]
    begins_view: npt.NDArray[np.bool_]
    baselines: Baselines
    view_baselines: Baselines


class Derived:
    """What the files of a snapshot are made of."""

    def __init__(self, records: Sequence[Record], earlier: Earlier, encoder: Encoder) -> None:
        self._records = records
        self._earlier = earlier
        self._encoder = encoder
        self.digests = [digest_of(record) for record in records]
        """What all that is worked out of each record depends on."""
        self._from = [earlier.digests.get(digest, -1) for digest in self.digests]
        """Of each record, its position in the earlier snapshot, -1 where it is new."""
        self._units = {
            position: _unit(records[position], position, encoder)
            for position, before in enumerate(self._from)
            if before < 0
        }
        self._runs = list(_runs(self._from))
        self.count = sum(
            len(self._units[run.position].passages) if run.is_new else len(earlier.places.rows_of(*run.known))
            for run in self._runs
        )
        """Number of passages."""

    def fresh_passages(self) -> Iterator[Passage]:
        """Yield the passages of the records that are new."""
        for unit in self._units.values():
            yield from unit.passages

    def files(self, texts: Embedded, checks: Sequence[Check], moved: Mapping[str, str]) -> dict[str, Content]:
        """Return the content of the files, the model's aside; `texts` has every one that it needs.

        `moved` has the successor of each id that is no more.
        """
        cohort = [texts.of_cohort(question.key) for question in cohort_questions()]
        vectors = self._vectors(texts)
        words = self._words()
        postings = build_postings(words)
        places, tokens = self._places(texts, _unrelated(cohort), vectors)
        derived = Texts(
            digests=self.digests,
            marks=[self._units[at].marks if old < 0 else self._earlier.marks[old] for at, old in enumerate(self._from)],
            parts=[
                _new_texts(self._records[run.position], run.position, self._units[run.position], texts, self._encoder)
                if run.is_new
                else _kept_texts(run, self._earlier.places)
                for run in self._runs
            ],
            earlier=None if self._earlier.files is None else self._earlier.files.folder / RECORDS_FILE,
            cohort=[(question.key, len(own)) for question, (_, own) in zip(cohort_questions(), cohort, strict=True)],
            words=words,
            entries=postings.entries,
        )
        is_wording = self._is_wording()
        of_cohort = np.array([vector for vector, _ in cohort], dtype=np.float32)
        coarse = CoarseIndex.build(vectors, of_cohort.mean(axis=0)) if len(vectors) >= WORTH_IT else None
        return {
            **({} if coarse is None else {COARSE_FILE: coarse.to_bytes()}),
            RECORDS_FILE: build_store(self._records, derived, checks, moved),
            POSTINGS_FILE: postings.content,
            PLACES_FILE: places.to_bytes(),
            INDEX_FILE: FaissIndex.build(vectors).to_bytes(),
            COHORT_FILE: FaissIndex.build(of_cohort).to_bytes(),
            PACKING_FILE: texts.packing.to_bytes(),
            COHORT_TOKENS_FILE: b"".join(own.tobytes() for _, own in cohort),
            WORDINGS_FILE: fit_wordings(places.positions[is_wording], vectors[is_wording]).to_bytes(),
            **tokens,
        }

    def _vectors(self, texts: Embedded) -> Halves:
        """Return the vectors of all passages."""
        vectors = [np.empty((0, self._encoder.dim), dtype=np.float16)]
        for run in self._runs:
            if run.is_new:
                own = self._units[run.position].passages
                vectors += [texts.vector(entry.key)[None, :].astype(np.float16) for entry in own]
            else:
                known = self._earlier.places.rows_of(*run.known)
                vectors.append(self._earlier.vectors[known.start : known.stop])
        return np.concatenate(vectors)

    def _is_wording(self) -> npt.NDArray[np.bool_]:
        """Return of each passage whether it is a question or an alternate."""
        found = [np.empty(0, dtype=np.bool_)]
        for run in self._runs:
            if run.is_new:
                kinds = (entry.kind is not Kind.ANSWER for entry in self._units[run.position].passages)
                found.append(np.fromiter(kinds, dtype=np.bool_))
            else:
                known = self._earlier.places.rows_of(*run.known)
                found.append(self._earlier.is_wording[known.start : known.stop])
        return np.concatenate(found)

    def _words(self) -> Occurrences:
        """Return which records hold which words."""
        moved = np.full(self._earlier.places.records, -1, dtype=np.int64)
        again: dict[int, Sequence[str]] = {at: unit.words for at, unit in self._units.items()}
        for position, before in enumerate(self._from):
            if before >= 0 and moved[before] < 0:
                moved[before] = position
            elif before >= 0:  # a second record with the same text
                again[position] = words_of(self._records[position])
        records = len(self._records)
        return self._earlier.occurrences.moved(moved, records).joined(Occurrences.of(again, records))

    def _places(self, texts: Embedded, unrelated: Cohort, vectors: Halves) -> tuple[Places, dict[str, Content]]:
        """Return where everything is, and the files of the token vectors."""
        old = self._earlier.places
        numbers: list[_Numbers] = []
        views: list[KeptView | NewView] = []
        row = 0
        for run in self._runs:
            if run.is_new:
                passages = len(self._units[run.position].passages)
                of_run = vectors[row : row + passages].astype(np.float32)
                own, new = self._numbers(run.position, of_run, unrelated, texts)
                views += new
            else:
                rows, known = old.rows_of(*run.known), old.views_of(*run.known)
                cut = slice(rows.start, rows.stop)
                positions = (old.positions[cut].astype(np.int64) + run.position - run.before).astype(np.uint32)
                baselines = old.baselines[cut], old.view_baselines[known.start : known.stop]
                own = _Numbers(positions, old.tokens[cut], old.begins_view[cut], *baselines)
                views += map(KeptView, old.tokens_of_views(known))
            numbers.append(own)
            row += len(own.tokens)
        starts, files = token_files(views, self._earlier, texts.packing)
        return _stacked(len(self._records), numbers, starts), files

    def _numbers(
        self, position: int, vectors: Matrix, unrelated: Cohort, texts: Embedded
    ) -> tuple[_Numbers, list[NewView]]:
        """Return the numbers of a new record's passages, whose `vectors` these are, and its views.

        The baselines one at a time, so that those of a text do not depend on its neighbours.
        """
        unit = self._units[position]
        codes = [texts.tokens(entry.key) for entry in unit.passages]
        begins = np.isin(np.arange(len(codes)), [view.rows.start for view in unit.views])
        baselines = [unrelated.baselines(vectors[at : at + 1]) for at in range(len(codes))]
        views, of_views = [], []
        for view in unit.views:
            together = np.concatenate(codes[view.rows.start : view.rows.stop])
            of_views.append(unrelated.late_baseline(dequantise(together)))
            views.append(NewView(len(together), partial(_view_codes, unit, view, texts)))
        counts = np.array([len(own) for own in codes], dtype=np.uint32)
        positions = np.full(len(codes), position, dtype=np.uint32)
        return _Numbers(positions, counts, begins, np.concatenate(baselines), np.concatenate(of_views)), views


def _runs(origins: Sequence[int]) -> Iterator[_Run]:
    """Yield the runs of records, each given by its position in the earlier snapshot, -1 where it is new."""
    start = 0
    for at in range(1, len(origins) + 1):
        if at == len(origins) or origins[start] < 0 or origins[at] != origins[at - 1] + 1:
            yield _Run(start, origins[start], at - start)
            start = at


def _unit(record: Record, position: int, encoder: Encoder) -> _Unit:
    passages = list(passages_of(record, position, encoder.split))
    marks = " ".join(sorted(marks_of("\n".join((record.question, *record.alternates)))))
    return _Unit(passages, list(views_of(passages)), marks, words_of(record))


def _view_codes(unit: _Unit, view: View, texts: Embedded) -> TokenCodes:
    """Return the codes of a view: read again, since all of them together are most of a knowledge base."""
    return np.concatenate([texts.tokens(entry.key) for entry in unit.passages[view.rows.start : view.rows.stop]])


def _new_texts(record: Record, position: int, unit: _Unit, texts: Embedded, encoder: Encoder) -> NewTexts:
    return NewTexts(
        position,
        [(entry.kind.value, entry.text, entry.key) for entry in unit.passages],
        [view.key for view in unit.views],
        _sentences(record, unit, texts, encoder),
    )


def _kept_texts(run: _Run, places: Places) -> KeptTexts:
    before = range(run.before, run.before + run.records)
    return KeptTexts(run.position, before, places.rows_of(*run.known), places.views_of(*run.known))


def _sentences(record: Record, unit: _Unit, texts: Embedded, encoder: Encoder) -> list[SentenceRow]:
    """Return the sentences of a new record's answer with their tokens."""
    lead = len(record.question) + 1
    counts = [texts.token_count(entry.key) for entry in unit.passages]
    pieces = []
    for entry, first in zip(unit.passages, accumulate(counts, initial=0), strict=False):
        if entry.kind is Kind.ANSWER:
            spans = encoder.token_spans(entry.text, Kind.ANSWER)
            own = [range(span.start - lead, span.stop - lead) for span in spans]
            pieces.append(PieceTokens(entry.text[lead:], own, first))
    found = sentences_of(record.answer_text, pieces, tuple(table_rows(record.answer_text, record.answer_html)))
    return [
        (each.start, each.end, each.tokens.start, each.tokens.stop, each.header.start, each.header.stop)
        for each in found
    ]


def _stacked(records: int, numbers: Sequence[_Numbers], starts: npt.NDArray[np.uint64]) -> Places:
    none = np.empty((0, len(LANGUAGES)), dtype=np.float32)
    return Places(
        records=records,
        positions=np.concatenate([np.empty(0, dtype=np.uint32), *(own.positions for own in numbers)]),
        tokens=np.concatenate([np.empty(0, dtype=np.uint32), *(own.tokens for own in numbers)]),
        begins_view=np.concatenate([np.empty(0, dtype=np.bool_), *(own.begins_view for own in numbers)]),
        baselines=np.concatenate([none, *(own.baselines for own in numbers)]),
        view_baselines=np.concatenate([none, *(own.view_baselines for own in numbers)]),
        view_tokens_at=starts,
    )


def _unrelated(cohort: Sequence[tuple[Vector, TokenCodes]]) -> Cohort:
    return Cohort(
        cohort_languages(),
        np.array([vector for vector, _ in cohort], dtype=np.float32),
        [dequantise(codes) for _, codes in cohort],
    )
