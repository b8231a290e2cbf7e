"""Which knowledge bases `faq serve` serves side by side: those of its options, else those of faq.toml."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import click

from faqkb.faq.config import KB_VARIABLE, ConfiguredBase, is_in_milvus, read_config
from faqkb.kb.errors import ConfigError
from faqkb.server.bases.base import NamedBase
from faqkb.server.below import BASE_NAME, BASE_NAME_TOLD
from faqkb.server.limits import BASES_MAX


def is_named(text: str) -> bool:
    """Return whether a value of --kb is NAME=DIR, and not the folder of the only knowledge base."""
    return BASE_NAME.fullmatch(text.partition("=")[0]) is not None and "=" in text


def named_bases(given: Sequence[str], folder: Path | None) -> tuple[NamedBase, ...]:
    """Return the knowledge bases to serve side by side; none where there is one alone.

    `given` are the values of --kb, `folder` the one that is named before the command. Raises UsageError where they do
    not fit together, ConfigError.
    """
    if any(map(is_named, given)):
        unnamed = [text for text in given if not is_named(text)]
        if unnamed:
            raise click.UsageError(
                f"--kb names some knowledge bases and not all (got {unnamed[0]!r}, expected NAME=DIR, the name of"
                f" {BASE_NAME_TOLD}); name every one"
            )
        parts = (text.partition("=") for text in given)
        return _checked([NamedBase(name, Path(path).absolute()) for name, _, path in parts], "--kb")
    if len(given) > 1:
        raise click.UsageError(f"several knowledge bases need names (got {given[1]!r}, expected NAME=DIR); name each")
    if given or folder or os.environ.get(KB_VARIABLE):
        return ()
    configured = read_config()
    return _checked([_configured(each) for each in configured.bases], f"{configured.path}: [[base]]")


def refuse_beside_names(content: Sequence[Path]) -> None:
    """Refuse what goes with one knowledge base alone. Raises UsageError, ConfigError."""
    if content:
        raise click.UsageError("--watch goes with one knowledge base (got several, expected --kb DIR); watch it alone")
    if is_in_milvus():
        raise ConfigError(
            'several knowledge bases are served from their folders (got store = "milvus", expected "files"); start a'
            " server for the one in Milvus"
        )


def _configured(base: ConfiguredBase) -> NamedBase:
    return NamedBase(base.name, base.kb.absolute(), base.title)


def _checked(bases: list[NamedBase], where: str) -> tuple[NamedBase, ...]:
    names = [base.name for base in bases]
    for base in bases:
        if not BASE_NAME.fullmatch(base.name):
            raise ConfigError(
                f"{where}: a knowledge base cannot be called that (got {base.name[:60]!r}, expected {BASE_NAME_TOLD});"
                " choose another name"
            )
        if names.count(base.name) > 1:
            raise ConfigError(f"{where}: two knowledge bases are called {base.name}; give each a name of its own")
    if len(bases) > BASES_MAX:
        raise ConfigError(f"{where}: too many (got {len(bases)}, expected at most {BASES_MAX}); start more servers")
    return tuple(bases)
