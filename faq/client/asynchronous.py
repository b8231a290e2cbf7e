"""The client for asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from faqkb.faq.client import calls
from faqkb.faq.client.address import parse_server
from faqkb.faq.client.calls import RECORDS, Call
from faqkb.faq.client.documents import Answer, Check, CheckLink, Ready, Record, SearchHit
from faqkb.faq.client.errors import Refused
from faqkb.faq.client.retries import Outcome, Retries, Send, steps
from faqkb.faq.client.wire import (
    Format,
    Received,
    RecordFilter,
    Style,
    Timeouts,
    broken,
    form,
    found_among,
    hundreds,
    options,
    request,
    settings,
    vote,
)

T = TypeVar("T")


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
        self._timeouts = timeouts or Timeouts()
        self._http = httpx.AsyncClient(**settings(self._server, self._timeouts))

    async def ask(  # noqa: PLR0913 - the fields of the request
        self,
        question: str,
        *,
        top_k: int = 3,
        min_confidence: float | None = None,
        tags: Sequence[str] = (),
        filter: RecordFilter | None = None,
        session_id: str | None = None,
        messages: Sequence[Mapping[str, str]] = (),
        explain: bool = False,
        format: Format | None = None,
        style: Style = "full",
    ) -> Answer:
        """Answer a question, as `Client.ask` does."""
        chosen = options(top_k, min_confidence, tags, filter, session_id, messages, explain) | form(format, style)
        return await self._run(calls.ask(question, chosen))

    async def ask_batch(
        self,
        questions: Sequence[str],
        *,
        top_k: int = 3,
        min_confidence: float | None = None,
        tags: Sequence[str] = (),
        filter: RecordFilter | None = None,
        explain: bool = False,
        format: Format | None = None,
        style: Style = "full",
    ) -> tuple[Answer | Refused, ...]:
        """Answer many questions, as `Client.ask_batch` does."""
        chosen = options(top_k, min_confidence, tags, filter, None, (), explain) | form(format, style)
        answers: list[Answer | Refused] = []
        for some in hundreds(questions):
            batch = await self._run(calls.ask_batch(some, chosen))
            answers.extend(batch)
        return tuple(answers)

    async def search(
        self, query: str, *, limit: int = 10, tags: Sequence[str] = (), filter: RecordFilter | None = None
    ) -> tuple[SearchHit, ...]:
        """Return the best hits, whatever their confidence."""
        return await self._run(calls.search(query, limit, found_among(tags, filter)))

    async def records(self, *, page: int = RECORDS) -> AsyncIterator[Record]:
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
        await self._run(calls.feedback(vote(helpful, answer_token, question, record_id, tags, note)))

    async def send_check_run(
        self, *, check: str, version: str, sha256: str, status: str, on: Mapping[str, str]
    ) -> None:
        """Say how a check ended, `pass`, `warn` or `fail`, and `on` which versions, by name."""
        told = {"check": check, "version": version, "sha256": sha256, "status": status, "on": dict(on)}
        await self._run(calls.check_run(told))

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
            async with asyncio.timeout(self._timeouts.whole), self._http.stream(**request(call)) as response:
                received = Received(response)
                async for part in response.aiter_raw():
                    received.add(part)
        except (httpx.RequestError, TimeoutError) as error:
            return broken(self._server, error)
        return received.reply()
