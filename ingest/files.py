"""Which files some paths name, and their bytes. Beside it `pictures` and `checks` alone touch the disk."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from pathlib import Path

from faqkb.ingest.checks import LEADS_OUT, leads_out
from faqkb.kb.errors import ContentError
from faqkb.kb.limits import FILE_BYTES

SUFFIXES = frozenset({".md", ".markdown", ".mdx"})


@dataclass(frozen=True, slots=True)
class File:
    """A Markdown file to read."""

    path: Path
    name: str
    """Relative to the PATH it was found under, with forward slashes."""
    by_hand: bool = False
    """Somebody named this file, not a folder around it."""
    leads_out: bool = False
    """A link out of the folder around it, not to be followed."""

    @property
    def root(self) -> Path:
        """The folder that PATH names, or that its file lies in."""
        return self.path.parents[self.name.count("/")]

    def content(self) -> bytes:
        """Return the bytes of a regular file of bearable size. Raises ContentError, OSError."""
        if self.leads_out:
            raise ContentError(f"{self.name}: {LEADS_OUT}")
        status = self.path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise ContentError(f"{self.name}: not a regular file; leave it out")
        if status.st_size > FILE_BYTES:
            raise ContentError(
                f"{self.name}: {status.st_size:,} bytes (limit {FILE_BYTES:,}); split it into several files"
            )
        return self.path.read_bytes()


def files_of(path: Path, *, follow_links: bool) -> list[File]:
    """Return the Markdown files that a PATH names, and the links below it that are not followed.

    Raises ContentError when the PATH is missing, cannot be opened or holds no Markdown.
    """
    outside: list[Path] = []

    def is_refused(link: Path) -> bool:
        refused = not follow_links and leads_out(link, path)
        if refused:
            outside.append(link)
        return refused

    try:
        is_folder = stat.S_ISDIR(path.stat().st_mode)
        if not is_folder:
            return [one_file(path)]
        found = sorted(walk(path, SUFFIXES, _raise, is_refused))
    except OSError as error:
        raise ContentError(
            f"{path}: {error.strerror or error}; name a Markdown file or a folder that can be read"
        ) from error
    except ValueError as error:  # a NUL byte in the name
        raise ContentError(f"{str(path)!r}: {error}; name a Markdown file or a folder") from error
    if not found and not outside:
        raise ContentError(f"{path}: holds no Markdown ({', '.join(sorted(SUFFIXES))}); name a folder that does")
    files = [File(file, file.relative_to(path).as_posix()) for file in found]
    return files + [File(link, link.relative_to(path).as_posix(), leads_out=True) for link in sorted(outside)]


def one_file(path: Path) -> File:
    """Return the Markdown file that somebody named. Raises ContentError where it is called none."""
    if path.suffix.lower() not in SUFFIXES:
        raise ContentError(
            f"{path}: not Markdown (got {path.suffix or 'no suffix'}, expected {', '.join(sorted(SUFFIXES))});"
            " name a Markdown file or a folder"
        )
    return File(path, path.name, by_hand=True)


def walk(
    folder: Path,
    suffixes: Set[str],
    onerror: Callable[[OSError], object],
    is_refused: Callable[[Path], bool] = lambda link: False,
) -> Iterator[Path]:
    """Yield the files below a folder with some suffixes, hidden ones left out, each folder once however links lead.

    `onerror` is called with what keeps a folder from being opened, `is_refused` asked of each symbolic link.
    """

    def is_taken(path: Path) -> bool:
        return not path.name.startswith(".") and not (path.is_symlink() and is_refused(path))

    seen: set[tuple[int, int]] = set()
    for root, folders, files in os.walk(folder, followlinks=True, onerror=onerror):
        status = os.stat(root)  # noqa: PTH116 os.walk gives strings
        key = (status.st_dev, status.st_ino)
        folders[:] = [] if key in seen else [name for name in folders if is_taken(Path(root, name))]
        if key not in seen:
            yield from (
                file for file in map(Path(root).joinpath, files) if file.suffix.lower() in suffixes and is_taken(file)
            )
        seen.add(key)


def _raise(error: OSError) -> None:
    raise error
