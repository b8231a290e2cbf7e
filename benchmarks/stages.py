"""Where the time of one question goes: each stage by itself, over knowledge bases of several sizes.

With `--json` one document a folder, every question in it. With `--one-core` all of a question's work is done on one
core, one thing after the other: its stages are then seconds of a core, as capacity is reckoned in.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as `faq ask`, `faq serve` and `faq eval` set it

import numpy as np
import psutil
from support import corpus_questions

from faqkb.kb.answers import Answer
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.retrieval import answering, finding, ranking

QUESTIONS = 100
WARMING = 10  # of them are asked before and not counted
REST = "the rest"
ALL = "in all"


class Stages:
    """Seconds of each stage of each question; what a stage calls that is a stage itself is not counted twice."""

    def __init__(self) -> None:
        self.questions: list[dict[str, float]] = []
        """Seconds by stage of each question, those of `ALL` in them."""
        self._own: dict[str, float] = defaultdict(float)
        self._inner = 0.0

    def timed(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """Return a call that is counted for a stage."""

        def counted(*given: Any, **named: Any) -> Any:
            started, outer = time.perf_counter(), self._inner
            self._inner = 0.0
            try:
                return call(*given, **named)
            finally:
                took = time.perf_counter() - started
                self._own[name] += took - self._inner
                self._inner = outer + took

        return counted

    def question(self, ask: Callable[[], object]) -> None:
        """Ask one question and keep what each stage took."""
        self._own.clear()
        self.timed(REST, ask)()
        self.questions.append({**self._own, ALL: sum(self._own.values())})


def stages_of(knowledge: KnowledgeBase) -> Iterator[tuple[object, str, str]]:
    """Yield what is timed: object, attribute, stage."""
    encoder, indexes = knowledge.encoder, knowledge._indexes
    yield encoder, "_tokens", "tokenise"
    yield encoder, "_run", "encode"
    yield finding, "as_meant", "spelling"
    yield finding, "without_names", "names"
    yield indexes.vectors, "search", "dense search"
    yield indexes.words, "match", "words"
    yield ranking, "_nearest_passages", "passages of candidates"
    yield ranking, "_nearest_views", "late interaction"
    yield ranking, "_with_confidence", "fuse"
    yield answering, "_hit", "read the records"
    yield answering, "highlight", "highlight"
    yield answering, "why", "reasons"
    yield Answer, "to_json", "serialise"


@contextmanager
def watched(knowledge: KnowledgeBase, stages: Stages) -> Iterator[None]:
    """Time every stage of a knowledge base while the context lasts."""
    before = []
    for owner, attribute, name in stages_of(knowledge):
        call = getattr(owner, attribute)
        before.append((owner, attribute, call))
        setattr(owner, attribute, stages.timed(name, call))
    try:
        yield
    finally:
        for owner, attribute, call in before:
            setattr(owner, attribute, call)


def measure(folder: Path, questions: list[str], turns: int) -> dict[str, Any]:
    """Return the seconds to open a knowledge base, the megabytes held at the end, and the stages of each question."""
    started = time.perf_counter()
    knowledge = KnowledgeBase.open(folder)
    opened = time.perf_counter() - started
    for question in questions[:WARMING]:
        knowledge.ask(question)
    stages = Stages()
    with watched(knowledge, stages):
        for question in questions * turns:
            stages.question(lambda question=question: knowledge.ask(question).to_json())
    resident = psutil.Process().memory_info().rss / 1e6
    knowledge.close()
    return {"folder": folder.name, "opened": opened, "resident_mb": resident, "questions": stages.questions}


def percentiles(questions: Sequence[dict[str, float]]) -> dict[str, tuple[float, float]]:
    """Return p50 and p95 in milliseconds of each stage, the slowest first; a question without a stage counts as 0."""
    names = {name for question in questions for name in question}
    found = {name: np.percentile([one.get(name, 0.0) for one in questions], (50, 95)) * 1000 for name in names}
    return {
        name: (float(half), float(most)) for name, (half, most) in sorted(found.items(), key=lambda one: -one[1][0])
    }


def show(measured: dict[str, Any]) -> None:
    """Print the stages of one folder."""
    print(f"\n{measured['folder']}: opened in {measured['opened']:.2f} s, {measured['resident_mb']:.0f} MB resident")
    for name, (half, most) in percentiles(measured["questions"]).items():
        print(f"  {name:<24} p50 {half:7.2f} ms   p95 {most:7.2f} ms")


def keep_to_one_core() -> None:
    """Let this process have one core, and let it know: threads are made by what it is told."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    os.cpu_count = lambda: 1


def main() -> None:
    """Print the stages of each folder."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folders", nargs="+", type=Path, help="folders of knowledge bases")
    options.add_argument("--json", action="store_true", help="one document a line")
    options.add_argument("--one-core", action="store_true", help="seconds of one core")
    options.add_argument("--turns", type=int, default=1, help="how often each question is asked")
    given = options.parse_args()
    if given.one_core:
        keep_to_one_core()
    questions = corpus_questions(QUESTIONS)
    for folder in given.folders:
        measured = measure(folder, questions, given.turns)
        if given.json:
            print(json.dumps(measured))
        else:
            show(measured)


if __name__ == "__main__":
    main()
