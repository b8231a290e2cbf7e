"""A warm question through the library, against a bare ONNX Runtime call on the same tokens and against txtai."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as `faq ask`, `faq serve` and `faq eval` set it

import numpy as np
import onnxruntime
from support import (
    Peer,
    Row,
    build_peer_index,
    corpus_questions,
    corpus_records,
    milliseconds,
    prepared_encoder,
    print_table,
    workshop,
)
from tokenizers import Tokenizer

from faqkb.kb.building.build import build_snapshot
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.model.files import MODEL_FILE, TOKENIZER_FILE

QUESTIONS = 120
ROUNDS = 3  # of each contender in turn, so that all meet the same machine
PAUSE_SECONDS = 0.5  # between contenders: threads of the one before spin for a while and would slow the next


def seconds_of(call: Callable[[], object]) -> float:
    """Return the seconds a call takes."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def main() -> bool:
    """Measure and print; return whether the aims are met."""
    records, questions = corpus_records(), corpus_questions(QUESTIONS)
    encoder = prepared_encoder()
    tokenizer = Tokenizer.from_file(str(encoder.folder / TOKENIZER_FILE))
    session = onnxruntime.InferenceSession(str(encoder.folder / MODEL_FILE), providers=["CPUExecutionProvider"])
    tokens = [np.array([tokenizer.encode(encoder.manifest.query_prefix + text).ids]) for text in questions]
    bare, ours, theirs = [], [], []
    with workshop() as folder:
        build_snapshot(folder / "kb", records, encoder)
        knowledge = KnowledgeBase.open(folder / "kb")
        peer = Peer(build_peer_index(folder / "txtai", records))
        for text in questions[:10]:
            knowledge.ask(text), peer.ask(text)
        feeds = [{"input_ids": ids, "attention_mask": np.ones_like(ids)} for ids in tokens]
        for _ in range(ROUNDS):
            time.sleep(PAUSE_SECONDS)
            bare += [seconds_of(lambda feed=feed: session.run(["sentence_embedding"], feed)) for feed in feeds]
            time.sleep(PAUSE_SECONDS)
            ours += [seconds_of(lambda text=text: knowledge.ask(text)) for text in questions]
            time.sleep(PAUSE_SECONDS)
            theirs += [peer.ask(text) for text in questions]
        peer.close()
        knowledge.close()
    to_bare = milliseconds(ours) / milliseconds(bare)
    to_peer = milliseconds(ours) / milliseconds(theirs)
    length = int(np.median([ids.size for ids in tokens]))
    return print_table(
        f"Warm question, {len(records)} records, p50 of {len(questions)} questions of about {length} tokens",
        [
            Row("bare ONNX Runtime call on the same tokens", f"{milliseconds(bare):.2f} ms"),
            Row("KnowledgeBase.ask", f"{milliseconds(ours):.2f} ms"),
            Row("txtai", f"{milliseconds(theirs):.2f} ms"),
            Row("ask / bare call", f"{to_bare:.2f}", "at most 3", to_bare <= 3),
            Row("ask / txtai", f"1/{1 / to_peer:.1f}", "at most 1/3", to_peer <= 1 / 3),
        ],
    )


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
