"""Fenced blocks: the language out of all that dialects write beside it, and directives of MyST that are no code."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from faqkb.ingest.answers.arguments import read_arguments
from faqkb.ingest.answers.kinds import NAMES, Box, callout
from faqkb.ingest.answers.markers import read_directive
from faqkb.ingest.page.markdown import Token

Parse = Callable[[str], Sequence[Token]]
"""Markdown to block tokens."""

_CODE = {"code-block", "code", "sourcecode", "code-cell", "parsed-literal", "prompt"}
_PICTURES = {"figure", "image"}
_FENCES_DEEP = 5  # a directive in a directive; further in it is code
_LANGUAGE_MARKS = "+#-_."
_TITLE_KEYS = ("title", "filename", "file", "caption")


def read_fences(tokens: Sequence[Token], parse: Parse, deep: int = 0) -> Iterator[Token]:
    """Yield the tokens with each fence as what its author meant: code with a language, a frame, math, a picture."""
    for token in tokens:
        if token.type == "fence":
            yield from _read_fence(token, parse, deep)
        else:
            yield token


def _read_fence(token: Token, parse: Parse, deep: int) -> Iterator[Token]:
    info = token.info.strip()
    inside, _, argument = info[1:].partition("}")
    name = inside.strip()
    if not info.startswith("{") or "}" not in info or " " in name or name[:1] in {"", ".", "#"}:
        yield from _code(token, info)
    elif name in _CODE:
        options, token.content = _options(token.content)
        caption = options.get("caption", "")
        yield from _code(token, f'{argument.strip()} title="{caption}"' if caption else argument.strip())
    elif name == "math":
        _, content = _options(token.content)
        yield Token("math_block", "div", 0, content=f"$$\n{content.strip()}\n$$", block=True)
    elif name in _PICTURES:
        yield from _nowhere(_picture(argument.strip(), token.content, parse))
    elif name in NAMES and deep < _FENCES_DEEP:
        yield from _frame(info, token, parse, deep)
    else:
        yield from _code(token, "" if name == "eval-rst" else name)


def _frame(info: str, fence: Token, parse: Parse, deep: int) -> Iterator[Token]:
    options, content = _options(fence.content)
    box = read_directive(info) or Box()
    if options.get("class"):
        box = callout(options["class"].split()[0], box.title)
    yield Token("box_open", "div", 1, meta={"box": box})
    lines_before = fence.content.count("\n") - content.count("\n") + 1  # the options, and the one that opens it
    yield from read_fences(_within(fence, parse(content), lines_before), parse, deep + 1)
    yield Token("box_close", "div", -1)


def _within(fence: Token, tokens: Sequence[Token], lines_before: int) -> Sequence[Token]:
    """Return the tokens of a fence's text with the lines that they have in the answer."""
    start = fence.map[0] + lines_before if fence.map else 0
    for token in tokens:
        token.map = [line + start for line in token.map] if token.map and fence.map else None
    return tokens


def _nowhere(tokens: Iterator[Token]) -> Iterator[Token]:
    """Yield tokens that were made of an option or an argument, and stand in no line by themselves."""
    for token in tokens:
        yield replace(token, map=None)


def _picture(address: str, text: str, parse: Parse) -> Iterator[Token]:
    options, caption = _options(text)
    alt = "".join(char for char in options.get("alt", "") if char not in "[]\\`")
    size = " ".join(f"{key}={options[key]}" for key in ("width", "height") if key in options)
    if address and not any(char.isspace() or char in "<>" for char in address):
        yield from parse(f"![{alt}](<{address}>){{ {size} }}" if size else f"![{alt}](<{address}>)")
    yield from parse(caption)


def _options(text: str) -> tuple[dict[str, str], str]:
    """Return (the options that a directive's text begins with, `:key: value`, the rest)."""
    options: dict[str, str] = {}
    lines = text.split("\n")
    for number, line in enumerate(lines):
        key, colon, value = line.strip()[1:].partition(":")
        if not line.strip().startswith(":") or not colon or not key.replace("-", "").replace("_", "").isalnum():
            return options, "\n".join(lines[number:])
        options[key] = value.strip()
    return options, ""


def _code(token: Token, info: str) -> Iterator[Token]:
    """Yield a fence with nothing but the language in its info, under the title that stood there."""
    language, rest = _language(info)
    title = _title(rest)
    if title:
        yield Token("code_title", "p", 0, content=title, block=True)
    code = replace(token, info=language)
    yield code


def _language(info: str) -> tuple[str, str]:
    """Return (the language, the rest): of `python {1,3}`, `js:title=a.js`, `{.python .lines}`, `{r, echo=FALSE}`."""
    text = info.lstrip("{. ") if info.startswith("{") else info
    end = 0
    while end < len(text) and (text[end].isalnum() or text[end] in _LANGUAGE_MARKS):
        end += 1
    return ("", info) if text[end : end + 1] == "=" else (text[:end], text[end:])


def _title(rest: str) -> str:
    """Return the title in what follows a language: `title="x.py"`, `[npm]`."""
    rest = rest.strip(" :{}")
    if rest.startswith("["):
        return rest[1:].partition("]")[0].strip()
    named = read_arguments(rest).named
    return next((named[key] for key in _TITLE_KEYS if named.get(key)), "")
