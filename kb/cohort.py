"""Questions about nothing in particular, to tell a near passage from one that is near to everything.

Cosines of this kind of encoder lie between 0.75 and 0.95, related or not, and differ by language and by passage. What
an unrelated question scores is measured instead of guessed: the mean cosine to the ten nearest of a fixed cohort is
taken off, once for the query and once for the passage. This is CSLS (Conneau et al. 2017, arXiv 1710.04087) with a
cohort for neighbourhood, as in the adaptive score normalisation of speaker verification (Matejka et al. 2017).
"""

from __future__ import annotations

from collections.abc import Sequence
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


class Cohort:
    """The cohort's questions by language, as vectors."""

    def __init__(self, languages: Sequence[str], vectors: Matrix) -> None:
        """Take the language and the vector of each question, row by row."""
        rows = {name: [at for at, own in enumerate(languages) if name in {own, LANGUAGES[-1]}] for name in LANGUAGES}
        self._vectors = {name: vectors[rows[name]].T for name in LANGUAGES}

    def baselines(self, vectors: Matrix) -> Baselines:
        """Return what unrelated questions score against each vector, shape (len(vectors), len(LANGUAGES))."""
        columns = [_mean_of_nearest(vectors @ self._vectors[name]) for name in LANGUAGES]
        return np.stack(columns, axis=1).round(_DECIMALS).astype(np.float32)

    def baseline(self, vector: Vector) -> dict[str, float]:
        """Return what unrelated questions score against one vector, by language."""
        return dict(zip(LANGUAGES, self.baselines(vector[None, :])[0].tolist(), strict=True))


def _mean_of_nearest(cosines: Matrix) -> Baselines:
    """Return the mean of the highest cosines of each row."""
    nearest: Baselines = np.partition(cosines, -_NEAREST, axis=1)[:, -_NEAREST:].mean(axis=1)
    return nearest


def cohort_language(language: str) -> str:
    """Return which baseline to use for a language: its own, or that of the whole cohort."""
    return language if language in LANGUAGES else LANGUAGES[-1]


def cohort_questions() -> tuple[Passage, ...]:
    """Return the cohort's questions; they belong to no record, so their position is -1."""
    text = files("kb").joinpath("cohort.txt").read_text(encoding="utf-8")
    return tuple(Passage(-1, Kind.QUESTION, line) for line in text.splitlines() if line and not line.startswith("#"))
