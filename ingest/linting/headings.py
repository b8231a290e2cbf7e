"""Headings and questions: what is lost of them, and what has no answer."""

from __future__ import annotations

from collections.abc import Iterator

from faqkb.ingest.linted.findings import Edit, Finding
from faqkb.ingest.linted.reading import Linted
from faqkb.ingest.page.dialects import close_heading
from faqkb.ingest.page.html_tags import read_tag
from faqkb.ingest.page.markdown import read_inline
from faqkb.ingest.page.model import Block, Kind, Page
from faqkb.ingest.page.text import excerpt
from faqkb.ingest.reports.skipped import NO_ANSWER

# What only dresses the text between its tags, or is anchor, picture or line end.
_DRESS = frozenset(
    [
        *("a", "abbr", "b", "bdi", "bdo", "big", "br", "center", "cite", "code", "del", "details", "dfn", "div", "em"),
        *("font", "h1", "h2", "h3", "h4", "h5", "h6", "i", "img", "ins", "kbd", "label", "li", "mark", "nobr", "ol"),
        *("p", "picture", "pre", "q", "s", "samp", "small", "source", "span", "strike", "strong", "sub", "summary"),
        *("sup", "time", "tt", "u", "ul", "var", "wbr"),
    ]
)
_QUESTIONS = {Kind.HEADING, Kind.SUMMARY, Kind.TERM, Kind.PARAGRAPH}


def close_headings(linted: Linted) -> Iterator[Finding]:
    """Yield each `##Title` in the text, however it is read."""
    for block in linted.page.blocks:
        if block.kind is Kind.HEADING:
            yield from _close(linted, block.line, column_of(linted.page, block))
        elif block.kind is Kind.PARAGRAPH:
            for line in linted.page.text_lines(block):
                if close_heading(line.text):
                    start = linted.page.line_starts[line.number - 1]
                    yield from _close(linted, line.number, line.start - start)


def column_of(page: Page, block: Block) -> int:
    """Return the 0-based column in which a heading's mark stands."""
    line = page.line_text(block.line - 1)
    at = line.find(block.source.split("\n")[0]) if block.source else len(line)
    marks = line[: max(at, 0)].rstrip().rstrip("#")
    return len(marks)


def _close(linted: Linted, number: int, column: int) -> Iterator[Finding]:
    text = linted.page.line_text(number - 1)[column:]
    marks = len(text) - len(text.lstrip("#"))
    if not marks or close_heading(text) is None:
        return
    yield Finding(
        linted.name,
        number,
        "heading-blank",
        f"“{excerpt(text)}” has no blank after its {'#' * marks}",
        "put a blank there",
        Edit(number, column + marks, "", " "),
    )


def unanswered(linted: Linted) -> Iterator[Finding]:
    """Yield each question that nothing answers."""
    for skipped in linted.report.skipped:
        if skipped.reason == NO_ANSWER:
            yield Finding(
                linted.name,
                skipped.line,
                "no-answer",
                f"nothing stands under “{skipped.text}”",
                "answer it or take it out",
            )


def tags_in_questions(linted: Linted) -> Iterator[Finding]:
    """Yield each question with a tag in it that is no dress of its text: `Where does <script> go?`."""
    blocks = {block.start: block for block in linted.page.blocks if block.kind in _QUESTIONS}
    for one in linted.chosen:
        block = blocks.get(one.span.start)
        tag = _lost_tag(linted.page, block) if block else ""
        if tag:
            yield Finding(
                linted.name,
                one.span.line,
                "script-in-question",
                f"the question holds {tag} as a tag, which nobody sees",
                f"write `{tag}` in backquotes",
            )


def _lost_tag(page: Page, block: Block) -> str:
    """Return the first tag in a question that is lost with what it says, empty where there is none."""
    if block.kind is Kind.PARAGRAPH and not block.inline.bold and "\n" in block.source:
        source = block.source.partition("\n")[0]
    else:
        source = block.source
    for token in read_inline(source, page.references):
        name = read_tag(token.content).name if token.type == "html_inline" else ""
        is_component = token.content[1:2].isupper()  # of MDX: it shows something
        if name and not name.startswith("/") and name not in _DRESS and not is_component:
            return f"<{name}>"
    return ""
