"""What both clients say to httpx, and what they make of its replies and errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from faqkb.faq.client import calls
from faqkb.faq.client.address import Server
from faqkb.faq.client.calls import Call, Reply
from faqkb.faq.client.errors import ReplyUnreadable
from faqkb.faq.client.retries import Broken

_REPLY_BYTES = 16 * 1024 * 1024  # the largest page of records is under 1 MB; what is more is no server of ours


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait, in seconds, each time that a request is sent."""

    connect: float = 5.0
    reply: float = 30.0
    """For the next bytes; a question takes milliseconds, but a busy server may queue it."""


def options(
    top_k: int,
    min_confidence: float | None,
    tags: Sequence[str],
    session_id: str | None,
    messages: Sequence[Mapping[str, str]],
    explain: bool,
) -> dict[str, Any]:
    """Return the fields of a question that are not its text."""
    return {
        "top_k": top_k,
        "min_confidence": min_confidence,
        "tags": list(tags) or None,
        "session_id": session_id,
        "messages": [dict(message) for message in messages] or None,
        "explain": explain or None,
    }


def hundreds(questions: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield questions by the hundred, as many as a batch takes."""
    for start in range(0, len(questions), calls.BATCH_QUESTIONS):
        yield questions[start : start + calls.BATCH_QUESTIONS]


def vote(
    helpful: bool,
    answer_token: str | None,
    question: str | None,
    record_id: str | None,
    tags: Sequence[str],
    note: str | None,
) -> dict[str, Any]:
    """Return the body of a judgement."""
    return {
        "answer_token": answer_token,
        "question": question,
        "record_id": record_id,
        "helpful": helpful,
        "tags": list(tags) or None,
        "note": note,
    }


def settings(server: Server, timeouts: Timeouts) -> dict[str, Any]:
    """Return what httpx's clients are made with."""
    return {
        "base_url": server.url,
        "headers": server.headers,
        "timeout": httpx.Timeout(timeouts.reply, connect=timeouts.connect),
        # A redirect could lead the key and the question to somebody else; `calls.result` names its address instead.
        "follow_redirects": False,
    }


def request(call: Call[Any]) -> dict[str, Any]:
    """Return a call as httpx takes it."""
    return {
        "method": call.method,
        "url": call.path,
        "params": call.parameters or None,
        "content": call.body,
        "headers": call.headers,
    }


def check_size(content: bytearray) -> None:
    """Refuse a reply that is too large to be one of ours. Raises ReplyUnreadable."""
    if len(content) > _REPLY_BYTES:
        raise ReplyUnreadable(
            f"the reply is too large (got more than {_REPLY_BYTES:,} bytes); look whether this is the address of a"
            " faqkb server"
        )


def reply_of(response: httpx.Response, content: bytearray) -> Reply:
    """Return a response as the calls read it."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Reply(response.status_code, headers, bytes(content))


def broken(server: Server, error: httpx.RequestError) -> Broken:
    """Say in words of ours what happened on the way."""
    where, said = server.url, str(error) or type(error).__name__
    if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
        return Broken(f"{where}: no connection in time; look whether the server runs and the address is right")
    if isinstance(error, httpx.TimeoutException):
        return Broken(f"{where}: no reply in time; try again, or look whether the server is overloaded")
    if "CERTIFICATE_VERIFY_FAILED" in said:
        return Broken(f"{where}: its certificate is not trusted ({said}); look whether the address is right", False)
    if isinstance(error, httpx.ConnectError):
        return Broken(f"{where}: no connection ({said}); look whether the server runs and the address is right")
    if isinstance(error, httpx.DecodingError):
        return Broken(f"{where}: its reply cannot be unpacked ({said}); look what stands between you and it", False)
    return Broken(f"{where}: the connection broke off ({said}); look whether this is the address of a faqkb server")
