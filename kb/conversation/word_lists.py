"""Files of word lists that ship with the package: one word a line, `[name]` begins a list, `#` a comment."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files


def read_word_lists(file_name: str) -> Mapping[str, tuple[str, ...]]:
    """Return the lists of a file of this room by name, each in the file's order."""
    lists: dict[str, list[str]] = {}
    own: list[str] = []
    for line in files("faqkb.kb.conversation").joinpath(file_name).read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            own = lists.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            own.append(line)
    return {name: tuple(words) for name, words in lists.items()}
