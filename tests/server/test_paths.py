"""Addresses that try to lead out of what is served: thousands of spellings, and what the process opens meanwhile."""

from __future__ import annotations

import random
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from server_support import ROOT

PARAMETERS = ("/q/", "/topics/", "/pictures/", "/checks/", "/static/", "/brand/", "/api/v1/records/", "/v1/models/")
STEPS = (
    *("..", "%2e%2e", "%252e%252e", ".%2e", "%2e.", "..%00", "..;", "...", "....", "%c0%ae%c0%ae", "%e0%80%ae", "．．"),
    *(".", "~", "%7e", "$HOME", "%00", "nul", "con", "aux.txt", "file:", "C:", "faq_2021_s1", "Q1.3"),
)
BETWEEN = ("/", "//", "%2f", "%252f", "\\", "%5c", "%255c", "/./", "%ef%bc%8f", "%c0%af", ";/", "%00/")
ENDS = (
    "etc/passwd",
    "proc/self/environ",
    "keys.sqlite",
    "feedback.key",
    "records.sqlite",
    "current",
    "shm.py",
    "",
    "%00.png",
)
_watching: list[list[str]] = []


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if _watching and event == "open" and isinstance(arguments[0], str | bytes):
        opened = arguments[0]
        _watching[0].append(opened.decode(errors="replace") if isinstance(opened, bytes) else opened)


sys.addaudithook(_note)


@contextmanager
def watched_opens() -> Iterator[list[str]]:
    """Note every file that Python opens; SQLite's and FAISS's own, opened before, are not among them."""
    opened: list[str] = []
    _watching.append(opened)
    try:
        yield opened
    finally:
        _watching.clear()


def spelled(chosen: random.Random) -> str:
    steps = "".join(chosen.choice(STEPS) + chosen.choice(BETWEEN) for _ in range(chosen.randint(1, 6)))
    return chosen.choice(PARAMETERS) + chosen.choice(("", "/", "x/", "shm.py/")) + steps + chosen.choice(ENDS)


@pytest.mark.parametrize("count", [400, pytest.param(5_000, marks=pytest.mark.slow)])
def test_no_spelling_of_a_path_leads_out(client: FlaskClient, kb_folder: Path, count: int) -> None:
    ours = [str(path) for path in (ROOT, kb_folder, sys.base_prefix, sysconfig.get_path("purelib"))]
    chosen = random.Random(20261130)
    answered = []
    with watched_opens() as opened:
        for _ in range(count):
            path = spelled(chosen)
            reply = client.get(path)
            if reply.status_code not in {400, 404, 405, 414}:
                answered.append((path, reply.status_code))
            assert b"root:" not in reply.data
    assert answered == []
    assert [path for path in opened if path.startswith("/") and not path.startswith(tuple(ours))] == []


def test_the_watch_sees_what_is_opened() -> None:
    with watched_opens() as opened:
        Path("/etc/hostname").open().close()
    assert opened == ["/etc/hostname"]
