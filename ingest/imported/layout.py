"""Entries to Markdown files, each read again as `faq ingest` will: what does not come back as it was is not written so.

An answer is somebody's text. It may hold headings, a fence that never ends, `-->`, a comment that gives us orders. So
a question is a heading of level 1 in a file whose reading is fixed, with its answer as it is; where that is not read
back, the question gets a file of its own, whose answer is all of it; where that is not either, the answer becomes a
block of code; and what even then is not read back is left out and said.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from faqkb.ingest.document import parse_document
from faqkb.ingest.editing.wordings import alt_value, heading_text, one_line
from faqkb.ingest.imported.entry import Collection, LeftOut
from faqkb.ingest.imported.placing import Placed, placed
from faqkb.kb.errors import ContentError
from faqkb.kb.limits import ANSWER_CHARS, PATH_CHARS, QUESTION_CHARS, TAG_CHARS, TAGS_MAX
from faqkb.kb.records import Record
from faqkb.kb.text import readable

_ORDER = "<!-- faq: read=headings level=1 -->"
_END = ("# What stands below it?", "An answer.")  # it shows that an answer does not reach into the next one
_ROUNDS = 3  # of moving answers out of a file that they change together; then each of it gets its own
_AT_ONCE = 64  # entries that are read back from one text, while all of them come back as they were
_DEFINES = re.compile(r"^[ >\-*+\d.]*\[[^\]\n]*\]:", re.MULTILINE)  # where a link leads, or a footnote
_NAME_BYTES = 200  # room for a number and `.md`
_BACKTICKS = re.compile(r"`+")
_LANGUAGE = re.compile(r"[A-Za-z0-9]{1,8}(?:-[A-Za-z0-9]{1,8}){0,3}")
_ORDERS = re.compile(r"<!--\s*(?=faq:)", re.IGNORECASE)
_ENDS = re.compile(r"\r\n?")


@dataclass(frozen=True, slots=True)
class Written:
    """A Markdown file to write."""

    name: str
    """Relative, with forward slashes."""
    text: str
    records: int


@dataclass(frozen=True, slots=True)
class Layout:
    """What becomes of a collection."""

    files: tuple[Written, ...]
    left_out: tuple[LeftOut, ...]
    """Rows without a record."""
    changed: tuple[LeftOut, ...]
    """Rows whose record is not quite what they said, and in what."""


@dataclass(frozen=True, slots=True)
class _Tried:
    """An entry as it can be written."""

    place: Placed
    answer: str
    """As it stands in the file."""
    read: Record
    """What comes back, read alone."""
    notes: tuple[str, ...]


def lay_out(collection: Collection, file_name: str) -> Layout:
    """Return the files of a collection; `file_name` is that of the file it was read from."""
    left_out = list(collection.left_out)
    stems: dict[str, list[Placed]] = {}
    for place in placed(collection.entries, file_name):
        why = _why_not(place)
        if why:
            left_out.append(LeftOut(place.entry.row, place.entry.id, why))
        else:
            stems.setdefault(place.stem, []).append(place)
    origin = _Origin(one_line(file_name), collection.form)
    files: dict[str, Written] = {}
    changed: list[LeftOut] = []
    for stem, places in stems.items():
        together, alone = _divided(places, origin)
        if together:
            files[stem] = Written(f"{stem}.md", origin.file(together), len(together))
        changed += [note for each in together for note in _noted(each)]
        for place in alone:
            own = (
                place
                if len(places) == 1
                else replace(place, stem=_free(_short(f"{stem}--{place.label}"), {*stems, *files}))
            )
            tried = _alone(own, origin)
            if tried is None:
                left_out.append(
                    LeftOut(place.entry.row, place.entry.id, "its answer cannot be read back from Markdown")
                )
                continue
            files[own.stem] = Written(f"{own.stem}.md", origin.own_file(tried.place, tried.answer), 1)
            moved = (f"its answer needs a file of its own: {own.id}, once {place.id}",) if own != place else ()
            changed += _noted(replace(tried, notes=(*tried.notes, *moved)))
    by_row = sorted(changed, key=lambda one: one.row)
    return Layout(tuple(files.values()), tuple(sorted(left_out, key=lambda one: one.row)), tuple(by_row))


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where a collection comes from, told at the head of every file and above every answer."""

    name: str
    form: str

    def file(self, tried: Iterable[_Tried]) -> str:
        """Return the Markdown of several questions."""
        return "\n\n".join([self.head(), *(self.section(one.place, one.answer) for one in tried)]) + "\n"

    def with_sentinel(self, place: Placed, answer: str) -> str:
        """Return a file of one question among others."""
        return "\n\n".join([self.head(), self.section(place, answer), *_END]) + "\n"

    def head(self) -> str:
        """Return what a file of several questions begins with."""
        return f"{self._front()}\n\n{_ORDER}"

    def own_file(self, place: Placed, answer: str) -> str:
        """Return the Markdown of a file that answers one question."""
        question = f"question: {json.dumps(one_line(place.entry.question), ensure_ascii=False)}"
        moved = f" was={place.entry.id}" if _is_former(place) else ""
        return f"{self._front(question)}\n{self._comments(place, moved)}\n\n{answer}\n"

    def _front(self, *more: str) -> str:
        told = (f"imported_from: {json.dumps(self.name, ensure_ascii=False)}", f"imported_as: {self.form}")
        return "\n".join(["---", *more, *told, "---"])

    def section(self, place: Placed, answer: str) -> str:
        """Return one question with its comments and its answer."""
        return f"# {heading_text(place.entry.question)}\n\n{self._comments(place)}\n\n{answer}"

    def _comments(self, place: Placed, more: str = "") -> str:
        """Return what a record takes from its comment, and below it what has no place in a record."""
        entry = place.entry
        tags, versions = _fitting(entry.tags), _fitting(entry.versions)
        wordings = [text for text in entry.alternates if len(one_line(text)) <= QUESTION_CHARS]
        parts = [f"id={place.label}{more}", *map(alt_value, wordings)]
        parts += [_value("tags", ",".join(tags))] if tags else []
        parts += [_value("version", ",".join(versions))] if versions else []
        parts += [f"lang={entry.language}"] if _LANGUAGE.fullmatch(entry.language) else []
        told = [f"imported: row {entry.row}", *([f"id {entry.id}"] if entry.id else [])]
        told += [f"{name}: {value}" for name, value in entry.kept]
        told += [f"asked as: {text}" for text in entry.alternates if text not in wordings]
        told += [f"tag: {tag}" for tag in entry.tags if _name(tag) not in tags]
        return f"<!-- faq: {' '.join(parts)} -->\n<!-- {_plain('; '.join(told))} -->"


def _divided(places: Sequence[Placed], origin: _Origin) -> tuple[list[_Tried], list[Placed]]:
    """Return the entries that can share a file, as they stand there, and those that need one each."""
    together: list[_Tried] = []
    alone: list[Placed] = []
    for start in range(0, len(places), _AT_ONCE):
        some = places[start : start + _AT_ONCE]
        read = _read_at_once(some, origin) or [(place, _read_among_others(place, origin)) for place in some]
        together += [tried for _, tried in read if tried]
        alone += [place for place, tried in read if not tried]
    for _ in range(_ROUNDS):
        strangers = _strangers(together, origin)
        if not strangers:
            return together, alone
        alone += [one.place for one in together if one.place.id in strangers]
        together = [one for one in together if one.place.id not in strangers]
    return [], [*alone, *(one.place for one in together)]


def _read_among_others(place: Placed, origin: _Origin) -> _Tried | None:
    """Return an entry that is read back with another question below it, None where it is not."""
    answer = _answer(place)
    return _tried(place, answer, origin.with_sentinel(place, answer), 2)


def _read_at_once(places: Sequence[Placed], origin: _Origin) -> list[tuple[Placed, _Tried | None]]:
    """Return entries that are all read back as they were from one file, in two thirds of the time of one by one.

    Nothing where one of them is not, or where one may make links of what stands in another.
    """
    tried = [(place, _answer(place)) for place in places]
    if any(_DEFINES.search(answer) for _, answer in tried):
        return []
    sections = [origin.section(place, answer) for place, answer in tried]
    try:
        *read, end = _records("\n\n".join([origin.head(), *sections, *_END]), places[0].stem)
    except ContentError:
        return []
    if len(read) != len(tried) or not _is_end(end):
        return []
    notes = [_differences(place, answer, record) for (place, answer), record in zip(tried, read, strict=True)]
    if any(each != () for each in notes):
        return []
    return [(place, _Tried(place, answer, record, ())) for (place, answer), record in zip(tried, read, strict=True)]


def _is_end(record: Record) -> bool:
    return (record.question, record.answer) == (_END[0][2:], _END[1])


def _strangers(together: Sequence[_Tried], origin: _Origin) -> set[str]:
    """Return the ids of answers that are read otherwise in one file: `[a]` here, `[a]: https://…` there."""
    if not together:
        return set()
    try:
        records = _records(origin.file(together), together[0].place.stem)
    except ContentError:  # more than a file may cost to read
        return {one.place.id for one in together}
    found = {record.id: _compared(record) for record in records}
    if len(records) != len(together):
        return {one.place.id for one in together}
    return {one.place.id for one in together if found.get(one.read.id) != _compared(one.read)}


def _alone(place: Placed, origin: _Origin) -> _Tried | None:
    """Return an entry as it stands in its own file, None where it cannot."""
    answer = _answer(place)
    ways = (
        (answer, ()),
        (_ORDERS.sub("<!-- quoted ", answer), ("comments in its answer that begin with `faq:` begin with `quoted`",)),
        (_as_code(answer), ("its answer is kept as plain text",)),
    )
    for text, note in ways:
        tried = _tried(place, text, origin.own_file(place, text), 1)
        if tried is not None:
            return replace(tried, notes=(*note, *tried.notes))
    return None


def _tried(place: Placed, answer: str, text: str, records: int) -> _Tried | None:
    """Return an entry that a text gives back, None where it gives another one."""
    try:
        read = _records(text, place.stem)
    except ContentError:  # an answer that costs more to read than its size explains
        return None
    if len(read) != records or (records > 1 and not _is_end(read[1])):
        return None
    notes = _differences(place, answer, read[0])
    return None if notes is None else _Tried(place, answer, read[0], notes)


def _differences(place: Placed, answer: str, read: Record) -> tuple[str, ...] | None:
    """Return in what a record is not quite its entry, None where it is another one."""
    entry = place.entry
    if read.id != place.id or not answer.strip() or read.answer.strip() not in answer:
        return None
    question = one_line(entry.question)
    if read.question != question and not question.endswith(read.question):
        return None
    if read.checks or any(map(_shows, answer.strip().split(read.answer.strip(), 1))):
        return None
    pairs = (
        ("question", question, read.question),
        ("answer", answer.strip(), read.answer.strip()),
        ("other wordings", tuple(map(one_line, entry.alternates)), read.alternates),
        ("tags", entry.tags, read.tags),
        ("versions", entry.versions, read.versions),
    )
    steering = [
        f"{name} with a space for each character that is no text" for name, text in _texts(place) if _steers(text)
    ]
    return (*steering, *(f"{name} {_told(wanted, got)}" for name, wanted, got in pairs if wanted != got))


def _texts(place: Placed) -> tuple[tuple[str, str], ...]:
    entry = place.entry
    return (
        ("question", entry.question),
        ("answer", entry.answer),
        *(("other wording", text) for text in entry.alternates),
    )


def _steers(text: str) -> bool:
    plain = _ENDS.sub("\n", text)
    return readable(plain) != plain


def _shows(around: str) -> bool:
    """Return whether what stands around an answer would be read by anybody: no comment, rule or target of links."""
    return bool(around.strip()) and bool(_records(f"---\nquestion: Shown?\n---\n\n{around}\n", "around"))


def _told(wanted: str | tuple[str, ...], got: str | tuple[str, ...]) -> str:
    if isinstance(wanted, tuple):
        missing = [text for text in wanted if text not in got]
        return f"not kept as written: {', '.join(repr(text[:60]) for text in missing[:3])}"
    return f"without what stood around it: {len(wanted)} characters, {len(got)} are kept"


def _records(text: str, stem: str) -> tuple[Record, ...]:
    return parse_document(text, f"{stem}.md").records


def _compared(record: Record) -> tuple[object, ...]:
    return (record.question, record.answer, record.answer_html, record.alternates, record.tags, record.versions)


def _noted(tried: _Tried) -> Iterator[LeftOut]:
    entry = tried.place.entry
    notes = [*([tried.place.note] if tried.place.note else []), *tried.notes]
    if notes:
        yield LeftOut(entry.row, entry.id, "; ".join(notes))


def _why_not(place: Placed) -> str:
    """Return why an entry can be no record, empty where it can."""
    entry = place.entry
    question, answer = one_line(entry.question), entry.answer.strip()
    if not question:
        return "has no question"
    if not answer:
        return "has no answer"
    if len(question) > QUESTION_CHARS:
        return f"a question of {len(question):,} characters (limit {QUESTION_CHARS:,})"
    if len(answer) > ANSWER_CHARS:
        return f"an answer of {len(answer):,} characters (limit {ANSWER_CHARS:,})"
    return ""


def _answer(place: Placed) -> str:
    """Return the answer with plain line ends and nothing that steers what shows it."""
    return readable(_ENDS.sub("\n", place.entry.answer)).strip("\n").rstrip()


def _as_code(answer: str) -> str:
    longest = max((len(run) for run in _BACKTICKS.findall(answer)), default=0)
    fence = "`" * max(longest + 1, 3)
    return f"{fence}\n{answer}\n{fence}"


def _plain(text: str) -> str:
    """Return a text that ends no comment and fills in no template."""
    return alt_value(text)[5:-1]


def _value(key: str, text: str) -> str:
    return f"{key}{alt_value(text)[3:]}"


def _name(text: str) -> str:
    """Return a tag on one line, without the comma that would make two of it."""
    return one_line(text).replace(",", " ").replace("，", " ")


def _fitting(names: Sequence[str]) -> list[str]:
    """Return the names that a record takes."""
    plain = [name for name in map(_name, names) if name and len(name) <= TAG_CHARS]
    return list(dict.fromkeys(plain))[:TAGS_MAX]


def _is_former(place: Placed) -> bool:
    """Return whether the id that it had is one that we gave, which may lead here."""
    former = place.entry.id
    is_ours = "/" in former and all(char.isalnum() or char in "._-/" for char in former)
    return is_ours and former != place.id and len(former) <= PATH_CHARS


def _short(stem: str) -> str:
    """Return a path whose last part a file system takes: 255 bytes, and a Chinese character is three."""
    folder, slash, name = stem.rpartition("/")
    return f"{folder}{slash}{name.encode()[:_NAME_BYTES].decode(errors='ignore')}"


def _free(stem: str, taken: set[str]) -> str:
    number, free = 2, stem
    while free in taken:
        free, number = f"{stem}-{number}", number + 1
    return free
