"""Stand-ins for the platforms that bots run on, and the bots of `examples/` as processes."""

from __future__ import annotations

import asyncio
import http.client
import os
import queue
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from server_support import ROOT, Reply, send

EXAMPLES = ROOT / "examples"
HANDOVER = "Call Ada on extension 42."
"""What the FAQ says to whoever wants a person."""
_PATIENCE_SECONDS = 60  # a loaded machine starts a bot, and a question is answered


@dataclass(slots=True)
class Heard:
    """What a bot sent to its platform, in order."""

    sent: queue.Queue[Any] = field(default_factory=queue.Queue)

    def next(self) -> Any:
        """Return the next; raises queue.Empty where nothing comes."""
        return self.sent.get(timeout=_PATIENCE_SECONDS)


@contextmanager
def platform(application: web.Application) -> Iterator[tuple[str, asyncio.AbstractEventLoop]]:
    """Serve a stand-in on this machine in a thread; yield its address and its event loop."""
    loop = asyncio.new_event_loop()
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def wait(coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(_PATIENCE_SECONDS)

    async def start() -> str:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    try:
        yield wait(start()), loop
    finally:
        wait(runner.cleanup())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@contextmanager
def running_bot(name: str, log: Path, *, python: str | Path = sys.executable, **settings: str) -> Iterator[None]:
    """Run a file of `examples/` with these settings until the block ends; shows what it logged where that fails."""
    with log.open("w") as errors:
        bot = subprocess.Popen(
            [python, EXAMPLES / name],
            env={**os.environ, "PYTHONPATH": str(ROOT), **settings},
            stdout=errors,
            stderr=errors,
        )
        try:
            yield
        except BaseException:
            sys.stderr.write(log.read_text())
            raise
        finally:
            bot.terminate()
            try:
                bot.wait(10)
            except subprocess.TimeoutExpired:
                bot.kill()
                bot.wait()


def free_port() -> int:
    """Return a port of this machine that nobody listens on, below those that are given to whoever asks for any."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as trying, suppress(OSError):
            trying.bind(("127.0.0.1", port))
            return port


@contextmanager
def dead_url() -> Iterator[str]:
    """Hold a port that refuses connections, so that nobody else gets it; yield its address."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


def call(port: int, method: str, path: str, body: bytes | None = None, **headers: str) -> Reply:
    """Send what a platform sends to a bot that listens; waits until it does."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_SECONDS)
        with closing(connection):
            try:
                return send(connection, method, path, body=body, headers=headers)
            except ConnectionRefusedError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)
