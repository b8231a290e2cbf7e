"""The pages' style sheet, rewritten for a shadow root on somebody else's page."""

from __future__ import annotations

import re

# `:root` is the other site's in there; what it holds moves to the box's outermost element, which that site's rules
# cannot reach. No weight of its own: the colours for forced colours, further down, must win over any theme.
_BOX = ":where(.faq)"
_DARK_BLOCK = re.compile(r"@media \(prefers-color-scheme: dark\) \{\s*:root \{(?P<body>[^}]*)\}\s*\}")
_COLOUR_BLOCK = re.compile(r"^:root \{(?P<body>[^}]*)\}", re.MULTILINE)
_PROPERTY = re.compile(r"(?<!-)--(?P<name>[a-z-]++): (?P<value>[^;]++);")
_REM = re.compile(r"(?<![\d.])(?P<number>-?(?:\d++(?:\.\d++)?|\.\d++))rem\b")


def shadow_style(style: str) -> str:
    """Return a style sheet whose every `--name` is what the site says as `--faq-name`, and whose rem are the box's.

    A rem is the size of text of the other site's root, which may be anything; here it is `--rem`, the reader's own.
    Raises ValueError where the sheet lacks the two blocks of colours.
    """
    light, dark = _COLOUR_BLOCK.search(style), _DARK_BLOCK.search(style)
    if light is None or dark is None:
        raise ValueError("the style sheet has no :root block, or no dark one; widget_style.py looks for both")
    bright, gloomy = _themeable(light["body"]), _themeable(dark["body"])
    themes = "\n".join(
        (
            f"{_BOX} {{{bright}}}",
            f"@media (prefers-color-scheme: dark) {{ {_BOX}:where(:not([data-theme=light])) {{{gloomy}}} }}",
            f"{_BOX}:where([data-theme=dark]) {{{gloomy} color-scheme: dark; }}",
            f"{_BOX}:where([data-theme=light]) {{ color-scheme: light; }}",
        )
    )
    rest = _COLOUR_BLOCK.sub("", _DARK_BLOCK.sub("", style, count=1), count=1).replace(":root", _BOX)
    return "\n".join(_own_rem(line) for line in f"{themes}\n{rest}".splitlines())


def _themeable(body: str) -> str:
    return _PROPERTY.sub(r"--\g<name>: var(--faq-\g<name>, \g<value>);", body)


def _own_rem(line: str) -> str:
    """Return a line with rem of the box's own; in a media condition it is the reader's size already."""
    return line if line.lstrip().startswith("@media") else _REM.sub(r"calc(\g<number> * var(--rem))", line)
