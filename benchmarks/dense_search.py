"""From how many passages on is it worth to look twice, and what does the first look lose?

`python benchmarks/dense_search.py [ROWS...]`. The vectors are the encoder's own of real passages, each again and again
with noise (cosine 0.93 to 0.99 to where it came from), so neighbours are as alike as on a large support site; the
questions are real ones. Processor time of one thread.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Callable

import numpy as np
from crowd import crowd
from results import Row, Table, at_least, print_tables
from support import corpus_questions, prepared_encoder

from faqkb.kb.index.coarse import CoarseIndex
from faqkb.kb.index.cohort import cohort_questions
from faqkb.kb.index.dense import FaissIndex
from faqkb.kb.index.passages import passages_of
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.retrieval.ranking import DENSE_CANDIDATES
from faqkb.kb.vectors import Matrix, Vector

SIZES = (20_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000)
REAL = 1_000  # records that are embedded
QUESTIONS = 60
LIKE = (0.93, 0.99)
LOST = 0.98  # recall@10 of exact search that is promised


def embedded(encoder: Encoder) -> Matrix:
    """Return the vectors of real passages."""
    records = list(itertools.islice(crowd(REAL), REAL))
    passages = [each for at, record in enumerate(records) for each in passages_of(record, at, encoder.split)]
    passages.sort(key=lambda each: len(each.text))  # texts of one length are embedded together
    return encoder.encode_passages([each.text for each in passages], [each.kind for each in passages]).vectors


def multiplied(vectors: Matrix, rows: int) -> Matrix:
    """Return so many vectors, each one of these with noise; half floats, to be small."""
    chance = np.random.default_rng(7)
    found = np.empty((rows, vectors.shape[1]), dtype=np.float16)
    for start in range(0, rows, len(vectors)):
        noise = chance.standard_normal(vectors.shape, dtype=np.float32)
        noise /= np.linalg.norm(noise, axis=1, keepdims=True)
        like = chance.uniform(*LIKE, (len(vectors), 1)).astype(np.float32)
        some = like * vectors + np.sqrt(1 - like * like) * noise
        found[start : start + len(vectors)] = (some / np.linalg.norm(some, axis=1, keepdims=True))[: rows - start]
    return found


def milliseconds(search: Callable[[Vector], object], queries: Matrix) -> float:
    """Return the median processor time of a search."""
    taken = []
    for query in queries:
        started = time.thread_time()
        search(query)
        taken.append(time.thread_time() - started)
    return float(np.median(taken)) * 1_000


def compared(vectors: Matrix, queries: Matrix, centre: Vector) -> Table:
    """Return what both ways take and what the first look loses."""
    started = time.thread_time()
    coarse = CoarseIndex.build(vectors, centre)
    built = time.thread_time() - started
    content = FaissIndex.build(vectors).to_bytes()
    exact = FaissIndex.from_bytes(content, vectors.shape[1], len(vectors))
    twice = FaissIndex.from_bytes(content, vectors.shape[1], len(vectors), coarse)
    kept: dict[int, list[float]] = {1: [], 10: [], DENSE_CANDIDATES: []}
    for query in queries:
        wanted = [each.row for each in exact.search(query, DENSE_CANDIDATES)]
        found = {each.row for each in twice.search(query, DENSE_CANDIDATES)}
        for most, shares in kept.items():
            shares.append(len(found.intersection(wanted[:most])) / most)
    alone, both = (milliseconds(lambda query, i=i: i.search(query, DENSE_CANDIDATES), queries) for i in (exact, twice))
    return Table(
        f"{len(vectors):,} passages",
        (
            Row("all of them, exactly", alone, "ms"),
            Row("codes, then the nearest exactly", both, "ms"),
            Row("exactly / codes first", alone / both),
            *(
                Row(f"of the first {most}, found", float(np.mean(shares)), aim=at_least(LOST) if most == 10 else None)
                for most, shares in kept.items()
            ),
            Row("coding them", built, "s"),
        ),
    )


def main() -> bool:
    """Measure every size; return whether the bound holds."""
    encoder = prepared_encoder()
    real = embedded(encoder)
    cohort = cohort_questions()
    centre = encoder.encode_passages([each.text for each in cohort], [each.kind for each in cohort]).vectors.mean(
        axis=0
    )
    queries = np.array([encoder.encode_query(each).vector for each in corpus_questions(QUESTIONS)])
    sizes = [int(each) for each in sys.argv[1:]] or SIZES
    return print_tables([compared(multiplied(real, rows), queries, centre) for rows in sizes])


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
