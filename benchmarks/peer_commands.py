"""What every peer does, on its own library; runs in the peer's environment and knows nothing of faqkb.

`index FOLDER MODEL` reads a JSON list of texts from standard input and writes an index; `ask FOLDER QUESTION` answers
one question; `serve FOLDER` reads a question as a JSON string a line and writes the seconds that its search took;
`build MODEL` reads a JSON list of texts a line, indexes them in memory and writes the seconds that it took.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Protocol


class Library(Protocol):
    """What a peer can do."""

    def build(self, texts: list[str]) -> None:
        """Index texts; an earlier index is forgotten."""

    def save(self, folder: str) -> None:
        """Write the index."""

    def search(self, question: str) -> object:
        """Return the three best texts."""


class Opener(Protocol):
    """How a peer is started."""

    def __call__(self, *, model: str = "", folder: str = "") -> Library:
        """Return it with a model and nothing indexed, or with the index of a folder."""


def run(open_library: Opener, command: str, where: str, *rest: str) -> None:
    """Run one command."""
    if command == "index":
        library = open_library(model=rest[0])
        library.build(json.load(sys.stdin))
        library.save(where)
    elif command == "ask":
        print(json.dumps(open_library(folder=where).search(rest[0]), ensure_ascii=False, default=str))
    elif command == "serve":
        _answer_lines(open_library(folder=where).search)
    else:
        library = open_library(model=where)
        library.build(["warm up"])
        _answer_lines(library.build)


def _answer_lines(call: object) -> None:
    """Call it with what each line of standard input holds; write the seconds."""
    assert callable(call)
    print("ready", flush=True)
    for line in sys.stdin:
        given = json.loads(line)
        started = time.perf_counter()
        call(given)
        print(time.perf_counter() - started, flush=True)


def main(open_library: Opener) -> None:
    """Run what the command line says."""
    if not (
        len(sys.argv) >= 3 and sys.argv[1] in {"index", "ask", "serve", "build"} and Path(sys.argv[2]).parent.is_dir()
    ):
        sys.exit(__doc__)
    run(open_library, *sys.argv[1:])
