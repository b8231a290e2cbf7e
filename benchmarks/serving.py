"""Questions a second over HTTP under 64 clients, against txtai's own API on the same weights; and what overload does.

Both servers are processes of their own and are asked in turns by the same client, which shares the machine with them.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

import numpy as np
from bare import calls_a_second
from peers import TXTAI
from results import Row, Table, at_least, at_most, higher_ratio, print_tables
from support import OFFLINE, ROOT, corpus_questions, corpus_records, prepared_encoder, workshop

from faqkb.kb.building.build import build_snapshot

CLIENTS = 64
SECONDS = 8.0  # of one turn
ROUNDS = 3  # of each server in turn
P99_MS = 250  # of an answer, also where no question comes twice
CROWD = 280  # clients of the overload: more than the queue takes, no more than connections are accepted
QUESTIONS = 110
START_SECONDS = 60
_HEADER_END = b"\r\n\r\n"

Ask = Callable[[str], bytes]
"""Returns the request of a question as it is sent."""


@dataclass(slots=True)
class Load:
    """What a crowd of clients saw."""

    seconds: list[float] = field(default_factory=list)
    """Of each answer."""
    refused: list[float] = field(default_factory=list)
    """Of each 503."""
    failed: int = 0
    lasted: float = 0.0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.seconds) / self.lasted

    def add(self, other: Load) -> None:
        """Count another turn in."""
        self.seconds += other.seconds
        self.refused += other.refused
        self.failed += other.failed
        self.lasted += other.lasted


async def client(address: tuple[str, int], requests: Iterator[bytes], until: float, load: Load) -> None:
    """Ask one question after the other on one connection; after a 503 wait as it says, on a new connection."""
    loop = asyncio.get_running_loop()
    reader = writer = None
    while loop.time() < until:
        if writer is None or reader is None:
            reader, writer = await asyncio.open_connection(*address)
        started = time.perf_counter()
        writer.write(next(requests))
        try:
            head = await reader.readuntil(_HEADER_END)
            await reader.readexactly(_length(head))
        except (asyncio.IncompleteReadError, ConnectionError):
            load.failed += 1
            reader = writer = None
            continue
        took = time.perf_counter() - started
        status = head.split(b" ", 2)[1]
        if status == b"200":
            load.seconds.append(took)
        elif status == b"503":
            load.refused.append(took)
            writer.close()
            reader = writer = None
            await asyncio.sleep(1)
        else:
            load.failed += 1
    if writer is not None:
        writer.close()


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


async def crowd(address: tuple[str, int], clients: int, ask: Ask, questions: Sequence[str], seconds: float) -> Load:
    """Ask from many clients for a while."""
    load = Load()
    until = asyncio.get_running_loop().time() + seconds
    started = time.perf_counter()
    streams = (_requests(ask, questions, number) for number in range(clients))
    await asyncio.gather(*(client(address, stream, until, load) for stream in streams))
    load.lasted = time.perf_counter() - started
    return load


def _requests(ask: Ask, questions: Sequence[str], seed: int) -> Iterator[bytes]:
    chosen = random.Random(seed)
    while True:
        yield ask(chosen.choice(questions))


def ask_ours(question: str) -> bytes:
    """Return a question as `POST /api/v1/ask` takes it."""
    body = json.dumps({"question": question}).encode()
    head = (
        f"POST /api/v1/ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    )
    return f"{head}\r\n\r\n".encode() + body


def ask_peer(question: str) -> bytes:
    """Return a question as txtai's `GET /search` takes it."""
    return f"GET /search?query={quote(question)}&limit=3 HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


def stream_ours(question: str) -> bytes:
    """Return a question as `POST /v1/chat/completions` takes it, to be streamed."""
    asked = {"model": "faq", "stream": True, "messages": [{"role": "user", "content": question}]}
    body = json.dumps(asked).encode()
    head = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json"
    return f"{head}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


async def first_bytes(address: tuple[str, int], questions: Sequence[str]) -> list[float]:
    """Return the seconds until the first event of a stream, of questions whose answers are known, one client."""
    found = []
    for question in questions * 2:
        reader, writer = await asyncio.open_connection(*address)
        started = time.perf_counter()
        writer.write(stream_ours(question))
        await reader.readuntil(b"data: {")
        found.append(time.perf_counter() - started)
        writer.close()
    return found[len(questions) :]


_HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


def distinct(ask: Ask) -> Ask:
    """Return `ask` with questions that never come twice: each has a number of its own."""
    numbers = iter(range(1_000, 10_000_000))
    return lambda question: ask(f"{question} {next(numbers)}")


@contextmanager
def our_server(folder: Path) -> Iterator[tuple[str, int]]:
    """Serve a knowledge base."""
    command = [sys.executable, "-m", "faqkb", "serve", "--kb", str(folder), "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        parts = urlsplit(next(word for word in process.stdout.readline().split() if word.startswith("http")))
        try:
            yield parts.hostname or "", parts.port or 0
        finally:
            process.terminate()


@contextmanager
def peer_server(folder: Path, port: int) -> Iterator[tuple[str, int]]:
    """Serve txtai's index by its own API."""
    config = folder.with_suffix(".yml")
    config.write_text(f"path: {folder}\nwritable: false\nembeddings:\n  content: true\n", encoding="utf-8")
    command = [TXTAI.python, "-m", "uvicorn", "txtai.api:app", "--port", str(port), "--log-level", "warning"]
    with subprocess.Popen(command, env=OFFLINE | {"CONFIG": str(config)}) as process:
        try:
            asyncio.run(_until_it_answers(("127.0.0.1", port)))
            yield "127.0.0.1", port
        finally:
            process.terminate()


async def _until_it_answers(address: tuple[str, int]) -> None:
    for _ in range(START_SECONDS * 5):
        try:
            _, writer = await asyncio.open_connection(*address)
        except OSError:
            await asyncio.sleep(0.2)
        else:
            writer.close()
            return
    raise TimeoutError(f"nothing listens on {address}")


async def overload(address: tuple[str, int], questions: Sequence[str]) -> tuple[Load, Load]:
    """Ask from a crowd larger than the queue, and for the server's health beside it."""
    health = Load()
    until = asyncio.get_running_loop().time() + SECONDS
    beside = client(address, iter(lambda: _HEALTH, None), until, health)
    load, _ = await asyncio.gather(crowd(address, CROWD, distinct(ask_ours), questions, SECONDS), beside)
    return load, health


def p99(seconds: Sequence[float]) -> float:
    """Return the 99th percentile in milliseconds; 0 of nothing."""
    return float(np.percentile(seconds, 99)) * 1000 if seconds else 0.0


def measure() -> list[Table]:
    """Return what was measured."""
    records, questions = corpus_records(), corpus_questions(QUESTIONS)
    loads = {name: Load() for name in ("real", "distinct", "txtai")}
    with workshop() as folder:
        encoder = prepared_encoder()
        build_snapshot(folder / "kb", records, encoder)
        prefix = encoder.manifest.query_prefix
        index = TXTAI.index(folder / "txtai", records)
        port = 20_000 + os.getpid() % 20_000
        with our_server(folder / "kb") as ours, peer_server(index, port) as theirs:
            streamed = asyncio.run(first_bytes(ours, questions))
            turns = [(ours, ask_ours, "real"), (ours, distinct(ask_ours), "distinct"), (theirs, ask_peer, "txtai")]
            for _ in range(ROUNDS):
                for address, ask, name in turns:
                    loads[name].add(asyncio.run(crowd(address, CLIENTS, ask, questions, SECONDS)))
        bare = calls_a_second(encoder, [f"{prefix}{question} 1000" for question in questions], turns=ROUNDS)
        with our_server(folder / "kb") as ours:
            crowded, health = asyncio.run(overload(ours, questions))
    return [
        Table(
            f"HTTP, {len(records)} records, {CLIENTS} clients, {len(questions)} questions",
            served(loads, streamed, bare),
        ),
        Table(f"Overload, {CROWD} clients, no question twice", overloaded(crowded, health)),
    ]


def served(loads: dict[str, Load], streamed: Sequence[float], bare: float) -> tuple[Row, ...]:
    """Return what the crowds saw, how soon a stream began, and what the encoder's graph bears with nothing around it.

    Clients that ask again as soon as they are answered wait for CLIENTS / rate seconds on average (Little's law).
    """
    real, different, peer = loads.values()
    return (
        Row("questions a second, ours", real.rate, "/s"),
        Row("questions a second, ours, no question twice", different.rate, "/s"),
        Row("questions a second, txtai", peer.rate, "/s"),
        higher_ratio("questions over HTTP, ours / txtai", real.rate / peer.rate, at_least(2.5)),
        higher_ratio("questions over HTTP, no question twice / txtai", different.rate / peer.rate),
        Row("bare ONNX Runtime calls a second, one on each core", bare, "/s"),
        higher_ratio("questions over HTTP, no question twice / bare calls", different.rate / bare),
        Row(f"what {CLIENTS} clients would wait for bare calls, mean", CLIENTS / bare * 1000, "ms"),
        Row("p99, ours", p99(real.seconds), "ms", at_most(P99_MS)),
        Row("p99, ours, no question twice", p99(different.seconds), "ms", at_most(P99_MS)),
        Row("p99, txtai", p99(peer.seconds), "ms"),
        Row("first byte of a stream, answer known, p99", p99(streamed), "ms", at_most(20)),
        Row("failed or refused, ours", real.failed + different.failed + len(real.refused)),
    )


def overloaded(crowded: Load, health: Load) -> tuple[Row, ...]:
    """Return what a crowd larger than the queue saw, and who asked for the server's health beside it."""
    return (
        Row("answered a second", crowded.rate, "/s"),
        Row("p99 of an answer", p99(crowded.seconds), "ms"),
        Row("refused with 503", len(crowded.refused)),
        Row("p99 of a refusal", p99(crowded.refused), "ms"),
        Row("failed otherwise", crowded.failed),
        Row("/healthz beside it, p99", p99(health.seconds), "ms"),
        Row("/healthz beside it, refused or failed", len(health.refused) + health.failed),
    )


if __name__ == "__main__":
    sys.exit(0 if print_tables(measure()) else 1)
