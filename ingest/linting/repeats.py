"""Questions that are asked twice in the same words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from faqkb.ingest.linted.findings import Finding, Place
from faqkb.ingest.linted.reading import Linted
from faqkb.ingest.linting.disagreement import contradict
from faqkb.ingest.page.text import excerpt
from faqkb.kb.records import Record
from faqkb.kb.text import clean, simplify


@dataclass(frozen=True, slots=True)
class Asked:
    """A record and the file that it stands in."""

    path: str
    record: Record

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place(self.path, self.record.source.line)


def all_asked(files: Sequence[Linted]) -> list[Asked]:
    """Return the records of all files, in order."""
    return [Asked(linted.name, record) for linted in files for record in linted.records]


def wording(question: str) -> str:
    """Return what two questions in the same words have in common: capitals, marks and blanks do not count."""
    folded = simplify(clean(question).casefold())
    return "".join(char for char in folded if char.isalnum() or char in "+#-&/.")


def same_words(asked: Sequence[Asked]) -> Iterator[tuple[Asked, Asked]]:
    """Yield (first, again) for each question that was asked before in the same words and language."""
    first: dict[tuple[str, str], Asked] = {}
    for each in asked:
        key = wording(each.record.question).rstrip("."), each.record.language
        if not key[0]:
            continue
        before = first.setdefault(key, each)
        if before is not each:
            yield before, each


def repeated(before: Asked, again: Asked) -> Finding:
    """Return the finding for a question that was asked before: a contradiction where the answers are one."""
    question = excerpt(again.record.question)
    why = contradict(before.record.answer_text, again.record.answer_text)
    if why:
        return contradiction(before, again, why)
    same = wording(before.record.answer_text) == wording(again.record.answer_text)
    return Finding(
        again.path,
        again.record.source.line,
        "repeated-question",
        f"“{question}” is asked at {before.place} already" + (", with the same answer" if same else ""),
        "take one of them out" if same else "make one answer of the two, or say in each question what is different",
        other=before.place,
    )


def contradiction(before: Asked, again: Asked, why: str) -> Finding:
    """Return the finding for two answers to one question that do not go together."""
    return Finding(
        again.path,
        again.record.source.line,
        "contradiction",
        f"“{excerpt(again.record.question)}” is answered otherwise at {before.place}: {why}",
        "keep the answer that is true",
        other=before.place,
    )
