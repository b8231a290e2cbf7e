"""Fits the weights and thresholds of kb/ranking.py on the development queries.

    python tools/fit_ranking.py [SHARED]

SHARED is the folder of test data (default: `shared` beside the checkout). Prints the constants to put into
kb/ranking.py, fitted on all queries, and what to expect of them: every query predicted by constants fitted on the
other four fifths. Writes nothing.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from sklearn.metrics import roc_auc_score

from ingest import read_sources
from kb.answers import Hit
from kb.build import build_snapshot
from kb.encoder import Encoder
from kb.evaluation import letters
from kb.knowledge import KnowledgeBase
from kb.language import twin_key
from kb.model_files import default_folder

PADDLECLAS = "data/corpora/PaddlePaddle+PaddleClas"
CONTENT = Path(__file__).resolve().parents[1] / "content"
CANDIDATES = 20  # hits of each query that are ordered anew
FOLDS = 5
PARTS = ("cosine", "passage_baseline", "query_baseline", "lexical")
PASSAGE_SHARES = (0.5, 0.6, 0.7, 0.8, 0.9)  # of the passage's baseline; the query's takes the rest
LEXICAL_WEIGHTS = (0.0, 0.03, 0.05, 0.08, 0.12)
START = (100.0, -5.0)  # slope and intercept to start from


@dataclass(frozen=True, slots=True)
class Query:
    """One question and the records that answer it, by the letters of their question or the end of their id."""

    text: str
    answers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Ranked:
    """The hits of one query, translations of better hits left out."""

    fold: int
    parts: npt.NDArray[np.float64]
    """Shape (hits, parts)."""
    right: npt.NDArray[np.bool_]
    """Shape (hits,): whether each answers the query."""
    in_scope: bool


@dataclass(frozen=True, slots=True)
class Constants:
    """What kb/ranking.py holds."""

    weights: tuple[float, ...]
    slope: float
    intercept: float

    def confidences(self, query: Ranked) -> npt.NDArray[np.float64]:
        """Return the confidence of each hit."""
        return probabilities(query.parts @ np.array(self.weights), self.slope, self.intercept)


def probabilities(scores: npt.NDArray[np.float64], slope: float, intercept: float) -> npt.NDArray[np.float64]:
    """Return p(i) = exp(l(i)) / (1 + sum of exp(l(j))) with l = slope * score + intercept."""
    logits = slope * scores + intercept
    highest = max(0.0, float(logits.max()))
    odds = np.exp(logits - highest)
    return odds / (np.exp(-highest) + odds.sum())


def main() -> None:
    """Fit, and report what to expect."""
    shared = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2] / "shared"
    sets = {"138 records": paddleclas_queries(shared), "own content": content_queries(shared)}
    queries = [query for ranked in sets.values() for query in ranked]
    constants = fit(queries)
    print(f"WEIGHTS = {dict(zip(PARTS, constants.weights, strict=True))}")
    print(f"SLOPE = {constants.slope:.1f}\nINTERCEPT = {constants.intercept:.1f}")
    folds = [fit([query for query in queries if query.fold != fold]) for fold in range(FOLDS)]
    for name, ranked in sets.items():
        report(name, [(query, folds[query.fold].confidences(query)) for query in ranked])


def paddleclas_queries(shared: Path) -> list[Ranked]:
    """Return the development queries over the five Chinese PaddleClas files."""
    paths = sorted((shared / PADDLECLAS).glob("docs__zh_CN__FAQ__*.md"))
    labelled = [
        Query(entry["query"], frozenset(letters(question) for question in entry["relevant"]))
        for name in ("paddleclas_queries.jsonl", "oos.jsonl")
        for entry in map(json.loads, (shared / "data/dev" / name).read_text(encoding="utf-8").splitlines())
    ]
    return ranked_queries(paths, labelled)


def content_queries(shared: Path) -> list[Ranked]:
    """Return queries over our own content: the same questions in their authors' words, and out-of-scope ones."""
    own = {record.id.rpartition("/")[2] for record in read_sources([CONTENT]).records}
    theirs = [shared / "seed/faq_2021_s1.md", shared / PADDLECLAS / "docs__en__faq_series__faq_2021_s1_en.md"]
    labelled = [
        Query(record.question, frozenset({label}))
        for path in theirs
        for record in read_sources([path]).records
        if (label := record.id.rpartition("/")[2]) in own
    ]
    out_of_scope = (shared / "data/dev/oos.jsonl").read_text(encoding="utf-8").splitlines()
    labelled += [Query(json.loads(line)["query"], frozenset()) for line in out_of_scope]
    return ranked_queries([CONTENT], labelled)


def ranked_queries(paths: list[Path], queries: list[Query]) -> list[Ranked]:
    """Return the hits of queries over the records of some files."""
    with tempfile.TemporaryDirectory() as folder:
        build_snapshot(Path(folder), read_sources(paths).records, Encoder(default_folder()))
        knowledge = KnowledgeBase.open(Path(folder))
        found = [ranked(knowledge, query) for query in queries]
        knowledge.close()
    return found


def ranked(knowledge: KnowledgeBase, query: Query) -> Ranked:
    """Return parts and truth of a query's hits."""
    first: dict[str, Hit] = {}
    for hit in knowledge.search(query.text, limit=CANDIDATES):
        first.setdefault(twin_key(hit.record.id), hit)
    hits = list(first.values())
    names = [{letters(hit.record.question), hit.record.id.rpartition("/")[2]} for hit in hits]
    return Ranked(
        fold=hashlib.sha256(query.text.encode()).digest()[0] % FOLDS,
        parts=np.array([[hit.explanation.scores[part] for part in PARTS] for hit in hits]),
        right=np.array([bool(query.answers & own) for own in names]),
        in_scope=bool(query.answers),
    )


def fit(queries: list[Ranked]) -> Constants:
    """Return the weights with the best mean reciprocal rank, then slope and intercept by maximum likelihood."""
    choices = [(1.0, -share, round(share - 1.0, 3), lexical) for share in PASSAGE_SHARES for lexical in LEXICAL_WEIGHTS]
    weights = max(choices, key=lambda choice: mean_reciprocal_rank(queries, choice))
    scores = [query.parts @ np.array(weights) for query in queries]

    def loss(constants: npt.NDArray[np.float64]) -> float:
        total = 0.0
        for query, score in zip(queries, scores, strict=True):
            probability = probabilities(score, *constants)
            likely = probability[query.right].sum() if query.right.any() else 1.0 - probability.sum()
            total -= np.log(likely + 1e-9)
        return total

    slope, intercept = minimize(loss, START, method="Nelder-Mead").x
    return Constants(weights, float(slope), float(intercept))


def mean_reciprocal_rank(queries: list[Ranked], weights: tuple[float, ...]) -> float:
    """Return the MRR over the in-scope queries."""
    ranks = []
    for query in queries:
        if query.in_scope:
            order = np.argsort(-(query.parts @ np.array(weights)), kind="stable")
            found = np.flatnonzero(query.right[order])
            ranks.append(1.0 / (found[0] + 1) if len(found) else 0.0)
    return float(np.mean(ranks))


def report(name: str, predicted: list[tuple[Ranked, npt.NDArray[np.float64]]]) -> None:
    """Print R@1, AUROC and, by threshold, how many are answered and how many of these are right."""
    right = np.array([query.right[sure.argmax()] for query, sure in predicted])
    shown = np.array([query.right[np.argsort(-sure)[:3]].any() for query, sure in predicted])
    sure = np.array([confidences.max() for _, confidences in predicted])
    in_scope = np.array([query.in_scope for query, _ in predicted])
    print(
        f"{name}, cross-validated: {len(sure)} queries, R@1 {right[in_scope].mean():.3f},"
        f" AUROC of in scope {roc_auc_score(in_scope, sure):.3f}"
    )
    for threshold in (0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9):
        above = sure >= threshold
        print(
            f"  from {threshold:.2f}: right {right[above].mean():.2f}, in scope {above[in_scope].mean():.2f}"
            f" (right among three {(shown & above)[in_scope].mean():.2f}), out of scope {above[~in_scope].mean():.2f}"
        )


if __name__ == "__main__":
    main()
