"""Limits by the clock and by the address, and what a key ring counts."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faqkb.kb.keys.ring import KeyStore
from faqkb.kb.keys.values import Scope
from faqkb.server.access.key_ring import KeyRing
from faqkb.server.access.rate_limits import RateLimiter, limit_headers
from faqkb.server.http.client_address import client_address, client_of, shortened


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_gives_a_minutes_worth_and_refills_evenly():
    clock = Clock()
    limiter = RateLimiter(clock)
    taken = [limiter.take("a", 60) for _ in range(61)]
    assert [each.is_refused for each in taken] == [False] * 60 + [True]
    assert (taken[0].remaining, taken[59].remaining, taken[60].retry_seconds) == (59, 0, pytest.approx(1.0))
    clock.now += 1
    assert [limiter.take("a", 60).is_refused for _ in range(2)] == [False, True]
    clock.now += 60
    assert limiter.take("a", 60).remaining == 59


def test_a_refused_request_costs_nothing():
    clock = Clock()
    limiter = RateLimiter(clock)
    limiter.take("a", 1)
    assert [limiter.take("a", 1).retry_seconds for _ in range(50)] == [pytest.approx(60.0)] * 50


def test_each_client_has_a_bucket_of_its_own():
    limiter = RateLimiter(Clock())
    limiter.take("a", 1)
    assert (limiter.take("a", 1).is_refused, limiter.take("b", 1).is_refused) == (True, False)


def test_a_hundred_thousand_clients_take_bounded_memory_and_the_busy_one_is_remembered():
    limiter = RateLimiter(Clock(), most=1_000)
    for number in range(100_000):
        limiter.take(str(number), 5)
        if number % 100 == 0:
            busy = limiter.take("busy", 5)
    assert len(limiter) == 1_000
    assert busy.is_refused


@given(st.integers(1, 600), st.lists(st.floats(0, 30), max_size=200))
def test_never_more_than_two_minutes_worth_in_any_minute(rate, pauses):
    clock = Clock()
    limiter = RateLimiter(clock)
    admitted = []
    for pause in pauses:
        clock.now += pause
        admitted += [clock.now] if not limiter.take("a", rate).is_refused else []
    for first in admitted:
        assert sum(first <= at < first + 60 for at in admitted) <= 2 * rate


def test_the_headers_are_those_of_the_draft():
    clock = Clock()
    limiter = RateLimiter(clock)
    limiter.take("a", 2)
    assert limit_headers([limiter.take("a", 2)]) == {
        "RateLimit-Policy": '"minute";q=2;w=60',
        "RateLimit": '"minute";r=0;t=60',
    }
    assert limit_headers([limiter.take("a", 2)])["Retry-After"] == "30"


@pytest.mark.parametrize(
    ("told", "proxies", "client"),
    [
        ("9.9.9.9", 0, "10.0.0.1/32"),
        ("9.9.9.9", 1, "9.9.9.9/32"),
        ("1.1.1.1, 9.9.9.9", 1, "9.9.9.9/32"),
        ("1.1.1.1, 9.9.9.9", 2, "1.1.1.1/32"),
        ("9.9.9.9", 2, "10.0.0.1/32"),
        ("nonsense", 1, "10.0.0.1/32"),
        ("2001:db8:1:2:3::4", 1, "2001:db8:1:2::/64"),
        ("::ffff:9.9.9.9", 1, "9.9.9.9/32"),
    ],
)
def test_of_forwarded_addresses_only_what_trusted_proxies_added_is_believed(told, proxies, client):
    environ = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": told}
    assert client_of(client_address(environ, proxies)) == client


def test_one_ipv6_customer_is_one_client():
    clients = {client_of(client_address({"REMOTE_ADDR": f"2001:db8:1:2::{number}"}, 0)) for number in range(1, 50)}
    assert clients == {"2001:db8:1:2::/64"}


def test_a_logged_address_is_a_network():
    assert shortened(client_address({"REMOTE_ADDR": "192.0.2.77"}, 0)) == "192.0.2.0/24"
    assert shortened(client_address({"REMOTE_ADDR": "2001:db8:1:2::3"}, 0)) == "2001:db8:1::/48"
    assert shortened(client_address({}, 0)) == "unknown"


class Day:
    now = datetime(2026, 11, 25, 23, 59, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def test_a_quota_survives_a_restart_and_begins_anew_at_midnight(tmp_path: Path):
    store, day = KeyStore(tmp_path), Day()
    text = store.add("bot", [Scope.READ], quota_per_day=3).text
    ring = KeyRing(store, day)
    assert [ring.take(ring.find(text)).remaining for _ in range(2)] == [2, 1]
    ring.write_uses()
    restarted = KeyRing(store, day)
    key = restarted.find(text)
    assert [restarted.take(key).is_refused for _ in range(2)] == [False, True]
    assert restarted.take(key).retry_seconds == 60
    day.now = datetime(2026, 11, 26, 0, 0, 1, tzinfo=UTC)
    assert restarted.take(key).remaining == 2


def test_two_servers_on_one_knowledge_base_share_a_quota(tmp_path: Path):
    store = KeyStore(tmp_path)
    text = store.add("bot", [Scope.READ], quota_per_day=4).text
    first, second = KeyRing(store), KeyRing(store)
    for ring in (first, second):
        ring.take(ring.find(text))
        ring.write_uses()
    assert second.take(second.find(text)).remaining == 1


def test_the_day_of_the_last_use_is_written_once(tmp_path: Path):
    store = KeyStore(tmp_path)
    ring = KeyRing(store)
    text = store.add("bot", [Scope.READ]).text
    ring = KeyRing(store)
    ring.take(ring.find(text))
    ring.write_uses()
    before = store.stamp()
    ring.take(ring.find(text))
    ring.write_uses()
    assert store.read()[0].last_used == datetime.now(UTC).date().isoformat()
    assert store.stamp().file == before.file
