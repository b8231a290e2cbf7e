"""How many requests a client may make: a bucket for each, which refills at an even pace.

GCRA (ITU-T I.371, annex A; as in Brandur Leach's throttled): a bucket is one number, the time at which it will be full
again, so that a request costs one look-up and nothing runs in between.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil

from faqkb.server.limits import LIMITED_CLIENTS

_WINDOW_SECONDS = 60
_ROUNDING_SECONDS = 1e-6  # of the sums of many intervals


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of one limit after a request."""

    policy: str
    """`minute` or `day`."""
    quota: int
    window_seconds: int
    remaining: int
    reset_seconds: float
    """Until all of the quota is there again."""
    retry_seconds: float = 0.0
    """Above 0 the request is refused, and may be made again after so long."""

    @property
    def is_refused(self) -> bool:
        """Whether the request was one too many."""
        return self.retry_seconds > 0


class RateLimiter:
    """The buckets of many clients, in bounded memory: the one that was silent longest is forgotten first."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, most: int = LIMITED_CLIENTS) -> None:
        self._clock = clock
        self._most = most
        self._lock = threading.Lock()
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._full_at)

    def take(self, client: str, per_minute: int, count: int = 1) -> Allowance:
        """Take so many requests out of a client's bucket, which holds a minute's worth; none when too few are left.

        More than the bucket ever holds takes all of it.
        """
        interval = _WINDOW_SECONDS / per_minute
        with self._lock:
            now = self._clock()
            filled = max(self._full_at.get(client, now), now) + min(count, per_minute) * interval
            over = filled - now - _WINDOW_SECONDS
            if over > _ROUNDING_SECONDS:
                left = self._full_at[client] - now
                return Allowance("minute", per_minute, _WINDOW_SECONDS, _room(left, interval), left, over)
            self._full_at[client] = filled
            self._full_at.move_to_end(client)
            if len(self._full_at) > self._most:
                self._full_at.popitem(last=False)
        left = filled - now
        return Allowance("minute", per_minute, _WINDOW_SECONDS, _room(left, interval), left)


def limit_headers(allowances: Sequence[Allowance]) -> dict[str, str]:
    """Return what a response says of the limits: the structured fields of draft-ietf-httpapi-ratelimit-headers-10.

    `q` requests in `w` seconds; `r` are left, and all of them again in `t` seconds.
    """
    if not allowances:
        return {}
    headers = {
        "RateLimit-Policy": ", ".join(f'"{each.policy}";q={each.quota};w={each.window_seconds}' for each in allowances),
        "RateLimit": ", ".join(
            f'"{each.policy}";r={each.remaining};t={ceil(each.reset_seconds)}' for each in allowances
        ),
    }
    refused = [each.retry_seconds for each in allowances if each.is_refused]
    if refused:
        headers["Retry-After"] = str(max(1, ceil(max(refused))))
    return headers


def _room(left: float, interval: float) -> int:
    """Return how many whole requests fit into a bucket that is full in so many seconds."""
    return max(0, int((_WINDOW_SECONDS - left + _ROUNDING_SECONDS) / interval))
