"""When a request is tried again, and after how long.

A conversation with the server is a generator that says what to do next, so that the clients with threads and with
asyncio differ in how they do it alone.
"""

from __future__ import annotations

import random
from collections.abc import Generator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from faqkb.faq.client.calls import Call, Reply, result
from faqkb.faq.client.errors import RETRIED, Refused, ServerUnreachable

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Retries:
    """How often, and how patiently."""

    count: int = 3
    """Times that a request is tried again; 0 never."""
    first_seconds: float = 0.25
    """The longest wait before the first time; it doubles each time."""
    longest_seconds: float = 30.0
    """A server that asks for a longer pause in Retry-After is given up at once."""

    def delay(self, tried: int, retry_after: float | None) -> float:
        """Return the seconds to wait after `tried` attempts, 1 or more.

        A random part of a wait that doubles, so that clients that failed together do not come back together (the
        "equal jitter" of the AWS Architecture Blog, 2015); never less than what the server asks for.
        """
        # Chance, not a secret.
        backed_off = random.uniform(0.5, 1.0) * self.first_seconds * 2.0 ** (tried - 1)  # noqa: S311
        return max(min(backed_off, self.longest_seconds), retry_after or 0.0)


@dataclass(frozen=True, slots=True)
class Send:
    """Send the request, and hand in a Reply or a Broken."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait so long."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Broken:
    """No whole reply came."""

    reason: str
    """What happened and what to do: `Connection refused; …`."""
    passing: bool = True
    """Whether trying again may help."""


Outcome = Reply | Broken
Steps = Generator[Send | Wait, Outcome | None, T]


def steps(call: Call[T], retries: Retries) -> Steps[T]:
    """Yield what to do until a reply settles the call, and return what it says.

    Raises ServerUnreachable, Refused, ServerMoved, ReplyUnreadable.
    """
    left = retries.count if call.retried else 0
    tried = 0
    while True:
        outcome = yield Send()
        tried += 1
        if not isinstance(outcome, Reply):
            broken = outcome or Broken("nothing came back; try again")
            if not broken.passing or left < tried:
                raise ServerUnreachable(f"{broken.reason}{_attempts(tried)}")
            yield Wait(retries.delay(tried, None))
            continue
        asked_for = seconds_of(outcome.headers.get("retry-after"))
        too_long = asked_for is not None and asked_for > retries.longest_seconds
        if outcome.status not in RETRIED or left < tried or too_long:
            return _settled(call, outcome, asked_for)
        yield Wait(retries.delay(tried, asked_for))


def seconds_of(retry_after: str | None, now: datetime | None = None) -> float | None:
    """Return the seconds that a Retry-After header asks for, as a number or as a date; None where it says nothing."""
    if retry_after is None:
        return None
    if retry_after.strip().isdecimal() and retry_after.isascii():
        return float(retry_after[:10])
    try:
        at = parsedate_to_datetime(retry_after)
        return max(0.0, (at - (now or datetime.now(UTC))).total_seconds())
    except (ValueError, TypeError):  # TypeError: a date without a time zone
        return None


def _settled(call: Call[T], reply: Reply, retry_after: float | None) -> T:
    try:
        return result(call, reply)
    except Refused as error:
        error.retry_after = retry_after
        raise


def _attempts(tried: int) -> str:
    return f" (tried {tried} times)" if tried > 1 else ""
