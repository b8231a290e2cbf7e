"""Holds a real Milvus server to what docs/milvus.md promises, at a size of your choice: `make test-milvus`.

Records are made by a seed, their vectors are sums of a random one for each word: what is tested is the store, not the
encoder, which would take hours. The server is started, filled, asked, published to under load, killed with SIGKILL and
started again; every answer is compared with that of the files.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

import numpy as np

from faqkb.faq.bootstrap import encoder_folder
from faqkb.kb.building.build import build_snapshot
from faqkb.kb.errors import KbError, MilvusAway
from faqkb.kb.index.late_interaction import quantise
from faqkb.kb.index.passages import Kind
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.milvus.address import KINDS, MilvusAddress
from faqkb.kb.milvus.client import Milvus
from faqkb.kb.milvus.opening import MilvusBase
from faqkb.kb.milvus.publishing import push_snapshot, roll_back
from faqkb.kb.model.encoder import Encoded, Encoder
from faqkb.kb.records import EVERY_RECORD, Filter, Record, Source
from faqkb.kb.vectors import Embedding, Matrix

ROOT = Path(__file__).resolve().parent.parent
SERVER = ROOT / ".venv-milvus" / "bin" / "milvus-server"
PORT = 19530
START_SECONDS = 240
BACK_SECONDS = 180  # until everything that was loaded is loaded again
TOLERANCE = 0.001  # of a confidence
SAME_FIRST = 0.99  # of the questions: above 100,000 passages Milvus searches a graph
VOCABULARY = [
    f"{start}{middle}{end}"
    for start in "bdfgklmnprst"
    for middle in ("a", "ei", "o", "u")
    for end in ("ban", "dor", "fil", "gem", "kas", "lun", "mit", "nor", "pel", "ris", "sot", "tav", "vex", "zul")
]


class WordEncoder(Encoder):
    """Stands for the prepared model: a text is the sum of its words."""

    def encode_query(self, text: str) -> Embedding:
        """Embed one question."""
        tokens = self._words(text)
        return Embedding(_unit(tokens.sum(axis=0)), tokens)

    def encode_passages(
        self, texts: Sequence[str], kinds: Sequence[Kind], progress: Callable[[int], None] = lambda done: None
    ) -> Encoded:
        """Embed passages, one row each."""
        found = [self._words(text) for text in texts]
        progress(len(texts))
        vectors = np.array([_unit(tokens.sum(axis=0)) for tokens in found], dtype=np.float32).reshape(-1, self.dim)
        return Encoded(vectors, tuple(quantise(tokens) for tokens in found), ())

    def token_spans(self, text: str, kind: Kind) -> tuple[range, ...]:
        """Return the characters of each word."""
        return tuple(range(0, 1) for _ in self._words(text))

    def _words(self, text: str) -> Matrix:
        return np.stack([_vector(word, self.dim) for word in (text.lower().split() or ["-"])[:16]])


@lru_cache(50_000)
def _vector(word: str, dim: int) -> Matrix:
    seed = int.from_bytes(blake2b(word.encode(), digest_size=8).digest(), "big")
    return _unit(np.random.default_rng(seed).normal(size=dim))


def _unit(vector: Matrix) -> Matrix:
    return (vector / max(float(np.linalg.norm(vector)), 1e-9)).astype(np.float32)


def made_records(count: int) -> list[Record]:
    """Return so many records of random words, in two languages, five folders and three versions."""
    chosen = random.Random(1)
    records = []
    for number in range(count):
        question = " ".join(["How", "do", "I", *chosen.choices(VOCABULARY, k=6), f"n{number % 5_000}"])
        answer = " ".join(chosen.choices(VOCABULARY, k=14)).capitalize() + "."
        path = f"part{number % 5}/file{number % 200}.md"
        records.append(
            Record(
                id=f"{path[:-3]}/{number}", question=question, answer=answer, answer_text=answer,
                answer_html=f"<p>{answer}</p>", source=Source(path, number + 1), language=("en", "zh")[number % 2],
                section=(f"Chapter {number % 50}",), tags=(f"tag{number % 20}",),
                versions=(f"{number % 3}.0",) if number % 4 else (),
            )
        )  # fmt: skip
    return records


def asked(records: Sequence[Record], count: int) -> Iterator[tuple[str, Filter]]:
    """Yield questions that are near some record, every second one with a filter."""
    chosen = random.Random(2)
    filters = (
        Filter(tags=("tag3",)), Filter(languages=("zh",)), Filter(paths=("part2/",)), Filter(sections=("chapter 7",)),
        Filter(versions=("1.0",)), Filter(paths=("part1",), languages=("en",), tags=("tag1", "tag6")),
    )  # fmt: skip
    for number in range(count):
        words = chosen.choice(records).question.split()[3:]
        chosen.shuffle(words)
        yield " ".join(words[:5]), filters[number % len(filters)] if number % 2 else EVERY_RECORD


def compare(here: KnowledgeBase, there: KnowledgeBase, questions: Sequence[tuple[str, Filter]]) -> str:
    """Compare answers; return a sentence. Raises AssertionError."""
    firsts, furthest, took = 0, 0.0, []
    for question, wanted in questions:
        expected = here.search(question, limit=5, filter=wanted)
        started = time.perf_counter()
        found = there.search(question, limit=5, filter=wanted)
        took.append(time.perf_counter() - started)
        firsts += bool(expected) and bool(found) and expected[0].record.id == found[0].record.id
        if expected and found and expected[0].record == found[0].record:
            furthest = max(furthest, abs(expected[0].confidence - found[0].confidence))
    share = firsts / len(questions)
    assert share >= SAME_FIRST, f"the same record first for {share:.3f} of the questions, expected {SAME_FIRST}"
    assert furthest <= TOLERANCE, f"a confidence differs by {furthest:.5f}, expected {TOLERANCE} at most"
    ms = np.percentile(np.array(took) * 1000, [50, 95])
    return (
        f"{len(questions)} questions: same record first {share:.3f}, confidence within {furthest:.1e};"
        f" p50 {ms[0]:.0f} ms, p95 {ms[1]:.0f} ms"
    )


class Server:
    """The Milvus server as a process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Start it once its port is free, wait until it answers; return the seconds that took."""
        _wait_for_port()
        started = time.monotonic()
        log = (self._folder / "server.log").open("ab")
        self._process = subprocess.Popen(
            [SERVER, "--data", self._folder / "data"], stdout=log, stderr=log, start_new_session=True
        )
        log.close()
        while time.monotonic() - started < START_SECONDS:
            try:
                with closing(Milvus(ADDRESS)) as milvus:
                    milvus.collections()
            except MilvusAway:
                time.sleep(0.5)
            else:
                return time.monotonic() - started
        raise SystemExit(f"the server does not start; see {self._folder / 'server.log'}")

    def kill(self) -> None:
        """Kill it, and what it started, without a word."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def _wait_for_port() -> None:
    """Wait until the port can be bound: where connections of a killed server linger, the next one takes another."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", PORT))
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)
            else:
                return


ADDRESS = MilvusAddress(f"http://127.0.0.1:{PORT}", base="at_scale")


def tell(what: str) -> None:
    """Print a line at once."""
    print(what, flush=True)


@contextmanager
def under_load(
    base: MilvusBase, encoder: KnowledgeBase, questions: Sequence[tuple[str, Filter]]
) -> Iterator[list[str]]:
    """Ask all the time, in two threads, following the live snapshot; lend the list of what went wrong."""
    wrong: list[str] = []
    done = threading.Event()
    counts: list[int] = []

    def ask(first: int) -> None:
        knowledge = base.open(before=encoder)
        count = 0
        while not done.is_set():
            question, wanted = questions[(first + count) % len(questions)]
            try:
                if base.live_name() != knowledge.name:
                    knowledge.close()
                    knowledge = base.open(before=encoder)
                knowledge.search(question, limit=3, filter=wanted)
            except KbError as error:
                wrong.append(str(error))
            count += 1
        counts.append(count)

    threads = [threading.Thread(target=ask, args=(first,)) for first in (0, 17)]
    for thread in threads:
        thread.start()
    try:
        yield wrong
    finally:
        done.set()
        for thread in threads:
            thread.join()
    tell(f"  {sum(counts)} questions were asked meanwhile, {len(wrong)} failed")


def timed(what: str, job: Callable[[], object]) -> None:
    """Do a job, and tell how long it took."""
    started = time.monotonic()
    job()
    tell(f"{what}: {time.monotonic() - started:.1f} s")


def run(count: int, folder: Path) -> None:
    """Go through all of it. Raises AssertionError."""
    encoder = WordEncoder(encoder_folder(folder / "kb"))
    records = made_records(count)
    kb = folder / "kb"
    names = [timed_build(kb, records, encoder)]
    questions = list(asked(records, 100))
    server = Server(folder)
    tell(f"server started: {server.start():.1f} s")
    try:
        with closing(Milvus(ADDRESS)) as milvus, closing(MilvusBase(ADDRESS, encoder.folder)) as base:
            timed("first publish", lambda: push_snapshot(kb, names[0], milvus))
            seed = KnowledgeBase.open(kb)
            before = KnowledgeBase(seed._files, seed._indexes, encoder)
            timed("opened", lambda: base.open(before=before).close())
            with closing(base.open(before=before)) as there:
                tell(f"equal to files: {compare(before, there, questions)}")
            changed = [*(replace(one, answer=f"New. {one.answer}") for one in records[:100]), *records[100:]]
            names.append(timed_build(kb, changed, encoder))
            with under_load(base, before, questions) as wrong:
                timed("publish under load", lambda: push_snapshot(kb, names[1], milvus))
            assert not wrong, wrong[0]
            with closing(base.open(before=before)) as there:
                assert there.name == names[1]
                outlives(server, milvus, there, before, questions)
            roll_back(milvus, names[0])
            assert base.live_name() == names[0]
            tell("rolled back")
    finally:
        server.kill()


def timed_build(kb: Path, records: Sequence[Record], encoder: Encoder) -> str:
    """Build a snapshot on this machine; return its name."""
    started = time.monotonic()
    published = build_snapshot(kb, records, encoder)
    tell(f"snapshot of {published.records} records, {published.passages} passages: {time.monotonic() - started:.1f} s")
    return published.snapshot


def outlives(
    server: Server, milvus: Milvus, there: KnowledgeBase, here: KnowledgeBase, questions: Sequence[tuple[str, Filter]]
) -> None:
    """Kill the server and start it again: an error in time, then everything as it was, for who had it open too."""
    counts = {kind: milvus.count(ADDRESS.collection(there.name, kind)) for kind in KINDS}
    server.kill()
    started = time.monotonic()
    try:
        there.search("a question that nobody asked before")
    except MilvusAway as error:
        tell(f"killed: after {time.monotonic() - started:.1f} s, {error}")
    else:
        raise AssertionError("a killed server answered")
    tell(f"server started again: {server.start():.1f} s")
    deadline = time.monotonic() + BACK_SECONDS
    while True:
        try:
            there.search("another question that nobody asked before")
        except MilvusAway:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
        else:
            break
    tell(f"answering again, on the same connection: {time.monotonic() - started:.1f} s after the kill")
    again = {kind: milvus.count(ADDRESS.collection(there.name, kind)) for kind in KINDS}
    assert again == counts, f"rows were lost: {again}, before the kill {counts}"
    tell(f"nothing lost: {again}")
    tell(f"equal to files: {compare(here, there, questions)}")


def main() -> None:
    """Parse the arguments, and run in a folder that goes afterwards."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=200_000)
    arguments = parser.parse_args()
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", PORT)) == 0:
            sys.exit(f"something listens on port {PORT} already; stop it, this test starts a server of its own")
    folder = Path(tempfile.mkdtemp(prefix="faq-milvus-"))
    try:
        run(arguments.records, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
