"""Lines that open or close a frame: `:::tip Title`, `{% hint style="info" %}`, `{{< /note >}}`, `<Tab label="x">`."""

from __future__ import annotations

from dataclasses import dataclass

from faqkb.ingest.answers.arguments import Arguments, read_arguments
from faqkb.ingest.answers.kinds import KINDS, NAMES, Box, directive
from faqkb.ingest.page.fold_lines import leading_name

MARKER_CHARS = 1_000  # a longer line is text
_COLONS = 3
_TEMPLATES = {"{%": "%}", "{{<": ">}}", "{{%": "%}}"}
_PAIRS = {'"': '"', "'": "'", "{": "}"}


@dataclass(frozen=True, slots=True)
class Marker:
    """One marker. It is paired with another of its family."""

    family: str
    """What its partner must share: `:::`, `%hint`, `<TabItem`."""
    end: int
    """Where it ends in the line."""
    box: Box | None
    """What it opens; None when it closes."""
    colons: int = 0
    """Of `:::`: a longer line closes what a longer one opened."""
    options: bool = False
    """Whether lines of options (`:class: tip`) may follow."""

    @property
    def closes(self) -> bool:
        """Whether it ends a frame."""
        return self.box is None


def read_marker(line: str) -> Marker | None:
    """Return the marker that the line starts with."""
    if len(line) > MARKER_CHARS:
        return None
    if line.startswith(":::"):
        return _colons(line)
    if line.startswith("{"):
        return _template(line)
    if line.startswith("<"):
        return _component(line)
    return None


def read_directive(info: str) -> Box | None:
    """Return the frame of `tip Title`, `warning[Title]{#id}`, `{note} Title` or `{.callout-tip title="x"}`."""
    name, rest = _name(info)
    if not name and info.startswith("{"):
        inside, _, rest = info[1:].partition("}")
        if inside.startswith((".", "#")) or "=" in inside:
            arguments = read_arguments(inside)
            classes = (word.lstrip(".").removeprefix("callout-") for word in arguments.words)
            return directive("", rest.strip(), Arguments(arguments.named, tuple(classes)))
        return directive(inside.strip(), rest.strip(), Arguments())
    if not name:
        return None
    title, arguments = _titled(rest)
    return directive(name, title, arguments)


def _titled(rest: str) -> tuple[str, Arguments]:
    """Return (title, arguments) of what follows a name."""
    rest = rest.strip()
    arguments = Arguments()
    opening = rest.rfind("{")
    if rest.endswith("}") and opening >= 0:
        arguments = read_arguments(rest[opening + 1 : -1])
        rest = rest[:opening].rstrip()
    if rest.startswith("[") and rest.endswith("]"):
        return rest[1:-1].strip(), arguments
    if '="' in rest or "='" in rest:
        return "", read_arguments(rest)
    return rest.strip('"“” ').removesuffix(":::").rstrip(), arguments


def _name(text: str) -> tuple[str, str]:
    """Return (the name that the text starts with, the rest)."""
    return leading_name(text) if text[:1].isalpha() else ("", text)


def _colons(line: str) -> Marker | None:
    info = line.lstrip(":")
    colons = len(line) - len(info)
    info = info.strip()
    if not info:
        return Marker(":::", len(line), None, colons)
    box = read_directive(info)
    return Marker(":::", len(line), box, colons, info.startswith("{")) if box else None


def _template(line: str) -> Marker | None:
    opening = next((each for each in ("{{<", "{{%", "{%") if line.startswith(each)), "")
    end = line.find(_TEMPLATES[opening], len(opening)) if opening else -1
    if end < 0:
        return None
    inside = line[len(opening) : end].strip("-~ ")
    closes = inside.startswith("/") or (opening == "{%" and inside.startswith("end"))
    name, rest = _name(inside.removeprefix("/").strip().removeprefix("end" if closes and inside[0] != "/" else ""))
    if name not in NAMES or (closes and rest.strip()):
        return None
    family, end = f"%{name}", end + len(_TEMPLATES[opening])
    return Marker(family, end, None) if closes else Marker(family, end, _template_box(name, rest))


def _template_box(name: str, rest: str) -> Box:
    arguments = read_arguments(rest.removesuffix("/"))
    title = " ".join(arguments.quoted) or " ".join(word for word in arguments.words if word not in KINDS)
    return directive(name, title if name not in {"code", "raw", "content-ref"} else "", arguments)


def _component(line: str) -> Marker | None:
    """Read a component of MDX: its name starts with a capital letter."""
    closes = line.startswith("</")
    name, rest = _name(line[1 + closes :])
    end = _tag_end(line)
    if not name[:1].isascii() or not name[:1].isupper() or not end or rest[:1] not in {" ", ">", "/", "\t", "\n"}:
        return None
    family, inside = f"<{name}", line[1 + closes + len(name) : end - 1].strip()
    if closes:
        return Marker(family, end, None) if not inside else None
    if inside.endswith("/"):
        return None
    return Marker(family, end, directive(name, "", read_arguments(inside)))


def _tag_end(line: str) -> int:
    """Return where the tag ends that the line starts with, 0 when it does not: `>` in quotes or braces ends nothing."""
    waiting = ""
    for position, char in enumerate(line):
        if waiting:
            waiting = "" if char == waiting else waiting
        elif char in _PAIRS:
            waiting = _PAIRS[char]
        elif char == ">":
            return position + 1
    return 0
