"""Building a knowledge base: passages a second against SentenceTransformer.encode, and building it again."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from support import Row, corpus_paths, full_precision_model, prepared_encoder, print_table, workshop

from faqkb.ingest import read_sources
from faqkb.kb.building.build import build_snapshot
from faqkb.kb.index.passages import Kind
from faqkb.kb.model.encoder import Encoded, Encoder
from faqkb.kb.model.loaded import quiet_libraries

ROUNDS = 3


class RememberingEncoder(Encoder):
    """An encoder that remembers what it was asked to embed, so that the peer embeds exactly that."""

    asked: tuple[str, ...] = ()

    def encode_passages(
        self, texts: Sequence[str], kinds: Sequence[Kind], progress: Callable[[int], None] = lambda done: None
    ) -> Encoded:
        """Embed passages and remember them with their prompts."""
        prefixes = [
            self.manifest.passage_prefix if kind is Kind.ANSWER else self.manifest.query_prefix for kind in kinds
        ]
        self.asked = tuple(prefix + text for prefix, text in zip(prefixes, texts, strict=True))
        return super().encode_passages(texts, kinds, progress)


def build(folder: Path, encoder: Encoder) -> float:
    """Read the Markdown files and build a knowledge base; return the seconds."""
    started = time.perf_counter()
    build_snapshot(folder, read_sources(corpus_paths()).records, encoder)
    return time.perf_counter() - started


def build_with_one_record_changed(folder: Path, encoder: Encoder) -> float:
    """Do it again with another answer in one record; return the seconds."""
    started = time.perf_counter()
    first, *others = read_sources(corpus_paths()).records
    changed = replace(first, answer=first.answer + "\n\nMore.", answer_text=first.answer_text + "\nMore.")
    build_snapshot(folder, [changed, *others], encoder)
    return time.perf_counter() - started


def load_sentence_transformer() -> Any:
    """Return the same weights in full precision on torch."""
    with quiet_libraries():
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - five seconds, and only here

        return SentenceTransformer(str(full_precision_model()), device="cpu")


def main() -> bool:
    """Measure and print; return whether the aims are met."""
    with workshop() as folder:
        whole, again, torch_seconds = [], [], []
        encoder = RememberingEncoder(prepared_encoder().folder)
        model = load_sentence_transformer()
        for round_number in range(ROUNDS):
            place = folder / f"kb{round_number}"
            whole.append(build(place, encoder))
            asked = encoder.asked
            again.append(build_with_one_record_changed(place, encoder))
            started = time.perf_counter()
            model.encode(list(asked), show_progress_bar=False)
            torch_seconds.append(time.perf_counter() - started)
    ours, torch_rate = (len(asked) / statistics.median(seconds) for seconds in (whole, torch_seconds))
    share = statistics.median(again) / statistics.median(whole)
    return print_table(
        f"Ingest of {len(corpus_paths())} files, {len(asked)} passages embedded, median of {ROUNDS}",
        [
            Row("whole ingest (parse, embed, index, publish)", f"{ours:.1f}/s"),
            Row("SentenceTransformer.encode on the same passages", f"{torch_rate:.1f}/s"),
            Row(
                "ingest / SentenceTransformer.encode",
                f"{ours / torch_rate:.2f}",
                "at least 1.5",
                ours / torch_rate >= 1.5,
            ),
            Row("first ingest", f"{statistics.median(whole):.2f} s"),
            Row("ingest again with one record changed", f"{statistics.median(again):.2f} s"),
            Row("again / first", f"1/{1 / share:.0f}", "at most 1/10", share <= 0.1),
        ],
    )


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
