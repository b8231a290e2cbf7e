"""Questions per day as bars: where each part of a bar lies, in the units of the drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from faqkb.kb.answers import Status
from faqkb.server.admin.figures import Day

WIDTH = 720
HEIGHT = 200
_GAP = 0.15  # of a day's width, between two bars
# From the bottom up: what went well stands on the ground, so that its height is seen at a glance.
_ORDER = (Status.ANSWERED, Status.AMBIGUOUS, Status.NO_ANSWER)


@dataclass(frozen=True, slots=True)
class Piece:
    """The questions of one day with one outcome."""

    status: Status
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    """The questions of one day."""

    day: Day
    x: float
    width: float
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """All bars, in a drawing of WIDTH by HEIGHT units."""

    bars: tuple[Bar, ...]
    most: int
    """Questions of the highest bar, which is as high as the drawing."""


def chart_of(days: Sequence[Day]) -> Chart:
    """Return the bars of days, oldest left."""
    most = max((day.questions for day in days), default=0)
    step = WIDTH / max(len(days), 1)
    bars = (
        Bar(day, round(step * (place + _GAP / 2), 2), round(step * (1 - _GAP), 2), _pieces(day, most))
        for place, day in enumerate(days)
    )
    return Chart(tuple(bars), most)


def _pieces(day: Day, most: int) -> tuple[Piece, ...]:
    found, below = [], 0
    for status in _ORDER:
        count = day.counts[status]
        if count:
            height = HEIGHT * count / most
            found.append(Piece(status, round(HEIGHT - HEIGHT * below / most - height, 2), round(height, 2)))
            below += count
    return tuple(found)
