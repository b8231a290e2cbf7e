"""Block rules for what FAQ files hold beside CommonMark; `markdown.py` adds them to the parser of the structure."""

from __future__ import annotations

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock

from faqkb.ingest.page.dialects import MARKDOWN, Dialect, asciidoc_heading, close_heading
from faqkb.ingest.page.fold_lines import is_fold_name, read_fold_line

_CALLOUTS = ("???", "!!!")  # Python-Markdown's admonitions
_ASKING_KINDS = ("question", "faq", "help")  # kinds of a callout that hold a question even when it does not fold
_INDENT = 4
_INTERRUPTS: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
_STARTS: RuleOptionsType = {"alt": ["blockquote", "list"]}
_FENCE = "```"
_TOML = "+++"


def add_structure_rules(parser: MarkdownIt) -> None:
    """Teach the parser fold lines, components, footnotes and the headings of other markups."""
    ruler = parser.block.ruler
    ruler.before("table", "toml", _toml)
    ruler.before("fence", "foreign_heading", _foreign_heading, _STARTS)
    ruler.before("fence", "fold_fence", _fold_fence, _INTERRUPTS)
    ruler.before("fence", "fold_callout", _fold_callout, _INTERRUPTS)
    ruler.before("fence", "fold_line", _fold_line, _INTERRUPTS)
    ruler.before("reference", "footnote", _footnote, _INTERRUPTS)
    ruler.before("html_block", "component", _component, _INTERRUPTS)


def _text(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]


def is_code(state: StateBlock, line: int) -> bool:
    """Whether the line stands so far in that it is code."""
    return state.sCount[line] - state.blkIndent >= _INDENT


def _leaf(state: StateBlock, kind: str, first: int, last: int, info: str) -> None:
    token = state.push(kind, "", 0)
    token.map, token.info = [first, last], info
    state.line = last


def _toml(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """Front matter between two lines of `+++`."""
    if line or silent or _text(state, line).rstrip() != _TOML:
        return False
    last = line + 1
    while last < end and _text(state, last).rstrip() != _TOML:
        last += 1
    if last >= end:
        return False
    _leaf(state, "front_matter", line, last + 1, "toml")
    state.tokens[-1].content = state.getLines(line + 1, last, 0, True)
    return True


def _fold_line(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """`::: details Title`, `:::`, `{{% expand "Title" %}}`: one leaf each, what they hold stays what it is."""
    text = _text(state, line)
    if not text.startswith((":::", "{", "[")) or is_code(state, line):
        return False
    found = read_fold_line(text)
    if found is None:
        return False
    if not silent:
        last = line + 1
        while found.opens and text.startswith(":::") and last < end and _is_option(_text(state, last)):
            last += 1
        _leaf(state, "fold_line", line, last, text)
    return True


def _is_option(line: str) -> bool:
    """Whether the line is an option of a MyST directive: `:open:`, `:color: info`."""
    name, colon, _ = line[1:].partition(":")
    return line.startswith(":") and bool(colon and name) and name.replace("-", "").isalnum()


def _fold_fence(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """A fence whose directive folds, ```` ```{dropdown} Title ````: its inside is Markdown, not code."""
    text = _text(state, line)
    if not text.startswith(_FENCE) or is_code(state, line):
        return False
    marks = len(text) - len(text.lstrip("`"))
    name, brace, title = text[marks:].strip().removeprefix("{").partition("}")
    if not brace or not text[marks:].strip().startswith("{") or not is_fold_name(name):
        return False
    if silent:
        return True
    last = line + 1
    while last < end and not _closes(_text(state, last), marks):
        last += 1
    first = line + 1
    while first < last and _is_option(_text(state, first)):
        first += 1
    _leaf(state, "fold_line", line, first, f"::: details {title}")
    bound, state.lineMax = state.lineMax, last
    state.md.block.tokenize(state, first, last)
    state.lineMax = bound
    _leaf(state, "fold_line", min(last, end - 1), min(last + 1, end), ":::")
    return True


def _closes(line: str, marks: int) -> bool:
    return len(line.strip()) >= marks and not line.strip().strip("`")


def _fold_callout(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """`??? question "Title"` and `!!! question "Title"`, their text indented by four spaces (MkDocs)."""
    text = _text(state, line)
    words = text[3:].lstrip("+ ").partition(" ")
    if not text.startswith(_CALLOUTS) or text[3:4] not in {" ", "+"} or is_code(state, line):
        return False
    if text.startswith("!!!") and words[0].casefold() not in _ASKING_KINDS:
        return False
    if silent:
        return True
    token = state.push("fold_open", "", 1)
    token.info = words[2].strip().strip("\"'“”").strip()
    token.map = [line, read_indented(state, line + 1, end)]
    state.push("fold_close", "", -1)
    return True


def read_indented(state: StateBlock, first: int, end: int) -> int:
    """Read the lines from `first` on that are indented by four spaces as Markdown; return the line after them."""
    last = first
    while last < end and (state.isEmpty(last) or state.sCount[last] >= state.blkIndent + _INDENT):
        last += 1
    indent, bound = state.blkIndent, state.lineMax
    state.blkIndent, state.lineMax = indent + _INDENT, last
    state.md.block.tokenize(state, first, last)
    state.blkIndent, state.lineMax, state.line = indent, bound, last
    return last


def _footnote(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """`[^label]: text`, with the indented lines below it."""
    text = _text(state, line)
    label, closing, _ = text.removeprefix("[^").partition("]:")
    if not text.startswith("[^") or not closing or not label or any(map(str.isspace, label)) or is_code(state, line):
        return False
    if not silent:
        last = line + 1
        while last < end and not state.isEmpty(last) and state.sCount[last] > state.blkIndent + 1:
            last += 1
        while last + 1 < end and state.isEmpty(last) and state.sCount[last + 1] >= state.blkIndent + _INDENT:
            last += 2
        _leaf(state, "footnote", line, last, label)
    return True


def _component(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """A line that starts with a titled component or ends one, `<Accordion title="…">Text`: HTML up to a blank line."""
    text = _text(state, line)
    if is_code(state, line) or not _is_component(text):
        return False
    if silent:
        return True
    last = line + 1
    while last < end and not state.isEmpty(last) and state.sCount[last] >= state.blkIndent:
        last += 1
    _leaf(state, "html_block", line, last, "")
    state.tokens[-1].content = state.getLines(line, last, state.blkIndent, True)
    return True


def _is_component(line: str) -> bool:
    name = line.removeprefix("<").removeprefix("/")
    if not line.startswith("<") or not (name[:1].isascii() and name[:1].isupper()):
        return False
    return line.startswith("</") or name.isalnum() or ("=" in name and name.partition("=")[0].split()[0].isalnum())


def _foreign_heading(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """`== Title`, a title with an underline of reStructuredText, `##Title`."""
    if state.sCount[line] != state.blkIndent or silent:
        return False
    dialect: Dialect = state.env.get("dialect", MARKDOWN)
    text = _text(state, line)
    found, last = close_heading(text), line + 1
    if dialect.underlines and line + 1 < end:
        under = _text(state, line + 1).rstrip()
        level = dialect.underlines.get(under[:1], 0)
        if level and not under.strip(under[0]) and len(under) >= 3 and text.strip(under[0]):
            found, last = (min(level, 6), text.strip()), line + 2
    elif dialect.name:
        found = asciidoc_heading(text) or found
    if found is None:
        return False
    level, title = found
    token = state.push("heading_open", f"h{level}", 1)
    token.map = [line, last]
    inline = state.push("inline", "", 0)
    inline.content, inline.map, inline.children = title, [line, last], []
    state.push("heading_close", f"h{level}", -1)
    state.line = last
    return True
