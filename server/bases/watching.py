"""Addresses for machines that watch a server with several knowledge bases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from flask import Blueprint, Flask, Response, current_app, jsonify, request
from flask_openapi3 import APIBlueprint
from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from faqkb.kb.keys.values import Scope
from faqkb.server.access.credentials import sent_keys
from faqkb.server.bases.access import maintained_bases, the_bases
from faqkb.server.bases.base import Base
from faqkb.server.bases.operations import OPERATIONS
from faqkb.server.http.load import server_load
from faqkb.server.limits import STUCK_SECONDS
from faqkb.server.monitoring.metrics import figures_of
from faqkb.server.problems import Refused
from faqkb.server.protocol import documented

watching = APIBlueprint("watching", __name__)
figures = Blueprint("figures", __name__)


@watching.get("/healthz", **documented(OPERATIONS, "are_healthy"))
def healthz() -> Response:
    """Say that the process answers, and which bases are not well; 503 once questions are stuck."""
    waited = server_load(current_app).longest_wait
    if waited > STUCK_SECONDS:
        raise Refused(503, f"Requests wait and none is taken (the oldest for {waited:.0f} s); restart the server.")
    failing = [base for base in the_bases() if not base.is_well]
    known = [base.name for base in _known() if base in failing]
    return jsonify(status="degraded" if failing else "ok", failing=known)


@watching.get("/readyz", **documented(OPERATIONS, "are_ready"))
def readyz() -> Response:
    """Say what each base answers from; 503 while the server stops."""
    if server_load(current_app).stopping:
        raise Refused(503, "The server is stopping; ask another one.")
    return jsonify(status="ready", bases=[_readiness(base) for base in _known()])


@figures.get("/metrics")
def metrics() -> Response:
    """Return the counters of every base whose figures the client may see, each with the label `base`."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Together([base.app for base in maintained_bases() if base.app is not None]))
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return Response(encode(registry), content_type=content_type)


def _known() -> list[Base]:
    """Return the bases that the client may know of: these addresses are open to everybody."""
    return [base for base in the_bases() if base.lets(sent_keys(request.headers), Scope.READ)]


def _readiness(base: Base) -> dict[str, Any]:
    if base.holder is None:
        return {"name": base.name, "snapshot": None, "records": None, "problem": base.failure}
    refusal = base.holder.refusal
    problem = None if refusal is None else f"snapshot {refusal.snapshot} is refused: {refusal.reason}"
    with base.holder.lease() as knowledge:
        return {
            "name": base.name,
            "snapshot": knowledge.name,
            "records": knowledge.record_count,
            "problem": problem,
        }


class _Together(Collector):
    """The counters of several bases, those of one name in one place, as the format wants them."""

    def __init__(self, apps: Iterable[Flask]) -> None:
        self._apps = tuple(apps)

    def describe(self) -> Iterable[Metric]:
        """Return nothing: the values are there only when they are asked for."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield them; what is of the whole process once."""
        by_name: dict[str, Metric] = {}
        for app in self._apps:
            for family, is_of_process in figures_of(app):
                known = by_name.setdefault(family.name, family)
                if known is not family and not is_of_process:
                    known.samples += family.samples
        yield from by_name.values()
