"""All rules that need no model and no network, over some files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from faqkb.ingest.files import File, files_of
from faqkb.ingest.linted.comments import silences, unknown_rules
from faqkb.ingest.linted.findings import Finding
from faqkb.ingest.linted.reading import Linted, read_file, shown_path
from faqkb.ingest.linting.anchors import PagesBeside
from faqkb.ingest.linting.answers import Age, long_answers, stale_answers
from faqkb.ingest.linting.code import code_blocks
from faqkb.ingest.linting.headings import close_headings, tags_in_questions, unanswered
from faqkb.ingest.linting.labels import answer_markers, labels
from faqkb.ingest.linting.links import links, pictures_without_text
from faqkb.ingest.linting.repeats import all_asked, repeated, same_words
from faqkb.ingest.linting.source_tree import Tree, gone
from faqkb.ingest.linting.terms import two_spellings
from faqkb.ingest.linting.twins import by_labels, files_without_twin, pairs_of
from faqkb.ingest.readings.orders import FREE, Order
from faqkb.kb.errors import ContentError

_RULES: tuple[Callable[[Linted], Iterator[Finding]], ...] = (
    close_headings,
    unanswered,
    labels,
    answer_markers,
    tags_in_questions,
    pictures_without_text,
    code_blocks,
    long_answers,
    unknown_rules,
)


@dataclass(frozen=True, slots=True)
class Against:
    """What answers are held against, where somebody asks for it."""

    tree: Tree | None = None
    age: Age | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """Files, read, and what is wrong with those that could not be."""

    files: tuple[Linted, ...]
    unreadable: tuple[Finding, ...] = field(default=())


def read_files(paths: Sequence[Path], orders: Sequence[tuple[str, Order]] = (), *, follow_links: bool = False) -> Read:
    """Return the Markdown files that some paths name, read as `faq ingest` reads them.

    Raises ContentError when a PATH is missing, cannot be opened or holds no Markdown.
    """
    files, unreadable = [], []
    for file in (file for path in paths for file in files_of(path, follow_links=follow_links)):
        order = next((order for pattern, order in reversed(orders) if fnmatchcase(file.name, pattern)), FREE)
        try:
            files.append(read_file(file, order))
        except ContentError as error:
            unreadable.append(_unreadable(file, str(error)))
        except OSError as error:
            unreadable.append(_unreadable(file, f"{error.strerror or error}; make it readable"))
    return Read(tuple(files), tuple(unreadable))


def _unreadable(file: File, error: str) -> Finding:
    what, _, fix = error.removeprefix(f"{file.name}: ").partition("; ")
    return Finding(shown_path(file.path), 1, "unreadable", what, fix or "make it readable")


def find_by_reading(read: Read, against: Against) -> Iterator[Finding]:
    """Yield what the rules of this room find, in no order."""
    yield from read.unreadable
    beside = PagesBeside()
    for linted in read.files:
        for rule in _RULES:
            yield from rule(linted)
        yield from links(linted, beside)
        if against.tree:
            yield from gone(linted, against.tree)
        if against.age:
            yield from stale_answers(linted, against.age)
    for before, again in same_words(all_asked(read.files)):
        yield repeated(before, again)
    yield from two_spellings(read.files)
    pairs = pairs_of(read.files)
    yield from files_without_twin(read.files, pairs)
    for twins in pairs:
        yield from by_labels(twins) or ()


def without_silenced(findings: Sequence[Finding], files: Sequence[Linted]) -> list[Finding]:
    """Return the findings, in order, each once, without those that comments turn off."""
    quiet = {linted.name: silences(linted) for linted in files}
    kept = {
        finding for finding in findings if not any(silence.covers(finding) for silence in quiet.get(finding.path, ()))
    }
    return sorted(kept, key=lambda finding: finding.order)
