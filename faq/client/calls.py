"""The requests of the HTTP API and how their replies are read; nothing here opens a connection.

Both clients are made of this: one waits with threads, the other with asyncio.
"""

from __future__ import annotations

import hashlib
import json
import math
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Generic, NoReturn, TypeVar, cast
from urllib.parse import quote

from pydantic import TypeAdapter, ValidationError

from faqkb.faq.client.documents import Answer, Check, Ready, Record, SearchHit
from faqkb.faq.client.errors import FieldProblem, Refused, ReplyUnreadable, ServerMoved, WrongScript, refused
from faqkb.kb.text import readable

T = TypeVar("T")
RECORDS = 200  # of one page; as many as a server gives at once
BATCH_QUESTIONS = 100
"""As many as a server takes at once."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A response read to its end."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    content: bytes


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request, and what becomes of its reply."""

    method: str
    path: str
    read: Callable[[Reply], T]
    """Given a reply of 2xx. Raises ReplyUnreadable."""
    parameters: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    retried: bool = True
    """Whether it is tried again. All of them may be: a question changes nothing, and a write has its own key."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the records, and where the next ones begin."""

    records: tuple[Record, ...]
    next_cursor: str | None


def ask(question: str, options: Mapping[str, Any]) -> Call[Answer]:
    """Return the call of `POST /api/v1/ask`; `options` are its other fields, those that are None left out."""
    fields = {"question": question} | {name: value for name, value in options.items() if value is not None}
    return _post("/api/v1/ask", fields, _read_answer)


def ask_batch(questions: Sequence[str], options: Mapping[str, Any]) -> Call[tuple[Answer | Refused, ...]]:
    """Return the call of `POST /api/v1/ask:batch`, at most `BATCH_QUESTIONS`; `options` hold for each question."""
    given = {name: value for name, value in options.items() if value is not None}
    return _post("/api/v1/ask:batch", {"questions": [{"question": each} | given for each in questions]}, _read_answers)


def search(query: str, limit: int, among: Mapping[str, Sequence[str]]) -> Call[tuple[SearchHit, ...]]:
    """Return the call of `GET /api/v1/search`; `among` are its parameters that may come more than once."""
    several = {name: tuple(map(_utf8, values)) for name, values in among.items()}
    parameters = {"q": _utf8(query), "limit": str(limit)} | several
    return Call("GET", "/api/v1/search", _list_of(SearchHit, "hits"), parameters)


def records(cursor: str | None, page: int) -> Call[Page]:
    """Return the call of one page of `GET /api/v1/records`."""
    parameters = {"limit": str(page)} | ({} if cursor is None else {"cursor": cursor})
    return Call("GET", "/api/v1/records", lambda reply: _read(Page, _json(reply)), parameters)


def record(record_id: str) -> Call[Record]:
    """Return the call of `GET /api/v1/records/ID`."""
    return Call("GET", f"/api/v1/records/{quote(_utf8(record_id))}", lambda reply: _read(Record, _json(reply)))


def checks() -> Call[tuple[Check, ...]]:
    """Return the call of `GET /api/v1/checks`."""
    return Call("GET", "/api/v1/checks", _list_of(Check, "checks"))


def script(check_id: str, sha256: str) -> Call[bytes]:
    """Return the call of a check's script, which has to be the one of that sha256."""

    def read(reply: Reply) -> bytes:
        got = hashlib.sha256(reply.content).hexdigest()
        if got != sha256:
            raise WrongScript(
                f"check {check_id}: its script is not the one that was announced (got sha256 {got[:12]}, expected"
                f" {sha256[:12]}); ask again, in case the server has just published new ones"
            )
        return reply.content

    return Call("GET", f"/checks/{quote(check_id, safe='')}.py", read)


def feedback(fields: Mapping[str, Any]) -> Call[None]:
    """Return the call of `POST /api/v1/feedback`; its key tells the server that a second one is the same vote."""
    given = {name: value for name, value in fields.items() if value is not None}
    return replace(
        _post("/api/v1/feedback", given, lambda _: None), headers=_JSON | {"Idempotency-Key": str(uuid.uuid4())}
    )


def check_run(fields: Mapping[str, Any]) -> Call[None]:
    """Return the call of `POST /api/v1/check-runs`; its key tells the server that a second one is the same result."""
    return replace(
        _post("/api/v1/check-runs", fields, lambda _: None), headers=_JSON | {"Idempotency-Key": str(uuid.uuid4())}
    )


def ready() -> Call[Ready]:
    """Return the call of `GET /readyz`. It is not tried again: that a server is not ready yet is the reply."""
    return Call("GET", "/readyz", lambda reply: _read(Ready, _json(reply)), retried=False)


def result(call: Call[T], reply: Reply) -> T:
    """Return what a reply says. Raises Refused, ServerMoved, ReplyUnreadable."""
    if 200 <= reply.status < 300:
        return call.read(reply)
    if 300 <= reply.status < 400:
        to = reply.headers.get("location", "nowhere").partition("?")[0]
        raise ServerMoved(f"the server sends elsewhere (got {reply.status} to {to[:200]!r}); give that address instead")
    raise _refusal(reply)


_JSON = {"Content-Type": "application/json"}


def _post(path: str, fields: Mapping[str, Any], read: Callable[[Reply], T]) -> Call[T]:
    # A file name or an argument may hold bytes that are no text; the server takes UTF-8 alone.
    body = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return Call("POST", path, read, body=body, headers=_JSON)


def _utf8(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _read_answer(reply: Reply) -> Answer:
    return _answer(_json(reply))


def _answer(document: dict[str, Any]) -> Answer:
    document.pop("document", None)  # ours; should a server ever send one, it is in the document
    return replace(_read(Answer, document), document=document)


def _read_answers(reply: Reply) -> tuple[Answer | Refused, ...]:
    """Return the answers, and the errors of questions that got none."""
    documents = _json(reply).get("answers")
    if not isinstance(documents, list) or not all(isinstance(each, dict) for each in documents):
        raise _unreadable(reply, "it has no list of answers")
    return tuple(
        _answer(each) if "answers" in each else _refused(each.get("status"), _read(_Problem, each))
        for each in documents
    )


def _list_of(kind: type[T], name: str) -> Callable[[Reply], tuple[T, ...]]:
    def read(reply: Reply) -> tuple[T, ...]:
        found = _json(reply).get(name)
        if not isinstance(found, list):
            raise _unreadable(reply, f"it has no list {name!r}")
        return tuple(_read(kind, each) for each in found)

    return read


@lru_cache(maxsize=16)
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _read(kind: type[T], document: Any) -> T:
    try:
        value: T = _adapter(cast(Any, kind)).validate_python(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the document"
        raise ReplyUnreadable(
            f"the reply is not one of this API ({where[:80]}: {first['msg']}); look whether this is the address of a"
            " faqkb server, and of which version"
        ) from None
    return value


def _json(reply: Reply) -> dict[str, Any]:
    try:
        document = json.loads(reply.content, parse_constant=_no_number, parse_float=_number)
    except (ValueError, RecursionError):
        raise _unreadable(reply, "it is not JSON") from None
    if not isinstance(document, dict):
        raise _unreadable(reply, "it is no object")
    return document


def _number(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _no_number(text)


def _no_number(text: str) -> NoReturn:
    """Refuse `NaN` and `Infinity`, which JSON does not have, and `1e999`, which comes to the same."""
    raise ValueError(f"{text} is no number")


def _unreadable(reply: Reply, why: str) -> ReplyUnreadable:
    kind = readable(reply.headers.get("content-type", "no Content-Type")[:60])
    return ReplyUnreadable(
        f"the reply is not one of this API: {why} (got {len(reply.content)} bytes of {kind}, expected a JSON document);"
        " look whether this is the address of a faqkb server"
    )


@dataclass(frozen=True, slots=True)
class _Problem:
    """The fields of a problem document that are read."""

    title: str = ""
    detail: str = ""
    errors: tuple[FieldProblem, ...] = ()


def _refusal(reply: Reply) -> Refused:
    """Return the error of a reply; what is no problem document, a proxy's page say, has its status alone."""
    try:
        problem = _read(_Problem, _json(reply))
    except ReplyUnreadable:
        problem = _Problem()
    return _refused(reply.status, problem)


def _refused(status: Any, problem: _Problem) -> Refused:
    errors = tuple(FieldProblem(readable(error.field), readable(error.detail)) for error in problem.errors)
    return refused(status if isinstance(status, int) else 0, readable(problem.title), readable(problem.detail), errors)
