"""Files and folders to text: walking, sizes, encodings. Beside it `pictures` and `checks` alone touch the disk."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

from faqkb.ingest.checks import (
    LEADS_OUT,
    bind_records,
    checks_of,
    leads_out,
    read_scripts,
    warn_of_unknown_checks,
    warn_of_unknown_records,
)
from faqkb.ingest.document import NO_STYLE, parse_document
from faqkb.ingest.explained import Explained, explain_document
from faqkb.ingest.ids import Ids, stem_of
from faqkb.ingest.memory import Content, ReadingMemory
from faqkb.ingest.page.encodings import decode
from faqkb.ingest.pictures import PictureShelf
from faqkb.ingest.readings.orders import FREE, Order
from faqkb.ingest.reports.report import FileReport, Ingested, Warned
from faqkb.kb.errors import ContentError
from faqkb.kb.limits import FILE_BYTES
from faqkb.kb.records import Record

SUFFIXES = frozenset({".md", ".markdown", ".mdx"})


@dataclass(frozen=True, slots=True)
class _File:
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


Announce = Callable[[Path, int], None]
"""Called with the path and the bytes of each file before it is read."""


def read_sources(
    paths: Sequence[Path],
    announce: Announce = lambda path, size: None,
    orders: Sequence[tuple[str, Order]] = (),
    memory: ReadingMemory | None = None,
    *,
    follow_links: bool = False,
) -> Ingested:
    """Return the records of Markdown files and folders, in the order given, files of a folder by name; and the checks.

    Check scripts are those in the folder `checks` of each PATH (of its folder when PATH is a file).

    `orders` fix how files are read, each with a pattern of their paths below the PATH (`guide/*.md`); the last one that
    fits holds. `memory` holds what earlier readings brought: a file that is the same is not parsed again.
    A symbolic link below a folder that leads out of it is a file that cannot be read, unless `follow_links`.

    Ids and source paths are relative to the PATH given (to its folder when PATH is a file). A file that cannot be read
    is an entry with `error`; the others are read all the same. Raises ContentError when a PATH is missing, cannot be
    opened or holds no Markdown.
    """
    read: list[tuple[FileReport, list[Record]]] = []
    ids = Ids()
    shelf = PictureShelf()
    for path in paths:
        for file in _files(path, follow_links=follow_links):
            found, report = _read(file, _Means(announce, shelf, orders, memory or ReadingMemory()))
            own, warnings = _unique(found, ids, path)
            read.append((replace(report, warnings=(*report.warnings, *warnings)), own))
    scripts = read_scripts(paths, follow_links=follow_links)
    checks = checks_of(scripts)
    records = tuple(record for _, own in read for record in own)
    judged = ["" if path.is_dir() else f"{stem_of(path.name)}/" for path in paths]
    return Ingested(
        records=bind_records(records, checks),
        files=tuple(warn_of_unknown_checks(report, own, checks) for report, own in read),
        checks=checks,
        scripts=tuple(warn_of_unknown_records(script, records, judged) for script in scripts),
        pictures=shelf.shown_by(records),
    )


def _files(path: Path, *, follow_links: bool) -> list[_File]:
    """Return the Markdown files that a PATH names, and the links below it that are not followed."""
    outside: list[Path] = []

    def is_refused(link: Path) -> bool:
        refused = not follow_links and leads_out(link, path)
        if refused:
            outside.append(link)
        return refused

    try:
        is_folder = stat.S_ISDIR(path.stat().st_mode)
        if not is_folder:
            return [_one_file(path)]
        found = sorted(walk(path, SUFFIXES, _raise, is_refused))
    except OSError as error:
        raise ContentError(
            f"{path}: {error.strerror or error}; name a Markdown file or a folder that can be read"
        ) from error
    except ValueError as error:  # a NUL byte in the name
        raise ContentError(f"{str(path)!r}: {error}; name a Markdown file or a folder") from error
    if not found and not outside:
        raise ContentError(f"{path}: holds no Markdown ({', '.join(sorted(SUFFIXES))}); name a folder that does")
    files = [_File(file, file.relative_to(path).as_posix()) for file in found]
    return files + [_File(link, link.relative_to(path).as_posix(), leads_out=True) for link in sorted(outside)]


def _one_file(path: Path) -> _File:
    if path.suffix.lower() not in SUFFIXES:
        raise ContentError(
            f"{path}: not Markdown (got {path.suffix or 'no suffix'}, expected {', '.join(sorted(SUFFIXES))});"
            " name a Markdown file or a folder"
        )
    return _File(path, path.name, by_hand=True)


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


def explain_file(path: Path, orders: Sequence[tuple[str, Order]] = ()) -> list[Explained]:
    """Return the readings that competed in a file. Raises ContentError when it cannot be read."""
    try:
        file = _one_file(path)
        text = decode(_content(file, lambda path, size: None), file.name).text
    except OSError as error:
        raise ContentError(f"{path}: {error.strerror or error}; name a Markdown file that can be read") from error
    return explain_document(text, file.name, by_hand=True, order=_order_of(file.name, orders))


def _order_of(name: str, orders: Sequence[tuple[str, Order]]) -> Order:
    return next((order for pattern, order in reversed(orders) if fnmatchcase(name, pattern)), FREE)


@dataclass(frozen=True, slots=True)
class _Means:
    """What all files of one reading are read with."""

    announce: Announce
    shelf: PictureShelf
    orders: Sequence[tuple[str, Order]]
    memory: ReadingMemory


def _read(file: _File, means: _Means) -> tuple[tuple[Record, ...], FileReport]:
    """Return the records and the report of a file; what is wrong with it becomes the report's error."""
    try:
        if file.leads_out:
            raise ContentError(f"{file.name}: {LEADS_OUT}")
        decoded = decode(_content(file, means.announce), file.name)
        beside = means.shelf.beside(file.path, file.root)
        order = _order_of(file.name, means.orders)
        content = Content.of(file.name, decoded.text, by_hand=file.by_hand, order=order)
        document = means.memory.document_of(content, beside)
        if document is None:
            document = parse_document(decoded.text, file.name, by_hand=file.by_hand, order=order, pictures_at=beside.at)
            means.memory.keep(content, document, beside)
    except ContentError as error:
        return (), FileReport(file.name, NO_STYLE, 0, error=str(error))
    except OSError as error:
        return (), FileReport(file.name, NO_STYLE, 0, error=f"{file.name}: {error.strerror or error}; make it readable")
    warnings = sorted((*document.report.warnings, *beside.warnings()), key=lambda warned: warned.line)
    return document.records, replace(document.report, encoding=decoded.encoding, warnings=tuple(warnings))


def _content(file: _File, announce: Announce) -> bytes:
    """Return the bytes of a regular file of bearable size."""
    status = file.path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise ContentError(f"{file.name}: not a regular file; leave it out")
    if status.st_size > FILE_BYTES:
        raise ContentError(f"{file.name}: {status.st_size:,} bytes (limit {FILE_BYTES:,}); split it into several files")
    announce(file.path, status.st_size)
    return file.path.read_bytes()


def _unique(found: Sequence[Record], ids: Ids, path: Path) -> tuple[list[Record], list[Warned]]:
    """Return the records with ids that no earlier PATH gave, and a warning for each that had to change."""
    records, warnings = [], []
    for record in found:
        unique = ids.take(record.id)
        if unique != record.id:
            warnings.append(
                Warned(
                    record.source.line,
                    f"id {record.id} is also in an earlier file or folder; here it is {unique} ({path})",
                )
            )
        records.append(replace(record, id=unique))
    return records, warnings
