"""A client of the HTTP API: `Client` for threads, `AsyncClient` for asyncio.

    from faq.client import Client

    with Client("http://127.0.0.1:8000") as faq:
        answer = faq.ask("docker 里训练报 Blocking queue is killed 怎么办")
        print(answer.answers[0].answer)

Both raise the same errors, all of them a `kb.errors.KbError`: ServerUnreachable, Refused (NotFound, KeyRefused,
ServerBusy), ServerMoved, ReplyUnreadable, and ConfigError for an address or a key that cannot be sent.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from faq import client_calls as calls
from faq.client_address import Server, parse_server
from faq.client_calls import Call, Reply
from faq.client_documents import Answer, Check, CheckLink, Ready, Record, SearchHit
from faq.client_errors import (
    FieldProblem,
    KeyRefused,
    NotFound,
    Refused,
    ReplyUnreadable,
    ServerBusy,
    ServerMoved,
    ServerUnreachable,
    WrongScript,
)
from faq.client_retries import Broken, Outcome, Retries, Send, steps

__all__ = [
    "Answer",
    "AsyncClient",
    "Check",
    "Client",
    "FieldProblem",
    "KeyRefused",
    "NotFound",
    "Ready",
    "Record",
    "Refused",
    "ReplyUnreadable",
    "Retries",
    "SearchHit",
    "ServerBusy",
    "ServerMoved",
    "ServerUnreachable",
    "Timeouts",
    "WrongScript",
]

T = TypeVar("T")
_RECORDS = 200  # of one page; as many as a server gives at once
_REPLY_BYTES = 16 * 1024 * 1024  # the largest page of records is under 1 MB; what is more is no server of ours


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait, in seconds, each time that a request is sent."""

    connect: float = 5.0
    reply: float = 30.0
    """For the next bytes; a question takes milliseconds, but a busy server may queue it."""


class Client:
    """Asks a server. Any number of threads may use one client; it keeps its connections until it is closed."""

    def __init__(
        self,
        url: str,
        *,
        api_key: str | None = None,
        timeouts: Timeouts | None = None,
        retries: Retries | None = None,
    ) -> None:
        self._server = parse_server(url, api_key)
        self._retries = retries or Retries()
        self._http = httpx.Client(**_settings(self._server, timeouts or Timeouts()))

    def ask(
        self,
        question: str,
        *,
        top_k: int = 3,
        min_confidence: float | None = None,
        tags: Sequence[str] = (),
        session_id: str | None = None,
        messages: Sequence[Mapping[str, str]] = (),
        explain: bool = False,
    ) -> Answer:
        """Answer a question; with a `session_id` or earlier `messages`, as the next one of a conversation."""
        options = _options(top_k, min_confidence, tags, session_id, messages, explain)
        return self._run(calls.ask(question, options))

    def ask_batch(
        self,
        questions: Sequence[str],
        *,
        top_k: int = 3,
        min_confidence: float | None = None,
        tags: Sequence[str] = (),
        explain: bool = False,
    ) -> tuple[Answer | Refused, ...]:
        """Answer many questions, each as `ask` alone would, a hundred at a time.

        One that got no answer, because the server's time for it was up, has the error in its place; ask it again.
        """
        options = _options(top_k, min_confidence, tags, None, (), explain)
        answers: list[Answer | Refused] = []
        for some in _hundreds(questions):
            batch = self._run(calls.ask_batch(some, options))
            answers.extend(batch)
        return tuple(answers)

    def search(self, query: str, *, limit: int = 10) -> tuple[SearchHit, ...]:
        """Return the best hits, whatever their confidence."""
        return self._run(calls.search(query, limit))

    def records(self, *, page: int = _RECORDS) -> Iterator[Record]:
        """Yield every record in stored order, fetching so many at once."""
        cursor: str | None = None
        while True:
            found = self._run(calls.records(cursor, page))
            yield from found.records
            cursor = found.next_cursor
            if cursor is None:
                return

    def record(self, record_id: str) -> Record:
        """Return one record. Raises NotFound."""
        return self._run(calls.record(record_id))

    def checks(self) -> tuple[Check, ...]:
        """Return the check scripts, by id."""
        return self._run(calls.checks())

    def script(self, check: Check | CheckLink) -> bytes:
        """Return the script of a check, whose sha256 is compared with what the check says. Raises WrongScript."""
        return self._run(calls.script(check.id, check.sha256))

    def feedback(
        self,
        *,
        helpful: bool,
        answer_token: str | None = None,
        question: str | None = None,
        record_id: str | None = None,
        tags: Sequence[str] = (),
        note: str | None = None,
    ) -> None:
        """Say whether an answer helped: by its `answer_token`, or by `question` and `record_id`."""
        self._run(calls.feedback(_vote(helpful, answer_token, question, record_id, tags, note)))

    def ready(self) -> Ready:
        """Return which snapshot answers. Raises ServerUnreachable or ServerBusy at once where none does."""
        return self._run(calls.ready())

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _run(self, call: Call[T]) -> T:
        conversation = steps(call, self._retries)
        outcome: Outcome | None = None
        while True:
            try:
                step = conversation.send(outcome)
            except StopIteration as done:
                result: T = done.value
                return result
            if isinstance(step, Send):
                outcome = self._send(call)
            else:
                time.sleep(step.seconds)
                outcome = None

    def _send(self, call: Call[Any]) -> Outcome:
        try:
            with self._http.stream(**_request(call)) as response:
                content = bytearray()
                for part in response.iter_bytes():
                    content += part
                    _check_size(content)
        except httpx.RequestError as error:
            return _broken(self._server, error)
        return _reply(response, content)


class AsyncClient:
    """The same for asyncio; any number of tasks of one event loop may use one client."""

    def __init__(
        self,
        url: str,
        *,
        api_key: str | None = None,
        timeouts: Timeouts | None = None,
        retries: Retries | None = None,
    ) -> None:
        self._server = parse_server(url, api_key)
        self._retries = retries or Retries()
        self._http = httpx.AsyncClient(**_settings(self._server, timeouts or Timeouts()))

    async def ask(
        self,
        question: str,
        *,
        top_k: int = 3,
        min_confidence: float | None = None,
        tags: Sequence[str] = (),
        session_id: str | None = None,
        messages: Sequence[Mapping[str, str]] = (),
        explain: bool = False,
    ) -> Answer:
        """Answer a question, as `Client.ask` does."""
        options = _options(top_k, min_confidence, tags, session_id, messages, explain)
        return await self._run(calls.ask(question, options))

    async def ask_batch(
        self,
        questions: Sequence[str],
        *,
        top_k: int = 3,
        min_confidence: float | None = None,
        tags: Sequence[str] = (),
        explain: bool = False,
    ) -> tuple[Answer | Refused, ...]:
        """Answer many questions, as `Client.ask_batch` does."""
        options = _options(top_k, min_confidence, tags, None, (), explain)
        answers: list[Answer | Refused] = []
        for some in _hundreds(questions):
            batch = await self._run(calls.ask_batch(some, options))
            answers.extend(batch)
        return tuple(answers)

    async def search(self, query: str, *, limit: int = 10) -> tuple[SearchHit, ...]:
        """Return the best hits, whatever their confidence."""
        return await self._run(calls.search(query, limit))

    async def records(self, *, page: int = _RECORDS) -> AsyncIterator[Record]:
        """Yield every record in stored order, fetching so many at once."""
        cursor: str | None = None
        while True:
            found = await self._run(calls.records(cursor, page))
            for record in found.records:
                yield record
            cursor = found.next_cursor
            if cursor is None:
                return

    async def record(self, record_id: str) -> Record:
        """Return one record. Raises NotFound."""
        return await self._run(calls.record(record_id))

    async def checks(self) -> tuple[Check, ...]:
        """Return the check scripts, by id."""
        return await self._run(calls.checks())

    async def script(self, check: Check | CheckLink) -> bytes:
        """Return the script of a check. Raises WrongScript."""
        return await self._run(calls.script(check.id, check.sha256))

    async def feedback(
        self,
        *,
        helpful: bool,
        answer_token: str | None = None,
        question: str | None = None,
        record_id: str | None = None,
        tags: Sequence[str] = (),
        note: str | None = None,
    ) -> None:
        """Say whether an answer helped, as `Client.feedback` does."""
        await self._run(calls.feedback(_vote(helpful, answer_token, question, record_id, tags, note)))

    async def ready(self) -> Ready:
        """Return which snapshot answers; not tried again."""
        return await self._run(calls.ready())

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()

    async def _run(self, call: Call[T]) -> T:
        conversation = steps(call, self._retries)
        outcome: Outcome | None = None
        while True:
            try:
                step = conversation.send(outcome)
            except StopIteration as done:
                result: T = done.value
                return result
            if isinstance(step, Send):
                outcome = await self._send(call)
            else:
                await asyncio.sleep(step.seconds)
                outcome = None

    async def _send(self, call: Call[Any]) -> Outcome:
        try:
            async with self._http.stream(**_request(call)) as response:
                content = bytearray()
                async for part in response.aiter_bytes():
                    content += part
                    _check_size(content)
        except httpx.RequestError as error:
            return _broken(self._server, error)
        return _reply(response, content)


def _options(
    top_k: int,
    min_confidence: float | None,
    tags: Sequence[str],
    session_id: str | None,
    messages: Sequence[Mapping[str, str]],
    explain: bool,
) -> dict[str, Any]:
    return {
        "top_k": top_k,
        "min_confidence": min_confidence,
        "tags": list(tags) or None,
        "session_id": session_id,
        "messages": [dict(message) for message in messages] or None,
        "explain": explain or None,
    }


def _hundreds(questions: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(questions), calls.BATCH_QUESTIONS):
        yield questions[start : start + calls.BATCH_QUESTIONS]


def _vote(
    helpful: bool,
    answer_token: str | None,
    question: str | None,
    record_id: str | None,
    tags: Sequence[str],
    note: str | None,
) -> dict[str, Any]:
    return {
        "answer_token": answer_token,
        "question": question,
        "record_id": record_id,
        "helpful": helpful,
        "tags": list(tags) or None,
        "note": note,
    }


def _settings(server: Server, timeouts: Timeouts) -> dict[str, Any]:
    return {
        "base_url": server.url,
        "headers": server.headers,
        "timeout": httpx.Timeout(timeouts.reply, connect=timeouts.connect),
        # A redirect could lead the key and the question to somebody else; `calls.result` names its address instead.
        "follow_redirects": False,
    }


def _request(call: Call[Any]) -> dict[str, Any]:
    return {
        "method": call.method,
        "url": call.path,
        "params": call.parameters or None,
        "content": call.body,
        "headers": call.headers,
    }


def _check_size(content: bytearray) -> None:
    if len(content) > _REPLY_BYTES:
        raise ReplyUnreadable(
            f"the reply is too large (got more than {_REPLY_BYTES:,} bytes); look whether this is the address of a"
            " faqkb server"
        )


def _reply(response: httpx.Response, content: bytearray) -> Reply:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Reply(response.status_code, headers, bytes(content))


def _broken(server: Server, error: httpx.RequestError) -> Broken:
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
