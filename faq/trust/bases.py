"""Which knowledge bases were made here: of another one no script runs just because a settings file named it."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_data_path

from faqkb.kb.disk import replace_file

_LIST = "own-bases"  # in the user's data folder: one path a line
_MOST = 1000  # the newest; a thousandth base is made in tests alone


def remember_own(folder: Path) -> None:
    """Note that this user made the knowledge base in a folder. Raises OSError."""
    known, path = _known(), str(folder.resolve())
    if path in known:
        return
    file = user_data_path("faqkb") / _LIST
    file.parent.mkdir(parents=True, exist_ok=True)
    replace_file(file, "".join(f"{line}\n" for line in [*known, path][-_MOST:]).encode("utf-8", "surrogateescape"))


def is_own(folder: Path) -> bool:
    """Return whether this user made the knowledge base in a folder."""
    return str(folder.resolve()) in _known()


def _known() -> list[str]:
    try:
        return (user_data_path("faqkb") / _LIST).read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return []
