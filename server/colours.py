"""The colours that the pages take from one accent, each readable where it stands.

Source: WCAG 2.2, relative luminance and contrast ratio; 4.5 is what level AA asks of text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

from faqkb.kb.errors import ConfigError

READABLE = 4.5  # contrast of text, WCAG 2.2, 1.4.3 (AA)
_COMFORTABLE = 7.0  # of an accent that we choose ourselves: level AAA
_TINT = 0.10  # share of the accent in the ground of what is chosen
_STEP = 0.02  # of a colour, each time one is made darker or lighter
_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)
_DECLARED = re.compile(r"--(?P<name>accent|accent-ground|on-accent): #[0-9a-f]{6};")

_Rgb = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Shades:
    """The colours of one scheme, light or dark, as `#rrggbb`."""

    accent: str
    """Links, buttons, marks of the chosen answer."""
    accent_ground: str
    """Behind what is chosen; the accent can be read on it."""
    on_accent: str
    """Text of a button."""


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of the pages that an operator may choose."""

    light: Shades
    dark: Shades

    def style(self, sheet: str) -> str:
        """Return a style sheet with these colours in place of its own: the light ones stand first, then the dark."""
        schemes: dict[str, Iterator[str]] = {
            name: iter([getattr(self.light, field), getattr(self.dark, field)])
            for name, field in (("accent", "accent"), ("accent-ground", "accent_ground"), ("on-accent", "on_accent"))
        }
        return _DECLARED.sub(lambda found: f"--{found['name']}: {next(schemes[found['name']])};", sheet)


# As in static/style.css, which a test compares: the grounds that text stands on, and the accents built in.
LIGHT_GROUNDS = ("#faf9f6", "#ffffff")
DARK_GROUNDS = ("#15181b", "#1d2125")
BUILT_IN = Palette(Shades("#17605b", "#e7f1ef", "#ffffff"), Shades("#7cc7bf", "#20312f", "#0f1f1d"))
_ON_DARK_ACCENT = "#101417"


def palette(accent: str | None, accent_dark: str | None = None) -> Palette | None:
    """Return the colours made of an accent; None where none is chosen. Raises ConfigError for one that nobody can read.

    Without a dark accent, one is made of the other.
    """
    if accent is None and accent_dark is None:
        return None
    light = BUILT_IN.light
    if accent is not None:
        _refuse_unreadable("accent", accent, LIGHT_GROUNDS, toward=_BLACK)
        light = Shades(accent, _tint(accent, "#ffffff"), "#ffffff")
    if accent_dark is None:
        accent_dark = _readable(light.accent, DARK_GROUNDS, _COMFORTABLE, toward=_WHITE)
    _refuse_unreadable("accent_dark", accent_dark, DARK_GROUNDS, toward=_WHITE)
    return Palette(light, Shades(accent_dark, _tint(accent_dark, DARK_GROUNDS[1]), _ON_DARK_ACCENT))


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21; the same either way."""
    darker, lighter = sorted((_luminance(_rgb(one)), _luminance(_rgb(other))))
    return (lighter + 0.05) / (darker + 0.05)


def _refuse_unreadable(name: str, colour: str, grounds: tuple[str, ...], toward: _Rgb) -> None:
    got = _least(colour, grounds)
    if got < READABLE:
        kind, better = ("light", "darker") if toward == _BLACK else ("dark", "lighter")
        near = _readable(colour, grounds, READABLE, toward=toward)
        raise ConfigError(
            f"faq.toml: {name} cannot be read on the {kind} pages (got {colour} with a contrast of {got:.1f}, expected"
            f" {READABLE} or more); take a {better} one, such as {near}"
        )


def _least(colour: str, grounds: tuple[str, ...]) -> float:
    return min(contrast(colour, ground) for ground in grounds)


def _readable(colour: str, grounds: tuple[str, ...], wanted: float, toward: _Rgb) -> str:
    """Return a colour with the contrast wanted, as near to the one given as black or white mixed in makes it."""
    return _first(lambda share: _mixed(colour, toward, share), lambda mixed: _least(mixed, grounds) >= wanted)


def _tint(accent: str, ground: str) -> str:
    """Return a ground with some of the accent in it, as much as leaves the accent readable there."""
    return _first(
        lambda share: _mixed(ground, _rgb(accent), max(_TINT - share, 0.0)),
        lambda mixed: contrast(accent, mixed) >= READABLE,
    )


def _first(make: Callable[[float], str], is_good: Callable[[str], bool]) -> str:
    """Return the first colour that is good, of those made with a share that grows; the last one always is."""
    shares = (min(step * _STEP, 1.0) for step in count())
    return next(colour for share in shares if is_good(colour := make(share)) or share == 1.0)


def _mixed(colour: str, other: _Rgb, share: float) -> str:
    """Return a colour with a share of another one in it."""
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in zip(_rgb(colour), other, strict=True))


def _rgb(colour: str) -> _Rgb:
    return tuple(bytes.fromhex(colour.removeprefix("#")))


def _luminance(rgb: _Rgb) -> float:
    red, green, blue = (_linear(part / 255) for part in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
