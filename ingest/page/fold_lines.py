"""Lines that open or close a part to fold: `::: details Title`, `{{% expand "Title" %}}`, `[details="Title"]`, `:::`.

All of this is character work on one line.
"""

from __future__ import annotations

from dataclasses import dataclass

_LINE_CHARS = 2_000  # a longer line is text
_COLONS = ":::"
_NAME_WORDS = """
    details detail dropdown expand expander expandable collapse collapsible collapsed accordion accordionitem faq
    faqitem question qa spoiler toggle fold foldable hideable
"""
_NAMES = frozenset(_NAME_WORDS.split())
_SHORTCODES = (("{{%", "%}}"), ("{{<", ">}}"), ("{%", "%}"), ("[", "]"))
_QUOTES = "\"'“”‘’"
_TITLE_KEYS = ("title", "summary", "question", "label", "header", "q")


@dataclass(frozen=True, slots=True)
class FoldLine:
    """What such a line does."""

    opens: bool
    folds: bool
    """Its name says that a reader opens it; a `::: tip` is shown as it is."""
    title: str = ""


def read_fold_line(line: str) -> FoldLine | None:
    """Return what the line opens or closes, None for any other line."""
    text = line[:_LINE_CHARS].strip()
    if text.startswith(_COLONS):
        return _colon_line(text.lstrip(":").strip())
    return _shortcode(text)


def is_fold_name(name: str) -> bool:
    """Whether a component or directive of this name is one that a reader opens."""
    return "".join(filter(str.isalpha, name.casefold())) in _NAMES


def title_in(text: str) -> str:
    """Return the title in what follows a name: in quotes, in brackets, after `title=`, or all of it."""
    text = text.strip()
    for key in _TITLE_KEYS:
        at = text.casefold().find(f"{key}=")
        if at == 0 or (at > 0 and text[at - 1].isspace()):
            return _quoted(text[at + len(key) + 1 :].strip()) or text[at + len(key) + 1 :].split(" ")[0]
    if text.startswith("[") and "]" in text:
        return text[1 : text.rindex("]")].strip()
    return _quoted(text) or text.partition("{")[0].strip()


def leading_name(text: str) -> tuple[str, str]:
    """Return (the name of a directive or tag that the text starts with, the rest)."""
    end = 0
    while end < len(text) and (text[end].isalnum() or text[end] in "-_"):
        end += 1
    return text[:end], text[end:]


def _quoted(text: str) -> str:
    """Return what stands in the quotes that the text starts with, empty without any."""
    if text[:1] not in _QUOTES or not text:
        return ""
    closing = {"“": "”", "‘": "’"}.get(text[0], text[0])
    end = text.find(closing, 1)
    return text[1:end].strip() if end > 0 else ""


def _colon_line(rest: str) -> FoldLine | None:
    if not rest:
        return FoldLine(opens=False, folds=True)
    name, title = _split_name(rest)
    if not name:
        return None
    folds = is_fold_name(name)
    return FoldLine(opens=True, folds=folds, title=title_in(title) if folds else rest)


def _split_name(text: str) -> tuple[str, str]:
    """Return (name, rest) of `details Title`, `{dropdown} Title`, `question[Title]`."""
    if text.startswith("{") and "}" in text:
        name, _, rest = text[1:].partition("}")
        return name.strip(), rest
    return leading_name(text)


def _shortcode(text: str) -> FoldLine | None:
    for opening, closing in _SHORTCODES:
        if text.startswith(opening) and text.endswith(closing) and len(text) > len(opening) + len(closing):
            return _shortcode_inside(text[len(opening) : -len(closing)].strip(), bracket=opening == "[")
    return None


def _shortcode_inside(inside: str, *, bracket: bool) -> FoldLine | None:
    name, rest = _split_name(inside.lstrip("/ "))
    closes = inside.startswith("/")
    if not bracket and name.casefold().startswith("end"):
        name, closes = name[len("end") :], True
    if not is_fold_name(name) or (bracket and not closes and not rest.startswith("=")):
        return None
    title = "" if closes else title_in(rest.removeprefix("=") if bracket else rest)
    return FoldLine(opens=False, folds=True) if closes else FoldLine(opens=True, folds=True, title=title)
