"""The Markdown that a patch is made for: which file holds a record, and its text with what was accepted so far."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from faqkb.faq.bootstrap import reading_orders
from faqkb.ingest import Order
from faqkb.ingest.editing.changes import with_question, with_wordings
from faqkb.ingest.editing.patch import unified_diff
from faqkb.ingest.editing.source import SourceFile
from faqkb.ingest.files import File, files_of
from faqkb.ingest.ids import stem_of
from faqkb.ingest.readings.orders import FREE
from faqkb.kb.errors import ContentError


@dataclass(slots=True)
class _Edited:
    file: File
    before: SourceFile
    after: SourceFile


class Content:
    """The files of some paths. None of them is written to."""

    def __init__(self, paths: Sequence[Path]) -> None:
        """Find the files. Raises ContentError."""
        self._files = [file for path in paths for file in files_of(path, follow_links=False) if not file.leads_out]
        self._orders = reading_orders()
        self._edited: dict[Path, _Edited] = {}

    def add_wordings(self, record_id: str, texts: Sequence[str]) -> None:
        """Give a record other words. Raises ContentError where no file holds it or it takes none."""
        edited = self._holding(record_id)
        edited.after = with_wordings(edited.after, record_id, texts)

    def add_question(self, question: str, note: str, *, beside: str | None) -> None:
        """Add a question without an answer, to the file that holds the record `beside`, else to the first one.

        Raises ContentError.
        """
        edited = self._opened(self._files[0]) if beside is None else self._holding(beside)
        edited.after = with_question(edited.after, question, note, like=beside)

    def patch(self) -> bytes:
        """Return all changes as a unified diff, seen from the current folder where the files lie below it."""
        return b"".join(
            unified_diff(self._name(edited.file), edited.before.to_bytes(), edited.after.to_bytes())
            for edited in sorted(self._edited.values(), key=lambda edited: edited.file.path)
        )

    def roots(self) -> tuple[Path, ...]:
        """Return the folders to apply the patch in, where that is not the current one."""
        changed = (edited.file for edited in self._edited.values() if edited.after != edited.before)
        return tuple(dict.fromkeys(file.root for file in changed if not _is_below_current(file.path)))

    def _holding(self, record_id: str) -> _Edited:
        for file in self._candidates(record_id):
            edited = self._opened(file)
            if any(record.id == record_id for record in edited.before.records()):
                return edited
        raise ContentError(
            f"no file of the content holds the record {record_id}; name the content it was ingested from by --content"
        )

    def _candidates(self, record_id: str) -> Iterator[File]:
        yield from (file for file in self._files if record_id.startswith(f"{stem_of(file.name)}/"))

    def _opened(self, file: File) -> _Edited:
        if file.path not in self._edited:
            try:
                content = file.content()
            except OSError as error:
                raise ContentError(f"{file.name}: {error.strerror or error}; make it readable") from error
            source = SourceFile.read(content, file.name, by_hand=file.by_hand, order=self._order(file.name))
            self._edited[file.path] = _Edited(file, source, source)
        return self._edited[file.path]

    def _order(self, name: str) -> Order:
        return next((order for pattern, order in reversed(self._orders) if fnmatchcase(name, pattern)), FREE)

    def _name(self, file: File) -> str:
        path = file.path.absolute()
        return path.relative_to(Path.cwd()).as_posix() if _is_below_current(path) else file.name


def _is_below_current(path: Path) -> bool:
    return path.absolute().is_relative_to(Path.cwd())
