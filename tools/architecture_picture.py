"""Draws docs/architecture.svg: the rooms of each wing, every one above all that it may import.

    python tools/architecture_picture.py [--check]

The rooms and who may import whom are `ROOMS` of tests/test_architecture.py; what each is for is said here. `--check`
exits with 1 when the picture is not up to date.
"""

from __future__ import annotations

import runpy
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "architecture.svg"
WIDTH, EDGE, GAP = 960, 20, 8  # pixels
ROOM_HEIGHT, TITLE_HEIGHT, BETWEEN = 44, 32, 44
MOST_IN_ROW = 5  # a name of nineteen letters still fits
WINGS = {
    "faq": "the command line",
    "server": "pages and protocols over HTTP",
    "ingest": "Markdown to records",
    "kb": "records in, answers out",
}
SAYS = {
    "faq": "what commands share",
    "faq.client": "asks a server",
    "faq.trust": "found settings",
    "faq.checks": "runs scripts",
    "faq.asking": "here or elsewhere",
    "faq.showing": "in a terminal",
    "faq.watching": "whenever saved",
    "faq.records": "list, show, diff",
    "faq.starting": "a FAQ to begin",
    "faq.doctor": "looks, repairs",
    "faq.handing": "export, import",
    "faq.linting": "faq lint",
    "faq.measuring": "eval, tune",
    "faq.several": "bases side by side",
    "faq.improving": "gaps, improve",
    "faq.commands": "one module each",
    "server": "limits, colours",
    "server.http": "sockets, load",
    "server.texts": "forms of an answer",
    "server.wording": "words of pages",
    "server.workers": "processes beside",
    "server.access": "who, how often",
    "server.reference": "the API document",
    "server.answering": "what all share",
    "server.feedback": "what readers say",
    "server.monitoring": "health, logs",
    "server.api": "our own",
    "server.openai": "/v1/",
    "server.openai.helpers": "of chat windows",
    "server.openai.conversation": "read and asked",
    "server.openai.responses": "/v1/responses",
    "server.azure": "/language/",
    "server.mcp": "agents",
    "server.pages": "people",
    "server.admin": "the maintainer",
    "server.app": "put together",
    "server.bases": "several at once",
    "server.site": "pages as files",
    "ingest": "records, a report",
    "ingest.page": "blocks",
    "ingest.styles": "what is asked",
    "ingest.readings": "which reading",
    "ingest.answers": "how they read",
    "ingest.reports": "what was skipped",
    "ingest.known": "read before",
    "ingest.linted": "what rules share",
    "ingest.linting": "the rules",
    "ingest.editing": "patches",
    "ingest.imported": "other systems'",
    "ingest.imported.tables": "CSV, Excel",
    "ingest.imported.documents": "JSON, HTML, XML",
    "ingest.imported.recognise": "which it is",
    "kb": "records, answers",
    "kb.language": "which it is in",
    "kb.foreign": "of other hands",
    "kb.index": "vectors, words",
    "kb.bundled": "the bundled model",
    "kb.prepared": "read in parts",
    "kb.model": "the encoder",
    "kb.store": "records.sqlite",
    "kb.snapshot": "what is published",
    "kb.building": "makes a snapshot",
    "kb.retrieval": "finds, judges",
    "kb.knowledge": "the front door",
    "kb.milvus": "on a server",
    "kb.conversation": "follow-ups",
    "kb.evaluation": "how good",
    "kb.learning": "weights",
    "kb.database": "lasting files",
    "kb.feedback": "votes",
    "kb.keys": "who may",
    "kb.gaps": "asked in vain",
}
STYLE = """
svg { font-family: ui-sans-serif, system-ui, sans-serif; color-scheme: light dark; }
.ground { fill: #ffffff; }
.wing { fill: #f3f6f9; stroke: #8c959f; }
.room { fill: #ffffff; stroke: #57606a; }
.file { fill: #fff8e1; stroke: #9a6700; stroke-dasharray: 5 3; }
text { fill: #1f2328; text-anchor: middle; font-size: 13px; }
.title { text-anchor: start; font-size: 17px; font-weight: 700; }
.say { font-size: 13px; font-weight: 400; fill: #57606a; }
.name { font-weight: 600; }
.sub { font-size: 12px; fill: #57606a; }
.aside { text-anchor: start; }
.arrow { fill: none; stroke: #0969da; stroke-width: 2; }
.heads { fill: #0969da; }
@media (prefers-color-scheme: dark) {
.ground { fill: #0d1117; }
.wing { fill: #161b22; stroke: #6e7681; }
.room { fill: #21262d; stroke: #8b949e; }
.file { fill: #2b2410; stroke: #d29922; }
text { fill: #e6edf3; }
.say, .sub { fill: #a3adb8; }
.arrow { stroke: #58a6ff; }
.heads { fill: #58a6ff; }
}
"""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle with two lines of text."""

    kind: str
    x: float
    y: float
    width: float
    name: str
    sub: str

    def drawn(self) -> str:
        """Return it as SVG."""
        middle = self.x + self.width / 2
        return (
            f'<rect class="{self.kind}" x="{self.x:.1f}" y="{self.y:.1f}" width="{self.width:.1f}"'
            f' height="{ROOM_HEIGHT}" rx="6"/>\n'
            f'<text x="{middle:.1f}" y="{self.y + 18:.1f}" class="name">{escape(self.name)}</text>\n'
            f'<text x="{middle:.1f}" y="{self.y + 35:.1f}" class="sub">{escape(self.sub)}</text>\n'
        )


def rooms() -> dict[str, tuple[str, ...]]:
    """Return each room with those it may import, as the test of the architecture has them."""
    table: dict[str, tuple[str, ...]] = runpy.run_path(str(ROOT / "tests/test_architecture.py"))["ROOMS"]
    return table


def layers(table: Mapping[str, Sequence[str]], wing: str) -> list[list[str]]:
    """Return the rooms of a wing in rows, the first at the top; none imports one of its own row or above it."""
    level: dict[str, int] = {}

    def level_of(room: str) -> int:
        if room not in level:
            level[room] = max((level_of(below) + 1 for below in table[room] if below != room), default=0)
        return level[room]

    own = [room for room in table if room.partition(".")[0] == wing]
    rows: list[list[str]] = []
    for number in range(max(map(level_of, own)), -1, -1):
        row = [room for room in own if level[room] == number]
        count = -(-len(row) // MOST_IN_ROW)
        size = -(-len(row) // count) if row else 1
        rows += [row[start : start + size] for start in range(0, len(row), size)]
    return rows


def picture() -> str:
    """Return the picture as SVG."""
    table, top, parts = rooms(), float(EDGE), []
    for wing, says in WINGS.items():
        rows = layers(table, wing)
        height = TITLE_HEIGHT + len(rows) * (ROOM_HEIGHT + GAP) + GAP
        parts.append(
            f'<rect class="wing" x="{EDGE}" y="{top}" width="{WIDTH - 2 * EDGE}" height="{height}" rx="12"/>\n'
        )
        said = f'{wing}/<tspan dx="10" class="say">{says}</tspan>'
        parts.append(f'<text x="{EDGE + 16}" y="{top + 21}" class="title">{said}</text>\n')
        parts += [box.drawn() for at, row in enumerate(rows) for box in _row(row, top + TITLE_HEIGHT, at)]
        top += height
        if wing != "kb":
            parts.append(_arrows(wing, top))
            top += BETWEEN
    top += GAP
    size = (WIDTH - 2 * EDGE - GAP) / 2
    parts.append(Box("file", EDGE, top, size, "content/", "*.md, checks/*.py: read by ingest").drawn())
    parts.append(
        Box("file", EDGE + size + GAP, top, size, "a knowledge base", "written by kb.building, opened by kb").drawn()
    )
    return _svg(top + ROOM_HEIGHT + EDGE, parts)


def _row(row: Sequence[str], top: float, at: int) -> list[Box]:
    inside = WIDTH - 2 * EDGE - 2 * 16
    width = (inside - GAP * (len(row) - 1)) / len(row)
    y = top + at * (ROOM_HEIGHT + GAP)
    return [
        Box("room", EDGE + 16 + place * (width + GAP), y, width, _name(room), SAYS[room])
        for place, room in enumerate(row)
    ]


def _name(room: str) -> str:
    """Return what a room is called within its wing."""
    return room.partition(".")[2] or f"{room}/*.py"


def _arrows(wing: str, top: float) -> str:
    """Return what a wing may import of those below it, in words beside an arrow."""
    below = {
        "faq": "may import server, ingest and kb",
        "server": "may import kb, and not ingest",
        "ingest": "may import kb",
    }[wing]
    return (
        f'<path class="arrow" d="M{WIDTH / 2} {top} V{top + BETWEEN - 4}" marker-end="url(#head)"/>\n'
        f'<text x="{WIDTH / 2 + 14}" y="{top + BETWEEN / 2 + 4}" class="sub aside">{wing} {below}</text>\n'
    )


def _svg(height: float, parts: Sequence[str]) -> str:
    label = (
        "Four wings with their rooms: faq may import server, ingest and kb; server and ingest may import kb; inside a"
        " wing a room may import only rooms drawn below it."
    )
    head = '<marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{label}">\n'
        f"<style>{STYLE}</style>\n"
        f'<defs>{head}<path class="heads" d="M0 0 L10 5 L0 10 z"/></marker></defs>\n'
        f'<rect class="ground" width="{WIDTH}" height="{height:.0f}"/>\n' + "".join(parts) + "</svg>\n"
    )


def main() -> int:
    """Return 0 when the picture was written, or is up to date."""
    drawn = picture()
    if "--check" in sys.argv[1:]:
        same = PICTURE.read_text(encoding="utf-8") == drawn
        print("up to date" if same else f"{PICTURE.name} is out of date; run python tools/architecture_picture.py")
        return 0 if same else 1
    PICTURE.write_text(drawn, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
