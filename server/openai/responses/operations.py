"""What `/openapi.json` says of `POST /v1/responses`, with its examples."""

from __future__ import annotations

import json
from typing import Any

from faqkb.server.openai.conversation.described import CHAT_ERRORS, CHATTING, extension_example
from faqkb.server.openai.responses.replies import ResponseDocument
from faqkb.server.protocol import Operation, Operations, one_example
from faqkb.server.sample import Sample

_ID = "resp_5f0c8d1e2b3a49678899aabbccddeeff"
_MESSAGE_ID = "msg_5f0c8d1e2b3a49678899aabbccddeeff"
_CREATED = 1793865600
_USAGE: dict[str, Any] = {
    "input_tokens": 6,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens": 31,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 37,
}
_PIECE = 40  # characters of an event's text in the example


def _requests(sample: Sample) -> dict[str, Any]:
    items = [{"role": "user", "content": [{"type": "input_text", "text": sample.asked}]}]
    return {
        "plain": {"summary": "A question", "value": {"model": "faq", "input": sample.asked}},
        "items": {"summary": "A conversation, as a stream", "value": {"model": "faq", "input": items, "stream": True}},
    }


def _reply(sample: Sample) -> dict[str, Any]:
    record = sample.record
    cited = {
        "type": "url_citation",
        "url": f"https://faq.example.org{sample.url}",
        "title": record.question,
        "start_index": 0,
        "end_index": len(record.answer),
    }
    part = {"type": "output_text", "text": record.answer, "annotations": [cited], "logprobs": []}
    message = {"id": _MESSAGE_ID, "type": "message", "status": "completed", "role": "assistant", "content": [part]}
    return {
        "id": _ID,
        "object": "response",
        "created_at": _CREATED,
        "status": "completed",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "max_output_tokens": None,
        "metadata": {},
        "model": "faq",
        "output": [message],
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "store": False,
        "temperature": None,
        "text": {"format": {"type": "text"}},
        "tool_choice": "none",
        "tools": [],
        "top_p": None,
        "truncation": "disabled",
        "usage": _USAGE,
        "faq": extension_example(sample),
    }


def _stream(sample: Sample) -> str:
    event = {
        "type": "response.output_text.delta",
        "item_id": _MESSAGE_ID,
        "output_index": 0,
        "content_index": 0,
        "delta": sample.record.answer[:_PIECE],
        "logprobs": [],
        "sequence_number": 4,
    }
    written = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
    return f"event: response.output_text.delta\ndata: {written}\n\n"


OPERATIONS: Operations = {
    "respond": Operation(
        tag=CHATTING,
        summary="Answer the last question of a conversation, in the newer form",
        description=(
            "`input` is the question or the whole conversation; `instructions` are not followed, and nothing is kept,"
            " so `previous_response_id` is refused. With `stream: true` the reply is a stream of named events that ends"
            " with `response.completed`."
        ),
        reply=ResponseDocument,
        errors=CHAT_ERRORS,
        request_examples=_requests,
        reply_examples=one_example(_reply),
        stream_example=_stream,
    ),
}
