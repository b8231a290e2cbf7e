"""Rules for text that CommonMark does not know: math, marked text, indices, bare links, attributes, notes.

Each looks at a bounded stretch ahead, or goes on behind what it has read: the time is linear.
"""

from __future__ import annotations

from faqkb.ingest.answers.arguments import Arguments, read_arguments
from faqkb.ingest.answers.links import read_address
from faqkb.ingest.answers.markers import read_marker
from faqkb.ingest.page.markdown import Delimiter, StateInline, Token

_MATH_CHARS = 1_000  # of a formula within a text
_INDEX_CHARS = 30  # of what is raised or lowered
_INDEX_MARKS = "+-−.,*()=/%'"
_ATTRIBUTE_CHARS = 200
_COMMENT_CHARS = 2_000
_LABEL_CHARS = 100  # of a note
_WORD = 3  # letters in a row; a variable is shorter
_MARK = ord("=")


def dollar_math(state: StateInline, silent: bool) -> bool:
    """Inline rule for `$a_1*b$` and `$$…$$`, as GitHub and Pandoc read them: no blank inside, no letter outside."""
    source, start = state.src, state.pos
    if source[start] != "$" or _is_word(source[start - 1 : start] if start else ""):
        return False
    fence = "$$" if source.startswith("$$", start) else "$"
    begin = start + len(fence)
    end = source.find(fence, begin, min(state.posMax, begin + _MATH_CHARS))
    while end > begin and source[end - 1] == "\\":
        end = source.find(fence, end + 1, min(state.posMax, begin + _MATH_CHARS))
    if end <= begin or "`" in source[begin:end]:
        return False
    after = source[end + len(fence) : end + len(fence) + 1]
    tight = not (source[begin].isspace() or source[end - 1].isspace() or _is_word(after) or after == "$")
    if fence == "$" and not (tight and _is_short(source[begin:end])):
        return False
    return _push_math(state, end + len(fence), silent)


def _is_short(text: str) -> bool:
    """Whether it has no words between blanks: `$HOME and not US$` is a text about something else."""
    return "\\" in text or not any(len(word) >= _WORD and word.isalpha() for word in text.split()[1:])


def bracket_math(state: StateInline, silent: bool) -> bool:
    r"""Inline rule for `\(a+b\)` and `\[ c*d \]`; brackets that were escaped around ordinary text are none."""
    source, start = state.src, state.pos
    closer = {"\\(": "\\)", "\\[": "\\]"}.get(source[start : start + 2])
    if closer is None:
        return False
    end = source.find(closer, start + 2, min(state.posMax, start + _MATH_CHARS))
    inner = source.find(source[start : start + 2], start + 2, end)
    if end < 0 or inner >= 0 or not _is_formula(source[start + 2 : end]):
        return False
    return _push_math(state, end + 2, silent)


def _is_formula(text: str) -> bool:
    """Whether it looks like TeX: a command, a power, a group, or signs between single letters."""
    body = text.strip()
    if any(body[i] == "\\" and body[i + 1 : i + 2].isalpha() for i in range(len(body))) or "^" in body or "_{" in body:
        return True
    letters = "".join(char if char.isalpha() else " " for char in body).split()
    if any(len(run) >= _WORD for run in letters) or "\\" in body or "**" in body or not body.isascii():
        return False
    return any(sign in body for sign in "=+*<>_") or (len(body) == 1 and body != "x" and body.isalpha())


def _push_math(state: StateInline, end: int, silent: bool) -> bool:
    if not silent:
        state.push("math_inline", "span", 0).content = state.src[state.pos : end]
    state.pos = end
    return True


def index(state: StateInline, silent: bool) -> bool:
    """Inline rule for `H~2~O` and `10^3^`: behind a letter, a digit or a bracket, without a blank."""
    source, start = state.src, state.pos
    name = {"~": "sub", "^": "sup"}.get(source[start])
    before = source[start - 1] if start else ""
    if name is None or not (_is_word(before) or before in tuple(")]")):
        return False
    end = start + 1
    limit = min(state.posMax, start + _INDEX_CHARS)
    while end < limit and (_is_word(source[end]) or source[end] in _INDEX_MARKS):
        end += 1
    content = source[start + 1 : end]
    if end >= limit or source[end] != source[start] or not any(map(str.isalnum, content)):
        return False
    if source[end + 1 : end + 2] == source[start]:
        return False
    if not silent:
        state.push(f"{name}_open", name, 1)
        state.push("text", "", 0).content = content
        state.push(f"{name}_close", name, -1)
    state.pos = end + 1
    return True


def marked_text(state: StateInline, silent: bool) -> bool:
    """Inline rule for `==`: what may open or close marked text; `close_marked_text` makes pairs of them."""
    if silent or state.src[state.pos] != "=":
        return False
    scanned = state.scanDelims(state.pos, True)
    end = state.pos + scanned.length
    before, after = state.src[state.pos - 1 : state.pos] if state.pos else "", state.src[end : end + 1]
    state.push("text", "", 0).content = state.src[state.pos : end]
    if scanned.length == 2:
        state.delimiters.append(
            Delimiter(
                marker=_MARK,
                length=0,  # no "rule of 3"
                token=len(state.tokens) - 1,
                end=-1,
                open=scanned.can_open and not _is_word(before),  # `a==b` compares
                close=scanned.can_close and not _is_word(after),
            )
        )
    state.pos = end
    return True


def close_marked_text(state: StateInline) -> None:
    """Make elements of the pairs of `==`."""
    nested = [meta["delimiters"] for meta in state.tokens_meta if meta and "delimiters" in meta]
    for delimiters in (state.delimiters, *nested):
        for delimiter in delimiters:
            if delimiter.marker == _MARK and delimiter.end >= 0:
                _become(state.tokens[delimiter.token], "mark_open", 1)
                _become(state.tokens[delimiters[delimiter.end].token], "mark_close", -1)


def _become(token: Token, kind: str, nesting: int) -> None:
    token.type, token.tag, token.content = kind, "mark", ""
    token.nesting = 1 if nesting == 1 else -1


def bare_link(state: StateInline, silent: bool) -> bool:
    """Inline rule for `https://…` in the text, at its `://`."""
    start = state.pos
    if silent or state.linkLevel or not state.src.startswith("://", start):
        return False
    scheme = next((name for name in ("https", "http") if state.pending.endswith(name)), "")
    before = state.pending[-len(scheme) - 1 : -len(scheme)]
    found = read_address(state.src, start + 3, state.posMax) if scheme and not _is_word(before) else None
    if found is None:
        return False
    text = scheme + state.src[start : found.end]
    target = state.md.normalizeLink(text) if found.whole else ""
    if target and state.md.validateLink(target):
        state.pending = state.pending[: -len(scheme)]
        state.push("link_open", "a", 1).attrs = {"href": target}
        state.push("text", "", 0).content = text
        state.push("link_close", "a", -1)
    else:  # passed over, so that no address in it is looked at again
        state.append_pending(state.src[start : found.end])
    state.pos = found.end
    return True


def braces(state: StateInline, silent: bool) -> bool:
    """Inline rule for what stands in braces and is no text: `{: .red }`, `{ width=200 }`, `{/* … */}`, an end tag."""
    source, start = state.src, state.pos
    if source[start] != "{":
        return False
    end = _comment_end(source, start) or _end_tag(source, start)
    if not end:
        found = _attribute_list(state)
        if found is None:
            return False
        if not silent and state.tokens and state.tokens[-1].type == "image" and not state.pending:
            _resize(state.tokens[-1], found)
        end = source.find("}", start) + 1
    if not silent:
        state.pending = state.pending.rstrip(" ") if source[end : end + 1] in {"", "\n"} else state.pending
    state.pos = end
    return True


def _comment_end(source: str, start: int) -> int:
    if not source.startswith("{/*", start):
        return 0
    return (
        source.find("*/}", start, start + _COMMENT_CHARS) + 3 if "*/}" in source[start : start + _COMMENT_CHARS] else 0
    )


def _end_tag(source: str, start: int) -> int:
    """Return where the template tag ends that closes a frame from within the text, 0 when there is none."""
    if source[start + 1 : start + 2] not in {"%", "{"}:
        return 0
    found = read_marker(source[start : start + _ATTRIBUTE_CHARS])
    return start + found.end if found and found.closes else 0


def _attribute_list(state: StateInline) -> Arguments | None:
    """Return the attribute list that starts at the place, None when there is none."""
    source, start = state.src, state.pos
    end = source.find("}", start, min(state.posMax, start + _ATTRIBUTE_CHARS))
    inside = source[start + 1 : end] if end > 0 else "\n"
    if "\n" in inside or "{" in inside or source[end + 1 : end + 2] == "}":
        return None
    arguments = read_arguments(inside.lstrip(":"))
    if arguments.quoted or not (arguments.named or arguments.words):
        return None
    if not all(len(word) > 1 and word[0] in ".#" for word in arguments.words):
        return None
    if inside.startswith(":"):
        return arguments
    behind = state.tokens[-1].type if state.tokens and not state.pending else ""
    is_last = source[end + 1 : end + 2] in {"", "\n"} and not arguments.named
    return arguments if behind in _ELEMENTS or is_last else None


_ELEMENTS = {"image", "link_close", "code_inline", "html_inline", "em_close", "strong_close", "text"}


def _resize(image: Token, found: Arguments) -> None:
    for name in ("width", "height"):
        if name in found.named:
            image.attrs[name] = found.named[name].removesuffix("px")


def note_mark(state: StateInline, silent: bool) -> bool:
    """Inline rule for `[^1]`: a raised number when the answer holds the note, else text as written."""
    source, start = state.src, state.pos
    if not source.startswith("[^", start):
        return False
    end = source.find("]", start + 2, min(state.posMax, start + _LABEL_CHARS))
    label = source[start + 2 : end] if end > 0 else ""
    if not label or any(map(str.isspace, label)) or "[" in label or source[end + 1 : end + 2] in {"(", "["}:
        return False
    numbers = state.env.setdefault("note_numbers", {})
    if f":{label}" not in state.env.get("footnotes", {}).get("refs", {}):
        # As text at once: a definition of one word is one of a link, too, and `^1` would become its text.
        if not silent:
            state.append_pending(source[start : end + 1])
    elif not silent:
        token = state.push("note_mark", "sup", 0)
        token.content = str(numbers.setdefault(label, len(numbers) + 1))
    state.pos = end + 1
    return True


def _is_word(char: str) -> bool:
    return char.isascii() and char.isalnum()
