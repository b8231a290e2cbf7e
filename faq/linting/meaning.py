"""What only the encoder sees: questions that mean the same, answers under the wrong question, questions not translated.

The thresholds were set on half of the real FAQ projects of `tools/lint_judgements.py` and judged on the other half
(docs/lint.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from faqkb.ingest.linted.findings import Finding
from faqkb.ingest.linted.reading import Linted
from faqkb.ingest.linting.disagreement import contradict
from faqkb.ingest.linting.repeats import Asked, all_asked, contradiction, wording
from faqkb.ingest.linting.twins import Twins, by_labels, lacking, pairs_of
from faqkb.ingest.page.text import excerpt
from faqkb.kb.index.marks import conflicts, marks_of
from faqkb.kb.index.passages import Kind
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.vectors import Matrix

_ANSWER_TOKENS = 100  # of an answer, its beginning: what it is about stands there
_ANSWER_SHARE = 0.5  # what the likeness of the answers counts beside that of the questions
_NEAR = 1.41  # questions and answers together: one in fifteen such pairs were two questions
_SAME = 0.985  # of the questions alone
_LOOKED_AT = 0.9  # of the questions; below it nobody would take one for the other
_SAME_QUESTION = 0.95  # from which on answers must not contradict each other
_SWAPPED = 1.25  # standard deviations by which each of two answers has to fit the other's question better
_ENOUGH = 12  # records of a language that tell what an ordinary likeness is
_COPIED_WORDS = 8  # of an answer that two questions share by a slip; `See above.` is shared for good reasons
_COPIED_BELOW = 0.88  # likeness of the questions of such an answer
_TWIN = 1.36  # below it a question is no sure translation of another, answers counted as above
_BLOCK = 512  # rows compared at once: 20 MB at 10,000 records


@dataclass(frozen=True, slots=True)
class Meant:
    """Records with what they mean."""

    asked: Sequence[Asked]
    questions: Matrix
    """Shape (records, dim)."""
    answers: Matrix
    """The same of how their answers begin."""

    def of(self, rows: Sequence[int]) -> Meant:
        """Return some of the records."""
        return Meant([self.asked[row] for row in rows], self.questions[list(rows)], self.answers[list(rows)])


def embed(files: Sequence[Linted], encoder: Encoder, told: Callable[[int, int], None]) -> Meant:
    """Return the records of files with their vectors; `told` hears how many texts are done, and of how many."""
    asked = all_asked(files)
    begins = [(encoder.split(each.record.answer_text, _ANSWER_TOKENS) or ("",))[0] for each in asked]
    texts = [*(each.record.question for each in asked), *begins]
    kinds = [*[Kind.QUESTION] * len(asked), *[Kind.ANSWER] * len(asked)]
    vectors = encoder.encode_passages(texts, kinds, lambda done: told(done, len(texts))).vectors
    return Meant(asked, vectors[: len(asked)], vectors[len(asked) :])


def find_by_meaning(files: Sequence[Linted], meant: Meant) -> Iterator[Finding]:
    """Yield what the vectors tell, in no order."""
    languages = sorted({each.record.language for each in meant.asked})
    for language in languages:
        own = meant.of([at for at, each in enumerate(meant.asked) if each.record.language == language])
        yield from _collisions(own)
        yield from _copied(own)
        if len(own.asked) >= _ENOUGH:
            yield from _swapped(own)
    for twins in pairs_of(files):
        if by_labels(twins) is None:
            yield from _untranslated(twins, meant)


def _pairs(meant: Meant, least: float) -> Iterator[tuple[int, int, float]]:
    """Yield (row, later row, cosine) of the questions that are at least so near."""
    for first in range(0, len(meant.asked), _BLOCK):
        near = meant.questions[first : first + _BLOCK] @ meant.questions.T
        for row, other in np.argwhere(near >= least).tolist():
            if first + row < other:
                yield first + row, other, float(near[row, other])


def _collisions(meant: Meant) -> Iterator[Finding]:
    """Yield the questions that mean the same, and their answers that contradict each other."""
    for row, other, cosine in _pairs(meant, _LOOKED_AT):
        one, two = meant.asked[row], meant.asked[other]
        if wording(one.record.question) == wording(two.record.question):
            continue  # told without the encoder
        if conflicts(marks_of(one.record.question), marks_of(two.record.question)):
            continue
        answers = float(meant.answers[row] @ meant.answers[other])
        is_near = cosine >= _SAME or cosine + _ANSWER_SHARE * answers >= _NEAR
        why = contradict(one.record.answer_text, two.record.answer_text) if cosine >= _SAME_QUESTION else ""
        if is_near and why:
            yield contradiction(one, two, why)
        elif is_near:
            yield _near_duplicate(one, two)


def _near_duplicate(one: Asked, two: Asked) -> Finding:
    return Finding(
        two.path,
        two.record.source.line,
        "near-duplicate",
        f"“{excerpt(two.record.question)}” means the same as “{excerpt(one.record.question)}” at {one.place}",
        'make one of them, and keep the other wording: <!-- faq: alt="…" -->',
        other=one.place,
    )


def _copied(meant: Meant) -> Iterator[Finding]:
    """Yield the questions that have the very answer of another one which it fits better."""
    first: dict[str, int] = {}
    for row, each in enumerate(meant.asked):
        answer = wording(each.record.answer_text)
        if len(each.record.answer_text.split()) < _COPIED_WORDS and len(answer) < _COPIED_WORDS * 4:
            continue
        before = first.setdefault(answer, row)
        if before != row and float(meant.questions[row] @ meant.questions[before]) < _COPIED_BELOW:
            fits = meant.questions[[before, row]] @ meant.answers[row]
            wrong, right = (row, before) if fits[0] >= fits[1] else (before, row)
            yield _better_elsewhere(meant.asked[wrong], meant.asked[right], "has the very answer of")


def _swapped(meant: Meant) -> Iterator[Finding]:
    """Yield the pairs of questions of which each is answered better by the other's answer."""
    fits = meant.questions @ meant.answers.T
    # Some questions are near to all answers and some answers to all questions: what is unusual counts.
    fits = (fits - fits.mean(axis=1, keepdims=True)) / fits.std(axis=1, keepdims=True)
    fits -= fits.mean(axis=0, keepdims=True)
    better = fits - fits.diagonal()[:, None]
    both = np.minimum(better, better.T)
    for row, other in np.argwhere(both >= _SWAPPED).tolist():
        if row < other and both[row, other] >= max(both[row].max(), both[other].max()):
            one, two = meant.asked[row], meant.asked[other]
            yield _better_elsewhere(one, two, "is answered better by")
            yield _better_elsewhere(two, one, "is answered better by")


def _better_elsewhere(wrong: Asked, right: Asked, how: str) -> Finding:
    return Finding(
        wrong.path,
        wrong.record.source.line,
        "better-elsewhere",
        f"“{excerpt(wrong.record.question)}” {how} “{excerpt(right.record.question)}” at {right.place}",
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
