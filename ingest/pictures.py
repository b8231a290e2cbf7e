"""Pictures that lie beside the Markdown: found, judged by their bytes, and named by them."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote, urlsplit

from faqkb.ingest.rendering import PictureOf
from faqkb.ingest.reports.report import Warned
from faqkb.kb.limits import PICTURE_BYTES, PICTURES, PICTURES_BYTES
from faqkb.kb.pictures import Picture, names_shown, stored_address, suffix_of
from faqkb.kb.records import Record

_ABSENT = "not there; put it there, correct the address, or write <!-- faq: link-base=https://… --> at the top"
_OUTSIDE = "outside of what is read; move it in, or give `faq ingest` a folder around both"
_UNREADABLE = "no file that can be read; make it one"
_OTHER_KIND = "not PNG, JPEG, GIF, WebP or AVIF (SVG can hold scripts); save it as one of these"
_TOO_LARGE = f"larger than {PICTURE_BYTES:,} bytes; make it smaller"
_TOO_MANY = f"beyond {PICTURES:,} pictures or {PICTURES_BYTES:,} bytes of them; show fewer, or make them smaller"


class _LeftOut(Exception):
    """A picture that is not taken, and why."""


@dataclass(slots=True)
class PictureShelf:
    """The pictures of all that is read in one go."""

    _taken: dict[str, Picture] = field(default_factory=dict)
    """By name."""
    _judged: dict[Path, str | _LeftOut] = field(default_factory=dict)
    """The name or what is wrong, by real path: many answers show the same picture."""
    _bytes: int = 0

    def beside(self, document: Path, root: Path) -> PicturesBeside:
        """Return the pictures that one document may show: those within the folder `root`."""
        return PicturesBeside(self, document.parent, root)

    def take(self, path: Path) -> str:
        """Return the name of the picture at a real path. Raises _LeftOut."""
        if path not in self._judged:
            try:
                self._judged[path] = self._add(path)
            except _LeftOut as reason:
                self._judged[path] = reason
        judged = self._judged[path]
        if isinstance(judged, _LeftOut):
            raise judged
        return judged

    def shown_by(self, records: Sequence[Record]) -> tuple[Picture, ...]:
        """Return the pictures that records show, by name."""
        names = names_shown(record.answer_html for record in records)
        return tuple(self._taken[name] for name in sorted(names & self._taken.keys()))

    def _add(self, path: Path) -> str:
        content = _content(path)
        suffix = suffix_of(content)
        if suffix is None:
            raise _LeftOut(_OTHER_KIND)
        name = f"{hashlib.sha256(content).hexdigest()}.{suffix}"
        if name not in self._taken:
            if len(self._taken) == PICTURES or self._bytes + len(content) > PICTURES_BYTES:
                raise _LeftOut(_TOO_MANY)
            self._bytes += len(content)
            self._taken[name] = Picture(name, path, len(content))
        return name


@dataclass
class PicturesBeside:
    """The pictures that one document shows, and those that it shows in vain."""

    _shelf: PictureShelf
    _folder: Path
    _root: Path
    _left_out: dict[str, dict[str, int]] = field(default_factory=dict)
    """By reason: addresses, and the 1-based line of the first question with each."""
    asked: dict[tuple[int, str], str | None] = field(default_factory=dict)
    """What was found for each line and address that the document asked for."""

    def at(self, line: int) -> PictureOf:
        """Return what finds the pictures of the answer to the question in that line."""

        def picture_of(address: str) -> str | None:
            self.asked[line, address] = found = find(address)
            return found

        def find(address: str) -> str | None:
            path = _path_of(address)
            if not path or path.startswith("/"):  # from the root of a site that nobody knows here
                return None
            try:
                return stored_address(self._shelf.take(self._within(path)))
            except _LeftOut as reason:
                self._left_out.setdefault(str(reason), {}).setdefault(address, line)
                return ""

        return picture_of

    def warnings(self) -> Iterator[Warned]:
        """Yield a warning for each reason to leave pictures out."""
        for reason, addresses in self._left_out.items():
            first, line = next(iter(addresses.items()))
            more = f" and {len(addresses) - 1} more are" if len(addresses) > 1 else " is"
            yield Warned(line, f"left out: the picture {first[:80]}{more} {reason}")

    @cached_property
    def _real_root(self) -> Path:
        return self._root.resolve()

    def _within(self, relative: str) -> Path:
        """Return the real path of a picture, whatever links and dots lead to it. Raises _LeftOut."""
        try:
            found = (self._folder / relative).resolve()
            if not found.is_relative_to(self._real_root):
                raise _LeftOut(_OUTSIDE)
            found.lstat()
        except (FileNotFoundError, NotADirectoryError) as error:
            raise _LeftOut(_ABSENT) from error
        except (OSError, ValueError, RuntimeError) as error:  # a NUL, a name too long, a link to itself
            raise _LeftOut(_UNREADABLE) from error
        return found


def _path_of(address: str) -> str:
    """Return the path that an address names, without `?raw=true`; nothing where it is no address."""
    try:
        return unquote(urlsplit(address).path)
    except ValueError:
        return ""


def _content(path: Path) -> bytes:
    """Return the bytes of a regular file of bearable size, none that hangs. Raises _LeftOut."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            raise _LeftOut(_UNREADABLE)
        with path.open("rb") as file:
            content = file.read(PICTURE_BYTES + 1)
    except OSError as error:
        raise _LeftOut(_UNREADABLE) from error
    if len(content) > PICTURE_BYTES:
        raise _LeftOut(_TOO_LARGE)
    return content
