"""Records what readers ask, whichever protocol they ask by: no request waits for the disk.

A request leaves what it was answered in memory; the server's upkeep writes that down once a second and at the end.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import cast

from flask import Flask, Response, g, request

from faqkb.kb.answers import Answer, Reason, Status
from faqkb.kb.errors import KbError
from faqkb.kb.feedback.questions import Asked, QuestionLog
from faqkb.server.access.decision import Caller
from faqkb.server.feedback.judging import asks_for_privacy
from faqkb.server.feedback.typing import TypedQuestions
from faqkb.server.limits import UNWRITTEN_QUESTIONS
from faqkb.server.noted import DEFERRED, NotedAnswer, noted_answers

EXTENSION = "faq-recorder"
_NO_QUESTIONS = frozenset({Reason.EMPTY_QUESTION, Reason.SMALL_TALK})
_log = logging.getLogger("faq.server")


class QuestionRecorder:
    """What was asked since it was written down last."""

    def __init__(self, log: QuestionLog) -> None:
        self._log = log
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._unwritten: list[Asked] = []
        self._typed = TypedQuestions()
        self._complained = ""

    def take(self, asker: str, noted: NotedAnswer, *, is_private: bool) -> None:
        """Remember what a reader asked, and its words unless the reader's browser asks for privacy."""
        text, asked = noted.answer.read_as, tuple(_asked(noted.answer, asker, is_private=is_private))
        if noted.is_typing:
            self._typed.type(asker, text, asked)
        elif self._typed.send(asker, text):
            self._add(asked)

    def write(self, *, is_last: bool = False) -> None:
        """Write down what was asked; what cannot be written is kept for the next time, unless this is the last."""
        self._add(self._typed.settled(is_last=is_last))
        with self._writing:
            with self._lock:
                taken = self._unwritten[:]
            try:
                self._log.record(taken)
                self._complained = ""
            except KbError as error:
                if str(error) != self._complained:
                    _log.error("what is asked is not written down yet: %s", error)
                self._complained = str(error)
                return
            with self._lock:
                del self._unwritten[: len(taken)]

    def _add(self, asked: Sequence[Asked]) -> None:
        """Add questions to those to be written; beyond what a disk may refuse they are lost."""
        with self._lock:
            self._unwritten += asked[: max(0, UNWRITTEN_QUESTIONS - len(self._unwritten))]


def install_recording(app: Flask, log: QuestionLog) -> None:
    """Record every answer that is noted of a request; `recorder_of(app).write()` is to be called now and then."""
    recorder = app.extensions[EXTENSION] = QuestionRecorder(log)

    def record(response: Response) -> Response:
        for noted in noted_answers():
            caller: Caller = g.caller
            take = partial(recorder.take, caller.client, noted, is_private=asks_for_privacy())
            deferred: list[Callable[[], None]] | None = request.environ.get(DEFERRED)
            if deferred is None:
                take()
            else:
                deferred.append(take)
        return response

    app.after_request(record)


def recorder_of(app: Flask) -> QuestionRecorder | None:
    """Return what records the questions of an application; None where they are not recorded."""
    return cast(QuestionRecorder | None, app.extensions.get(EXTENSION))


def _asked(answer: Answer, asker: str, *, is_private: bool) -> Iterator[Asked]:
    """Yield the questions of one message and what each got; small talk and nothing are none."""
    for each in (answer, *answer.others):
        if each.no_answer is not None and each.no_answer.reason in _NO_QUESTIONS:
            continue
        yield Asked(
            question=None if is_private else each.read_as,
            status=each.status,
            confidence=each.confidence,
            record_id=each.hits[0].record.id if each.status is Status.ANSWERED else None,
            asker=asker,
        )
