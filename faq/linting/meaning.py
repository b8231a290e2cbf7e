"""What only the encoder sees: questions that mean the same, answers under the wrong question, questions not translated.

What the thresholds were set on, and how often they are right elsewhere, is told in docs/lint.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from faqkb.ingest.linted.findings import Finding
from faqkb.ingest.linted.reading import Linted
from faqkb.ingest.linting.answers import words_in
from faqkb.ingest.linting.disagreement import contradict, differ
from faqkb.ingest.linting.repeats import Asked, all_asked, contradiction, wording
from faqkb.ingest.linting.twins import Twins, is_by_meaning, lacking, pairs_of
from faqkb.ingest.page.text import excerpt
from faqkb.kb.index.late_interaction import dequantise
from faqkb.kb.index.passages import Kind
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.vectors import Matrix, TokenCodes

_ANSWER_TOKENS = 100  # of an answer, its beginning: what it is about stands there
_ANSWER_SHARE = 0.5  # what the likeness of answers counts beside that of questions, between languages
_LOOKED_AT = 0.915  # likeness of questions; below it nobody would take one for the other
_ONE_ANSWER = 0.975  # likeness of the answers of two such questions, from which on they are one
_ALL_SAID = 0.93  # likeness of the word of one question that is least like any of the other, from which on
_LIKE_ANSWERS = 0.86  # answers may differ so far
_TELLING_WORDS = 12  # of an answer; `Yes.` is the answer to many questions
_CLOSE = 0.965  # likeness of questions whose short answers are one
_NEARLY_SAID = 0.84  # the same of their words
_SAME_WORDS = 0.91  # likeness of words from which on answers must not contradict each other
_COPIED_WORDS = 8  # of an answer that two questions share by a slip; `See above.` is shared for good reasons
_TWIN = 1.36  # below it a question is no sure translation of another, answers counted as above
_BLOCK = 512  # rows compared at once: 20 MB at 10,000 records


@dataclass(frozen=True, slots=True)
class Meant:
    """Records with what they mean."""

    asked: Sequence[Asked]
    questions: Matrix
    """Shape (records, dim)."""
    tokens: Sequence[TokenCodes]
    """Token vectors of each question."""
    answers: Matrix
    """Shape (records, dim): how the answers begin; zeros where nothing compares them."""

    def of(self, rows: Sequence[int]) -> Meant:
        """Return some of the records."""
        return Meant(
            [self.asked[row] for row in rows],
            self.questions[list(rows)],
            [self.tokens[row] for row in rows],
            self.answers[list(rows)],
        )


def embed(files: Sequence[Linted], encoder: Encoder, told: Callable[[int, int], None]) -> Meant:
    """Return the records of files with their vectors; `told` hears how many texts are done, and of how many.

    Answers take most of the time: only those are embedded that are compared.
    """
    asked = all_asked(files)
    count = len(asked)
    questions = encoder.encode_passages(
        [each.record.question for each in asked], [Kind.QUESTION] * count, lambda done: told(done, count)
    )
    rows = sorted(_compared(files, asked, questions.vectors))
    begins = [(encoder.split(asked[row].record.answer_text, _ANSWER_TOKENS) or ("",))[0] for row in rows]
    answers = np.zeros_like(questions.vectors)
    if rows:
        of = count + len(rows)
        answers[rows] = encoder.encode_passages(
            begins, [Kind.ANSWER] * len(rows), lambda done: told(count + done, of)
        ).vectors
    return Meant(asked, questions.vectors, questions.tokens, answers)


def _compared(files: Sequence[Linted], asked: Sequence[Asked], questions: Matrix) -> set[int]:
    """Return the rows whose answers are looked at."""
    rows = {row for first, other, _ in _pairs(questions, _LOOKED_AT) for row in (first, other)}
    rows |= {row for pair in _same_answers(asked) for row in pair}
    unlabelled = {
        linted.name for twins in pairs_of(files) if is_by_meaning(twins) for linted in (twins.one, twins.other)
    }
    return rows | {row for row, each in enumerate(asked) if each.path in unlabelled}


def find_by_meaning(files: Sequence[Linted], meant: Meant) -> Iterator[Finding]:
    """Yield what the vectors tell, in no order."""
    languages = sorted({each.record.language for each in meant.asked})
    for language in languages:
        own = meant.of([at for at, each in enumerate(meant.asked) if each.record.language == language])
        yield from _collisions(own)
        yield from _copied(own)
    for twins in pairs_of(files):
        if is_by_meaning(twins):
            yield from _untranslated(twins, meant)


def _pairs(questions: Matrix, least: float) -> Iterator[tuple[int, int, float]]:
    """Yield (row, later row, cosine) of the questions that are at least so near."""
    for first in range(0, len(questions), _BLOCK):
        near = questions[first : first + _BLOCK] @ questions.T
        for row, other in np.argwhere(near >= least).tolist():
            if first + row < other:
                yield first + row, other, float(near[row, other])


def _collisions(meant: Meant) -> Iterator[Finding]:
    """Yield the questions that mean the same, and their answers that contradict each other."""
    for row, other, cosine in _pairs(meant.questions, _LOOKED_AT):
        one, two = meant.asked[row], meant.asked[other]
        questions = one.record.question, two.record.question
        if wording(questions[0]) == wording(questions[1]) or differ(*questions):
            continue  # told without the encoder; and two questions for sure
        answers = float(meant.answers[row] @ meant.answers[other])
        said = _least_said(meant.tokens[row], meant.tokens[other])
        why = contradict(one.record.answer_text, two.record.answer_text) if said >= _SAME_WORDS else ""
        if why:
            yield contradiction(one, two, why)
        elif _are_one(cosine, said, answers, is_long=min(map(_words_of, (one, two))) >= _TELLING_WORDS):
            yield _near_duplicate(one, two)


def _are_one(questions: float, said: float, answers: float, *, is_long: bool) -> bool:
    """Whether two questions with such likenesses have one answer; that two short answers are alike says little."""
    if said >= _ALL_SAID and answers >= _LIKE_ANSWERS:
        return True
    if answers < _ONE_ANSWER:
        return False
    return is_long or (questions >= _CLOSE and said >= _NEARLY_SAID)


def _words_of(each: Asked) -> int:
    return words_in(each.record.answer_text)


def _least_said(one: TokenCodes, other: TokenCodes) -> float:
    """Return how well the token of either text is matched that has the worst match in the other."""
    alike = dequantise(one) @ dequantise(other).T
    return float(min(alike.max(axis=1).min(), alike.max(axis=0).min())) if alike.size else 0.0


def _near_duplicate(one: Asked, two: Asked) -> Finding:
    return Finding(
        two.path,
        two.record.source.line,
        "near-duplicate",
        f"“{excerpt(two.record.question)}” and “{excerpt(one.record.question)}” at {one.place} have one answer",
        'make one of them, and keep the other wording: <!-- faq: alt="…" -->',
        other=one.place,
    )


def _copied(meant: Meant) -> Iterator[Finding]:
    """Yield the questions that have the very answer of another one which it fits better."""
    for before, row in _same_answers(meant.asked):
        if float(meant.questions[row] @ meant.questions[before]) < _LOOKED_AT:  # else they are near duplicates
            fits = meant.questions[[before, row]] @ meant.answers[row]
            wrong, right = (row, before) if fits[0] >= fits[1] else (before, row)
            yield _better_elsewhere(meant.asked[wrong], meant.asked[right])


def _same_answers(asked: Sequence[Asked]) -> Iterator[tuple[int, int]]:
    """Yield (first row, row) of records of a language with one and the same answer, and not a short one."""
    first: dict[tuple[str, str], int] = {}
    for row, each in enumerate(asked):
        answer = wording(each.record.answer_text)
        if len(each.record.answer_text.split()) >= _COPIED_WORDS or len(answer) >= _COPIED_WORDS * 4:
            before = first.setdefault((each.record.language, answer), row)
            if before != row:
                yield before, row


def _better_elsewhere(wrong: Asked, right: Asked) -> Finding:
    return Finding(
        wrong.path,
        wrong.record.source.line,
        "better-elsewhere",
        f"“{excerpt(wrong.record.question)}” has the very answer of “{excerpt(right.record.question)}”, {right.place}",
        "look whether the answer under it is its own",
        other=right.place,
    )


def _untranslated(twins: Twins, meant: Meant) -> Iterator[Finding]:
    """Yield the questions of one file that no question of its twin means."""
    rows = [
        [at for at, each in enumerate(meant.asked) if each.path == linted.name] for linted in (twins.one, twins.other)
    ]
    one, other = meant.of(rows[0]), meant.of(rows[1])
    alike = one.questions @ other.questions.T + _ANSWER_SHARE * (one.answers @ other.answers.T)
    for here, there, own, near in ((twins.one, twins.other, one, alike), (twins.other, twins.one, other, alike.T)):
        for row, best in enumerate(near.argmax(axis=1).tolist()):
            # A translation is the nearest from both sides; what is nearest to a question without one has its own.
            if near[row, best] < _TWIN and int(near[:, best].argmax()) != row:
                record = own.asked[row].record
                yield lacking(here, record.source.line, record.question, there)
