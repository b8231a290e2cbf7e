"""What the maintainer's pages of one application work on, and who may see them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from flask import current_app, g, request

from faqkb.kb.errors import FeedbackDamaged, StorageFailed
from faqkb.kb.feedback.runs import RunCount, counted
from faqkb.server.access.decision import Caller
from faqkb.server.admin.figures import Figures, Span, read_figures
from faqkb.server.admin.missing import GapFinder
from faqkb.server.answering.sources import KnowledgeSource
from faqkb.server.feedback.check_runs import run_store
from faqkb.server.feedback.judging import feedback_store
from faqkb.server.http.client_address import was_forwarded
from faqkb.server.problems import FieldError, Refused

EXTENSION = "faq-admin"
RANGES = (7, 30, 90)
"""Days that figures may be of; the first when nothing is said."""
_log = logging.getLogger("faq.server")


@dataclass(frozen=True, slots=True)
class Maintained:
    """The knowledge base that is maintained."""

    folder: Path
    source: KnowledgeSource
    """Where its snapshots lie: in the folder, or in a database."""
    gaps: GapFinder


def maintained() -> Maintained:
    """Return what the current application's pages work on."""
    return cast(Maintained, current_app.extensions[EXTENSION])


def require_maintainer() -> None:
    """Refuse whoever comes from elsewhere without a key, whatever the table of addresses says. Raises Refused (403).

    A server without keys on a loopback address lets everybody of this machine in; through a proxy that is everybody.
    """
    caller: Caller = g.caller
    is_here = caller.address is not None and caller.address.is_loopback and not was_forwarded(request.environ)
    if caller.key is None and not is_here:
        raise Refused(403, "These pages need a key with the scope admin; make one with `faq keys add`.")


def asked_days() -> int:
    """Return the number of days that the address asks for. Raises Refused (422)."""
    asked = request.args.get("days", str(RANGES[0]))
    if asked not in map(str, RANGES):
        expected = ", ".join(map(str, RANGES))
        raise Refused(422, f"There are no such days (expected one of {expected}).", [FieldError("days", expected)])
    return int(asked)


def asked_span() -> Span:
    """Return the days that the address asks for. Raises Refused (422)."""
    return Span.ending(datetime.now(UTC).date(), asked_days())


def figures_of(span: Span) -> Figures:
    """Return the figures of some days. Raises Refused (503)."""
    with readable():
        return read_figures(feedback_store(), span)


def sent_checks(span: Span) -> tuple[RunCount, ...]:
    """Return how the checks fared that people sent back on some days. Raises Refused (503)."""
    with readable():
        return counted(run_store().runs(since=str(span.first)))


@contextmanager
def readable() -> Iterator[None]:
    """Refuse a request for which the file of feedback cannot be read. Raises Refused (503)."""
    try:
        yield
    except (FeedbackDamaged, StorageFailed) as error:
        _log.error("request %s: the figures cannot be read: %s", g.request_id, error)
        raise Refused(503, "The figures cannot be read; `faq doctor` says why.") from error
