"""A client of the HTTP API: `Client` for threads, `AsyncClient` for asyncio.

    from faqkb.client import Client

    with Client("http://127.0.0.1:8000") as faq:
        answer = faq.ask("docker 里训练报 Blocking queue is killed 怎么办")
        print(answer.answers[0].answer)

Both raise the same errors, all of them a `kb.errors.KbError`: ServerUnreachable, Refused (NotFound, KeyRefused,
ServerBusy), ServerMoved, ReplyUnreadable, and ConfigError for an address or a key that cannot be sent.

The room knows nothing of `kb` but its errors: a program that asks a server loads no FAISS.
"""

from faqkb.faq.client.asynchronous import AsyncClient
from faqkb.faq.client.blocking import Client
from faqkb.faq.client.documents import Answer, Check, Ready, Record, SearchHit
from faqkb.faq.client.errors import (
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
from faqkb.faq.client.retries import Retries
from faqkb.faq.client.wire import RecordFilter, Timeouts

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
    "RecordFilter",
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
