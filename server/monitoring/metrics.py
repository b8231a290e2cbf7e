"""What the server counts, in Prometheus' text format at `/metrics`.

One knowledge base of several in a server says which it is: every sample of its own has the label `base`.

Addresses are counted by their route (`/q/<path:record_id>`), never as sent: whoever guesses addresses must not make
time series, and questions have no place in metrics. Methods that nobody uses are counted as one, for the same reason.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import cast

from flask import Blueprint, Flask, Response, current_app, g, request
from prometheus_client import CollectorRegistry, Counter, GCCollector, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from faqkb.kb.conversation.sessions import SessionStore
from faqkb.server.answering import conversations
from faqkb.server.answering.leases import EXTENSION as KNOWLEDGE_EXTENSION
from faqkb.server.answering.reload import KnowledgeHolder
from faqkb.server.below import OWN_NAME
from faqkb.server.http.load import ServerLoad, server_load
from faqkb.server.noted import method_of_request, noted_answers
from faqkb.server.workers.staff import EXTENSION as STAFF_EXTENSION
from faqkb.server.workers.staff import Staff

metrics = Blueprint("metrics", __name__)
EXTENSION = "faq-metrics"
# From a remembered question (1 ms) to one that waited in the longest queue; most take 5 to 50 ms.
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
_UNKNOWN = "unknown"  # route of an address that there is not
# What is the process's and not one knowledge base's.
_OF_PROCESS = ("process_", "python_", "faq_waiting_requests", "faq_overloaded")


class Metrics:
    """The counters of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Histogram(
            "faq_request_seconds",
            "Time from the start of work on a request to its reply, waiting for a thread not counted in.",
            ("method", "route", "status"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.waits = Histogram(
            "faq_wait_seconds",
            "Time that requests waited for a thread.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.answers = Counter(
            "faq_answers",
            "Questions by what they got (answered, ambiguous, no_answer) and by where they were asked.",
            ("status", "via"),
            registry=self.registry,
        )
        self.confidence = Histogram(
            "faq_answer_confidence",
            "Confidence of the best record found for each question.",
            buckets=[step / 10 for step in range(1, 11)],
            registry=self.registry,
        )
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)


class _Current(Collector):
    """What is read when it is asked for: the snapshot, sessions, and what waits."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def describe(self) -> Iterable[Metric]:
        """Return nothing: the values are there only once the application is."""
        return ()

    def collect(self) -> Iterable[Metric]:
        holder: KnowledgeHolder = self._app.extensions[KNOWLEDGE_EXTENSION]
        sessions: SessionStore = self._app.extensions[conversations.EXTENSION]
        with holder.lease() as knowledge:
            created = datetime.fromisoformat(knowledge.created).astimezone(UTC).timestamp()
            info = GaugeMetricFamily("faq_snapshot", "The snapshot that answers; always 1.", labels=("name",))
            info.add_metric([knowledge.name], 1)
            yield info
            yield _gauge("faq_snapshot_records", "Records of the snapshot that answers.", knowledge.record_count)
        yield _gauge("faq_snapshot_age_seconds", "Time since the snapshot was published.", time.time() - created)
        refused = 0 if holder.refusal is None else 1
        yield _gauge("faq_snapshot_refused", "1 while a newer snapshot could not be loaded.", refused)
        yield _gauge("faq_sessions", "Conversations remembered.", len(sessions))
        load = server_load(self._app)
        yield _gauge("faq_waiting_requests", "Requests that wait for a thread.", load.waiting)
        staff: Staff = self._app.extensions[STAFF_EXTENSION]
        yield _gauge("faq_workers", "Processes that find answers beside the server.", staff.count)
        lost = CounterMetricFamily("faq_workers_lost", "Such processes that ended by themselves, and were replaced.")
        lost.add_metric([], staff.lost)
        yield lost
        busy = CounterMetricFamily("faq_overloaded", "Requests told that too many wait (503).")
        busy.add_metric([], load.refused)
        yield busy


def install_metrics(app: Flask, *, has_knowledge: bool = True) -> None:
    """Count every request, and the answers noted of it; and tell of the snapshot, where the application has one.

    To be called before what turns requests away, so that these are counted too.
    """
    app.extensions[EXTENSION] = counted = Metrics()
    if has_knowledge:
        counted.registry.register(_Current(app))

    def start() -> None:
        g.started = time.perf_counter()
        waited = request.environ.get(ServerLoad.WAITED)
        if waited is not None:
            counted.waits.observe(waited)

    def count(response: Response) -> Response:
        g.took_seconds = time.perf_counter() - g.started
        labels = (method_of_request(), route_of_request(), str(response.status_code))
        counted.requests.labels(*labels).observe(g.took_seconds)
        for noted in noted_answers():
            counted.answers.labels(noted.answer.status.value, noted.via).inc()
            counted.confidence.observe(noted.answer.confidence)
        return response

    app.before_request(start)
    app.after_request(count)


def route_of_request() -> str:
    """Return the rule that the current request's address matched."""
    return request.url_rule.rule if request.url_rule is not None else _UNKNOWN


@metrics.get("/metrics")
def exposition() -> Response:
    """Return every counter, as OpenMetrics where the client asks for it."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Labelled(cast(Flask, current_app._get_current_object())))  # type: ignore[attr-defined]
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return Response(encode(registry), content_type=content_type)


def figures_of(app: Flask) -> Iterator[tuple[Metric, bool]]:
    """Yield the counters of an application now, and whether they are of the whole process; the others say its name."""
    counted = cast(Metrics, app.extensions[EXTENSION])
    name = app.config.get(OWN_NAME)
    for family in counted.registry.collect():
        is_of_process = family.name.startswith(_OF_PROCESS)
        if name is not None and not is_of_process:
            family.samples = [sample._replace(labels={"base": name} | sample.labels) for sample in family.samples]
        yield family, is_of_process


class _Labelled(Collector):
    """The counters of one application, as `figures_of` tells them."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def describe(self) -> Iterable[Metric]:
        """Return nothing: the values are there only when they are asked for."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Yield them."""
        return (family for family, _ in figures_of(self._app))


def _gauge(name: str, what: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, what, value=value)
