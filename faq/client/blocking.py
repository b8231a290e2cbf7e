"""The client for threads."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from faqkb.faq.client import calls
from faqkb.faq.client.address import parse_server
from faqkb.faq.client.calls import RECORDS, Call
from faqkb.faq.client.deadline import keep_deadlines, within
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
        self._timeouts = timeouts or Timeouts()
        self._http = httpx.Client(**settings(self._server, self._timeouts))
        keep_deadlines(self._http)

    def ask(  # noqa: PLR0913 - the fields of the request
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
        """Answer a question; with a `session_id` or earlier `messages`, as the next one of a conversation.

        Only records that carry one of the `tags` and fit each part of the `filter` are considered.
        With a `format` each answer has a `text` in it; the style `short` makes that one sentence and an address.
        """
        chosen = options(top_k, min_confidence, tags, filter, session_id, messages, explain) | form(format, style)
        return self._run(calls.ask(question, chosen))

    def ask_batch(
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
        """Answer many questions, each as `ask` alone would, a hundred at a time.

        One that got no answer, because the server's time for it was up, has the error in its place; ask it again.
        """
        chosen = options(top_k, min_confidence, tags, filter, None, (), explain) | form(format, style)
        answers: list[Answer | Refused] = []
        for some in hundreds(questions):
            batch = self._run(calls.ask_batch(some, chosen))
            answers.extend(batch)
        return tuple(answers)

    def search(
        self, query: str, *, limit: int = 10, tags: Sequence[str] = (), filter: RecordFilter | None = None
    ) -> tuple[SearchHit, ...]:
        """Return the best hits, whatever their confidence."""
        return self._run(calls.search(query, limit, found_among(tags, filter)))

    def records(self, *, page: int = RECORDS) -> Iterator[Record]:
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
        self._run(calls.feedback(vote(helpful, answer_token, question, record_id, tags, note)))

    def send_check_run(self, *, check: str, version: str, sha256: str, status: str, on: Mapping[str, str]) -> None:
        """Say how a check ended, `pass`, `warn` or `fail`, and `on` which versions, by name."""
        told = {"check": check, "version": version, "sha256": sha256, "status": status, "on": dict(on)}
        self._run(calls.check_run(told))

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
            with within(self._timeouts.whole), self._http.stream(**request(call)) as response:
                received = Received(response)
                for part in response.iter_raw():
                    received.add(part)
        except httpx.RequestError as error:
            return broken(self._server, error)
        return received.reply()
