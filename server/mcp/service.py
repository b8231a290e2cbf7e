"""What the Model Context Protocol is served from, whichever way its messages come."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from faqkb.kb.answers import Answer
from faqkb.kb.conversation.history import Said
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.server.http.release import installed_version
from faqkb.server.texts.forms import Addresses

INSTRUCTIONS = (
    "A FAQ whose answers were written by its maintainer; nothing is generated. Call `ask` with the user's question as"
    " it was put, in its language. `answered`: the first of `answers` is the answer; pass on its text and its url."
    " `ambiguous`: ask the user which of the questions is meant. `no_answer`: say that the FAQ does not know, and"
    " offer the suggestions. Answers list checks: scripts that measure the cause on the user's own machine; `get_check`"
    " hands one out, and nothing runs it here."
)
RECORD_SCHEME = "faq://records/"
CHECK_SCHEME = "faq://checks/"


@dataclass(frozen=True, slots=True)
class McpService:
    """A knowledge base, and the addresses that its records and checks have for the client."""

    lend: Callable[[], AbstractContextManager[KnowledgeBase]]
    """Lends the live snapshot for the length of one message."""
    record_address: Callable[[str], str]
    """From a record's id to its page, or to its resource where there are no pages."""
    check_address: Callable[[str], str]
    picture_address: Callable[[str], str] | None = None
    """From a stored picture's name to its bytes; None where no address leads to them."""
    title: str = "FAQ"
    """Name of the FAQ, as a client shows it."""
    answered: Callable[[Answer], None] = lambda _: None
    """Told of every answer of the tool `ask`, to count it."""
    worded: Callable[[Answer], Answer] = lambda answer: answer
    """Gives an answer to small talk its words."""
    charge: Callable[[Sequence[Said], str], None] = lambda *_: None
    """Told of earlier questions and the question before they are asked; raises a refusal where that is too much."""
    last_moment: Callable[[], float] = lambda: math.inf
    """When a batch has to be over, on the monotonic clock, however much of its own time is left."""
    refusals: tuple[type[Exception], ...] = ()
    """What the transport itself replies to."""
    answer_token: Callable[[Answer], str | None] = lambda _: None
    """What feedback on an answer is given with; None where there is no address to send it to."""

    @property
    def addresses(self) -> Addresses:
        """Where what an answer names is to be had."""
        return Addresses(self.record_address, self.picture_address)


def record_uri(record_id: str) -> str:
    """Return the resource of a record: `faq://records/faq_2021_s1/Q1.3`."""
    return RECORD_SCHEME + quote(record_id, safe="/")


def check_uri(check_id: str) -> str:
    """Return the resource of a check script: `faq://checks/shm`."""
    return CHECK_SCHEME + quote(check_id, safe="")


def server_info(service: McpService) -> dict[str, Any]:
    """Return the name and version that the server tells its clients."""
    return {"name": "faqkb", "title": service.title, "version": installed_version()}
