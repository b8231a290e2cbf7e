"""Addresses for machines that watch the server."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from server.leases import knowledge_holder, leased_knowledge

health = Blueprint("health", __name__)


@health.get("/healthz")
def healthz() -> Response:
    """Say that the process answers."""
    return jsonify(status="ok")


@health.get("/readyz")
def readyz() -> Response:
    """Say which snapshot answers, and which newer one was refused and why."""
    refusal = knowledge_holder().refusal
    with leased_knowledge() as knowledge:
        return jsonify(
            status="ready",
            snapshot=knowledge.name,
            records=knowledge.record_count,
            refused=None if refusal is None else {"snapshot": refusal.snapshot, "reason": refusal.reason},
        )
