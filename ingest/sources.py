"""Files and folders to records: what is known is taken, the rest is parsed, in the order of the files either way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

from faqkb.ingest.checks import bind_records, checks_of, read_scripts, warn_of_unknown_checks, warn_of_unknown_records
from faqkb.ingest.document import NO_STYLE
from faqkb.ingest.explained import Explained, explain_document
from faqkb.ingest.files import File, files_of, one_file
from faqkb.ingest.ids import Ids, stem_of
from faqkb.ingest.known.content import Content
from faqkb.ingest.known.memory import ReadingMemory
from faqkb.ingest.known.reading import Reading
from faqkb.ingest.page.encodings import decode
from faqkb.ingest.parsers import Parsers
from faqkb.ingest.pictures import PicturesBeside, PictureShelf
from faqkb.ingest.readings.orders import FREE, Order
from faqkb.ingest.reports.report import FileReport, Ingested, Warned
from faqkb.ingest.worker import Task, read_task
from faqkb.kb.errors import ContentError
from faqkb.kb.records import Record

_BATCH_BYTES = 4_000_000  # of files looked up and handed out at once; two batches are in memory at a time
_BATCH_FILES = 1_000


@dataclass(frozen=True, slots=True)
class Means:
    """What files are read with, and who is told."""

    announce: Callable[[Path, int], None] = lambda path, size: None
    """Called with the path and the bytes of each file before it is parsed."""
    told: Callable[[int, int], None] = lambda done, files: None
    """Called with how many files are read, and of how many."""
    memory: ReadingMemory | None = None
    """What earlier readings brought: a file that is the same is not parsed again."""
    processes: int = 1
    """That may parse at once, where there is enough to parse."""


def read_sources(
    paths: Sequence[Path],
    orders: Sequence[tuple[str, Order]] = (),
    means: Means | None = None,
    *,
    follow_links: bool = False,
) -> Ingested:
    """Return the records of Markdown files and folders, in the order given, files of a folder by name; and the checks.

    Check scripts are those in the folder `checks` of each PATH (of its folder when PATH is a file).

    `orders` fix how files are read, each with a pattern of their paths below the PATH (`guide/*.md`); the last one that
    fits holds. What comes out is the same whatever the `means`.
    A symbolic link below a folder that leads out of it is a file that cannot be read, unless `follow_links`.

    Ids and source paths are relative to the PATH given (to its folder when PATH is a file). A file that cannot be read
    is an entry with `error`; the others are read all the same. Raises ContentError when a PATH is missing, cannot be
    opened or holds no Markdown.
    """
    read: list[tuple[FileReport, list[Record]]] = []
    ids = Ids()
    files = [(file, path) for path in paths for file in files_of(path, follow_links=follow_links)]
    with _Reader(orders, means or Means()) as reader:
        for (_, path), found in zip(files, reader.read([file for file, _ in files]), strict=True):
            own, warnings = _unique(found.records, ids, path)
            read.append((replace(found.report, warnings=(*found.report.warnings, *warnings)), own))
    scripts = read_scripts(paths, follow_links=follow_links)
    checks = checks_of(scripts)
    records = tuple(record for _, own in read for record in own)
    judged = ["" if path.is_dir() else f"{stem_of(path.name)}/" for path in paths]
    return Ingested(
        records=bind_records(records, checks),
        files=tuple(warn_of_unknown_checks(report, own, checks) for report, own in read),
        checks=checks,
        scripts=tuple(warn_of_unknown_records(script, records, judged) for script in scripts),
        pictures=reader.shelf.shown_by(records),
        unchanged=reader.unchanged,
    )


def explain_file(path: Path, orders: Sequence[tuple[str, Order]] = ()) -> list[Explained]:
    """Return the readings that competed in a file. Raises ContentError when it cannot be read."""
    try:
        file = one_file(path)
        text = decode(file.content(), file.name).text
    except OSError as error:
        raise ContentError(f"{path}: {error.strerror or error}; name a Markdown file that can be read") from error
    return explain_document(text, file.name, by_hand=True, order=_order_of(file.name, orders))


def _order_of(name: str, orders: Sequence[tuple[str, Order]]) -> Order:
    return next((order for pattern, order in reversed(orders) if fnmatchcase(name, pattern)), FREE)


@dataclass(frozen=True, slots=True)
class _Opened:
    """The text of a file, or what is wrong with it."""

    file: File
    size: int = 0
    """Bytes."""
    task: Task | None = None
    content: Content | None = None
    encoding: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class _Begun:
    """A file of which something is known, or which is being parsed elsewhere, or neither."""

    opened: _Opened
    known: Reading | None
    elsewhere: Future[Reading | None] | None


@dataclass(frozen=True, slots=True)
class _Found:
    """What one file holds."""

    records: Sequence[Record]
    report: FileReport


class _Reader:
    """Reads files, each known, parsed elsewhere or parsed here; ends what it began with its block."""

    def __init__(self, orders: Sequence[tuple[str, Order]], means: Means) -> None:
        self.shelf = PictureShelf()
        self.unchanged = 0
        """How many files were known."""
        self._orders = orders
        self._means = means
        self._memory = means.memory or ReadingMemory()
        self._parsers = Parsers(means.processes)

    def __enter__(self) -> _Reader:
        return self

    def __exit__(self, *ended: object) -> None:
        self._parsers.close()
        self._memory.flush()  # also of a reading that was interrupted: the next one goes on from there

    def read(self, files: Sequence[File]) -> Iterator[_Found]:
        """Yield what each file holds, in order; meanwhile the next ones are on their way."""
        for done, begun in enumerate(self._begun(files), 1):
            yield self._found(begun)
            self._means.told(done, len(files))

    def _begun(self, files: Sequence[File]) -> Iterator[_Begun]:
        """Yield the files of one batch when those of the next are begun."""
        before: Sequence[_Begun] = ()
        for batch in _batches(map(self._opened, files)):
            now = self._batch_begun(batch)
            yield from before
            before = now
        yield from before

    def _opened(self, file: File) -> _Opened:
        try:
            content = file.content()
            decoded = decode(content, file.name)
        except ContentError as error:
            return _Opened(file, error=str(error))
        except OSError as error:
            return _Opened(file, error=f"{file.name}: {error.strerror or error}; make it readable")
        order = _order_of(file.name, self._orders)
        task = Task(decoded.text, file.name, file.by_hand, order, file.path, file.root)
        own = Content.of(file.name, decoded.text, by_hand=file.by_hand, order=order)
        return _Opened(file, len(content), task, own, decoded.encoding)

    def _batch_begun(self, batch: Sequence[_Opened]) -> Sequence[_Begun]:
        known = self._memory.readings_of([opened.content for opened in batch if opened.content])
        unknown = {
            index: opened.task
            for index, opened in enumerate(batch)
            if opened.task is not None and opened.content not in known
        }
        elsewhere = dict(zip(unknown, self._parsers.begin(list(unknown.values())), strict=True))
        for index in (index for index, parsing in elsewhere.items() if parsing):
            self._means.announce(batch[index].file.path, batch[index].size)
        return [
            _Begun(opened, known.get(opened.content) if opened.content else None, elsewhere.get(index))
            for index, opened in enumerate(batch)
        ]

    def _found(self, begun: _Begun) -> _Found:
        """Return the records and the report of a file; what is wrong with it becomes the report's error."""
        opened, file = begun.opened, begun.opened.file
        if opened.task is None:
            return _Found((), FileReport(file.name, NO_STYLE, 0, error=opened.error))
        beside = self.shelf.beside(file.path, file.root)
        try:
            document = self._reading(begun, opened.task, beside).document
        except ContentError as error:
            return _Found((), FileReport(file.name, NO_STYLE, 0, error=str(error)))
        warnings = sorted((*document.report.warnings, *beside.warnings()), key=lambda warned: warned.line)
        return _Found(document.records, replace(document.report, encoding=opened.encoding, warnings=tuple(warnings)))

    def _reading(self, begun: _Begun, task: Task, beside: PicturesBeside) -> Reading:
        """Return the reading of a file. Raises ContentError."""
        if begun.known and _shows_the_same(begun.known, beside):
            self.unchanged += 1
            return begun.known
        reading = begun.elsewhere.result() if begun.elsewhere else None
        if reading is None or not _shows_the_same(reading, beside):
            self._means.announce(task.path, begun.opened.size)
            reading = read_task(task, beside)
        if begun.opened.content:
            self._memory.keep(begun.opened.content, reading)
        return reading


def _batches(opened: Iterable[_Opened]) -> Iterator[Sequence[_Opened]]:
    batch: list[_Opened] = []
    size = 0
    for one in opened:
        batch.append(one)
        size += one.size
        if size >= _BATCH_BYTES or len(batch) == _BATCH_FILES:
            yield batch
            batch, size = [], 0
    yield batch


def _shows_the_same(reading: Reading, beside: PicturesBeside) -> bool:
    """Ask for the pictures of a reading again, all of them: they are shelved; return whether they are the same."""
    found = {(line, address): beside.at(line)(address) for line, address in reading.pictures}
    return found == reading.pictures


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
        records.append(record if unique == record.id else replace(record, id=unique))
    return records, warnings
