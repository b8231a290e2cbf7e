"""The part that draws bar charts, on a terminal and as SVG."""

from __future__ import annotations

# --- part chart ---
import xml.sax.saxutils
from typing import NamedTuple

# Readable on white and on black: text and grid follow the reader's colour scheme, the best bar is also named in words.
_SVG_STYLE = """
    svg { font: 13px system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif; background: #ffffff; }
    text { fill: #1f2328; stroke: #ffffff; stroke-width: 3px; paint-order: stroke; }
    .title { font-size: 16px; font-weight: 600; } .axis { fill: #59636e; } .page { fill: #ffffff; }
    .grid { stroke: #d1d9e0; } .bar { fill: #7d9cc4; } .best { fill: #1a6fd0; }
    @media (prefers-color-scheme: dark) {
      svg { background: #0d1117; } text { fill: #e6edf3; stroke: #0d1117; }
      .axis { fill: #9198a1; } .page { fill: #0d1117; }
      .grid { stroke: #30363d; } .bar { fill: #54719b; } .best { fill: #58a6ff; }
    }
"""


class Bar(NamedTuple):
    """One bar of a chart."""

    label: str
    value: float
    note: str = ""
    """Shown behind the figure, e.g. `now`."""
    best: bool = False
    """Stands out by its colour; say so in the note as well."""


def figure(value: float) -> str:
    """Return a number as short as it can be said: 1234, 123, 12.3, 1.23."""
    return f"{value:.{0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2}f}"


def bar_chart(title: str, bars: list[Bar], width: int = 36) -> str:
    """Return a chart as lines of text, one bar a line."""
    largest = max((bar.value for bar in bars), default=0) or 1
    labels = max((len(bar.label) for bar in bars), default=0)
    lines = [title]
    for bar in bars:
        drawn = "█" * max(1, round(width * bar.value / largest))
        lines.append(f"{bar.label:<{labels}} {drawn:<{width}} {figure(bar.value):>6} {bar.note}".rstrip())
    return "\n".join(lines)


def svg_chart(title: str, bars: list[Bar], axis: str) -> str:
    """Return the same chart as an SVG document; `axis` names what is drawn and its unit."""
    left = 24 + 7.5 * max((len(bar.label) for bar in bars), default=0)
    plot, row, top = 420, 28, 56
    largest = max((bar.value for bar in bars), default=0) or 1
    step = _tick_step(largest)
    ticks = [step * number for number in range(7) if number == 0 or step * (number - 1) < largest]
    scale, bottom, right = plot / ticks[-1], top + row * len(bars), left + plot
    beside = 7.5 * max((len(bar.note) for bar in bars), default=0)
    page, height = right + 70 + beside, bottom + 60
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {page:.0f} {height}" width="{page:.0f}"'
        f' height="{height}" role="img" aria-labelledby="chart-title">',
        f'<title id="chart-title">{_xml(title)}</title><style>{_SVG_STYLE}</style>',
        f'<rect class="page" width="100%" height="100%"/><text class="title" x="16" y="30">{_xml(title)}</text>',
    ]
    for tick in ticks:
        x = left + tick * scale
        drawn.append(f'<line class="grid" x1="{x:.1f}" y1="{top - 6}" x2="{x:.1f}" y2="{bottom}"/>')
        drawn.append(f'<text class="axis" x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{tick:g}</text>')
    for number, bar in enumerate(bars):
        y, length = top + row * number, bar.value * scale
        kind = "bar best" if bar.best else "bar"
        drawn += [
            f'<text x="{left - 8:.1f}" y="{y + 15}" text-anchor="end">{_xml(bar.label)}</text>',
            f'<rect class="{kind}" x="{left:.1f}" y="{y}" width="{max(length, 1):.1f}" height="20" rx="2"/>',
            f'<text x="{left + length + 6:.1f}" y="{y + 15}">{_xml(f"{figure(bar.value)} {bar.note}".rstrip())}</text>',
        ]
    middle = left + plot / 2
    drawn.append(
        f'<text class="axis" x="{middle:.1f}" y="{bottom + 42}" text-anchor="middle">{_xml(axis)}</text></svg>'
    )
    return "\n".join(drawn) + "\n"


def _tick_step(largest: float) -> float:
    """Return 1, 2 or 5 times a power of ten so that at most six steps reach `largest`."""
    power = 10.0**-9
    while power * 50 < largest:
        power *= 10
    return next(step * power for step in (1, 2, 5, 10) if 6 * step * power >= largest)


def _xml(text: str) -> str:
    return xml.sax.saxutils.escape("".join(sign for sign in text if sign.isprintable()), {'"': "&quot;"})


def check_svg_path(path: str) -> None:
    """Raise WrongUse unless a chart may be written there: only a new file, or one that is an SVG already."""
    shown = os.path.basename(path) or path
    if os.path.isdir(path) or not path.lower().endswith(".svg"):
        raise WrongUse(f"--plot {shown}: name a file that ends in .svg, e.g. --plot chart.svg")
    if not os.path.isdir(os.path.dirname(path) or "."):
        raise WrongUse(f"--plot {shown}: its folder does not exist; make it, or name one that does")
    if os.path.lexists(path):
        try:
            with open(path, "rb") as file:
                start = file.read(2000)
        except OSError as error:
            raise WrongUse(f"--plot {shown}: {error.strerror}") from None
        if start and b"<svg" not in start:
            raise WrongUse(f"--plot {shown} exists and is no SVG; name another file")


def write_svg(path: str, svg: str) -> None:
    """Write a chart where `check_svg_path` allowed it."""
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(svg)
    except OSError as error:
        raise WrongUse(f"--plot {os.path.basename(path)}: {error.strerror}") from None


# --- end of part chart ---
