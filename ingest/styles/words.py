"""What the words of a text say: a title of a FAQ, a question, a table of contents, a part that holds none.

The words themselves are in `phrases.toml`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

_LINK_CHARS = 40  # a link back to the top says little more than that
_TITLE_CHARS = 120  # a longer text announces nothing
_QUESTION_MARKS = "?？؟⁇;"
_CLOSERS = " \"'”’»）)」』】]*_`.…!！\\"
_OPENERS = "\"'“‘«¿¡([*「『【_` "


def _read() -> dict[str, tuple[str, ...]]:
    """Return the phrases of each table, all languages together."""
    text = Path(__file__).with_name("phrases.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text)
    return {name: tuple(word for words in table.values() for word in words) for name, table in tables.items()}


def _any_of(phrases: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern that finds any of the phrases: literals alone, so that no text makes it slow."""
    return re.compile("|".join(map(re.escape, phrases)))


PHRASES = _read()
_FAQ_WORDS = frozenset(PHRASES["faq_words"])
_TOC_TITLES = frozenset(PHRASES["toc_titles"])
_ASIDE_TITLES = frozenset(PHRASES["aside_titles"])
_GUIDE_TITLES = frozenset(PHRASES["guide_titles"])
_PART_TITLES = frozenset(PHRASES["part_titles"])
_TROUBLE_WORDS = frozenset(PHRASES["trouble_words"])
_OPENING_WORDS = frozenset(PHRASES["opening_words"])
_QUESTION_COLUMNS = frozenset(PHRASES["question_columns"])
_ANSWER_COLUMNS = frozenset(PHRASES["answer_columns"])
_COUNTING_WORDS = frozenset(PHRASES["counting_words"])
_FAQ_PHRASES = _any_of(PHRASES["faq_phrases"])
_TROUBLE_PHRASES = _any_of(PHRASES["trouble_phrases"])
_INNER_WORDS = _any_of(PHRASES["inner_words"])
_PLAIN_WORDS = _any_of([*PHRASES["plain_words"], *"?？؟"])
_BACK_WORDS = _any_of(PHRASES["back_words"])


def is_faq_title(title: str) -> bool:
    """Whether a heading announces questions and answers."""
    if len(title) > _TITLE_CHARS or ends_as_question(title):
        return False
    return says_faq(title)


def says_faq(text: str) -> bool:
    """Whether a title or the name of a file says that it holds questions and answers."""
    plain = text.casefold()
    words = "".join(char if char.isalnum() or char == "&" else " " for char in plain).split()
    return not _FAQ_WORDS.isdisjoint(words) or bool(_FAQ_PHRASES.search(plain))


def is_toc_title(title: str) -> bool:
    """Whether a heading announces a table of contents."""
    return _bare(title) in _TOC_TITLES


def is_aside_title(title: str) -> bool:
    """Whether a heading opens an introduction, a closing word, or another part that holds no question."""
    return _bare(title) in _ASIDE_TITLES or is_closing_title(title)


def is_aside(title: str) -> bool:
    """Whether a heading holds no question: a table of contents, an introduction, a closing word."""
    return is_toc_title(title) or is_aside_title(title)


def is_closing_title(title: str) -> bool:
    """Whether a heading asks the reader whether he has more questions."""
    plain = title.casefold().replace("’", "'").lstrip(_OPENERS + "❓🤔💬🙋 ")
    if len(title) > _TITLE_CHARS:
        return False
    return plain.startswith(PHRASES["closing_titles"]) or (plain.startswith("still ") and ends_as_question(title))


def is_guide_title(title: str) -> bool:
    """Whether a heading is one that ordinary guides and read-mes have."""
    return _bare(title) in _GUIDE_TITLES


def is_part_title(title: str) -> bool:
    """Whether a heading names a part of an answer: `Cause`, `Solution`."""
    return _bare(title) in _PART_TITLES


def names_trouble(title: str) -> bool:
    """Whether a title names an error or a symptom."""
    plain = title.casefold().replace("’", "'")
    words = "".join(char if char.isalnum() or char == "'" else " " for char in plain).split()
    if not _TROUBLE_WORDS.isdisjoint(words) or _TROUBLE_PHRASES.search(plain):
        return True
    return any(word.endswith(("error", "exception", "failure")) for word in words)


def is_question(text: str) -> bool:
    """Whether a text asks something, by its mark or its words."""
    if ends_as_question(text) or any(mark in text for mark in "?？؟"):
        return True
    plain = text.casefold().replace("’", "'")
    first = plain.lstrip(_OPENERS).partition(" ")[0].rstrip(",.:;")
    return first in _OPENING_WORDS or bool(_INNER_WORDS.search(plain))


def is_plain_question(text: str) -> bool:
    """Whether a text asks beyond doubt: by its mark or a particle. `How to install` is a title of a guide as well."""
    return bool(_PLAIN_WORDS.search(text))


def ends_as_question(text: str) -> bool:
    """Whether a text ends in a question mark, quotes and brackets aside."""
    end = text.rstrip(_CLOSERS)[-1:]
    return bool(end) and end in _QUESTION_MARKS and (end != ";" or _is_greek(text))


def is_question_column(title: str) -> bool:
    """Whether a column of a table holds questions."""
    return _bare(title) in _QUESTION_COLUMNS


def is_answer_column(title: str) -> bool:
    """Whether a column of a table holds answers."""
    return _bare(title) in _ANSWER_COLUMNS


def counts_parts(word: str) -> bool:
    """Whether a word before a number counts steps, figures or versions."""
    return word.casefold() in _COUNTING_WORDS


def leads_back(text: str) -> bool:
    """Whether the text of a link only leads back to the top of the page."""
    return len(text) < _LINK_CHARS and bool(_BACK_WORDS.search(text.casefold()))


def _is_greek(text: str) -> bool:
    return any("\u0370" <= char <= "\u03ff" for char in text)


def _bare(title: str) -> str:
    """Return the title in lower case with only letters, digits and single spaces; `what's` is one word."""
    plain = title.casefold().replace("'", "").replace("’", "")
    return " ".join("".join(char if char.isalnum() else " " for char in plain).split())
