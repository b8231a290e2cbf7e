"""The parser of answers: CommonMark, and what the dialects of FAQ authors add to it."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from faqkb.ingest.answers.blocks import indented_box, marker_line, math_block
from faqkb.ingest.answers.boxes import dress_boxes, pair_markers, read_alerts, read_signs
from faqkb.ingest.answers.fences import read_fences
from faqkb.ingest.answers.media import link_media, read_media
from faqkb.ingest.answers.notes import move_notes
from faqkb.ingest.answers.places import Place, find_places, placing, placing_html
from faqkb.ingest.answers.spans import (
    bare_link,
    braces,
    bracket_math,
    close_marked_text,
    dollar_math,
    index,
    marked_text,
    note_mark,
)
from faqkb.ingest.page.attributes import is_attribute_line
from faqkb.ingest.page.markdown import (
    Budget,
    MarkdownIt,
    References,
    StateCore,
    Token,
    footnote_def,
    html_inline,
    image,
    link,
    new_parser,
)

_ENDS_TEXT = ["paragraph", "reference", "blockquote", "list"]
_TASKS = {"[ ] ": "☐", "[x] ": "☑", "[X] ": "☑"}


@dataclass(frozen=True, slots=True)
class ReadAnswer:
    """An answer's Markdown, read."""

    tokens: Sequence[Token]
    """References resolved, callouts, tabs, notes and math understood."""
    places: Sequence[Place]
    """Where its links and pictures name their addresses, in order."""


def read_answer(answer: str, references: References, budget: Budget) -> ReadAnswer:
    """Return what an answer's Markdown says; `references` are the definitions of its document."""
    env: dict[str, Any] = {"budget": budget, "references": ChainMap({}, references)}
    tokens = _ANSWER.parse(answer, env)
    return ReadAnswer(tokens, env["places"])


def render(tokens: Sequence[Token]) -> str:
    """Return the HTML of an answer's tokens. Raw HTML of the author is still in it: sanitise it."""
    for token in tokens:
        style = token.attrs.pop("style", None)
        if isinstance(style, str):  # of a table cell; a strict page allows no inline style
            token.attrs["align"] = style.removeprefix("text-align:")
    return str(_ANSWER.renderer.render(tokens, _ANSWER.options, {}))


def _understand_blocks(state: StateCore) -> None:
    """Core rule between blocks and their text."""

    def parse(source: str) -> Sequence[Token]:
        tokens: list[Token] = []
        state.md.block.parse(source, state.md, state.env, tokens)
        return tokens

    tokens = list(read_fences(state.tokens, parse))
    state.tokens = list(dress_boxes(read_signs(read_alerts(pair_markers(tokens)))))
    for i, token in enumerate(state.tokens):
        if token.type == "inline" and i and state.tokens[i - 1].type == "paragraph_open":
            _read_task(state.tokens[i - 2], token)
            token.content = _without_stray_break(token.content)


def _read_task(item: Token, text: Token) -> None:
    """Note that an item of a list is a task: `- [x] done`."""
    box = _TASKS.get(text.content[:4]) if item.type == "list_item_open" else None
    if box:
        text.content = text.content[4:]
        text.meta["task"] = box
        item.attrs["class"] = "task"


def _without_stray_break(content: str) -> str:
    r"""Return a paragraph without the backslash that breaks its last line; a path's (`C:\`, `\\host\a\`) stays."""
    if not content.endswith("\\"):
        return content
    word = content[content.rfind(" ") + 1 :]
    return content[:-1].rstrip() if word.count("\\") == 1 and ":" not in word else content


def _understand_text(state: StateCore) -> None:
    """Core rule behind the text."""
    for token in state.tokens:
        if token.type == "html_block":
            token.content = link_media(token.content)
        if token.type == "inline" and "task" in token.meta:
            token.children = [Token("task_box", "", 0, content=token.meta["task"]), *(token.children or [])]
        if token.children:
            token.children = [made for child in token.children for made in _understand_child(child)]
        if token.children and token.children[0].type == "softbreak":  # of an attribute list above the text
            del token.children[0]
    state.tokens = move_notes(state.tokens, state.env)


def _understand_child(child: Token) -> Iterator[Token]:
    media = read_media(child.content) if child.type == "html_inline" else None
    if media:
        yield Token("link_open", "a", 1, attrs={"href": media.address})
        yield Token("text", "", 0, content=media.title)
        yield Token("link_close", "a", -1)
    elif child.type != "text" or not is_attribute_line(child.content):  # which its authors would never see
        yield child


def _render_math(_renderer: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    # With its markers: KaTeX and MathJax find it, and without them it reads as written.
    token = tokens[index]
    return f'<{token.tag} class="math">{escape(token.content, quote=False)}</{token.tag}>' + "\n" * token.block


def _render_mark(_renderer: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    return f"<sup>{tokens[index].content}</sup>"


def _render_task(_renderer: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    return f"{tokens[index].content} "


def _render_code_title(_renderer: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    return f"<p><strong>{escape(tokens[index].content, quote=False)}</strong></p>\n"


def _parser() -> MarkdownIt:
    parser = new_parser().disable("front_matter")
    for before, name, block_rule in (
        ("fence", "indented_box", indented_box),
        ("code", "math_block", math_block),
        ("code", "marker_line", marker_line),
        ("reference", "footnote_def", footnote_def),
    ):
        parser.block.ruler.before(before, name, block_rule, {"alt": _ENDS_TEXT})
    for name, rule in (
        ("dollar_math", dollar_math),
        ("bracket_math", bracket_math),
        ("index", index),
        ("marked_text", marked_text),
        ("bare_link", bare_link),
        ("braces", braces),
        ("note_mark", note_mark),
    ):
        parser.inline.ruler.before("escape", name, rule)
    parser.inline.ruler2.before("fragments_join", "marked_text", close_marked_text)
    parser.core.ruler.after("block", "understand_blocks", _understand_blocks)
    parser.core.ruler.after("inline", "understand_text", _understand_text)
    parser.core.ruler.after("inline", "find_places", find_places)
    parser.inline.ruler.at("link", placing(link, 0))
    parser.inline.ruler.at("image", placing(image, 1))
    parser.inline.ruler.at("html_inline", placing_html(html_inline))
    parser.add_render_rule("math_inline", _render_math)
    parser.add_render_rule("math_block", _render_math)
    parser.add_render_rule("note_mark", _render_mark)
    parser.add_render_rule("task_box", _render_task)
    parser.add_render_rule("code_title", _render_code_title)
    return parser


_ANSWER = _parser()
