"""`faq import FILE --to DIR`: the FAQ of another system as Markdown in a folder, and what of it could not be kept."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from faqkb.faq.console import one_line, say, say_json, say_note
from faqkb.ingest.imported.entry import LeftOut
from faqkb.ingest.imported.layout import Layout, Written, lay_out
from faqkb.ingest.imported.recognise import read_file
from faqkb.kb.disk import make_folders, replace_file, storage_errors
from faqkb.kb.errors import ExportRefused
from faqkb.kb.foreign.paths import inside


@dataclass(frozen=True, slots=True)
class _File:
    path: str
    records: int


@dataclass(frozen=True, slots=True)
class _Told:
    """What `--json` prints."""

    file: str
    format: str
    records: int
    files: tuple[_File, ...]
    left_out: tuple[LeftOut, ...]
    changed: tuple[LeftOut, ...]


def import_collection(file: Path, folder: Path, form: str | None, *, sure: bool, as_json: bool) -> None:
    """Write the Markdown of another system's file into a folder, and tell every row that is not as it was.

    Raises ContentError where the file cannot be read, ExportRefused where it would write over something else.
    """
    collection = read_file(file, form)
    layout = lay_out(collection, file.name)
    _write(layout, folder, sure=sure)
    told = _Told(
        file=str(file),
        format=collection.form,
        records=sum(each.records for each in layout.files),
        files=tuple(_File(str(folder / each.name), each.records) for each in layout.files),
        left_out=layout.left_out,
        changed=layout.changed,
    )
    if as_json:
        say_json(asdict(told))
    else:
        _say(told, folder)


def _write(layout: Layout, folder: Path, *, sure: bool) -> None:
    """Write every file as a whole; none where one would replace something else unasked. Raises ExportRefused."""
    with storage_errors(folder, outcome="not all was written"):
        make_folders(folder.absolute())
        places = [(inside(folder, each.name), each) for each in layout.files]
        there = [path for path, each in places if _differs(path, each)]
        if there and not sure:
            raise ExportRefused(
                f"{there[0]} is there already and holds something else"
                f"{f', and {len(there) - 1} more' if there[1:] else ''}; nothing was written: name another folder, or"
                " replace them with --yes"
            )
        for path, each in places:
            make_folders(path.absolute().parent)
            replace_file(path, each.text.encode())


def _differs(path: Path, written: Written) -> bool:
    if not path.exists() and not path.is_symlink():
        return False
    return not path.is_file() or path.is_symlink() or path.read_bytes() != written.text.encode()


def _say(told: _Told, folder: Path) -> None:
    say(f"read {one_line(told.file)} as {told.format}: {told.records} questions, {len(told.left_out)} rows left out")
    for each in told.files:
        say(f"wrote {one_line(each.path)}: {each.records}")
    for what, rows in (("left out", told.left_out), ("changed", told.changed)):
        for row in rows:
            named = f" ({one_line(row.id)})" if row.id else ""
            say_note(f"row {row.row}{named}: {what}: {one_line(row.why)}")
    if told.files:
        say_note(f"read it through, then: faq ingest {one_line(str(folder))}")
