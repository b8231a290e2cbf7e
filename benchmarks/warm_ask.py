"""A warm question through the library, against a bare ONNX Runtime call on the same tokens and against the peers."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as `faq ask`, `faq serve` and `faq eval` set it

import numpy as np
import onnxruntime
from peers import PEERS
from results import Row, Table, at_most, lower_ratio, print_tables
from support import corpus_questions, corpus_records, milliseconds, prepared_encoder, workshop

from faqkb.kb.building.build import build_snapshot
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.model.files import MODEL_FILE
from faqkb.kb.prepared.table import RowTable
from faqkb.kb.prepared.tokenizer import PreparedTokenizer

QUESTIONS = 120
ROUNDS = 3  # of each contender in turn, so that all meet the same machine
PAUSE_SECONDS = 0.5  # between contenders: threads of the one before spin for a while and would slow the next


def seconds_of(call: Callable[[], object]) -> float:
    """Return the seconds a call takes."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def measure() -> list[Table]:
    """Return what was measured."""
    records, questions = corpus_records(), corpus_questions(QUESTIONS)
    encoder = prepared_encoder()
    tokenizer = PreparedTokenizer(encoder.folder, encoder.manifest.vocabulary)
    table = RowTable(encoder.folder, encoder.manifest.vocabulary)
    session = onnxruntime.InferenceSession(str(encoder.folder / MODEL_FILE), providers=["CPUExecutionProvider"])
    tokens = [tokenizer.encode(encoder.manifest.query_prefix + text).ids for text in questions]
    bare, ours = [], []
    theirs: dict[str, list[float]] = {peer.name: [] for peer in PEERS}
    with workshop() as folder:
        build_snapshot(folder / "kb", records, encoder)
        knowledge = KnowledgeBase.open(folder / "kb")
        peers = {peer.name: peer.asked(peer.index(folder / peer.key, records)) for peer in PEERS}
        for text in questions[:10]:
            for asked in (knowledge.ask, *(peer.seconds_of for peer in peers.values())):
                asked(text)
        feeds = [table.feed(ids) for ids in tokens]
        for _ in range(ROUNDS):
            time.sleep(PAUSE_SECONDS)
            bare += [seconds_of(lambda feed=feed: session.run(["sentence_embedding"], feed)) for feed in feeds]
            time.sleep(PAUSE_SECONDS)
            ours += [seconds_of(lambda text=text: knowledge.ask(text)) for text in questions]
            for name, peer in peers.items():
                time.sleep(PAUSE_SECONDS)
                theirs[name] += [peer.seconds_of(text) for text in questions]
        for peer in peers.values():
            peer.close()
        knowledge.close()
    length = int(np.median([len(ids) for ids in tokens]))
    one = milliseconds(ours)
    rows = (
        Row("bare ONNX Runtime call on the same tokens", milliseconds(bare), "ms"),
        Row("KnowledgeBase.ask", one, "ms"),
        *(Row(name, milliseconds(seconds), "ms") for name, seconds in theirs.items()),
        lower_ratio("ask / bare call", one / milliseconds(bare), at_most(1.5)),
        *(
            lower_ratio(f"ask / {name}", one / milliseconds(seconds), at_most(1 / 3))
            for name, seconds in theirs.items()
        ),
    )
    title = f"Warm question, {len(records)} records, p50 of {len(questions)} questions of about {length} tokens"
    return [Table(title, rows)]


if __name__ == "__main__":
    sys.exit(0 if print_tables(measure()) else 1)
