"""The Markdown parser: the only module that knows markdown-it-py.

A document is read twice, cheaply. `read_structure` finds the blocks and leaves their text alone; `read_inline` reads
the text of one heading or paragraph. Of `new_parser` the room `answers` makes its own, for one whole answer. All of
them are linear within the limits, and a `Budget` ends what is not.
"""

from __future__ import annotations

import time
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline, html_inline, image, link
from markdown_it.rules_inline.state_inline import Delimiter
from markdown_it.token import Token
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote.index import footnote_def
from mdit_py_plugins.front_matter import front_matter_plugin

from faqkb.ingest.page.dialects import Dialect, dialect_of
from faqkb.ingest.page.rules import add_structure_rules
from faqkb.kb.errors import ContentError
from faqkb.kb.limits import ANSWER_CHARS, NESTING_LEVELS, PARSE_MICROSECONDS_PER_CHAR, PARSE_SECONDS, TABLE_CELLS

__all__ = [
    "Budget",
    "Delimiter",
    "MarkdownIt",
    "References",
    "StateBlock",
    "StateCore",
    "StateInline",
    "Structure",
    "Token",
    "footnote_def",
    "html_inline",
    "image",
    "link",
    "new_parser",
    "read_inline",
    "read_structure",
]

References = MutableMapping[str, Any]
"""Link reference definitions of a document, as the parser keeps them."""


_TOKENS_PER_CHAR = 3  # "|a" gives five tokens for two characters; only filled-up table rows give more
_TOKENS_PER_CELL = 3


@dataclass(frozen=True, slots=True)
class Structure:
    """The blocks of a document."""

    tokens: Sequence[Token]
    references: References
    too_deep: int | None
    """0-based line of the first block nested so deep that the parser stops looking, else None."""
    dialect: Dialect


@dataclass(slots=True)
class Budget:
    """What reading one document may cost; `check` raises ContentError when it is spent."""

    path: str
    chars: int
    started: float = field(default_factory=time.thread_time)
    began: float = field(default_factory=time.perf_counter)

    def check(self, line: int) -> None:
        """Raise when the document has cost more processor time than its size explains; `line` is 0-based."""
        allowed = PARSE_SECONDS + self.chars * PARSE_MICROSECONDS_PER_CHAR / 1e6
        if time.perf_counter() - self.began <= allowed:
            return  # no more processor time than time; asking for it is a system call, for each block of a document
        if time.thread_time() - self.started > allowed:
            raise ContentError(
                f"{self.path}:{line + 1}: reading took more than {allowed:.0f} s, as no ordinary text does;"
                " remove the long run of brackets or markup here, or split the file"
            )

    def check_tokens(self, count: int, chars: int, line: int) -> None:
        """Raise when the first `chars` characters gave more tokens than their text can fill."""
        if count > TABLE_CELLS * _TOKENS_PER_CELL + chars * _TOKENS_PER_CHAR:
            raise ContentError(
                f"{self.path}:{line + 1}: a table above has far more cells than text"
                f" (limit {TABLE_CELLS} empty ones); make its header row as wide as its rows"
            )


def _spend(state: StateBlock, line: int, _end: int, _silent: bool) -> bool:
    """Block rule that never matches: it checks the budget where every block starts."""
    budget: Budget = state.env["budget"]
    budget.check(line)
    budget.check_tokens(len(state.tokens), state.bMarks[line], line)
    return False


def new_parser() -> MarkdownIt:
    """Return a parser of CommonMark with tables, definition lists and front matter, which keeps to a budget."""
    parser = MarkdownIt("commonmark", {"maxNesting": NESTING_LEVELS}).enable(["table", "strikethrough"])
    parser.use(front_matter_plugin).use(deflist_plugin)
    parser.block.ruler.before("table", "spend", _spend)
    parser.block.ruler.before("list", "lone_number", _lone_number)
    return parser


def _lone_number(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """A number with a full stop that stands alone, `20.`: an answer, where CommonMark sees a list of one empty item."""
    text = state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].rstrip()
    is_number = len(text) > 1 and text[-1] in ".)" and text[:-1].isascii() and text[:-1].isdecimal()
    if silent or not is_number or state.sCount[line] - state.blkIndent > 3:  # code
        return False
    if line + 1 < end and not state.isEmpty(line + 1):
        return False
    following = next((each for each in range(line + 1, end) if not state.isEmpty(each)), None)
    if following is not None and state.src[state.bMarks[following] + state.tShift[following]].isdecimal():
        return False  # more of a list
    token = state.push("paragraph_open", "p", 1)
    token.map = [line, line + 1]
    inline = state.push("inline", "", 0)
    inline.content, inline.map, inline.children = text, [line, line + 1], []
    state.push("paragraph_close", "p", -1)
    state.line = line + 1
    return True


_STRUCTURE = new_parser().disable(["inline", "text_join"])
add_structure_rules(_STRUCTURE)
_INLINE = new_parser()


def read_structure(text: str, budget: Budget) -> Structure:
    """Return the block tokens of a document with their lines; the text inside them is not read."""
    dialect = dialect_of(text)
    env: dict[str, Any] = {"budget": budget, "references": {}, "dialect": dialect}
    tokens = _STRUCTURE.parse(text, env)
    deep = (token.map[0] for token in tokens if token.map and token.level >= NESTING_LEVELS - 1)
    return Structure(tokens, env["references"], next(deep, None), dialect)


def read_inline(source: str, references: References) -> Sequence[Token]:
    """Return the inline tokens of one heading, paragraph or cell; too long a text is one text token."""
    if len(source) > ANSWER_CHARS:
        return [Token("text", "", 0, content=source)]
    return _INLINE.parseInline(source, {"references": references})[0].children or []
