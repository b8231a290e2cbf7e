"""Building a knowledge base: passages a second against SentenceTransformer.encode and the peers; building it again."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bare import calls_a_second
from peers import PEERS
from results import Row, Table, at_least, at_most, higher_ratio, lower_ratio, print_tables
from support import corpus_paths, full_precision_model, prepared_encoder, workshop

from faqkb.ingest import read_sources
from faqkb.kb.building.build import build_snapshot
from faqkb.kb.index.passages import Kind
from faqkb.kb.model.encoder import Encoded, Encoder
from faqkb.kb.model.loaded import quiet_libraries

ROUNDS = 3
BARE = "bare ONNX Runtime calls"  # one on each core
AT_LEAST = {"SentenceTransformer.encode": 1.5, "txtai": 4.0, "Haystack": 4.0}  # times as many passages a second


class RememberingEncoder(Encoder):
    """An encoder that remembers what it was asked to embed, so that the peers embed exactly that."""

    asked: tuple[str, ...] = ()
    prompted: tuple[str, ...] = ()
    """The same with their prompts."""

    def encode_passages(
        self, texts: Sequence[str], kinds: Sequence[Kind], progress: Callable[[int], None] = lambda done: None
    ) -> Encoded:
        """Embed passages and remember them with their prompts."""
        prefixes = [
            self.manifest.passage_prefix if kind is Kind.ANSWER else self.manifest.query_prefix for kind in kinds
        ]
        self.asked += tuple(texts)
        self.prompted += tuple(prefix + text for prefix, text in zip(prefixes, texts, strict=True))
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


def measure() -> list[Table]:
    """Return what was measured."""
    whole, again, torch_seconds, bare = [], [], [], []
    theirs: dict[str, list[float]] = {peer.name: [] for peer in PEERS}
    with workshop() as folder:
        model = load_sentence_transformer()
        peers = {peer.name: peer.building() for peer in PEERS}
        for round_number in range(ROUNDS):
            encoder = RememberingEncoder(prepared_encoder().folder)
            whole.append(build(folder / f"kb{round_number}", encoder))
            asked, prompted = encoder.asked, encoder.prompted
            again.append(build_with_one_record_changed(folder / f"kb{round_number}", encoder))
            bare.append(len(prompted) / calls_a_second(encoder, prompted))
            started = time.perf_counter()
            model.encode(list(prompted), show_progress_bar=False)
            torch_seconds.append(time.perf_counter() - started)
            for name, peer in peers.items():
                theirs[name].append(peer.seconds_of(asked))
        for peer in peers.values():
            peer.close()
    seconds = {BARE: bare, "SentenceTransformer.encode": torch_seconds, **theirs}
    return [Table(_title(len(asked)), tuple(_rows(len(asked), whole, again, seconds)))]


def _title(count: int) -> str:
    return f"Ingest of {len(corpus_paths())} files, {count} passages embedded, median of {ROUNDS}"


def _rows(count: int, whole: Sequence[float], again: Sequence[float], others: dict[str, list[float]]) -> Iterator[Row]:
    """Yield the rates of all, ours against each other one's, and what building it again takes."""
    first = statistics.median(whole)
    yield Row("whole ingest (parse, embed, index, publish)", count / first, "/s")
    for name, seconds in others.items():
        yield Row(f"{name} on the same passages", count / statistics.median(seconds), "/s")
    for name, seconds in others.items():
        aim = None if name == BARE else at_least(AT_LEAST[name])
        yield higher_ratio(f"ingest / {name}", statistics.median(seconds) / first, aim)
    yield Row("first ingest", first, "s")
    yield Row("ingest again with one record changed", statistics.median(again), "s")
    yield lower_ratio("ingest again / first", statistics.median(again) / first, at_most(0.1))


if __name__ == "__main__":
    sys.exit(0 if print_tables(measure()) else 1)
