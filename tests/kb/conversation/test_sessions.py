"""Sessions: the states of conversations, in bounded memory."""

from __future__ import annotations

import threading
import tracemalloc

from faqkb.kb.conversation.sessions import SessionStore
from faqkb.kb.conversation.state import NOTHING_SAID, State

DOCKER = "docker 里训练报 Blocking queue is killed 怎么办"
OLD = State("how do I upgrade", "how do I upgrade", ("faq/upgrade",))


def test_a_session_keeps_its_last_state() -> None:
    store = SessionStore()
    for at in range(3):
        store.keep("a", State(topic=str(at)))
    assert store.state("a").topic == "2"
    assert store.state("b") == NOTHING_SAID
    store.forget("a")
    assert store.state("a") == NOTHING_SAID


def test_the_session_used_longest_ago_goes_first() -> None:
    store = SessionStore(sessions=2)
    for name in ("a", "b", "a", "c"):
        store.keep(name, OLD)
    assert [bool(store.state(name).topic) for name in "abc"] == [True, False, True]


def test_a_silent_session_is_gone() -> None:
    now = 0.0
    store = SessionStore(seconds=60, clock=lambda: now)
    store.keep("a", OLD)
    now = 59.0
    assert store.state("a").topic
    now = 61.0
    assert not store.state("a").topic
    assert len(store) == 0


def test_ten_thousand_sessions_stay_in_bounded_memory() -> None:
    tracemalloc.start()
    store = SessionStore()
    for at in range(12_000):
        for number in range(4):
            question = f"{DOCKER} {at} {number}"
            state = State(question, question, shown=("faq_2021_s1/Q1.3",), language="zh")
            store.keep(f"session {at}", state)
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(store) == 10_000
    assert used < 20_000_000


def test_threads_lose_no_turn() -> None:
    store = SessionStore()

    def ask(own: int) -> None:
        for at in range(300):
            store.keep(f"{own}/{at}", OLD)
            store.keep("shared", OLD)

    threads = [threading.Thread(target=ask, args=(own,)) for own in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store) == 8 * 300 + 1
