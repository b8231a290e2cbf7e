"""Answers: too long for one, or old by what they say of themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from faqkb.ingest.linted.findings import Finding
from faqkb.ingest.linted.reading import Linted
from faqkb.ingest.page.model import Kind
from faqkb.ingest.page.text import excerpt
from faqkb.ingest.readings.choice import Chosen
from faqkb.kb.errors import ConfigError

_LONG_WORDS = 600  # two pages of a book: three minutes to read
_WIDE = 0.6  # words that a Chinese character is
_UNCOUNTED = {Kind.CODE, Kind.COMMENT, Kind.FRONT_MATTER}

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = "(?:" + "|".join(_MONTHS) + ")[a-z]{0,6}"
# What an answer says of its own age. All parts are bounded.
_SAYS_DATE = re.compile(
    r"(?:\bas of|\blast (?:updated|modified|reviewed)(?: on)?:?|\bupdated(?: on)?:"
    r"|截至|截止到?|更新于|更新时间[:：]|最后更新[:：])"
    rf"\s{{0,3}}(?:(?P<year>20\d\d)(?:[-/.年]\s?(?P<month>\d{{1,2}}))?(?:[-/.月]\s?(?P<day>\d{{1,2}}))?"
    rf"|(?P<name>{_MONTH})\.? (?:\d{{1,2}}(?:st|nd|rd|th)?,? )?(?P<named>20\d\d))",
    re.IGNORECASE,
)
_SAYS_VERSION = re.compile(
    r"(?:(?:\bas of|\bup to|截至|截止到?)\s{0,3}(?:version|release|版本|v)|\buntil\s{0,3}(?:version|release|v)?)\s{0,3}"
    r"(?P<version>\d{1,4}(?:\.\d{1,6}){1,3})(?![\d%.])"
    r"|到\s?[A-Za-z]{0,20}\s?v?(?P<ended>\d{1,4}(?:\.\d{1,6}){1,3})\s?为止",
    re.IGNORECASE,
)
_FRONT_KEYS = frozenset({"date", "updated", "lastmod", "last_updated", "last-updated", "last_modified", "last_update"})
_AGE = re.compile(r"(\d{1,4})([dmy])")
_VERSION = re.compile(r"v?(\d{1,6}(?:\.\d{1,6}){0,3})")
_DAYS = {"d": 1, "m": 30.44, "y": 365.25}


@dataclass(frozen=True, slots=True)
class Age:
    """From when on, or below which version, an answer is old."""

    day: date | None = None
    version: tuple[int, ...] = ()
    said: str = ""
    """As it was given."""


def read_age(text: str, today: date) -> Age:
    """Return what `--stale-after` says: an age (`18m`), a day (`2025-01-31`) or a version (`v2.4`).

    Raises ConfigError.
    """
    age = _AGE.fullmatch(text)
    if age:
        try:
            return Age(today - timedelta(days=int(age[1]) * _DAYS[age[2]]), said=text)
        except OverflowError as error:
            raise ConfigError(f"--stale-after is too long ago (got {text}); give fewer years") from error
    try:
        return Age(date.fromisoformat(text), said=text)
    except ValueError:
        version = _VERSION.fullmatch(text)
    if version and (text.startswith("v") or "." in text):
        return Age(version=_numbers(version[1]), said=text)
    raise ConfigError(
        f"--stale-after is not understood (got {text!r}, expected an age such as 90d, 18m or 2y, a day such as"
        " 2025-01-31, or a version such as v2.4); correct it"
    )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def words_in(text: str) -> int:
    """Return how many words a text has; a Chinese character counts as a part of one."""
    wide = sum(char >= "\u2e80" for char in text)
    return len(text.split()) + int(wide * _WIDE)


def long_answers(linted: Linted) -> Iterator[Finding]:
    """Yield each answer with too much text, code not counted."""
    answered = {record.source.line for record in linted.records}
    for one in linted.chosen:
        words = words_in(prose_of(linted, one))
        if words > _LONG_WORDS and one.span.line in answered:
            yield Finding(
                linted.name,
                one.span.line,
                "long-answer",
                f"the answer to “{excerpt(one.span.name.question)}” has {words} words (limit {_LONG_WORDS})",
                "make several questions of it, or move the details to a page and link there",
            )


def prose_of(linted: Linted, one: Chosen) -> str:
    """Return the text of an answer as it is written, without code blocks and comments."""
    page, span = linted.page, one.span
    if span.answer is not None:
        return span.answer
    blocks = page.blocks_between(span.answer_start, span.answer_end)
    return "\n".join(
        block.text or " ".join(cell for row in block.rows for cell in row)
        for block in blocks
        if block.kind not in _UNCOUNTED
    )


def stale_answers(linted: Linted, age: Age) -> Iterator[Finding]:
    """Yield each answer that says of itself that it is older."""
    yield from _stale_page(linted, age)
    versions = {record.source.line: record.versions for record in linted.records}
    for one in linted.chosen:
        text = prose_of(linted, one)
        said = _old_words(text, age) or _old_versions(versions.get(one.span.line, ()), age)
        if said and one.span.line in versions:
            yield Finding(
                linted.name,
                one.span.line,
                "stale",
                f"the answer to “{excerpt(one.span.name.question)}” says “{said}”, before {age.said}",
                "look whether it still holds, and write the new date or version",
            )


def _stale_page(linted: Linted, age: Age) -> Iterator[Finding]:
    for block in linted.page.blocks[:1]:
        lines = block.source.split("\n") if block.kind is Kind.FRONT_MATTER and age.day else []
        for number, line in enumerate(lines, 2):
            key, _, value = line.partition(":" if ":" in line.partition("=")[0] else "=")
            told = _day_of(value.strip().strip("\"'"))
            if key.strip().casefold() in _FRONT_KEYS and told and age.day and told < age.day:
                what = f"the file says {line.strip()[:60]}, before {age.said}"
                yield Finding(linted.name, number, "stale", what, "read it again, and write the new date")


def _day_of(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _old_words(text: str, age: Age) -> str:
    if age.day:
        for found in _SAYS_DATE.finditer(text):
            year = int(found["year"] or found["named"])
            month = _MONTHS.index(found["name"][:3].lower()) + 1 if found["name"] else int(found["month"] or 12)
            # The end of the year or month that is named: an answer of 2024 is not older than June 2024.
            if (year, month) < (age.day.year, age.day.month):
                return found[0]
    if age.version:
        for found in _SAYS_VERSION.finditer(text):
            version = found["version"] or found["ended"]
            if _numbers(version) < age.version and not _is_date(version):
                return found[0]
    return ""


def _is_date(version: str) -> bool:
    return version.startswith("20") and len(version.partition(".")[0]) == 4


def _old_versions(versions: tuple[str, ...], age: Age) -> str:
    """Return the versions that a record names where all of them are older."""
    found = [_VERSION.fullmatch(version) for version in versions]
    if not age.version or not versions or not all(found):
        return ""
    return "version " + ", ".join(versions) if all(_numbers(each[1]) < age.version for each in found if each) else ""
