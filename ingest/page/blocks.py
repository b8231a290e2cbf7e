"""Markdown tokens to the flat list of blocks that the styles read."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, zip_longest

from faqkb.ingest.page.attributes import split_attributes, target_of
from faqkb.ingest.page.containers import Container, Wrap, item_indent, unwrap_line
from faqkb.ingest.page.fold_lines import read_fold_line
from faqkb.ingest.page.front_matter import NO_FRONT_MATTER, read_front_matter
from faqkb.ingest.page.html_tags import Part, split_html
from faqkb.ingest.page.inline import Inline, inline_of
from faqkb.ingest.page.markdown import Budget, Structure, Token, read_structure
from faqkb.ingest.page.model import Block, Kind, Page
from faqkb.kb.errors import ContentError
from faqkb.kb.limits import NESTING_LEVELS

_WRAPS = {
    "list_item_open": Wrap.ITEM,
    "blockquote_open": Wrap.QUOTE,
    "dt_open": Wrap.TERM,
    "dd_open": Wrap.DEFINITION,
}
_LEAVES = {
    "heading_open": Kind.HEADING,
    "paragraph_open": Kind.PARAGRAPH,
    "fence": Kind.CODE,
    "code_block": Kind.CODE,
    "table_open": Kind.TABLE,
    "hr": Kind.RULE,
    "front_matter": Kind.FRONT_MATTER,
}
_CALLOUT_INDENT = 4
_ASKING_CALLOUTS = {"question", "faq", "help"}
_DEEP_PLACES = 20  # in a file; more is no list that anybody wrote
_TITLE_KINDS = {"summary": Kind.SUMMARY, "dt": Kind.TERM}
_PART_KINDS = {
    Part.DETAILS: Kind.DETAILS,
    Part.DETAILS_END: Kind.DETAILS_END,
    Part.COMMENT: Kind.COMMENT,
    Part.OTHER: Kind.HTML,
}


def read_page(text: str, budget: Budget) -> tuple[Page, list[int]]:
    """Return the document as blocks, and the 1-based lines that are nested too deep to be read."""
    structure, deep = _readable_structure(text, budget)
    starts = [0, *(i + 1 for i, char in enumerate(text) if char == "\n")]
    page = Page(budget.path, text, (*starts, len(text) + 1), (), structure.references)
    blocks = tuple(_joined_titles(tuple(_Reader(page, structure, budget).read())))
    toml = any(token.type == "front_matter" and token.info == "toml" for token in structure.tokens[:1])
    heads = (block.source for block in blocks[:1] if block.kind is Kind.FRONT_MATTER)
    front = next((read_front_matter(source, toml=toml) for source in heads), None)
    notes = {block.source: text[block.start : block.end] for block in blocks if block.kind is Kind.FOOTNOTE}
    dialect = structure.dialect.name
    return replace(page, blocks=blocks, front=front or NO_FRONT_MATTER, dialect=dialect, footnotes=notes), deep


def _readable_structure(text: str, budget: Budget) -> tuple[Structure, list[int]]:
    """Return the structure of the text, without what is nested too deep, and the 1-based lines where that begins.

    Beyond its limit the parser skips all that follows; so the lines that go too deep are blanked and it tries again.
    """
    deep: list[int] = []
    lines = text.split("\n")
    while len(deep) <= _DEEP_PLACES:
        structure = read_structure("\n".join(lines), budget)
        if structure.too_deep is None:
            return structure, deep
        deep.append(structure.too_deep + 1)
        _blank(lines, structure.too_deep)
    raise ContentError(
        f"{budget.path}:{deep[-1]}: nested more than {NESTING_LEVELS} levels deep, as in {_DEEP_PLACES} places above;"
        " write lists and quotes with fewer levels"
    )


def _blank(lines: list[str], number: int) -> None:
    """Empty the line and those below that are indented as far."""
    indent = max(_indent(lines[number]), 1)
    lines[number] = " " * len(lines[number])
    while number + 1 < len(lines) and _indent(lines[number + 1]) >= indent:
        number += 1
        lines[number] = " " * len(lines[number])


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


# Long on purpose: one walk over the tokens, each kind of them with its method.
@dataclass(slots=True)
class _Reader:
    """Walks the tokens once; `within` is the stack of open containers."""

    page: Page
    structure: Structure
    budget: Budget
    within: list[Container] = field(default_factory=list)
    components: list[str] = field(default_factory=list)
    """Names of the titled components that are open."""
    colons: int = 0
    """How many `:::` are open."""
    asking: list[Container] = field(default_factory=list)
    """Quotes that are callouts with a question as their title."""

    def read(self) -> Iterator[Block]:
        tokens = self.structure.tokens
        found = 0  # blocks so far, to see that a container held none
        opened: list[int] = []
        top = 0
        for i, token in enumerate(tokens):
            if token.level == 0 and token.map:
                top = token.map[0]
                self.budget.check(top)
            if token.type in _WRAPS and token.map:
                self._open(_WRAPS[token.type], token.map, top)
                opened.append(found)
            elif token.type.removesuffix("close") + "open" in _WRAPS:
                if opened.pop() == found:
                    yield self._block(Kind.EMPTY, self.within[-1].first, self.within[-1].last)
                    found += 1
                closed = self.within.pop()
                if closed in self.asking:
                    self.asking.remove(closed)
                    yield self._end_at(closed.last)
            elif token.type == "fold_open" and token.map:
                yield from self._opened(token.map[0], token.map[0] + 1, token.info)
                self.within.append(Container(Wrap.CALLOUT, token.map[0], token.map[1], top, _CALLOUT_INDENT))
                found += 1
            elif token.type == "fold_close":
                yield self._end_at(self.within.pop().last)
            else:
                for block in self._leaf(token, i):
                    found += 1
                    yield block

    def _opened(self, first: int, last: int, title: str) -> Iterator[Block]:
        """Yield the opening of a part to fold and its title; both stand on the same lines."""
        whole = self._block(Kind.DETAILS, first, last)
        yield replace(whole, end=whole.start)
        if title:
            yield replace(whole, kind=Kind.SUMMARY, source=title, inline=inline_of(title, self.page.references))

    def _end_at(self, line: int) -> Block:
        """Return the end of a part to fold whose text ends before the line."""
        end = self._block(Kind.DETAILS_END, max(line - 1, 0), line).end
        return Block(Kind.DETAILS_END, end, end, line, within=tuple(self.within))

    def _fold_line(self, token: Token) -> Iterator[Block]:
        line = read_fold_line(token.info)
        if line is None or not token.map:
            return
        block = self._block(Kind.HTML, *token.map)
        if line.opens:
            self.colons += token.info.startswith(":::")
            if line.folds:
                yield from self._opened(token.map[0], token.map[1], line.title)
            else:
                yield replace(block, kind=Kind.DETAILS, source=token.info, inline=Inline(line.title))
        elif token.info.startswith(":::"):
            yield replace(block, kind=Kind.DETAILS_END if self.colons else Kind.HTML)
            self.colons = max(self.colons - 1, 0)
        else:
            yield replace(block, kind=Kind.DETAILS_END)

    def _open(self, wrap: Wrap, lines: list[int], top: int) -> None:
        first, last = lines
        if wrap is Wrap.DEFINITION:
            first = self._definition_line(first, last)
        indent = 0
        if wrap in {Wrap.ITEM, Wrap.DEFINITION}:
            indent = item_indent(unwrap_line(self.page.line_text(first), first, self.within))
        self.within.append(Container(wrap, first, last, top, indent))

    def _definition_line(self, first: int, last: int) -> int:
        """Return the line of the `:` that opens a definition; the parser may name the line of its term."""
        lines = (n for n in range(first, last) if self.page.line_text(n).lstrip().startswith((":", "~")))
        return next(lines, first)

    def _leaf(self, token: Token, i: int) -> Iterator[Block]:
        tokens = self.structure.tokens
        if token.type == "html_block" and token.map:
            yield from self._html(token)
        elif token.type == "fold_line":
            yield from self._fold_line(token)
        elif token.type == "footnote" and token.map:
            yield replace(self._block(Kind.FOOTNOTE, *token.map), source=token.info)
        elif token.type == "inline" and tokens[i - 1].type == "dt_open" and token.map:
            yield self._text_block(Kind.TERM, [token.map[0], token.map[0] + 1], token.content)
        elif token.type in _LEAVES and token.map:
            kind = _LEAVES[token.type]
            if kind is Kind.HEADING:
                yield self._heading(token.map, tokens[i + 1].content, int(token.tag[1]))
            elif kind is Kind.PARAGRAPH:
                yield from self._paragraph(token.map, tokens[i + 1].content)
            elif kind is Kind.TABLE:
                yield replace(self._block(kind, *token.map), rows=self._rows(i))
            else:
                source = token.info if kind is Kind.CODE else token.content
                yield replace(self._block(kind, *token.map), source=source)

    def _block(self, kind: Kind, first: int, last: int) -> Block:
        starts = self.page.line_starts
        end = max(starts[last] - 1, starts[first])
        return Block(kind, starts[first], end, first + 1, within=tuple(self.within))

    def _text_block(self, kind: Kind, lines: list[int], source: str) -> Block:
        inline = inline_of(source, self.page.references)
        return replace(self._block(kind, *lines), source=source, inline=inline)

    def _paragraph(self, lines: list[int], source: str) -> Iterator[Block]:
        title = _callout_question(source) if self.within and self.within[-1].wrap is Wrap.QUOTE else ""
        if title and self.within[-1].first == lines[0]:
            self.asking.append(self.within[-1])
            yield from self._opened(lines[0], lines[0] + 1, title)
            lines, source = [lines[0] + 1, lines[1]], source.partition("\n")[2]
        if source.strip():
            block = self._text_block(Kind.PARAGRAPH, lines, source)
            target = target_of(source)
            yield replace(block, inline=Inline(anchor=target)) if target else block

    def _heading(self, lines: list[int], source: str, level: int) -> Block:
        source, anchor = split_attributes(source)
        block = self._text_block(Kind.HEADING, lines, source)
        return replace(block, level=level, inline=replace(block.inline, anchor=anchor or block.inline.anchor))

    def _rows(self, i: int) -> tuple[tuple[str, ...], ...]:
        """Return the cells of the table that opens at token `i`."""
        rows: list[list[str]] = []
        while self.structure.tokens[i].type != "table_close":
            token = self.structure.tokens[i]
            if token.type == "tr_open":
                rows.append([])
            elif token.type == "inline":
                rows[-1].append(token.content)
            i += 1
        return tuple(map(tuple, rows))

    def _html(self, token: Token) -> Iterator[Block]:
        whole = self._block(Kind.HTML, *(token.map or [0, 0]))
        lines = token.content.rstrip("\n").split("\n")
        begins = [0, *accumulate(len(line) + 1 for line in lines[:-1])]
        places = [
            self.page.line_starts[number] + len(self.page.line_text(number)) - len(line)
            for number, line in enumerate(lines, whole.line - 1)
        ]

        def place(offset: int) -> int:
            row = bisect_right(begins, offset) - 1
            return places[row] + offset - begins[row]

        for fragment in split_html(token.content, self.components):
            source = token.content[fragment.start : fragment.end]
            first = fragment.start + len(source) - len(source.lstrip())
            source = source.strip()
            start = place(first)
            kind = Kind.HEADING if fragment.level else _TITLE_KINDS.get(fragment.tag) or _PART_KINDS[fragment.part]
            inline = Inline(fragment.text, fragment.anchor, fragment.links, fragment.linked)
            block = Block(kind, start, place(first + len(source)), self.page.line_at(start), source, inline)
            block = replace(block, level=fragment.level, within=whole.within)
            if kind is Kind.DETAILS and fragment.text:
                yield replace(block, end=start, inline=Inline(anchor=fragment.anchor))
                yield replace(block, kind=Kind.SUMMARY)
            else:
                yield block


def _callout_question(source: str) -> str:
    """Return the title of a quote that is a callout to ask: `[!question]- How?`, `[!FAQ] How?`."""
    line = source.partition("\n")[0].strip()
    kind, closing, title = line.removeprefix("[!").partition("]")
    if not line.startswith("[!") or not closing or kind.casefold() not in _ASKING_CALLOUTS:
        return ""
    return title.lstrip("+-").strip()


def _joined_titles(blocks: Sequence[Block]) -> Iterator[Block]:
    """Yield the blocks; `<summary>`, Markdown text and `</summary>` in three blocks become one title."""
    skip = 0
    for title, text, close in zip_longest(blocks, blocks[1:], blocks[2:]):
        if skip:
            skip -= 1
        elif text and close and _is_open_title(title) and close.source.lower() in _ends_of(title):
            anchor = title.inline.anchor or text.inline.anchor
            level = text.level or title.level
            yield replace(title, level=level, end=close.end, inline=replace(text.inline, anchor=anchor))
            skip = 2
        else:
            yield title


def _ends_of(title: Block) -> set[str]:
    return {"</summary>", f"</h{title.level}>"}


def _is_open_title(block: Block) -> bool:
    return block.kind in {Kind.HEADING, Kind.SUMMARY} and not block.text and block.source.startswith("<")
