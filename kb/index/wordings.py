"""Which record a query belongs to, of those with many wordings: a classifier over the wordings' vectors.

A chatbot's intents have a dozen wordings each, and what tells them apart is more than which wording is nearest. A
multinomial logistic regression is fitted at ingest, in a second or two, by Nesterov's accelerated gradient, on vectors
whitened by their covariance within a record (as linear discriminant analysis does; shrinkage of Friedman 1989).
On 150 intents of 15 wordings it puts 0.93 of the queries first, the nearest wording alone 0.85; docs/quality.md has the
figures together with all other parts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from faqkb.kb.errors import SnapshotDamaged
from faqkb.kb.index.passages import MANY_WORDINGS
from faqkb.kb.vectors import Halves, Matrix, Vector

_CELLS = 20_000_000  # wordings times records: 20 s; more are told by their nearest wording alone
_SHRINKAGE = 0.6  # of the covariance towards a sphere; 0.1 to 1.0 differ by 0.02
_PENALTY = 0.03
_STEPS = 80
_DECIMALS = 4  # stored; far above what the number of threads changes
_LARGEST_WEIGHT = 1e6  # stored; what is fitted stays below a thousand
_LEAST_EVIDENCE = -4.0  # log of a probability over chance; what is less likely is all the same

_Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class WordingClassifier:
    """The fitted classifier; without records it says nothing of any."""

    positions: tuple[int, ...]
    """Of the records it knows, ascending."""
    weights: npt.NDArray[np.float32]
    """(records, dim + 1): logit of each is `weights[:, :-1] @ vector + weights[:, -1]`."""

    def evidence(self, query: Vector) -> Mapping[int, float]:
        """Return the logarithm of how many times likelier than chance each record is, by position."""
        if not self.positions:
            return {}
        logits = self.weights[:, :-1] @ query + self.weights[:, -1]
        logits -= logits.max()
        logs = logits - math.log(float(np.exp(logits).sum())) + math.log(len(self.positions))
        return dict(zip(self.positions, np.maximum(logs, _LEAST_EVIDENCE).tolist(), strict=True))

    def to_bytes(self) -> bytes:
        """Return the content of its file: the positions as uint32, then the weights as float32, little-endian."""
        return np.array(self.positions, dtype="<u4").tobytes() + self.weights.astype("<f4").tobytes()


def classifier_from(content: bytes, records: int, dim: int) -> WordingClassifier:
    """Return the stored classifier of some of so many records. Raises SnapshotDamaged where it is none."""
    count, odd = divmod(len(content), 4 + 4 * (dim + 1))
    if odd:
        raise SnapshotDamaged("the classifier of wordings is cut short; run `faq ingest`")
    positions = np.frombuffer(content, dtype="<u4", count=count).tolist()
    weights = np.frombuffer(content, dtype="<f4", offset=4 * count) if count else np.empty(0, dtype="<f4")
    ascends = all(one < other for one, other in pairwise([-1, *positions, records]))
    if not ascends or not (np.abs(weights) <= _LARGEST_WEIGHT).all():  # what is no number is not smaller either
        raise SnapshotDamaged("the classifier of wordings is not one of its records; run `faq ingest`")
    return WordingClassifier(tuple(positions), weights.reshape(-1, dim + 1))


def fit_wordings(positions: npt.NDArray[np.uint32], vectors: Matrix | Halves) -> WordingClassifier:
    """Return the classifier of the records with many wordings; an empty one where there are fewer than two.

    Of each wording `positions` has the record, and `vectors` the vector, shape (wordings, dim).
    """
    owners, labels, counts = np.unique(positions, return_inverse=True, return_counts=True)
    many = counts >= MANY_WORDINGS
    chosen = many[labels]
    dim = vectors.shape[1]
    if many.sum() < 2 or int(chosen.sum()) * int(many.sum()) > _CELLS:
        return WordingClassifier((), np.empty((0, dim + 1), dtype=np.float32))
    classes = np.cumsum(many) - 1
    fitted = _fitted(vectors[chosen].astype(np.float64), classes[labels[chosen]], int(many.sum()))
    return WordingClassifier(tuple(owners[many].tolist()), fitted)


def _fitted(vectors: _Values, labels: npt.NDArray[np.int64], classes: int) -> npt.NDArray[np.float32]:
    """Return the weights, shape (classes, dim + 1)."""
    mean = vectors.mean(axis=0)
    whitening = _whitening(vectors, labels, classes)
    whitened = (vectors - mean) @ whitening
    scale = math.sqrt(float((whitened**2).sum(axis=1).mean())) or 1.0
    of_whitened = _descend(whitened / scale, np.eye(classes)[labels])
    weights = (whitening / scale @ of_whitened).T
    return np.hstack([weights, -(weights @ mean)[:, None]]).round(_DECIMALS).astype(np.float32)


def _whitening(vectors: _Values, labels: npt.NDArray[np.int64], classes: int) -> _Values:
    """Return the matrix that makes the shrunk covariance within a class the identity."""
    means = np.stack([vectors[labels == each].mean(axis=0) for each in range(classes)])
    left = vectors - means[labels]
    covariance = left.T @ left / len(left)
    dim = len(covariance)
    sphere = max(float(np.trace(covariance)) / dim, 1e-9) * np.eye(dim)
    found: _Values = np.linalg.cholesky(np.linalg.inv((1 - _SHRINKAGE) * covariance + _SHRINKAGE * sphere))
    return found


def _descend(features: _Values, targets: _Values) -> _Values:
    """Return the most likely weights, shape (dim, classes): Nesterov 1983, with the step of the loss's curvature."""
    rows = len(features)
    curvature = float(np.linalg.eigvalsh(features.T @ features)[-1]) / rows / 2 + _PENALTY / rows
    weights = np.zeros((features.shape[1], targets.shape[1]))
    ahead, momentum = weights, 1.0
    for _ in range(_STEPS):
        logits = features @ ahead
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        gradient = features.T @ (shares - targets) / rows + _PENALTY / rows * ahead
        following = ahead - gradient / curvature
        next_momentum = (1 + math.sqrt(1 + 4 * momentum * momentum)) / 2
        ahead = following + (momentum - 1) / next_momentum * (following - weights)
        weights, momentum = following, next_momentum
    return weights
