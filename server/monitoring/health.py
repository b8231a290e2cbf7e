"""Addresses for machines that watch the server."""

from __future__ import annotations

from flask import Response, current_app, jsonify
from flask_openapi3 import APIBlueprint

from faqkb.server.access.decision import key_ring
from faqkb.server.answering.leases import knowledge_holder, leased_knowledge
from faqkb.server.feedback.judging import feedback_store
from faqkb.server.http.load import server_load
from faqkb.server.limits import STUCK_SECONDS
from faqkb.server.monitoring.operations import OPERATIONS
from faqkb.server.problems import Refused
from faqkb.server.protocol import documented

health = APIBlueprint("health", __name__)


@health.get("/healthz", **documented(OPERATIONS, "is_healthy"))
def healthz() -> Response:
    """Say that the process answers; 503 once questions are stuck, which only a restart mends.

    This address has a thread of its own, so that it answers shows nothing: that waiting requests are taken does.
    """
    waited = server_load(current_app).longest_wait
    if waited > STUCK_SECONDS:
        raise Refused(503, f"Requests wait and none is taken (the oldest for {waited:.0f} s); restart the server.")
    return jsonify(
        status="ok",
        keys=_told(failing=key_ring().is_failing),
        feedback=_told(failing=bool(feedback_store().failure)),
    )


def _told(*, failing: bool) -> str:
    """Return the state of a file in a word: why it fails is in the log, and here anybody may read."""
    return "failing" if failing else "ok"


@health.get("/readyz", **documented(OPERATIONS, "is_ready"))
def readyz() -> Response:
    """Say which snapshot answers, and which newer one was refused and why; 503 while the server stops."""
    if server_load(current_app).stopping:
        raise Refused(503, "The server is stopping; ask another one.")
    refusal = knowledge_holder().refusal
    with leased_knowledge() as knowledge:
        return jsonify(
            status="ready",
            snapshot=knowledge.name,
            records=knowledge.record_count,
            refused=None if refusal is None else {"snapshot": refusal.snapshot, "reason": refusal.reason},
        )
