"""Hand-read FAQ files: what a parser is scored against and its weights are fitted to.

Gold is compared by hashes of its letters, so that what was read in files of others can be kept without their text
(`tests/gold`, made by tools/hash_gold.py). Gold that is kept as text makes the same hashes itself.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

EDGE_CHARS = 20  # compared at either end of an answer
HASH_DIGITS = 16
SEED = "seed.json"
DETAILS = ("section", "anchor", "number", "links")

Edge = tuple[int, str]
"""How many characters are compared at one end of an answer, and their hash."""


def normal(text: str) -> str:
    """Return only the letters, digits and Han characters, in lower case."""
    return "".join(char for char in unicodedata.normalize("NFKC", text).casefold() if char.isalnum())


def hash_of(letters: str) -> str:
    """Return the hash by which a normal text is compared."""
    return hashlib.sha256(letters.encode()).hexdigest()[:HASH_DIGITS]


def digest(source: str) -> str:
    """Return the SHA-256 of a source, by which the file that was read is known."""
    return hashlib.sha256(source.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Expected:
    """A record that somebody read in a file. Its methods take normal texts."""

    question: str
    """The hash of the whole question."""
    first: Edge
    last: Edge
    label: str
    """What names the record to a person: its question, or the line it is on."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """Section, anchor, number and links, where the gold tells them."""

    @classmethod
    def of_text(cls, record: Mapping[str, Any]) -> Expected:
        """Return what gold kept as text expects: both ends of an answer, or all of it."""
        starts, ends = (normal(record.get(key, record.get("answer"))) for key in ("answer_starts", "answer_ends"))
        first, last = ((len(edge), hash_of(edge)) for edge in (starts[:EDGE_CHARS], ends[-EDGE_CHARS:]))
        details = {key: record[key] for key in DETAILS if key in record}
        return cls(hash_of(normal(record["question"])), first, last, record["question"], details)

    @classmethod
    def of_hashes(cls, record: Mapping[str, Any]) -> Expected:
        """Return what a record of `tests/gold` expects."""
        where = f"line {record['line']}" if record["line"] else "a line not known"
        first, last = (tuple(record[key]) for key in ("starts", "ends"))
        return cls(record["question"], first, last, f"the question of {where}")

    def is_question(self, text: str) -> bool:
        """Whether the text is the question."""
        return hash_of(text) == self.question

    def begins(self, text: str) -> bool:
        """Whether an answer begins as the one expected."""
        count, expected = self.first
        return hash_of(text[:count]) == expected

    def ends(self, text: str) -> bool:
        """Whether an answer ends as the one expected."""
        count, expected = self.last
        return hash_of(text[max(len(text) - count, 0) :]) == expected

    def is_answer(self, text: str) -> bool:
        """Whether an answer begins and ends as the one expected."""
        return self.begins(text) and self.ends(text)


@dataclass(frozen=True, slots=True)
class GoldFile:
    """A file and what somebody read in it."""

    name: str
    project: str
    kind: str
    """`gold`, `cases`, `fixtures` or `more`."""
    source: Path
    records: list[Expected]


def shared_gold(shared: Path) -> Iterator[GoldFile]:
    """Yield the gold parses of SHARED whose source is there, the seed last."""
    for path in sorted((shared / "data" / "gold").glob("*.json")):
        if path.name == SEED:
            yield GoldFile("faq_2021_s1.md", "seed", "gold", shared / "seed" / "faq_2021_s1.md", _texts(_read(path)))
            continue
        project, name = _project(path)
        source = shared / "data" / "corpora" / project / name
        if source.is_file():
            yield GoldFile(name, project, "gold", source, _texts(_read(path)))


def cases(folder: Path) -> Iterator[GoldFile]:
    """Yield the cases of a folder, each a project of its own: a source, and beside it the records expected."""
    for path in sorted(folder.glob("[0-9]*.json")):
        source = next((file for file in sorted(folder.glob(f"{path.stem}.*")) if file != path), None)
        if source is not None:
            yield GoldFile(source.name, path.stem, "cases", source, _texts(_read(path)))


def fixtures(folder: Path) -> Iterator[GoldFile]:
    """Yield our own fixtures, each a project of its own: NAME.md, and NAME.json with `records` beside it."""
    for path in sorted(folder.glob("*.json")):
        records = _read(path)["records"]
        if all("answer" in one for one in records):
            yield GoldFile(f"{path.stem}.md", path.stem, "fixtures", path.with_suffix(".md"), _texts(records))


def hashed_gold(hashes: Path, *folders: Path) -> Iterator[GoldFile]:
    """Yield the gold of HASHES whose source is in a `files` folder of FOLDERS and is the text that was read."""
    seen: set[str] = set()
    for files in _file_folders(folders):
        for path in sorted(hashes.glob("*.json")):
            source = files / path.name.removesuffix(".json")
            if path.name in seen or not source.is_file():
                continue
            document = _read(path)
            if not _is_text(source, document["sha256"]):
                continue
            seen.add(path.name)
            project, name = _project(path)
            yield GoldFile(name, project, "more", source, [Expected.of_hashes(one) for one in document["records"]])


def not_here(hashes: Path, found: Sequence[GoldFile]) -> str:
    """Return a line about the gold of HASHES that was not found, and "" when all was."""
    there = {f"{one.source.name}.json" for one in found}
    everything = [path.name for path in hashes.glob("*.json")]
    absent = len([name for name in everything if name not in there])
    if not absent:
        return ""
    return f"{absent} of {len(everything)} files are not here, or not as they were when they were read"


def _file_folders(folders: Sequence[Path]) -> list[Path]:
    """Return `files` of each folder, and of the folders in it."""
    return [one for folder in folders for one in (folder / "files", *sorted(folder.glob("*/files"))) if one.is_dir()]


def _is_text(source: Path, expected: str) -> bool:
    """Whether the file is the text that was read; a newline at its end may lack."""
    try:
        text = source.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return False
    return expected in {digest(text), digest(text + "\n")}


def _project(path: Path) -> tuple[str, str]:
    project, _, name = path.name.removesuffix(".json").partition("__")
    return project, name


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _texts(records: Sequence[Mapping[str, Any]]) -> list[Expected]:
    return [Expected.of_text(one) for one in records]
