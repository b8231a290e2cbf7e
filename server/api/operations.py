"""What `/openapi.json` says of each operation of the API beyond the types of its view's parameters."""

from __future__ import annotations

from flask_openapi3 import Tag

from faqkb.server.api import examples
from faqkb.server.api.replies import (
    AnswerDocument,
    BatchDocument,
    ChecksDocument,
    FoundRecord,
    RecordsDocument,
    SearchDocument,
)
from faqkb.server.protocol import READ_ERRORS, Operation, Operations, one_example

_WRITE_ERRORS = (*READ_ERRORS, 413, 415, 422, 501)

_ASKING = Tag(name="Asking", description="Questions in the asker's own words.")
_READING = Tag(name="Reading", description="What is stored. Every reply has an ETag.")
_TELLING = Tag(name="Feedback", description="What readers make of the answers.")

OPERATIONS: Operations = {
    "ask": Operation(
        tag=_ASKING,
        summary="Answer one question",
        description=(
            "Finds the stored answer to a question in other words. `status` says how sure that is: `answered`, the"
            " first of `answers` is the answer; `ambiguous`, ask the user which one is meant; `no_answer`, nothing"
            " stored is likely to help, and `no_answer` says why. With `session_id` or `messages`, a follow-up is"
            " understood by the turns before it."
        ),
        reply=AnswerDocument,
        errors=_WRITE_ERRORS,
        request_examples=examples.ask,
        reply_examples=examples.asked,
    ),
    "ask_batch": Operation(
        tag=_ASKING,
        summary="Answer up to 100 questions",
        description=(
            "All from one snapshot, each as `ask` alone would answer it. A question that could not be answered in the"
            " ten seconds that a batch has is a problem document in its place, and may be sent again. One batch runs"
            " at a time: another one hears 503 at once."
        ),
        reply=BatchDocument,
        errors=_WRITE_ERRORS,
        request_examples=examples.batch,
        reply_examples=one_example(examples.batch_answered),
    ),
    "search": Operation(
        tag=_ASKING,
        summary="Search while the user types",
        description=(
            "The hits in the order of `ask`, whatever their confidence. The ETag is weak, because `took_ms` differs"
            " from one reply to the next."
        ),
        reply=SearchDocument,
        errors=(*READ_ERRORS, 422),
        reply_examples=one_example(examples.searched),
        parameter_examples=lambda sample: {"q": sample.typed},
        is_kept=True,
    ),
    "list_records": Operation(
        tag=_READING,
        summary="List the records",
        description=(
            "In stored order, a page at a time. Send `next_cursor` as `cursor` for the next page, or follow the `Link`"
            ' header with rel="next"; on the last page there is neither. A cursor whose record has gone is 422: begin'
            " again without one."
        ),
        reply=RecordsDocument,
        errors=(*READ_ERRORS, 422),
        reply_examples=one_example(examples.records),
        is_kept=True,
        is_paged=True,
    ),
    "get_record": Operation(
        tag=_READING,
        summary="Read one record",
        description=(
            "One stored question with its answer as Markdown, as plain text and as HTML. By an id that it had before it"
            " is returned too, with its id in `moved_to`."
        ),
        reply=FoundRecord,
        errors=(*READ_ERRORS, 404),
        reply_examples=one_example(examples.found_record),
        parameter_examples=lambda sample: {"record_id": sample.record.id},
        is_kept=True,
    ),
    "list_checks": Operation(
        tag=_READING,
        summary="List the check scripts",
        description=(
            "Scripts that measure on the reader's own machine what an answer claims. `url` hands one out; compare its"
            " `sha256` before it runs. None of them runs on the server."
        ),
        reply=ChecksDocument,
        errors=READ_ERRORS,
        reply_examples=one_example(examples.checks),
        is_kept=True,
    ),
    "give_feedback": Operation(
        tag=_TELLING,
        summary="Judge an answer, or report a question without one",
        description=(
            "Send the `answer_token` of the answer, or `question` and `record_id`. `helpful: false` on an answer"
            " document without an answer records an unanswered question. A second judgement with the same token"
            " replaces the first. With `DNT: 1` or `Sec-GPC: 1` no words are stored."
        ),
        reply=None,
        errors=_WRITE_ERRORS,
        request_examples=examples.feedback,
        is_once=True,
    ),
    "give_check_run": Operation(
        tag=_TELLING,
        summary="Say how a check ended on your machine",
        description=(
            "What `faq check run ID --send` sends: the check, the sha256 of its script, how it ended, and versions; no"
            " text of the report, no name of a machine and no path. The same result of one client counts once a day."
        ),
        reply=None,
        errors=_WRITE_ERRORS,
        request_examples=examples.check_run,
        is_once=True,
    ),
    "give_click": Operation(
        tag=_TELLING,
        summary="Say which record was opened",
        description="What is opened most is offered first on the start page.",
        reply=None,
        errors=_WRITE_ERRORS,
        request_examples=examples.click,
        is_once=True,
    ),
}
