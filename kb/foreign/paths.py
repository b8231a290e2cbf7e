"""Names that come from elsewhere and become files here: they stay within their folder."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from faqkb.kb.errors import ConfigError, PathOutside


def expanded(path: str) -> Path:
    """Return a path that somebody wrote, `~` and `~name` as the home folder. Raises ConfigError where there is none."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise ConfigError(f"{path[:80]!r} begins with no home folder of this machine; write the whole path") from None


def inside(folder: Path, name: str) -> Path:
    """Return the place of a relative name with forward slashes in a folder. Raises PathOutside for any other."""
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or "\0" in name:
        raise _outside(folder, name)
    path = folder.joinpath(*parts)
    if not path.resolve().is_relative_to(folder.resolve()):  # through a link
        raise _outside(folder, name)
    return path


def _outside(folder: Path, name: str) -> PathOutside:
    return PathOutside(
        f"{name[:80]!r} is no name of a file in {folder} (expected one that stays within it); nothing more was"
        " written, and where it comes from is not to be trusted"
    )
