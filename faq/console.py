"""What the commands say and how: results on standard output, everything else on standard error.

Whatever is said is cleaned here: a question, an answer, a script's title, a server's words or an error text may come
from anybody, and a terminal obeys what it is sent.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import click

from faqkb.kb.text import STEERING, readable

_ESCAPE = f"\ue000{os.urandom(8).hex()}"  # in place of ESC in our own styles, until all else is cleaned


def say(text: str) -> None:
    """Print a result; colour only on a terminal, and not where NO_COLOR (no-color.org) is set."""
    click.echo(_shown(text), color=False if os.environ.get("NO_COLOR") else None)


def styled(text: str, **style: Any) -> str:
    """Return a text in a style of click's, for `say`; nothing else that it holds steers the terminal."""
    return click.style(readable(text), **style).replace("\x1b", _ESCAPE)


def one_line(text: str) -> str:
    """Return a text as one line: what a name or a title holds cannot pass for the line below."""
    return " ".join(readable(text).split())


def _shown(text: str) -> str:
    return readable(text).replace(_ESCAPE, "\x1b")


def say_json(document: Any) -> None:
    """Print the one JSON document of `--json`."""
    say(json_line(document))


def json_line(document: Any, indent: int | None = None) -> str:
    """Return a document as JSON, with what steers a terminal written as an escape: the value stays the same."""
    told = json.dumps(document, ensure_ascii=False, allow_nan=False, indent=indent)
    return STEERING.sub(lambda found: json.dumps(found.group())[1:-1], told)


def say_data(text: str) -> None:
    """Print a line of a file that is written to standard output, as it is; on a terminal cleaned like all else."""
    click.echo(_shown(text) if sys.stdout.isatty() else text, color=True)


def say_bytes(content: bytes) -> None:
    """Write a file to standard output, byte for byte; on a terminal cleaned like all else."""
    if sys.stdout.isatty():
        click.echo(_shown(content.decode("utf-8", "replace")), nl=False, color=True)
    else:
        click.echo(content, nl=False)


def say_note(text: str) -> None:
    """Tell what is going on, beside the result."""
    sys.stderr.write(f"{readable(text)}\n")
    sys.stderr.flush()


def say_error(text: str) -> int:
    """Tell what was wrong in one line; returns the exit code of an error."""
    say_note(f"faq: {one_line(text)}")
    return 2
