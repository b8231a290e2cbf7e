"""Values between two processes come out as they went in, and nothing else does."""

from __future__ import annotations

import socket
import struct
from typing import Literal

import pytest

from faqkb.kb.answers import Answer, Hit, Status, Talk
from faqkb.kb.conversation.dialogue import Reply
from faqkb.kb.conversation.history import Said
from faqkb.kb.conversation.state import NOTHING_SAID, State
from faqkb.server.workers.tasks import TASKS
from faqkb.server.workers.wire import WireBroken, packed, receive, send, unpacked

QUESTIONS = [
    "docker 里训练报 Blocking queue is killed 怎么办",
    "How do I enlarge shared memory? And how is the learning rate chosen?",
    "gpu",
    "thank you!",
    "",
    "\ud800 \x00 \u2028",
]


def sent(value):
    """Return what a message is at the other end."""
    one, other = socket.socketpair()
    with one, other:
        send(one, packed(value))
        return receive(other)


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_reply_comes_out_as_it_went_in(knowledge, question):
    reply = TASKS["reply"].run(knowledge, question, NOTHING_SAID, 3, None, ())
    assert unpacked(Reply, sent(reply)) == reply
    assert unpacked(State, sent(reply.state)) == reply.state


def test_hits_come_out_as_they_went_in(knowledge):
    hits = knowledge.search(QUESTIONS[0], limit=10)
    assert hits
    assert unpacked(tuple[Hit, ...], sent(hits)) == hits


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (str, 1),
        (int, True),
        (int, "1"),
        (float, None),
        (bool, 0),
        (tuple[str, ...], ["a", 1]),
        (tuple[str, int], ["a"]),
        (dict[str, float], ["a"]),
        (Status, "perhaps"),
        (Talk | None, "perhaps"),
        (Literal["user", "assistant"], 3),
        (Said, ["user"]),
        (Answer, [1, 2, 3]),
    ],
)
def test_what_is_not_of_its_type_is_refused(kind, told):
    with pytest.raises(WireBroken):
        unpacked(kind, told)


def test_a_message_without_end_is_not_waited_for():
    one, other = socket.socketpair()
    with one, other:
        one.sendall(struct.pack("!I", 2**31))
        with pytest.raises(WireBroken, match="2147483648 bytes"):
            receive(other)


@pytest.mark.parametrize("content", [b"", b"\x00\x00", struct.pack("!I", 3) + b"[1", struct.pack("!I", 2) + b"[]]"[1:]])
def test_half_a_message_and_no_message_are_refused(content):
    one, other = socket.socketpair()
    with other:
        one.sendall(content)
        one.close()
        with pytest.raises(WireBroken):
            receive(other)
