"""The Markdown parser: the only module that knows markdown-it-py.

A document is read twice, cheaply. `read_structure` finds the blocks and leaves their text alone; `read_inline` reads
the text of one heading or paragraph; `read_answer` reads one whole answer for rendering. All of them are linear within
the limits, and a `Budget` ends what is not.
"""

from __future__ import annotations

import time
from collections import ChainMap
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token
from mdit_py_plugins.container import container_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.front_matter import front_matter_plugin

from faqkb.kb.errors import ContentError
from faqkb.kb.limits import ANSWER_CHARS, NESTING_LEVELS, PARSE_MICROSECONDS_PER_CHAR, PARSE_SECONDS, TABLE_CELLS

__all__ = ["Budget", "References", "Structure", "Token", "read_answer", "read_inline", "read_structure", "render"]

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


@dataclass(slots=True)
class Budget:
    """What reading one document may cost; `check` raises ContentError when it is spent."""

    path: str
    chars: int
    started: float = field(default_factory=time.process_time)

    def check(self, line: int) -> None:
        """Raise when the document has cost more processor time than its size explains; `line` is 0-based."""
        allowed = PARSE_SECONDS + self.chars * PARSE_MICROSECONDS_PER_CHAR / 1e6
        if time.process_time() - self.started > allowed:
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


_INDENTED_CALLOUTS = ("===", "!!!", "???")  # content tabs, admonitions, collapsible ones (Python-Markdown, MkDocs)


def _indented_callout(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """Block rule for `=== "Tab"` and `!!! note "Title"` with their text indented by four spaces."""
    begin = state.bMarks[line] + state.tShift[line]
    opener = state.src[begin : state.eMarks[line]]
    following = line + 1
    while following < end and state.isEmpty(following):
        following += 1
    if not opener.startswith(_INDENTED_CALLOUTS) or opener[3:4] not in {" ", "+"} or following >= end:
        return False
    if state.sCount[following] < state.blkIndent + 4:
        return False
    if silent:
        return True
    last = following
    while last < end and (state.isEmpty(last) or state.sCount[last] >= state.blkIndent + 4):
        last += 1
    token = state.push("container_callout_open", "div", 1)
    token.info, token.map = opener[3:].lstrip("+"), [line, last]
    indent, bound = state.blkIndent, state.lineMax
    state.blkIndent, state.lineMax = indent + 4, last
    state.md.block.tokenize(state, line + 1, last)
    state.blkIndent, state.lineMax, state.line = indent, bound, last
    state.push("container_callout_close", "div", -1)
    return True


def _callout_title(info: str) -> str:
    """Return the title of a callout: what stands in quotes or after the kind; the kind alone says nothing."""
    words = info.strip()
    if '"' in words:
        return words.partition('"')[2].rpartition('"')[0]
    return words.partition(" ")[2].strip()


def _render_callout(_renderer: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    return "<blockquote>\n" if tokens[index].nesting == 1 else "</blockquote>\n"


def _name_callouts(tokens: Sequence[Token]) -> list[Token]:
    """Return the tokens with each callout's title as a bold paragraph inside it."""
    named: list[Token] = []
    for token in tokens:
        named.append(token)
        title = _callout_title(token.info) if token.type == "container_callout_open" else ""
        if title:
            named.append(Token("paragraph_open", "p", 1, block=True))
            text = [
                Token("strong_open", "strong", 1),
                Token("text", "", 0, content=title),
                Token("strong_close", "strong", -1),
            ]
            named.append(Token("inline", "", 0, content=title, children=text, block=True))
            named.append(Token("paragraph_close", "p", -1, block=True))
    return named


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"maxNesting": NESTING_LEVELS}).enable(["table", "strikethrough"])
    parser.use(front_matter_plugin).use(deflist_plugin)
    parser.block.ruler.before("table", "spend", _spend)
    return parser


_STRUCTURE = _parser().disable(["inline", "text_join"])
_INLINE = _parser()
_ANSWER = _parser().use(container_plugin, "callout", validate=lambda info, _markup: info.strip()[:1].isalpha())
_ANSWER.block.ruler.before("fence", "indented_callout", _indented_callout, {"alt": ["paragraph", "list"]})
_ANSWER.disable("front_matter")
_ANSWER.add_render_rule("container_callout_open", _render_callout)
_ANSWER.add_render_rule("container_callout_close", _render_callout)


def read_structure(text: str, budget: Budget) -> Structure:
    """Return the block tokens of a document with their lines; the text inside them is not read."""
    env: dict[str, Any] = {"budget": budget, "references": {}}
    tokens = _STRUCTURE.parse(text, env)
    deep = (token.map[0] for token in tokens if token.map and token.level >= NESTING_LEVELS - 1)
    return Structure(tokens, env["references"], next(deep, None))


def read_inline(source: str, references: References) -> Sequence[Token]:
    """Return the inline tokens of one heading, paragraph or cell; too long a text is one text token."""
    if len(source) > ANSWER_CHARS:
        return [Token("text", "", 0, content=source)]
    return _INLINE.parseInline(source, {"references": references})[0].children or []


def read_answer(answer: str, references: References, budget: Budget) -> Sequence[Token]:
    """Return all tokens of an answer's Markdown, references resolved, callouts and tabs understood."""
    return _name_callouts(_ANSWER.parse(answer, {"budget": budget, "references": ChainMap({}, references)}))


def render(tokens: Sequence[Token]) -> str:
    """Return the HTML of an answer's tokens. Raw HTML of the author is still in it: sanitise it."""
    for token in tokens:
        style = token.attrs.pop("style", None)
        if isinstance(style, str):  # of a table cell; a strict page allows no inline style
            token.attrs["align"] = style.removeprefix("text-align:")
    return str(_ANSWER.renderer.render(tokens, _ANSWER.options, {}))
