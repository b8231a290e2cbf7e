"""Questions put together by meaning: greedy communities, as sentence-transformers' `community_detection` finds them.

Each question and all within reach of it are a candidate; the largest candidate becomes a community, its questions
leave the others, and so on. The work is quadratic in the number of questions: 2,000 take a tenth of a second.
Source: sentence-transformers, util.community_detection (Reimers and Gurevych, arXiv 1908.10084).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from faqkb.kb.index.marks import conflicts
from faqkb.kb.vectors import Matrix, Vector

# Cosine after the centre is taken out. Of pairs put together in 60 intents and 80 single questions of clinc150, 0.97
# ask the same; of 8,983 pairs of near questions of our own sets 21 are put together: `python tools/gaps_quality.py`.
TOGETHER = 0.7


def centred(vectors: Matrix, centre: Vector) -> Matrix:
    """Return unit vectors without what all questions to one FAQ have in common, its subject."""
    moved = vectors - centre
    lengths = np.linalg.norm(moved, axis=1, keepdims=True)
    result: Matrix = moved / np.maximum(lengths, np.finfo(np.float32).tiny)
    return result


def communities(
    vectors: Matrix, weights: Sequence[float], marks: Sequence[frozenset[str]], *, together: float = TOGETHER
) -> list[list[int]]:
    """Return the rows of unit vectors, shape (n, dim), in communities, the most central row of each first.

    Every row is in one; one that is like no other is alone. Rows whose marks conflict (opposites, numbers) are never
    together with the centre of one: "open" and "close" lie side by side for an encoder. Weightier ones come first.
    """
    near = _near(vectors, marks, together)
    left = np.ones(len(vectors), dtype=bool)
    sizes = near.sum(axis=1)
    found = []
    weighed = np.asarray(weights, dtype=np.float64)
    while left.any():
        # Of equally large ones the weightier, then the first: the same input gives the same communities.
        seed = int(np.lexsort((-weighed, -np.where(left, sizes, -1)))[0])
        members = np.flatnonzero(near[seed] & left)
        left[members] = False
        sizes -= near[:, members].sum(axis=1)
        found.append(_central_first(members, vectors, weighed))
    return sorted(found, key=lambda rows: (-sum(weights[row] for row in rows), rows[0]))


def _near(vectors: Matrix, marks: Sequence[frozenset[str]], together: float) -> npt.NDArray[np.bool_]:
    near: npt.NDArray[np.bool_] = vectors @ vectors.T >= together
    np.fill_diagonal(near, val=True)
    for row, column in np.argwhere(np.triu(near, 1)):
        if conflicts(marks[row], marks[column]):
            near[row, column] = near[column, row] = False
    return near


def _central_first(members: npt.NDArray[np.int64], vectors: Matrix, weights: npt.NDArray[np.float64]) -> list[int]:
    """Return the members with the one nearest to all of them, by their weights, first; then the weightier."""
    own = vectors[members]
    centrality = (own @ own.T) @ weights[members]
    central = int(members[int(np.argmax(centrality))])
    others = sorted((int(row) for row in members if row != central), key=lambda row: (-weights[row], row))
    return [central, *others]
