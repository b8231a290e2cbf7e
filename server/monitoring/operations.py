"""What `/openapi.json` says of the addresses for what watches the server."""

from __future__ import annotations

from flask_openapi3 import Tag

from faqkb.server.monitoring.replies import HealthDocument, ReadyDocument
from faqkb.server.protocol import READ_ERRORS, Operation, Operations, one_example

_WATCHING = Tag(name="Operation", description="For what watches the server.")

OPERATIONS: Operations = {
    "is_healthy": Operation(
        tag=_WATCHING,
        summary="Tell whether the process answers",
        description="For a liveness probe. Files that fail stop no answers: they are told here, and answered with 200.",
        reply=HealthDocument,
        errors=READ_ERRORS,
        reply_examples=one_example(lambda _: {"status": "ok", "keys": "ok", "feedback": "ok"}),
        is_of_snapshot=False,
    ),
    "is_ready": Operation(
        tag=_WATCHING,
        summary="Tell which snapshot answers",
        description="For a readiness probe; names a newer snapshot that was refused, and why.",
        reply=ReadyDocument,
        errors=READ_ERRORS,
        reply_examples=one_example(
            lambda sample: {
                "status": "ready",
                "snapshot": sample.snapshot,
                "records": sample.count,
                "refused": None,
            }
        ),
    ),
}
