"""Questions about nothing in particular, to tell a near passage from one that is near to everything.

Cosines of this kind of encoder lie between 0.75 and 0.95, related or not, and differ by language and by passage. What
an unrelated question scores is measured instead of guessed: the mean score of the ten nearest of a fixed cohort. This
is CSLS (Conneau et al. 2017, arXiv 1710.04087) with a cohort for neighbourhood, as in the adaptive score normalisation
of speaker verification (Matejka et al. 2017). It is done for pooled vectors and for late interaction alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from faqkb.kb.index.passages import Kind, Passage
from faqkb.kb.language.scripts import LATIN, script_language
from faqkb.kb.vectors import Matrix, TokenVectors

LANGUAGES = ("zh", "en", "any")
"""What a baseline can be relative to: the cohort's questions in one language, or all of them."""
_NEAREST = 10  # as in CSLS
_DECIMALS = 6  # stored; far below any difference that counts, far above what the number of threads changes

Baselines = npt.NDArray[np.float32]
"""(rows, len(LANGUAGES)) float32: mean score of the nearest cohort questions, by language."""


class Cohort:
    """The cohort's questions by language, as vectors and as token vectors."""

    def __init__(self, languages: Sequence[str], vectors: Matrix, tokens: Sequence[TokenVectors]) -> None:
        """Take language, vector and token vectors of each question, row by row."""
        self._members = {
            name: np.array([at for at, own in enumerate(languages) if name in {own, LANGUAGES[-1]}])
            for name in LANGUAGES
        }
        self._vectors = vectors.T
        self._tokens = np.concatenate(tokens)
        self._lengths = np.array([len(own) for own in tokens])
        self._starts = (np.cumsum(self._lengths) - self._lengths).tolist()

    def baselines(self, vectors: Matrix) -> Baselines:
        """Return what the cohort scores by cosine against each vector, shape (len(vectors), len(LANGUAGES))."""
        return self._nearest(vectors @ self._vectors)

    def late_baseline(self, text: TokenVectors) -> Baselines:
        """Return what the cohort's questions score by late interaction against a text, shape (1, len(LANGUAGES))."""
        best = (self._tokens @ text.T).max(axis=1)
        return self._nearest((np.add.reduceat(best, self._starts) / self._lengths)[None, :])

    def _nearest(self, scores: npt.NDArray[np.float32]) -> Baselines:
        """Return the mean of the highest scores of each row, by language of the cohort's question."""
        columns = [
            np.partition(scores[:, members], -_NEAREST, axis=1)[:, -_NEAREST:].mean(axis=1)
            for members in self._members.values()
        ]
        return np.stack(columns, axis=1).round(_DECIMALS).astype(np.float32)


def cohort_language(language: str) -> str:
    """Return which baseline to use for a language: its own, or that of the whole cohort."""
    return language if language in LANGUAGES else LANGUAGES[-1]


@cache
def cohort_questions() -> tuple[Passage, ...]:
    """Return the cohort's questions; they belong to no record, so their position is -1."""
    text = files("faqkb.kb.index").joinpath("cohort.txt").read_text(encoding="utf-8")
    return tuple(Passage(-1, Kind.QUESTION, line) for line in text.splitlines() if line and not line.startswith("#"))


@cache
def cohort_languages() -> tuple[str, ...]:
    """Return the language of each of them, by its script: all that are in Latin letters are English.

    Asking the detector would come to the same, and loading it takes longer than all else that one new record costs.
    """
    scripts = (script_language(question.text) for question in cohort_questions())
    return tuple("en" if script == LATIN else script for script in scripts)
