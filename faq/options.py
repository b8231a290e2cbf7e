"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from faqkb.kb.errors import KnowledgeBaseMissing
from faqkb.kb.records import Filter

_Decorated = TypeVar("_Decorated", bound=Callable[..., Any])


def one_source(server: str | None, kb: Path | None) -> None:
    """Refuse a server and a knowledge base at once. Raises UsageError."""
    if server and kb:
        raise click.UsageError("--server and --kb exclude each other (got both, expected one)")


def examples(*lines: str) -> str:
    """Return the end of a command's help: calls that work, one a line; click is told to leave them as they are."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


_OURS = ("current", "snapshots", "feedback.sqlite", "keys.sqlite")  # keys may be made before the first ingest


def _named(ctx: click.Context, option: click.Parameter, folder: Path | None) -> Path | None:
    """Return the folder that the command names, else the one named before it: `faq --kb DIR ask`."""
    return folder or ctx.find_root().params.get("kb")


def _existing(ctx: click.Context, option: click.Parameter, folder: Path | None) -> Path | None:
    """Refuse a folder that is named and holds no knowledge base: a typing error, where none is wanted anew."""
    return check_existing(_named(ctx, option, folder))


def check_existing(folder: Path | None) -> Path | None:
    """Return a folder that was named. Raises KnowledgeBaseMissing where it holds no knowledge base."""
    if folder and not any((folder / name).exists() for name in _OURS):
        raise KnowledgeBaseMissing(
            f"{folder} holds no knowledge base; correct --kb, or make one: faq ingest PATH --kb {folder}"
        )
    return folder


FOLDER = click.Path(path_type=Path, file_okay=False)
"""Type of an option that names a knowledge base."""


def _kb_option(more: str, **how: Any) -> Callable[[_Decorated], _Decorated]:
    return click.option("--kb", "kb", type=FOLDER, metavar="DIR", help=f"Folder of the knowledge base{more}.", **how)


kb_option = _kb_option("", callback=_existing)
served_kb_option = click.option(
    "--kb",
    "kb",
    multiple=True,
    metavar="[NAME=]DIR",
    help="Folder of the knowledge base; with --watch made if there is none. NAME=DIR, repeated, serves several, each"
    " below /kb/NAME.",
)
asked_kb_option = click.option(
    "--kb",
    "kb",
    multiple=True,
    metavar="[NAME=]DIR",
    help="Folder of the knowledge base. NAME=DIR, repeated, asks several at once.",
)
new_kb_option = _kb_option(", made if there is none", callback=_named)
any_kb_option = _kb_option(", for every command that has one")
"""Of `faq` itself."""
server_option = click.option(
    "--server", metavar="URL", help="Ask this server instead, with the key in FAQ_API_KEY if it wants one."
)


def filter_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command its `filter`, of the options that say which records may answer. Raises InvalidQuery."""

    @wraps(command)
    def filtered(**given: Any) -> Any:
        parts = {part: given.pop(part) for part, *_ in _FILTERS}
        return command(**given, filter=Filter(**parts))

    for part, name, metavar, told in reversed(_FILTERS):
        text = f"Only records {told}; may be repeated."
        filtered = click.option(f"--{name}", part, multiple=True, metavar=metavar, help=text)(filtered)
    return filtered


_FILTERS = (
    ("tags", "tag", "T", "with this tag"),
    ("languages", "language", "L", "in this language, such as zh"),
    ("paths", "path", "P", "written in this file or below this folder, such as guide/"),
    ("sections", "section", "S", "below a heading of this text"),
    ("versions", "version", "V", "of this version, and those that name none"),
)
"""Of each part of a filter: its name, its option, what stands for a value, and which records it lets through."""
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
