"""Waits for the content to change, lets it come to rest, and calls for a round."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from faqkb.faq.watching.rounds import Round, Rounds
from faqkb.ingest import Stamp, content_stamp

_LOOK_SECONDS = 0.1  # between looks; the folder's list of files is read each time, 1 ms for a hundred
_LOOK_SHARE = 0.05  # of the time at most: a folder that takes long to look through is looked at less often
_QUIET_SECONDS = 0.1  # without a change: then whoever writes is done
_GONE_SECONDS = 1.0  # the same where a file is gone or empty: many editors take it away before they write it anew
_REST_SECONDS = 5.0  # after which is read what there is, even if something is always being written

Tell = Callable[[Round], None]


def watch(rounds: Rounds, tell: Tell, stop: threading.Event) -> None:
    """Call for a round after every change of the content, until `stop` is set."""
    seen, pause = rounds.stamp, _LOOK_SECONDS
    while not stop.wait(pause):
        started = time.monotonic()
        now = content_stamp(rounds.paths)
        pause = max(_LOOK_SECONDS, (time.monotonic() - started) / _LOOK_SHARE)
        if now != seen:
            now = _at_rest(rounds, seen, now, stop)
        if now != seen or rounds.is_overtaken:
            tell(rounds.run())
            seen = rounds.stamp


def _at_rest(rounds: Rounds, before: Stamp, now: Stamp, stop: threading.Event) -> Stamp:
    """Return the stamp of the content once nobody writes any more."""
    started = since = time.monotonic()
    while not stop.wait(_QUIET_SECONDS):
        later, at = content_stamp(rounds.paths), time.monotonic()
        if later != now:
            now, since = later, at
        elif at - since >= (_GONE_SECONDS if _is_on_its_way(before, now) else 0.0):
            break
        if at - started >= _REST_SECONDS:
            break
    return now


def _is_on_its_way(before: Stamp, now: Stamp) -> bool:
    """Return whether a file that held something is gone or empty."""
    filled = {seen.path for seen in now if seen.size}
    return any(seen.size and seen.path not in filled for seen in before)


@contextmanager
def watching(rounds: Rounds, tell: Tell) -> Iterator[None]:
    """Watch in a thread during the block; a round that is at work is finished at its end."""
    stop = threading.Event()
    watcher = threading.Thread(target=watch, args=(rounds, tell, stop), name="faq-watch", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        stop.set()
        watcher.join()


def watch_until_interrupted(rounds: Rounds, tell: Tell) -> None:
    """Watch until Ctrl+C or SIGTERM; a round that is at work is finished, a second Ctrl+C does not wait for it."""
    stop = threading.Event()

    def end(number: int, _frame: FrameType | None) -> None:
        stop.set()
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        watch(rounds, tell, stop)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
