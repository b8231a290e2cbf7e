"""Rules for blocks that CommonMark does not know: lines that open or close a frame, indented callouts, math.

A line that opens a frame does not look for the one that closes it: `boxes.py` pairs them afterwards, so that thousands
of openers cost no more than thousands of lines.
"""

from __future__ import annotations

from dataclasses import replace

from faqkb.ingest.answers.kinds import Box, callout
from faqkb.ingest.answers.markers import MARKER_CHARS, Marker, read_marker
from faqkb.ingest.page.markdown import StateBlock
from faqkb.ingest.page.rules import is_code, read_indented

_CODE_INDENT = 4  # columns
_TAG_LINES = 8  # that the tag of a component may take
_INDENTED = {"===": "tab", "!!!": "callout", "???": "callout"}  # Python-Markdown, MkDocs
_MATH = {"$$": "$$", "\\[": "\\]"}
_CLOSERS = {"<": "</", "%": "{"}


def marker_line(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """Block rule for a line that opens or closes a frame, or does both around its text."""
    text = _text(state, line)
    if text[:1] not in {":", "{", "<"} or is_code(state, line):
        return False
    last = line + 1
    marker = read_marker(text)
    while marker is None and _is_open_tag(text) and last < min(end, line + _TAG_LINES):
        text = f"{text}\n{_text(state, last)}"
        marker = read_marker(text) if ">" in _text(state, last) else None
        last += 1
    inside = text[marker.end :].strip() if marker else ""
    closing = _closing(inside, marker) if marker and inside else 0
    if marker is None or (inside and not closing):
        return False
    if silent:
        return True
    state.line = last
    if inside:
        _push(state, marker, line)
        _push_paragraph(state, inside[:closing].strip(), line)
        _push(state, replace(marker, box=None), line)
        return True
    _push(state, _with_options(state, marker, end), line)
    if not marker.closes and marker.family != ":::":
        _move_left(state, line, end)
    return True


def indented_box(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """Block rule for `=== "Tab"` and `!!! note "Title"` with their text indented by four spaces."""
    opener = _text(state, line)
    name = _INDENTED.get(opener[:3])
    if name is None or opener[3:4] not in {" ", "+", "!"}:
        return False
    following = line + 1
    while following < end and state.isEmpty(following):
        following += 1
    if following >= end or state.sCount[following] < state.blkIndent + _CODE_INDENT:
        return False
    if silent:
        return True
    token = state.push("box_open", "div", 1)
    token.meta = {"box": _indented_box(name, opener[3:].lstrip("+! \t"))}
    token.map = [line, read_indented(state, line + 1, end)]
    state.push("box_close", "div", -1)
    return True


def math_block(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    r"""Block rule for `$$ … $$` and `\[ … \]` that begin a line and end one."""
    text = _text(state, line)
    closer = _MATH.get(text[:2])
    if closer is None or is_code(state, line):
        return False
    last = line
    if closer in text[2:]:
        if not text.endswith(closer):
            return False
    else:
        # The next line with either marker decides, so that many openers without end cost no more than their lines.
        last += 1
        while last < end and not state.isEmpty(last) and closer not in _text(state, last):
            if text[:2] in _text(state, last):
                return False
            last += 1
        if last >= end or state.isEmpty(last) or not _text(state, last).endswith(closer):
            return False
    if not silent:
        token = state.push("math_block", "div", 0)
        token.block, token.map = True, [line, last + 1]
        token.content = "\n".join(_text(state, number) for number in range(line, last + 1))
        state.line = last + 1
    return True


def _text(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].rstrip()


def _is_open_tag(text: str) -> bool:
    """Whether the text may be the first lines of a component's tag."""
    return text[:1] == "<" and "A" <= text[1:2] <= "Z" and len(text) <= MARKER_CHARS


def _indented_box(name: str, info: str) -> Box:
    """Return the frame of what follows `===` or `!!!`: the title is in quotes, or all after the word that says what."""
    word, _, title = info.partition(" ")
    opening, closing = info.find('"'), info.rfind('"')
    if closing > opening:
        title = info[opening + 1 : closing]
    if name == "tab":
        return Box("tab", title if closing > opening else info)
    return callout(word.split('"')[0] or "note", title.strip())


def _closing(inside: str, opener: Marker) -> int:
    """Return where the marker begins that closes the opener at the end of its own line, 0 when there is none."""
    begins = inside.rfind(_CLOSERS.get(opener.family[:1], "\n"))
    while opener.family[:1] == "%" and begins > 0 and inside[begins - 1] == "{":
        begins -= 1
    found = read_marker(inside[begins:]) if begins > 0 and not opener.closes else None
    is_partner = found and found.closes and found.family == opener.family and begins + found.end == len(inside)
    return begins if is_partner else 0


def _with_options(state: StateBlock, marker: Marker, end: int) -> Marker:
    """Step over the lines of options below the marker (`:class: tip`), and return it as they say."""
    while marker.options and state.line < end:
        key, colon, value = _text(state, state.line)[1:].partition(":")
        if _text(state, state.line)[:1] != ":" or not colon or not key.replace("-", "").isalnum():
            break
        if key == "class" and marker.box and value.split():
            marker = replace(marker, box=callout(value.split()[0], marker.box.title))
        state.line += 1
    return marker


def _move_left(state: StateBlock, line: int, end: int) -> None:
    """Take the margin off the lines that stand further in than the marker above them: it is layout, no code.

    A line is moved once for each level it is indented by, so all of it costs no more than the blanks it takes off.
    """
    first = state.line
    while first < end and state.isEmpty(first):
        first += 1
    margin = state.sCount[first] - max(state.sCount[line], 0) if first < end else 0
    inner = state.sCount[first] if first < end else 0
    while margin > 0 and first < end and (state.isEmpty(first) or state.sCount[first] >= inner):
        if not state.isEmpty(first) and state.tShift[first] >= margin:
            state.bMarks[first] += margin
            state.tShift[first] -= margin
            state.sCount[first] -= margin
        first += 1


def _push(state: StateBlock, marker: Marker, line: int) -> None:
    token = state.push("marker", "", 0)
    token.map, token.meta = [line, state.line], {"marker": marker}


def _push_paragraph(state: StateBlock, text: str, line: int) -> None:
    state.push("paragraph_open", "p", 1).map = [line, state.line]
    token = state.push("inline", "", 0)
    token.content, token.map, token.children = text, [line, state.line], []
    state.push("paragraph_close", "p", -1)
