"""A served knowledge base as a process, and the words to talk to it."""

from __future__ import annotations

import asyncio
import errno
import http.client
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

from faqkb.kb.records import Record, Source
from faqkb.server.app import ERROR_FORMS
from faqkb.server.http.listener import Listener

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60  # a loaded machine reads and checks the model
DOCKER_QUESTION = "docker 里训练报 Blocking queue is killed 怎么办"
ENGLISH_QUESTION = "Training inside docker fails: Blocking queue is killed because the data reader raises an exception"
WEATHER_QUESTION = "今天天气怎么样"
NEAR_QUESTION = "Docker 容器怎么开机自启动"  # nothing stored answers it, and one record comes near


def make_record(record_id: str, question: str, answer: str = "An answer.", **fields: Any) -> Record:
    """Return a record as ingest would make it from plain text."""
    return Record(
        id=record_id,
        question=question,
        answer=answer,
        answer_text=fields.pop("answer_text", answer),
        answer_html=fields.pop("answer_html", f"<p>{answer}</p>"),
        source=Source(path=fields.pop("path", "made.md"), line=1),
        language=fields.pop("language", "en"),
        section=fields.pop("section", ("Made",)),
        **fields,
    )


@dataclass(frozen=True, slots=True)
class Reply:
    """A response read to its end."""

    status: int
    headers: http.client.HTTPMessage
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)


@dataclass(frozen=True, slots=True)
class ServedProcess:
    """A running server."""

    process: subprocess.Popen[str]
    url: str

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def connect(self, timeout: float = 60) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def get(self, path: str, **headers: str) -> Reply:
        return self.send("GET", path, headers=headers)

    def ask(self, question: str) -> Reply:
        return self.send("POST", "/api/v1/ask", body=json.dumps({"question": question}).encode())

    def send(self, method: str, path: str, **parts: Any) -> Reply:
        """Send one request on a connection of its own."""
        with closing(self.connect()) as connection:
            return send(connection, method, path, **parts)

    def raw(self, content: bytes, *, half_close: bool = True) -> bytes:
        """Send bytes as they are; return all that comes back before the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(content)
            parts = []
            try:
                if half_close:
                    connection.shutdown(socket.SHUT_WR)
                while part := connection.recv(65536):
                    parts.append(part)
            except OSError as error:  # the server may have answered and closed before we were done talking
                if error.errno not in {errno.ENOTCONN, errno.ECONNRESET}:
                    raise
        return b"".join(parts)

    def terminate(self, seconds: float = 10) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)


def send(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    *,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> Reply:
    """Send one request and read its response."""
    fields = dict(headers or {})
    if body is not None:
        fields.setdefault("Content-Type", "application/json")
    connection.request(method, path, body=body, headers=fields)
    response = connection.getresponse()
    reply = Reply(response.status, response.headers, response.read())
    if reply.headers.get("Connection", "").lower() == "close":
        connection.close()
    return reply


@contextmanager
def served(folder: Path, *options: str, stderr: Any = None, cwd: Path = ROOT) -> Iterator[ServedProcess]:
    """Run `faq serve` over a knowledge base on a free port, until the block ends; `stderr` is an open file.

    Its settings are those of the faq.toml at or above `cwd`.
    """
    with served_with("--kb", str(folder), *options, stderr=stderr, cwd=cwd) as running:
        yield running


@contextmanager
def served_with(*options: str, stderr: Any = None, cwd: Path = ROOT) -> Iterator[ServedProcess]:
    """Run `faq serve` with some options on a free port, until the block ends, as `served` does."""
    process = subprocess.Popen(
        [sys.executable, "-m", "faqkb", "serve", "--port", "0", *options],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
    )
    try:
        yield ServedProcess(process, announced_url(process))
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(20)
        assert process.stdout is not None
        process.stdout.close()


def copied_knowledge(folder: Path, to: Path) -> Path:
    """Copy a knowledge base to a new folder, without what readers of other tests left in it."""
    left = shutil.ignore_patterns("feedback.*", "check_runs.*", "keys.*", "lock")
    return Path(shutil.copytree(folder, to, ignore=left, copy_function=_copy_or_link))


def _copy_or_link(source: str, target: str) -> None:
    """Copy a file; one of the model, which snapshots link too, is linked: a hundred copies of it are 8 GB."""
    if Path(source).parent.name == "model":
        os.link(source, target)
    else:
        shutil.copy2(source, target)


def run_async(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in a thread of its own: the browser of other tests keeps an event loop in the main one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


def required_tool(name: str) -> str:
    """Return the path of a program, or skip the test that needs it."""
    path = shutil.which(name)
    if not path:
        pytest.skip(f"{name} is not installed")
    return path


def announced_url(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], START_SECONDS)
    line = process.stdout.readline() if ready else ""
    assert "http://" in line, f"the server did not announce itself (got {line!r})"
    return next(word for word in line.split() if word.startswith("http://"))


@contextmanager
def running_listener(application: Callable[..., Any]) -> Iterator[Listener]:
    """Run a listener in a thread, stopped at the end."""
    listener = Listener(application, "127.0.0.1", 0, error_forms=ERROR_FORMS)
    thread = threading.Thread(target=listener.run)
    thread.start()
    try:
        yield listener
    finally:
        listener.stop()
        thread.join()
