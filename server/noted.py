"""What whoever counts and logs is told of a request: the answers that it was given, what it changed, its method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from flask import g, request

from faqkb.kb.answers import Answer

_NOTED = "noted_answers"
_DEED = "noted_deed"
_METHODS = frozenset({"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"})
_OTHER = "OTHER"  # method that is none of these: any word of capitals can come as one
DEFERRED = "faq.deferred"
"""Of the environment of a request that several knowledge bases get: the list of what is done once it is known which of
them answered."""


@dataclass(frozen=True, slots=True)
class NotedAnswer:
    """What a reader's question got."""

    answer: Answer
    via: str
    """Where it was asked: `api`, `chat`, `page`, …"""
    is_typing: bool = False
    """Whether the reader was still typing, so that it is no question yet."""


def note_answer(answer: Answer, via: str, *, is_typing: bool = False) -> None:
    """Note an answer of the current request."""
    g.setdefault(_NOTED, []).append(NotedAnswer(answer, via, is_typing))


def noted_answers() -> Sequence[NotedAnswer]:
    """Return what was noted of the current request, in order."""
    return cast(list[NotedAnswer], g.get(_NOTED, []))


@dataclass(frozen=True, slots=True)
class Deed:
    """What a request changed, or tried to; its status says which."""

    name: str
    """E.g. `rollback`."""
    subject: str
    """What it was done to."""


def note_deed(name: str, subject: str) -> None:
    """Note what the current request changes, for the audit log."""
    g.setdefault(_DEED, Deed(name, subject))


def noted_deed() -> Deed | None:
    """Return what the current request changed; None where it only asks."""
    return cast(Deed | None, g.get(_DEED))


def method_of_request() -> str:
    """Return the current request's method; one word for all that are none of HTTP's."""
    return request.method if request.method in _METHODS else _OTHER
