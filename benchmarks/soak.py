"""A server under steady load for an hour, with publishes and bad input: does it grow, leak or slow down?

`make soak SECONDS=3600`. A real `faq serve`; requests at a fixed rate, however slowly they are answered; another
process ingests a changed file every 20 seconds. Exits with 1 when a bound is broken.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

import numpy as np
from results import Row, Table, at_most, print_tables
from support import corpus_paths, corpus_questions, workshop

RATE = 10.0  # requests a second; two idle cores bear twenty times as many
PUBLISH_SECONDS = 20.0
BAD_SECONDS = 1.0  # between two pieces of bad input
WARM_UP = 0.1  # of the time: libraries, caches and the heap reach their size
PART = (
    1 - WARM_UP
) / 3  # of the time: the start, the middle and the end, each with the same requests in the same order
GROWTH = 0.02  # of memory from the end of the warm-up to the end, by least squares
SLOWER = 1.1
REPLY_SECONDS = 30.0
QUIET_SECONDS = 15.0  # after the warm-up and at the end: every connection is closed by then, so what is held is counted
DRIP_BYTES = 15  # one a second: longer than a header may take
SAID_SECONDS = 60.0  # between two lines of progress
_PIECES = (
    *(
        "how do I",
        "why does",
        "训练时",
        "报错",
        "怎么办",
        "为什么",
        "docker",
        "shared memory",
        "learning rate",
        "loss",
        "GPU",
    ),
    *(
        "batch_size=64",
        "ImageNet",
        "模型",
        "精度",
        "推理",
        "部署",
        "mémoire",
        "Speicher",
        "память",
        "🙂",
        "的",
        "?",
        "，",
    ),
)


@dataclass(frozen=True, slots=True)
class Sample:
    """What the server held at one second."""

    at: float
    """Seconds since the start."""
    resident: int
    """Kilobytes: VmRSS, of which `own` is not a file's."""
    own: int
    descriptors: int
    threads: int


@dataclass(slots=True)
class Seen:
    """What the clients saw."""

    answered: list[tuple[float, float]] = field(default_factory=list)
    """Of each question that was answered with 200: when it was sent, seconds until its reply was there."""
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    """By what was sent. 0: no whole reply."""
    tokens: list[str] = field(default_factory=list)
    """Of answers, to judge them."""
    published: int = 0
    failed_publishes: int = 0

    @property
    def faults(self) -> int:
        """Replies that say that something failed inside, and good requests that got none; 503 is a reply."""
        return sum(
            count
            for (kind, status), count in self.statuses.items()
            if (status >= 500 and status != 503) or (status == 0 and not kind.startswith("bad"))
        )


@dataclass(frozen=True, slots=True)
class Found:
    """What a run found."""

    samples: Sequence[Sample]
    seen: Seen
    warm: Sample
    """After the warm-up, at rest."""
    last: Sample
    """After all, at rest."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the server listens."""

    host: str
    port: int

    async def send(self, request: bytes) -> tuple[int, bytes]:
        """Send a request on a connection of its own; return the status (0 for none) and all that came."""
        reader, writer = await asyncio.open_connection(self.host, self.port)
        try:
            writer.write(request)
            reply = await asyncio.wait_for(reader.read(-1), REPLY_SECONDS)
        except (ConnectionError, TimeoutError):
            return 0, b""
        finally:
            writer.close()
        return int(reply[9:12]) if reply[9:12].isdigit() else 0, reply


def get(path: str) -> bytes:
    """Return a request for a page."""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\nConnection: close\r\n\r\n".encode()


def post(path: str, document: object) -> bytes:
    """Return a request with a body of JSON; bytes are sent as they are."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    lines = (f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json", "Connection: close")
    return "\r\n".join((*lines, f"Content-Length: {len(body)}", "\r\n")).encode() + body


class Traffic:
    """Makes requests of all kinds; the same seed makes the same ones."""

    def __init__(self, questions: Sequence[str], seen: Seen, rate: float) -> None:
        self.rate = rate
        self._rng = random.Random(1)
        self._questions = questions
        self._seen = seen
        self._kinds: dict[str, tuple[int, Callable[[], bytes]]] = {
            "ask": (50, lambda: post("/api/v1/ask", {"question": self.question()})),
            "ask in a session": (8, self._in_session),
            "chat": (8, lambda: self._chat(stream=False)),
            "chat, streamed": (4, lambda: self._chat(stream=True)),
            "agent": (7, self._agent),
            "search": (8, lambda: get(f"/api/v1/search?q={quote(self.question()[:60])}")),
            "page": (6, lambda: get(f"/?q={quote(self.question()[:200])}")),
            "start page": (3, lambda: get("/")),
            "health": (3, lambda: get("/healthz")),
            "vote": (3, self._vote),
        }

    def next(self) -> tuple[str, bytes]:
        """Return a good request and what it is called."""
        weights = [weight for weight, _ in self._kinds.values()]
        (kind,) = self._rng.choices(list(self._kinds), weights)
        return kind, self._kinds[kind][1]()

    def question(self) -> str:
        """Return a real question, or a text of 1 to 1,000 characters that nobody asked before."""
        if self._rng.random() < 0.4:
            return self._rng.choice(self._questions)
        chars = int(1_000 ** self._rng.random())
        return " ".join(self._rng.choices(_PIECES, k=chars))[:chars]

    def _in_session(self) -> bytes:
        session = f"{self._rng.randrange(500):032x}"
        return post("/api/v1/ask", {"question": self.question(), "session_id": session})

    def _chat(self, *, stream: bool) -> bytes:
        messages = [{"role": "user", "content": self.question()} for _ in range(self._rng.randint(1, 3))]
        return post("/v1/chat/completions", {"model": "faq", "stream": stream, "messages": messages})

    def _agent(self) -> bytes:
        params = {"name": "ask", "arguments": {"question": self.question()}}
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        accept = b"HTTP/1.1\r\nAccept: application/json, text/event-stream"
        return post("/mcp", message).replace(b"HTTP/1.1", accept, 1)

    def _vote(self) -> bytes:
        token = self._rng.choice(self._seen.tokens[-50:]) if self._seen.tokens else "none"
        return post("/api/v1/feedback", {"answer_token": token, "helpful": self._rng.random() < 0.5})

    def bad(self) -> bytes:
        """Return a request that nothing sane sends."""
        return self._rng.choice(
            (
                post("/api/v1/ask", b'{"question": "' + self._rng.randbytes(200)),
                post("/api/v1/ask", b"[" * 50_000),
                post("/api/v1/ask", {"question": "x" * 1_000_000}),
                post("/v1/chat/completions", {"model": "faq", "messages": [{"role": "user", "content": 3}] * 999}),
                post("/mcp", b'{"jsonrpc": "2.0", "method": 7}'),
                get(f"/{quote(self._rng.randbytes(30))}/../../etc/passwd"),
                get("/" + "a" * 20_000),
                get("/").replace(b"Accept", b"X: " + b"y" * 40_000 + b"\r\nAccept"),
                b"POST /api/v1/ask HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n",
                self._rng.randbytes(400) + b"\r\n\r\n",
            )
        )


async def ask_in_parts(
    address: Address, questions: Sequence[str], seen: Seen, rate: float, started: float, ends: Sequence[float]
) -> None:
    """Send the same requests in each part, so that what differs is the server; returns when all are answered.

    Questions of 1 to 1,000 characters cost 15 to 400 ms: by chance alone p99 of a part would be a third more or less.
    """
    for until in ends:
        await ask_steadily(address, Traffic(questions, seen, rate), seen, started, until)


async def ask_steadily(address: Address, traffic: Traffic, seen: Seen, started: float, until: float) -> None:
    """Send requests at the rate, however slowly they are answered; returns when all are."""
    due = time.monotonic()
    async with asyncio.TaskGroup() as group:
        while due < until:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            group.create_task(_ask(address, *traffic.next(), seen, started))
            due += 1 / traffic.rate


async def _ask(address: Address, kind: str, request: bytes, seen: Seen, started: float) -> None:
    sent = time.monotonic()
    try:
        status, reply = await address.send(request)
    except OSError:
        status, reply = 0, b""
    seen.statuses[kind, status] += 1
    if kind == "ask" and status == 200:
        seen.answered.append((sent - started, time.monotonic() - sent))
        found = json.loads(reply.partition(b"\r\n\r\n")[2])
        seen.tokens[:-50] = []
        seen.tokens.append(found["answer_token"])


async def misbehave(address: Address, traffic: Traffic, seen: Seen, until: float) -> None:
    """Send bad input of all kinds, half requests and dripping ones."""
    async with asyncio.TaskGroup() as group:
        while time.monotonic() < until:
            group.create_task(_bad(address, traffic.bad(), seen))
            if random.random() < 0.1:
                group.create_task(_drip(address))
            await asyncio.sleep(BAD_SECONDS)


async def _bad(address: Address, request: bytes, seen: Seen) -> None:
    half = random.random() < 0.2
    with suppress(OSError):
        if half:
            _, writer = await asyncio.open_connection(address.host, address.port)
            writer.write(request[: len(request) // 2])
            await asyncio.sleep(random.random())
            writer.close()
        else:
            status, _ = await address.send(request)
            seen.statuses["bad", status] += 1


async def _drip(address: Address) -> None:
    with suppress(OSError):
        _, writer = await asyncio.open_connection(address.host, address.port)
        for _ in range(DRIP_BYTES):
            writer.write(b"G")
            await writer.drain()
            await asyncio.sleep(1)
        writer.close()


async def publish(folder: Path, seen: Seen, until: float) -> None:
    """Ingest a changed file in another process, again and again."""
    changed = folder / "content" / "changing.md"
    while time.monotonic() < until:
        changed.write_text(f"# FAQ\n\n## Which build is live?\n\nBuild {seen.published}.\n", encoding="utf-8")
        command = [sys.executable, "-m", "faqkb", "ingest", "--kb", str(folder / "kb"), str(folder / "content")]
        process = await asyncio.create_subprocess_exec(*command, cwd=folder, stdout=-3, stderr=-3)  # -3: DEVNULL
        failed = await process.wait() != 0
        seen.failed_publishes += failed
        seen.published += not failed
        await asyncio.sleep(min(PUBLISH_SECONDS, max(0.0, until - time.monotonic())))


async def watch(pid: int, seen: Seen, samples: list[Sample], started: float) -> None:
    """Look each second at what the server holds, and say each minute; until cancelled."""
    said = 0.0
    while True:
        now = time.monotonic() - started
        samples.append(_sample(pid, now))
        if now >= said:
            one, asked = samples[-1], seen.statuses.total()
            held = f"{one.resident} kB ({one.own} own), {one.descriptors} descriptors, {one.threads} threads"
            print(f"{now:6.0f} s: {held}; {asked} replies, {seen.published} publishes", flush=True)
            said += SAID_SECONDS
        await asyncio.sleep(1)


def _sample(pid: int, at: float) -> Sample:
    process = Path("/proc") / str(pid)
    lines = dict(line.split(":", 1) for line in (process / "status").read_text(encoding="ascii").splitlines())
    resident, own = (int(lines[name].split()[0]) for name in ("VmRSS", "RssAnon"))
    return Sample(at, resident, own, len(list((process / "fd").iterdir())), int(lines["Threads"]))


@contextmanager
def serving(folder: Path) -> Iterator[tuple[int, Address]]:
    """Serve the knowledge base; yields the process id and where it listens. What it says goes into a file beside it."""
    command = [sys.executable, "-m", "faqkb", "serve", "--kb", str(folder / "kb"), "--port", "0"]
    with (
        (folder / "server.log").open("w") as log,
        subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=log, text=True) as process,
    ):
        assert process.stdout is not None
        parts = urlsplit(next(word for word in process.stdout.readline().split() if word.startswith("http")))
        try:
            yield process.pid, Address(parts.hostname or "", parts.port or 0)
        finally:
            process.terminate()


async def soak(pid: int, address: Address, folder: Path, seconds: float, rate: float) -> Found:
    """Put all that together: the warm-up, a rest, the load for the rest of the time, a rest."""
    seen, samples = Seen(), list[Sample]()
    questions = corpus_questions(110)
    started = time.monotonic()
    watching = asyncio.create_task(watch(pid, seen, samples, started))
    rests = []
    warm = WARM_UP * seconds
    for parts in ((warm - QUIET_SECONDS,), tuple(warm + part * PART * seconds for part in (1, 2, 3))):
        ends = [started + end for end in parts]
        async with asyncio.TaskGroup() as group:
            group.create_task(ask_in_parts(address, questions, seen, rate, started, ends))
            group.create_task(misbehave(address, Traffic(questions, seen, rate), seen, ends[-1]))
            group.create_task(publish(folder, seen, ends[-1]))
        await asyncio.sleep(QUIET_SECONDS)
        rests.append(samples[-1])
    watching.cancel()
    return Found(samples, seen, rests[0], rests[1])


def growth(samples: Sequence[Sample], value: Callable[[Sample], int]) -> tuple[float, float]:
    """Return what the line through the samples says at their first and at their last second."""
    times, values = [one.at for one in samples], [float(value(one)) for one in samples]
    slope, start = np.polyfit(times, values, 1)
    return float(start + slope * times[0]), float(start + slope * times[-1])


def p99_at(seen: Seen, seconds: float, start: float) -> float:
    """Return the 99th percentile in milliseconds of the questions sent in one part of the time."""
    inside = [took for at, took in seen.answered if start <= at / seconds < start + PART]
    return float(np.percentile(inside, 99)) * 1_000 if inside else float("nan")


def memory_rows(found: Found, seconds: float) -> list[Row]:
    """Return how memory grew while the load went on, after the warm-up."""
    loaded = [one for one in found.samples if one.at >= WARM_UP * seconds and one.at <= seconds]
    rows = []
    for name, value in (("resident memory", _resident), ("of it no file's", _own)):
        first, last = growth(loaded, value)
        grown = last / first - 1
        rows.append(Row(f"{name}, from {first:,.0f} kB", grown * 100, "% more", at_most(GROWTH * 100)))
    return rows


def _resident(sample: Sample) -> int:
    return sample.resident


def _own(sample: Sample) -> int:
    return sample.own


def report(found: Found, seconds: float, rate: float) -> bool:
    """Print what was found; return whether every bound holds."""
    seen, before, after = found.seen, found.warm, found.last
    start, middle, end = (p99_at(seen, seconds, part) for part in (WARM_UP, WARM_UP + PART, WARM_UP + 2 * PART))
    rows = [
        *memory_rows(found, seconds),
        *(
            Row(f"{name} at rest, from {first}", last - first, "more", at_most(0))
            for name, first, last in (
                ("descriptors", before.descriptors, after.descriptors),
                ("threads", before.threads, after.threads),
            )
        ),
        Row("p99 of a question, start", start, "ms"),
        Row("p99 of a question, middle", middle, "ms"),
        Row("p99 of a question, end", end, "ms", at_most(SLOWER * start)),
        Row("publishes", seen.published),
        Row("publishes that failed", seen.failed_publishes, aim=at_most(0)),
        Row("server errors, and good requests without a reply", seen.faults, aim=at_most(0)),
        *(Row(f"{kind}: {status}", count) for (kind, status), count in sorted(seen.statuses.items())),
    ]
    title = f"{seconds:.0f} s, {rate:.0f} requests a second, a publish every {PUBLISH_SECONDS:.0f} s"
    return print_tables([Table(title, tuple(rows))])


def main() -> bool:
    """Run it; return whether every bound holds."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=3_600.0)
    options.add_argument("--rate", type=float, default=RATE, help="requests a second; fewer on a machine that is busy")
    given = options.parse_args()
    with workshop() as folder:
        (folder / "content").mkdir()
        for path in corpus_paths():
            (shutil.copytree if path.is_dir() else shutil.copy)(path, folder / "content" / path.name)
        ingest = [sys.executable, "-m", "faqkb", "ingest", "--kb", str(folder / "kb"), str(folder / "content")]
        subprocess.run(ingest, check=True, capture_output=True, cwd=folder)
        with serving(folder) as (pid, address):
            found = asyncio.run(soak(pid, address, folder, given.seconds, given.rate))
        said = (folder / "server.log").read_text(encoding="utf-8").splitlines()
    met = report(found, given.seconds, given.rate)
    print("what the server said of trouble:", *[line for line in said if " INFO " not in line][:20], sep="\n  ")
    return met


if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    sys.exit(0 if main() else 1)
