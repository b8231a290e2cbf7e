"""What the commands say and how: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

import click

_PROGRESS_SECONDS = 2.0  # longer silence makes people reach for Ctrl-C


def say(text: str) -> None:
    """Print a result; colour only on a terminal, and not where NO_COLOR (no-color.org) is set."""
    click.echo(text, color=False if os.environ.get("NO_COLOR") else None)


def say_json(document: Any) -> None:
    """Print the one JSON document of `--json`."""
    say(json.dumps(document, ensure_ascii=False, allow_nan=False))


def say_note(text: str) -> None:
    """Tell what is going on, beside the result."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def say_error(text: str) -> int:
    """Tell what was wrong in one line; returns the exit code of an error."""
    say_note(f"faq: {' '.join(text.split())}")
    return 2


class Counter:
    """Shows how far a long job is: in place on a terminal, else a line every two seconds."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._next = time.monotonic() + _PROGRESS_SECONDS
        self._shown = False

    def __call__(self, done: int, total: int) -> None:
        """Report that `done` of `total` are finished."""
        now = time.monotonic()
        if now < self._next and not (self._shown and done == total):
            return
        terminal = sys.stderr.isatty()
        sys.stderr.write(
            f"{chr(13) if terminal else ''}{self._what} {done} of {total}{'' if terminal and done < total else chr(10)}"
        )
        sys.stderr.flush()
        self._shown = True
        self._next = now + (0.1 if terminal else _PROGRESS_SECONDS)
