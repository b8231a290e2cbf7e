"""An answer's HTML as plain text, for channels that show no Markdown: SMS, voice, old chat windows.

Unlike `Record.answer_text`, which is searched, it keeps what the words alone would lose: the numbers of lists, where
links lead, what pictures show.
"""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser

from faqkb.kb.pictures import is_stored_address, name_at

_SET_APART = "p blockquote details h1 h2 h3 h4 h5 h6 hr table figure dl pre ul ol"
_APART = frozenset(_SET_APART.split())
_BLOCKS = _APART | {"div", "summary", "caption", "figcaption", "dt", "dd"}
_FOLLOWED = ("https://", "http://", "mailto:")


def plain_text(html: str, picture_address: Callable[[str], str] | None = None) -> str:
    """Return sanitised HTML as plain text: blocks apart, list items and table rows on lines of their own, code kept.

    A link is followed by its address in brackets, a picture is its description and address. Addresses that lead
    nowhere from elsewhere are left out; `picture_address` gives those of stored pictures by their names.
    """
    parser = _Plain(picture_address)
    parser.feed(html)
    parser.close()
    return parser.finish()


class _Plain(HTMLParser):
    def __init__(self, picture_address: Callable[[str], str] | None) -> None:
        super().__init__()
        self._picture_address = picture_address
        self._lines: list[str] = []
        self._current: list[str] = []
        self._links: list[tuple[str, int]] = []  # addresses of the open links, and where their texts begin
        self._numbers: list[int | None] = []  # of the open lists: the next item's; None for one without numbers
        self._indents: list[str] = []  # of the open items
        self._marker = ""  # of an item that has no line yet
        self._in_cell = False
        self._is_apart = False

    def finish(self) -> str:
        self._end_line()
        return "\n".join(self._lines)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in _BLOCKS:
            self._end_block(tag)
        if tag in {"ul", "ol"}:
            start = given.get("start", "")
            self._numbers.append((int(start) if start.isdecimal() else 1) if tag == "ol" else None)
        elif tag == "li":
            self._begin_item()
        elif tag in {"td", "th"}:
            self._begin_cell()
        elif tag == "br":
            self._current.append(" ") if self._in_cell else self._end_line()
        elif tag == "a":
            self._links.append((given.get("href", ""), len(self._current)))
        elif tag == "img":
            self._current.append(self._picture(given))
        elif tag == "sup":
            self._current.append("^")

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._links:
            self._end_link()
        elif tag == "pre":
            self._end_code()
        elif tag == "li":
            self._end_line()
            self._marker = ""
            if self._indents:
                self._indents.pop()
        elif tag in {"ul", "ol"}:
            self._end_line()
            if self._numbers:
                self._numbers.pop()
        elif tag == "tr":
            self._in_cell = False
            self._end_line()
        if tag in _BLOCKS:
            self._end_block(tag)

    def handle_data(self, data: str) -> None:
        self._current.append(data)

    def _begin_item(self) -> None:
        self._end_line()
        number = self._numbers[-1] if self._numbers else None
        self._marker = "- " if number is None else f"{number}. "
        if number is not None:
            self._numbers[-1] = number + 1
        self._indents.append(" " * len(self._marker))

    def _begin_cell(self) -> None:
        if self._in_cell:
            self._current.append(" | ")
        self._in_cell = True

    def _end_link(self) -> None:
        address, begin = self._links.pop()
        text = "".join(self._current[begin:]).strip()
        is_shown = text in {address, address.removeprefix("mailto:"), address.partition("://")[2].rstrip("/")}
        if address.startswith(_FOLLOWED) and not is_shown:
            self._current.append(f" ({address})" if text else address)

    def _picture(self, given: dict[str, str]) -> str:
        address, shows = given.get("src", ""), given.get("alt", "") or given.get("title", "")
        if is_stored_address(address):
            address = self._picture_address(name_at(address)) if self._picture_address else ""
        if not address.startswith(_FOLLOWED):
            return shows
        return f"{shows} ({address})" if shows else address

    def _end_block(self, tag: str) -> None:
        if self._in_cell and tag != "table":
            self._current.append(" ")
            return
        self._end_line()
        self._is_apart = self._is_apart or (tag in _APART and not self._indents)

    def _end_line(self) -> None:
        text = " ".join("".join(self._current).split())
        self._current.clear()
        if text:
            self._add_line(text)

    def _end_code(self) -> None:
        lines = "".join(self._current).strip("\n").split("\n")
        self._current.clear()
        for line in lines:
            self._add_line(line)

    def _add_line(self, text: str) -> None:
        if self._is_apart and self._lines:
            self._lines.append("")
        self._is_apart = False
        indents = self._indents[:-1] if self._marker else self._indents
        self._lines.append(f"{''.join(indents)}{self._marker}{text}".rstrip())
        self._marker = ""
