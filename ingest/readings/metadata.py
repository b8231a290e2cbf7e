"""What authors add in a comment: `<!-- faq: id=shm alt="bus error" tags=docker,train check=shm -->`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from faqkb.ingest.readings.proposals import READINGS
from faqkb.kb.limits import PATH_CHARS, QUESTION_CHARS, TAG_CHARS, TAGS_MAX

_PREFIX = "faq:"
_QUOTES = "\"'“”"
_ID_CHARS = "._-"
_KEYS = "id=, was=, alt=, tags=, version=, check=, lang=, link-base=, read= or level="
_SHOWN = 40  # characters of a bad value in the message


@dataclass(frozen=True, slots=True)
class Metadata:
    """The understood part of a comment."""

    id: str = ""
    was: tuple[str, ...] = ()
    """Ids of before, whole ones or labels in the same file."""
    alternates: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    language: str = ""
    link_base: str = ""
    read: str = ""
    """How the section around the comment is to be read, e.g. `headings`."""
    level: int = 0
    """Of the headings that are questions there."""
    problems: tuple[str, ...] = ()
    """Sentences about what was not understood; the rest still holds."""


def is_metadata(comment: str) -> bool:
    """Whether the inside of an HTML comment is meant for us."""
    return comment.strip().casefold().startswith(_PREFIX)


def read_metadata(comment: str) -> Metadata:
    """Return what the inside of a metadata comment says; nothing in it can fail, only be a problem."""
    values: dict[str, list[str]] = {}
    problems = []
    for key, value in _pairs(comment.strip()[len(_PREFIX) :]):
        problem = _problem(key, value)
        if problem:
            problems.append(problem)
        else:
            values.setdefault(key, []).append(value)
    tags, versions = (tuple(dict.fromkeys(_split(values.get(key, [])))) for key in ("tags", "version"))
    for named, names in (("tags", tags), ("versions", versions)):
        if len(names) > TAGS_MAX:
            problems.append(f"{len(names)} {named} (limit {TAGS_MAX}); the first {TAGS_MAX} are kept")
    return Metadata(
        id=values.get("id", [""])[-1],
        was=tuple(dict.fromkeys(_split(values.get("was", [])))),
        alternates=tuple(dict.fromkeys(values.get("alt", []))),
        tags=tags[:TAGS_MAX],
        checks=tuple(dict.fromkeys(_split(values.get("check", [])))),
        versions=versions[:TAGS_MAX],
        language=values.get("lang", [""])[-1].casefold(),
        link_base=values.get("link-base", [""])[-1],
        read=values.get("read", [""])[-1].casefold(),
        level=int(values.get("level", ["0"])[-1]),
        problems=tuple(problems),
    )


def is_skip(comment: str) -> bool:
    """Whether the inside of a comment says that what follows is not to be read."""
    return _command(comment) == "skip"


def is_end(comment: str) -> bool:
    """Whether the inside of a comment ends what is not to be read."""
    return _command(comment) == "end"


def _command(comment: str) -> str:
    return comment.strip()[len(_PREFIX) :].strip().casefold() if is_metadata(comment) else ""


def _pairs(text: str) -> list[tuple[str, str]]:
    """Return the `key=value` pairs in order; a value with spaces stands in quotes; a word without `=` has no key."""
    pairs = []
    at = 0
    while at < len(text):
        if text[at].isspace() or text[at] == ",":
            at += 1
            continue
        end = at
        while end < len(text) and not text[end].isspace() and text[end] != "=":
            end += 1
        key, at = text[at:end], end
        if text[at : at + 1] != "=":
            pairs.append(("", key))
            continue
        value, at = _value_at(text, at + 1)
        pairs.append((key.casefold(), value))
    return pairs


def _value_at(text: str, at: int) -> tuple[str, int]:
    """Return (value, position after); a quote that never closes takes the rest."""
    quote = text[at : at + 1]
    if quote and quote in _QUOTES:
        closing = "”" if quote == "“" else quote
        end = text.find(closing, at + 1)
        end = len(text) if end < 0 else end
        return " ".join(text[at + 1 : end].split()), end + 1
    end = at
    while end < len(text) and not text[end].isspace():
        end += 1
    return text[at:end], end


def _split(values: list[str]) -> list[str]:
    return [part.strip() for value in values for part in value.replace("，", ",").split(",") if part.strip()]


def _problem(key: str, value: str) -> str:
    """Return what is wrong with a pair, empty when nothing is."""
    if not key:
        return f"`{value[:_SHOWN]}` is not key=value; write {_KEYS}"
    if key not in _RULES:
        return f"`{key[:_SHOWN]}` is not known; write {_KEYS}"
    if not value:
        return f"{key}= has no value"
    rule = _RULES[key]
    return "" if rule.holds(value) else f"{key}={value[:_SHOWN]} {rule.wanted}"


def _is_label(value: str) -> bool:
    return all(char.isalnum() or char in _ID_CHARS for char in value)


def _are_ids(value: str) -> bool:
    return all(len(part) <= PATH_CHARS and _is_label(part.replace("/", "")) for part in _split([value]))


def _are_names(value: str) -> bool:
    return all(len(part) <= TAG_CHARS for part in _split([value]))


def _is_language(value: str) -> bool:
    return value.isascii() and value.replace("-", "").isalnum()


def _is_base(value: str) -> bool:
    try:
        address = urlsplit(value)
    except ValueError:
        return False
    return address.scheme in {"http", "https"} and bool(address.netloc)


@dataclass(frozen=True, slots=True)
class _Rule:
    """What the value of a key must be."""

    holds: Callable[[str], bool]
    wanted: str


_RULES = {
    "id": _Rule(_is_label, "may hold letters, digits, `.`, `_` and `-` only; the label is used instead"),
    "was": _Rule(_are_ids, "is no id that a question had; write one as `faq list` shows it, or its label"),
    "alt": _Rule(
        lambda value: len(value) <= QUESTION_CHARS, f"is longer than {QUESTION_CHARS} characters; it is left out"
    ),
    "tags": _Rule(_are_names, f"holds a name of more than {TAG_CHARS} characters; it is left out"),
    "version": _Rule(_are_names, f"holds a name of more than {TAG_CHARS} characters; it is left out"),
    "check": _Rule(_are_names, f"holds a name of more than {TAG_CHARS} characters; it is left out"),
    "lang": _Rule(_is_language, "is no language; write a code such as zh or en"),
    "read": _Rule(lambda value: value.casefold() in READINGS, f"is no reading; write one of {', '.join(READINGS)}"),
    "level": _Rule(lambda value: value in {"1", "2", "3", "4", "5", "6"}, "is no level of headings; write 1 to 6"),
    "link-base": _Rule(_is_base, "is no base for links; write an address such as https://host/folder/"),
}
