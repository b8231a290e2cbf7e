"""Two small knowledge bases, a library's and a help desk's, and a server that has both."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from picture_support import png
from server_support import ROOT, Reply, ServedProcess, served_with

from faqkb.ingest import read_sources
from faqkb.kb.building.build import build_snapshot
from faqkb.kb.model.encoder import Encoder

LOANS, RESET = "How long may I keep a book?", "How do I reset my password?"
LIBRARY = """\
# Library

## How long may I keep a book?
Three weeks. This is the desk:

![the desk](desk.png)

<!-- next -->

## What does a library card cost?
<!-- faq: check=shelf tags=card -->
Ten euros a year; see [how long](#how-long-may-i-keep-a-book).
"""
DESK = """\
# Help desk

## How do I reset my password?
Press *Forgot password* on the sign-in page.

## Why is the printer offline?
It is switched off at night.
"""
CHECK = '''\
# /// script
# requires-python = ">=3.11"
# dependencies = []
# [tool.faq-check]
# id = "shelf"
# version = "1"
# title = "Is there a shelf?"
# answers = ["library/what-does-a-library-card-cost"]
# reads = ["nothing"]
# writes = []
# needs = ["cpu"]
# limit_seconds = 5
# ///
"""Say that there is a shelf."""
print("there is")
'''


def build_base(folder: Path, name: str, text: str, encoder: Encoder, *, check: str = "") -> Path:
    """Publish a knowledge base made of one Markdown file below a folder; returns it."""
    content = folder / f"{name}-content"
    (content / "checks").mkdir(parents=True, exist_ok=True)
    (content / f"{name}.md").write_text(text, encoding="utf-8")
    (content / "desk.png").write_bytes(png())
    if check:
        (content / "checks" / "shelf.py").write_text(check, encoding="utf-8")
    ingested = read_sources([content])
    build_snapshot(folder / name, ingested.records, encoder, checks=ingested.checks, pictures=ingested.pictures)
    return folder / name


def build_two(folder: Path, encoder: Encoder) -> dict[str, Path]:
    """Publish the library and the help desk below a folder; returns their folders by name."""
    return {
        "library": build_base(folder, "library", LIBRARY, encoder, check=CHECK),
        "desk": build_base(folder, "desk", DESK, encoder),
    }


@contextmanager
def served_bases(
    bases: dict[str, Path], *options: str, stderr: Any = None, cwd: Path = ROOT
) -> Iterator[ServedProcess]:
    """Run `faq serve` over several knowledge bases until the block ends."""
    named = [word for name, folder in bases.items() for word in ("--kb", f"{name}={folder}")]
    with served_with(*named, *options, stderr=stderr, cwd=cwd) as running:
        yield running


def post(server: ServedProcess, path: str, body: dict[str, Any], **headers: str) -> Reply:
    """Send JSON."""
    return server.send("POST", path, body=json.dumps(body).encode(), headers=headers)


def ask(
    server: ServedProcess, question: str, path: str = "", headers: dict[str, str] | None = None, **more: Any
) -> Any:
    """Return the answer document of a question, of all bases or of one below `path`."""
    reply = post(server, f"{path}/api/v1/ask", {"question": question} | more, **(headers or {}))
    assert reply.status == 200, reply.content
    return reply.json
