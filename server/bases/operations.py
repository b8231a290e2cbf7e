"""What `/openapi.json` says of the addresses that stand for several knowledge bases."""

from __future__ import annotations

from flask_openapi3 import Tag

from faqkb.server.bases.replies import (
    BaseHealth,
    BasesAnswerDocument,
    BasesDocument,
    BasesReady,
    BasesSearchDocument,
)
from faqkb.server.protocol import READ_ERRORS, Operation, Operations, one_example

_ASKING = Tag(name="Asking", description="Several knowledge bases at once; each has its own API below its address.")
_WATCHING = Tag(name="Operation", description="For what watches the server.")

OPERATIONS: Operations = {
    "ask_bases": Operation(
        tag=_ASKING,
        summary="Ask several knowledge bases one question",
        description=(
            "Each base answers for itself, with its own records, thresholds and confidence. Confidences are calibrated"
            " probabilities, so the records of all are put in one order by them, and `status` is what the base of the"
            " first one says. Counts as a request to each base that is asked. Feedback goes to the base itself."
        ),
        reply=BasesAnswerDocument,
        errors=(*READ_ERRORS, 413, 415, 422, 501),
        request_examples=lambda _: {
            "plain": {"summary": "All of them", "value": {"question": "How long may I keep a book?"}},
            "some": {"summary": "Two of them", "value": {"question": "How do I reset it?", "bases": ["docs", "desk"]}},
        },
        is_of_snapshot=False,
    ),
    "search_bases": Operation(
        tag=_ASKING,
        summary="Search several knowledge bases while the user types",
        description="The hits of all in one order by confidence; `bases` may be given several times.",
        reply=BasesSearchDocument,
        errors=(*READ_ERRORS, 422),
        is_of_snapshot=False,
    ),
    "list_bases": Operation(
        tag=_ASKING,
        summary="List the knowledge bases",
        description="Those that the client may read; it does not hear of others.",
        reply=BasesDocument,
        errors=READ_ERRORS,
        is_of_snapshot=False,
    ),
    "are_healthy": Operation(
        tag=_WATCHING,
        summary="Tell whether the process answers",
        description=(
            "For a liveness probe. A knowledge base that fails does not stop the others: it is told here, and answered"
            " with 200, because a restart would take all of them down."
        ),
        reply=BaseHealth,
        errors=READ_ERRORS,
        reply_examples=one_example(lambda _: {"status": "ok", "failing": []}),
        is_of_snapshot=False,
    ),
    "are_ready": Operation(
        tag=_WATCHING,
        summary="Tell which snapshots answer",
        description="For a readiness probe; names the bases that are closed, and the newer snapshots that are refused.",
        reply=BasesReady,
        errors=READ_ERRORS,
        is_of_snapshot=False,
    ),
}
