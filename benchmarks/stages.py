"""Where the time of one question goes: each stage by itself, over knowledge bases of several sizes."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as `faq ask`, `faq serve` and `faq eval` set it

import numpy as np
from support import corpus_questions

from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.retrieval import answering, finding, ranking

QUESTIONS = 100
REST = "the rest"


class Stages:
    """Seconds of each stage of each question; what a stage calls that is a stage itself is not counted twice."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = defaultdict(list)
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
        for name in self._own:
            self.seconds[name].append(self._own[name])
        self.seconds["in all"].append(sum(self._own.values()))


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


def measure(folder: Path, questions: Sequence[str]) -> tuple[float, dict[str, list[float]]]:
    """Return the seconds to open, and those of each stage by question."""
    started = time.perf_counter()
    knowledge = KnowledgeBase.open(folder)
    opened = time.perf_counter() - started
    for question in questions[:10]:
        knowledge.ask(question)
    stages = Stages()
    with watched(knowledge, stages):
        for question in questions:
            stages.question(lambda question=question: knowledge.ask(question).to_json())
    knowledge.close()
    return opened, stages.seconds


def main(folders: Sequence[Path]) -> None:
    """Print a table of the stages for each folder."""
    questions = corpus_questions(QUESTIONS)
    for folder in folders:
        opened, seconds = measure(folder, questions)
        print(f"\n{folder.name}: opened in {opened:.2f} s")
        for name, taken in sorted(seconds.items(), key=lambda one: -float(np.median(one[1]))):
            half, most = (np.percentile(taken, share) * 1000 for share in (50, 95))
            print(f"  {name:<24} p50 {half:7.2f} ms   p95 {most:7.2f} ms")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path, help="folders of knowledge bases")
    sys.exit(main(parser.parse_args().folders))
