"""The encoder's graph alone, one text a call and a call on each core: what nothing built on it can be faster than."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import onnxruntime

from faqkb.kb.model.encoder import Encoder
from faqkb.kb.model.files import MODEL_FILE
from faqkb.kb.model.quantize import SLOW_FUSION
from faqkb.kb.prepared.table import RowTable
from faqkb.kb.prepared.tokenizer import PreparedTokenizer, cut_ids


def calls_a_second(encoder: Encoder, prompted: Sequence[str], *, turns: int = 1) -> float:
    """Return how many texts a second the graph takes, the longest first; `prompted` have their prompts."""
    manifest, cores = encoder.manifest, os.cpu_count() or 1
    tokenizer, table = (
        PreparedTokenizer(encoder.folder, manifest.vocabulary),
        RowTable(encoder.folder, manifest.vocabulary),
    )
    feeds = [table.feed(cut_ids(tokenizer.encode(text).ids, manifest.max_tokens)) for text in prompted]
    feeds.sort(key=lambda feed: -feed["input_ids"].size)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        str(encoder.folder / MODEL_FILE),
        options,
        providers=["CPUExecutionProvider"],
        disabled_optimizers=[SLOW_FUSION],
    )

    def run(feed: dict[str, object]) -> None:
        session.run(None, feed)

    with ThreadPoolExecutor(cores) as pool:
        list(pool.map(run, feeds[:cores]))
        started = time.perf_counter()
        list(pool.map(run, feeds * turns))
    return len(feeds) * turns / (time.perf_counter() - started)
