"""What the commands say and how: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import click


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
