"""A question as typed, or a pasted log, made into the text that is searched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from faqkb.kb import limits
from faqkb.kb.text import clean

# Words of lines that tell what went wrong; the last such line of a log is the cause more often than the first.
_TELLING = (
    "error",
    "exception",
    "fatal",
    "fail",
    "killed",
    "abort",
    "cannot",
    "invalid",
    "错误",
    "失败",
    "异常",
    "报错",
)
_LOG_LINES = 4  # a paste of this many lines is a log, not a question
_TELLING_LINES = 3  # kept of a log, beside its first line, which is often the user's own words
_LINE_CHARS = 240  # of each, so that the last one, the likeliest cause, is not what falls off the end


@dataclass(frozen=True, slots=True)
class Query:
    """A question ready to be searched."""

    text: str
    """NFKC, single spaces, at most `limits.QUERY_CHARS` characters."""
    reduced: bool
    """True when lines or characters were left out."""

    @property
    def is_empty(self) -> bool:
        """True when there is no letter or digit to search for."""
        return not any(char.isalnum() for char in self.text)


def parse_query(text: str) -> Query:
    """Normalise a question; a pasted log or traceback is reduced to its telling lines first."""
    lines = [line for line in text[: limits.QUERY_INPUT_CHARS].splitlines() if line.strip()]
    telling = [lines[number].strip()[:_LINE_CHARS] for number in telling_numbers(lines)] or lines
    joined = " ".join(line[: limits.QUERY_CHARS] for line in telling)
    cleaned = clean(joined[: limits.QUERY_CHARS])[: limits.QUERY_CHARS].strip()
    reduced = len(telling) < len(lines) or len(joined) > limits.QUERY_CHARS or len(text) > limits.QUERY_INPUT_CHARS
    return Query(text=cleaned, reduced=reduced)


def telling_numbers(lines: Sequence[str]) -> list[int]:
    """Return which lines a log is told by, ascending: its first and its last telling ones.

    None when no line tells anything, or when there are too few for a log: the text is then read as it stands.
    """
    if len(lines) < _LOG_LINES:
        return []
    telling = [
        number
        for number, line in enumerate(lines)
        if any(word in line[: limits.QUERY_CHARS].casefold() for word in _TELLING)
    ]
    return sorted({0, *telling[-_TELLING_LINES:]}) if telling else []
