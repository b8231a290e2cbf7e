"""What both clients say to httpx, and what they make of its replies and errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypedDict, cast

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
    whole: float = 120.0
    """For all of a request, from connecting to the last byte of its reply, however steadily that comes."""


class RecordFilter(TypedDict, total=False):
    """Which records may answer: those that fit every part given, of several values of one part any."""

    language: str | Sequence[str]
    """A code such as `zh`."""
    path: str | Sequence[str]
    """A file or a folder, `guide/`."""
    section: str | Sequence[str]
    """The text of a heading above the record."""
    version: str | Sequence[str]
    """A record that names none passes too."""


Format = Literal["markdown", "text"]
Style = Literal["full", "short"]


def options(
    top_k: int,
    min_confidence: float | None,
    tags: Sequence[str],
    filter: RecordFilter | None,
    session_id: str | None,
    messages: Sequence[Mapping[str, str]],
    explain: bool,
) -> dict[str, Any]:
    """Return the fields of a question that are not its text."""
    return {
        "top_k": top_k,
        "min_confidence": min_confidence,
        "tags": list(tags) or None,
        "filter": _parts(filter) or None,
        "session_id": session_id,
        "messages": [dict(message) for message in messages] or None,
        "explain": explain or None,
    }


def found_among(tags: Sequence[str], filter: RecordFilter | None) -> dict[str, list[str]]:
    """Return the parameters of a search that say which records may be found."""
    return ({"tag": list(tags)} if tags else {}) | _parts(filter)


def _parts(filter: RecordFilter | None) -> dict[str, list[str]]:
    """Return the parts of a filter that say something, each as a list."""
    given = cast(Mapping[str, str | Sequence[str]], filter or {})
    return {part: [own] if isinstance(own, str) else list(own) for part, own in given.items() if own or own == ""}


def form(shown: Format | None, style: Style) -> dict[str, Any]:
    """Return the fields of a question that say in which form its answers are wanted as text."""
    return {"format": shown, "style": None if style == "full" else style}


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


class Received:
    """The body of a reply while it comes, within bounds: a server of ours is not the only one that may answer.

    Raises httpx.DecodingError where it is packed: nothing packed was asked for, and a kilobyte can unpack to gigabytes.
    """

    def __init__(self, response: httpx.Response) -> None:
        packed = response.headers.get("content-encoding", "identity")
        if packed.lower() != "identity":
            raise httpx.DecodingError(f"it is packed with {packed[:40]!r}, which was not asked for")
        self._response = response
        self._content = bytearray()

    def add(self, part: bytes) -> None:
        """Keep the next bytes. Raises ReplyUnreadable."""
        self._content += part
        if len(self._content) > _REPLY_BYTES:
            raise ReplyUnreadable(
                f"the reply is too large (got more than {_REPLY_BYTES:,} bytes); look whether this is the address of a"
                " faqkb server"
            )

    def reply(self) -> Reply:
        """Return what came as the calls read it."""
        headers = {name.lower(): value for name, value in self._response.headers.items()}
        return Reply(self._response.status_code, headers, bytes(self._content))


def broken(server: Server, error: httpx.RequestError | TimeoutError) -> Broken:
    """Say in words of ours what happened on the way."""
    where, said = server.url, str(error) or type(error).__name__
    if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
        return Broken(f"{where}: no connection in time; look whether the server runs and the address is right")
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return Broken(f"{where}: no reply in time; try again, or look whether the server is overloaded")
    if "CERTIFICATE_VERIFY_FAILED" in said:
        return Broken(f"{where}: its certificate is not trusted ({said}); look whether the address is right", False)
    if isinstance(error, httpx.ConnectError):
        return Broken(f"{where}: no connection ({said}); look whether the server runs and the address is right")
    if isinstance(error, httpx.DecodingError):
        return Broken(f"{where}: its reply cannot be unpacked ({said}); look what stands between you and it", False)
    return Broken(f"{where}: the connection broke off ({said}); look whether this is the address of a faqkb server")
