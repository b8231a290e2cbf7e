"""Files that say the same in two languages, and the questions that one of them lacks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from faqkb.ingest.linted.findings import Finding, Place
from faqkb.ingest.linted.reading import Linted
from faqkb.ingest.page.model import Kind
from faqkb.ingest.page.text import excerpt
from faqkb.kb.language.codes import ending_language, folder_language

_LABELLED = 0.8  # of the questions of both files, so that labels tell which belong together
_PAIRED = 0.5  # of the files, so that one without a twin lacks it


@dataclass(frozen=True, slots=True)
class Twins:
    """Two files that say the same."""

    one: Linted
    other: Linted


def language_of_file(linted: Linted) -> str:
    """Return the language that most of its records have, empty without any."""
    languages = [record.language for record in linted.records]
    return max(sorted(set(languages)), key=languages.count, default="")


def twin_name(name: str) -> str:
    """Return the path of a file without the languages in it: equal for a file and its translation."""
    path = PurePosixPath(name)
    folders = [part for part in path.parts[:-1] if not folder_language(part)]
    stem = path.stem
    for mark in (".", "_", "-"):
        head, found, ending = stem.rpartition(mark)
        if found and head and ending_language(ending):
            stem = head
            break
    return "/".join((*folders, stem.casefold()))


def pairs_of(files: Sequence[Linted]) -> list[Twins]:
    """Return the files that are translations of each other, by their names and their languages."""
    named: dict[str, list[Linted]] = {}
    for linted in files:
        if linted.records:
            named.setdefault(twin_name(linted.name), []).append(linted)
    return [
        Twins(one, other)
        for group in named.values()
        for i, one in enumerate(group)
        for other in group[i + 1 :]
        if one.name != other.name and language_of_file(one) != language_of_file(other)
    ]


def files_without_twin(files: Sequence[Linted], pairs: Sequence[Twins]) -> Iterator[Finding]:
    """Yield each file that has no twin where most have one."""
    paired = {linted.name for twins in pairs for linted in (twins.one, twins.other)}
    asked = [linted for linted in files if linted.records]
    languages = {language_of_file(linted) for linted in asked if linted.name in paired}
    if len(languages) != 2 or len(paired) < _PAIRED * len(asked):
        return
    for linted in asked:
        own = language_of_file(linted)
        if linted.name not in paired and own in languages:
            (missing,) = languages - {own}
            yield Finding(
                linted.name,
                1,
                "missing-twin",
                f"the file has no twin in {missing}, as most others have",
                "translate it, or turn the rule off for it: <!-- faq-lint off=missing-twin -->",
            )


def by_labels(twins: Twins) -> list[Finding] | None:
    """Return the questions that one of two files lacks, told by their labels; None where these do not tell."""
    numbers = [{one.span.name.number: one for one in linted.chosen} for linted in (twins.one, twins.other)]
    if any(
        len(found.keys() - {""}) < _LABELLED * max(len(linted.chosen), 1)
        for found, linted in zip(numbers, (twins.one, twins.other), strict=True)
    ):
        return None
    findings = []
    for here, there, own, others in (
        (twins.one, twins.other, numbers[0], numbers[1]),
        (twins.other, twins.one, numbers[1], numbers[0]),
    ):
        for number in own.keys() - others.keys() - {""}:
            span = own[number].span
            findings.append(lacking(here, span.line, f"{number} {span.name.question}", there))
    return findings


def is_by_meaning(twins: Twins) -> bool:
    """Whether only what their questions mean tells which of them one file lacks."""
    return by_labels(twins) is None and not _have_one_outline(twins)


def _have_one_outline(twins: Twins) -> bool:
    """Whether the headings of two files follow each other in the same levels, and are the questions of one of them.

    Nothing is missing then, though the other may be read otherwise, e.g. by what is bold in its answers.
    """
    files = (twins.one, twins.other)
    one, other = ([block.level for block in linted.page.blocks if block.kind is Kind.HEADING] for linted in files)
    return one == other and any(all(each.span.level for each in linted.chosen) for linted in files)


def lacking(here: Linted, line: int, question: str, there: Linted) -> Finding:
    """Return the finding for a question that the twin of its file lacks."""
    return Finding(
        here.name,
        line,
        "missing-twin",
        f"“{excerpt(question)}” is not in {there.name}",
        f"write it there in {language_of_file(there)}, or take it out here",
        other=Place(there.name, 1),
    )
