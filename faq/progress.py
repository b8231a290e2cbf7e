"""How far a long job is, with rate and time left: a bar on a terminal, plain lines elsewhere.

The library that draws is loaded when there is something to draw: a question never waits for it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from faqkb.faq.console import say_note
from faqkb.kb.text import readable

if TYPE_CHECKING:
    from rich.progress import Progress, Task
    from rich.text import Text

T = TypeVar("T")
_FIRST_SECONDS = 2.0  # longer silence makes people reach for Ctrl-C
_LINE_SECONDS = 10.0  # between two lines: a log that is read later, or somebody who knows by now that it goes on
_MINUTES_FROM = 120  # seconds
_BAR_SECONDS = 0.3  # a job that is done sooner needs no bar


@contextmanager
def counted(what: str) -> Iterator[Callable[[int, int], None]]:
    """Lend what a job is to call with how many are done, and of how many: `with counted("embedding") as told`."""
    shown: _Bar | _Lines = _Bar(what) if sys.stderr.isatty() else _Lines(what)
    try:
        yield shown.tell
    finally:
        shown.close()


@contextmanager
def staged() -> Iterator[Callable[[str], None]]:
    """Lend what a job is to call with a line for each of its stages, `… ` at the end of one that begins.

    On a terminal the stage at work is shown with the seconds it has taken so far.
    """
    if not sys.stderr.isatty():
        yield say_note
        return
    stage = _Stage()
    try:
        yield stage.tell
    finally:
        stage.close()


def counting(things: Iterable[T], total: int, told: Callable[[int, int], None]) -> Iterator[T]:
    """Yield things one by one, telling how many have been taken."""
    for done, thing in enumerate(things, 1):
        yield thing
        told(done, total)


class _Lines:
    """A line every ten seconds, none for what takes less than two."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._started = self._last = time.monotonic()
        self._done = 0
        self._next = self._started + _FIRST_SECONDS
        self._is_shown = False

    def tell(self, done: int, total: int) -> None:
        now = time.monotonic()
        if self._is_shown and done == total:
            say_note(f"{self._what} {done} of {total}, {_rate(done, now - self._started):.3g}/s")
        elif now >= self._next and done < total:
            # Of what was done since the last line: what is known already goes by a hundred times as fast.
            rate = _rate(done - self._done, now - self._last)
            left = f", {_in_words((total - done) / rate)} left" if rate else ""
            say_note(f"{self._what} {done} of {total}, {rate:.3g}/s{left}")
            self._is_shown, self._done, self._last = True, done, now
            self._next = now + _LINE_SECONDS

    def close(self) -> None:
        """Leave the last line as it is."""


def _rate(done: int, seconds: float) -> float:
    return done / seconds if seconds else 0.0


def _in_words(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds > _MINUTES_FROM else f"{seconds:.0f} s"


class _Bar:
    """A bar that stays when the job is done."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._from = time.monotonic() + _BAR_SECONDS
        self._progress: Progress | None = None

    def tell(self, done: int, total: int) -> None:
        if self._progress is None:
            if time.monotonic() < self._from or done == total:
                return
            self._progress = _drawn()
            self._progress.add_task(self._what, total=total)
            self._progress.start()
        self._progress.update(self._progress.task_ids[0], completed=done, total=total)

    def close(self) -> None:
        if self._progress is not None:
            self._progress.stop()


class _Stage:
    """What is at work now, with a mark that moves; what is done stands above it."""

    def __init__(self) -> None:
        from rich.console import Console  # noqa: PLC0415 - see above, as in all that follows
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
        self._progress.start()

    def tell(self, line: str) -> None:
        for task in self._progress.task_ids:
            self._progress.remove_task(task)
        if line.endswith("…"):
            self._progress.add_task(line, total=None)
        else:
            self._progress.console.print(readable(line), markup=False, highlight=False)

    def close(self) -> None:
        self._progress.stop()


def _drawn() -> Progress:
    """Return a bar with how many are done, how many a second, and the time left."""
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text  # noqa: PLC0415

    class Rate(ProgressColumn):
        """How many a second."""

        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text("" if speed is None else f"{speed:.3g}/s")

    left = TimeRemainingColumn(compact=True)
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), MofNCompleteColumn(), Rate(), left)
    return Progress(*columns, TextColumn("left"), console=Console(stderr=True))
