"""Questions about nothing in particular, to tell a near passage from one that is near to everything.

Cosines of this kind of encoder lie between 0.75 and 0.95, related or not, and differ by language and by passage. What
an unrelated question scores is measured instead of guessed: the mean cosine to the ten nearest of a fixed cohort is
taken off, once for the query and once for the passage. This is CSLS (Conneau et al. 2017, arXiv 1710.04087) with a
cohort for neighbourhood, as in the adaptive score normalisation of speaker verification (Matejka et al. 2017).
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from kb.dense import Matrix, Vector
from kb.passages import Kind, Passage

LANGUAGES = ("zh", "en", "any")
"""What a baseline can be relative to: the cohort's questions in one language, or all of them."""
_NEAREST = 10  # as in CSLS
_DECIMALS = 6  # stored; far below any difference that counts, far above what the number of threads changes

Baselines = npt.NDArray[np.float32]
"""(rows, len(LANGUAGES)) float32: mean cosine to the nearest cohort questions, by language."""


@dataclass(frozen=True, slots=True)
class Cohort:
    """The cohort's questions and their vectors, row by row."""

    languages: tuple[str, ...]
    vectors: Matrix

    def baselines(self, vectors: Matrix) -> Baselines:
        """Return what unrelated questions score against each vector, shape (len(vectors), len(LANGUAGES))."""
        columns = [self._baseline(vectors, language) for language in LANGUAGES]
        return np.stack(columns, axis=1).round(_DECIMALS).astype(np.float32)

    def baseline(self, vector: Vector) -> dict[str, float]:
        """Return what unrelated questions score against one vector, by language."""
        return dict(zip(LANGUAGES, self.baselines(vector[None, :])[0].tolist(), strict=True))

    def _baseline(self, vectors: Matrix, language: str) -> npt.NDArray[np.float32]:
        rows = [at for at, own in enumerate(self.languages) if language in {own, LANGUAGES[-1]}]
        cosines = vectors @ self.vectors[rows].T
        nearest: npt.NDArray[np.float32] = np.partition(cosines, -_NEAREST, axis=1)[:, -_NEAREST:].mean(axis=1)
        return nearest


def cohort_language(language: str) -> str:
    """Return which baseline to use for a language: its own, or that of the whole cohort."""
    return language if language in LANGUAGES else LANGUAGES[-1]


def cohort_questions() -> tuple[Passage, ...]:
    """Return the cohort's questions; they belong to no record, so their position is -1."""
    text = files("kb").joinpath("cohort.txt").read_text(encoding="utf-8")
    return tuple(Passage(-1, Kind.QUESTION, line) for line in text.splitlines() if line and not line.startswith("#"))
