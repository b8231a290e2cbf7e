"""What one client sees of a server while another one, on 16 connections, asks for as much as one request may.

The attacker has an address of its own, 127.0.0.2; there is no rate limit, so it is fairness alone that is measured.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence

import numpy as np
from results import Row, Table
from serving import our_server
from support import corpus_questions, corpus_records, prepared_encoder, workshop

from faqkb.kb.building.build import build_snapshot

CONNECTIONS = 16
SECONDS = 15.0
ATTACKER = ("127.0.0.2", 0)
_TURN = "how do I train the pruned model when the loss does not fall and docker says shm "
_HEADER_END = b"\r\n\r\n"


def six_turns() -> bytes:
    """Return `POST /api/v1/ask` after six turns of 1,000 characters."""
    turns = [{"role": "user", "content": f"{time.perf_counter_ns()} {_TURN * 20}"[:1_000]} for _ in range(6)]
    return _post("/api/v1/ask", {"question": f"{_TURN * 20}"[:1_000], "messages": turns})


def long_chat() -> bytes:
    """Return a chat of four messages of 56 kB."""
    said = [{"role": "user", "content": f"{time.perf_counter_ns()} {_TURN * 900}"[:56_000]} for _ in range(4)]
    return _post("/v1/chat/completions", {"model": "faq", "messages": said})


def _post(path: str, document: object) -> bytes:
    body = json.dumps(document).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def answered(address: tuple[str, int], request: bytes, source: tuple[str, int] | None = None) -> float:
    """Send one request on a connection of its own; return the seconds until its reply is there."""
    started = time.perf_counter()
    reader, writer = await asyncio.open_connection(*address, local_addr=source)
    writer.write(request)
    await reader.readuntil(_HEADER_END)
    writer.close()
    return time.perf_counter() - started


async def under(address: tuple[str, int], attack: bytes | None, questions: Sequence[str]) -> list[float]:
    """Return the seconds another client waits for each answer while the attack goes on."""
    over = asyncio.get_running_loop().time() + SECONDS

    async def attacking() -> None:
        while attack and asyncio.get_running_loop().time() < over:
            await answered(address, attack, ATTACKER)

    attackers = [asyncio.create_task(attacking()) for _ in range(CONNECTIONS)]
    waited: list[float] = []
    await asyncio.sleep(1)
    while asyncio.get_running_loop().time() < over:
        question = f"{questions[len(waited) % len(questions)]} {len(waited)}"
        waited.append(await answered(address, _post("/api/v1/ask", {"question": question})))
        await asyncio.sleep(0.05)
    await asyncio.gather(*attackers)
    return waited


def main() -> None:
    """Measure and print."""
    questions = corpus_questions(110)
    rows = []
    with workshop() as folder:
        build_snapshot(folder / "kb", corpus_records(), prepared_encoder())
        for name, attack in (("nobody else", None), ("six turns", six_turns()), ("long chat", long_chat())):
            with our_server(folder / "kb") as address:
                waited = asyncio.run(under(address, attack, questions))
            p50, p95 = np.percentile(waited, [50, 95]) * 1000
            rows.append(Row(f"{name}: p50, p95 of {len(waited)} answers", f"{p50:.0f}, {p95:.0f} ms"))
    Table(f"One client beside {CONNECTIONS} connections of another", tuple(rows)).print()


if __name__ == "__main__":
    sys.exit(main())
