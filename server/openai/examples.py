"""Examples of requests and replies of OpenAI's protocol, as `/openapi.json` and `/docs` show them."""

from __future__ import annotations

import json
from typing import Any

from faqkb.server.openai.conversation.described import extension_example
from faqkb.server.sample import Sample

_CREATED = 1793865600
_ID = "chatcmpl-5f0c8d1e2b3a49678899aabbccddeeff"
_TEXT_ID = "cmpl-5f0c8d1e2b3a49678899aabbccddeeff"
_PIECE = 40  # characters of an event's text in the example
_USAGE: dict[str, Any] = {
    "prompt_tokens": 6,
    "completion_tokens": 31,
    "total_tokens": 37,
    "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
    "completion_tokens_details": {
        "reasoning_tokens": 0,
        "audio_tokens": 0,
        "accepted_prediction_tokens": 0,
        "rejected_prediction_tokens": 0,
    },
}
_MODEL: dict[str, Any] = {"id": "faq", "object": "model", "created": _CREATED, "owned_by": "faqkb"}


def chat(sample: Sample) -> dict[str, Any]:
    """Return bodies of a conversation."""
    body: dict[str, Any] = {"model": "faq", "messages": [{"role": "user", "content": sample.asked}]}
    streamed = body | {"stream": True, "stream_options": {"include_usage": True}}
    return {
        "plain": {"summary": "A question", "value": body},
        "stream": {"summary": "The same as a stream, with its tokens counted", "value": streamed},
    }


def completion(sample: Sample) -> dict[str, Any]:
    """Return the reply as one document."""
    record = sample.record
    cited = {
        "url": f"https://faq.example.org{sample.url}",
        "title": record.question,
        "start_index": 0,
        "end_index": len(record.answer),
    }
    message = {
        "role": "assistant",
        "content": record.answer,
        "refusal": None,
        "annotations": [{"type": "url_citation", "url_citation": cited}],
    }
    return {
        "id": _ID,
        "object": "chat.completion",
        "created": _CREATED,
        "model": "faq",
        "system_fingerprint": sample.snapshot,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": _USAGE,
        "faq": extension_example(sample),
    }


def text(sample: Sample) -> dict[str, Any]:
    """Return bodies of a text to complete."""
    return {"plain": {"summary": "A question", "value": {"model": "faq", "prompt": sample.asked}}}


def text_completion(sample: Sample) -> dict[str, Any]:
    """Return the reply to a text as one document."""
    choice = {"index": 0, "text": sample.record.answer, "logprobs": None, "finish_reason": "stop"}
    return {
        "id": _TEXT_ID,
        "object": "text_completion",
        "created": _CREATED,
        "model": "faq",
        "system_fingerprint": sample.snapshot,
        "choices": [choice | {"faq": extension_example(sample)}],
        "usage": _USAGE,
    }


def text_completion_stream(sample: Sample) -> str:
    """Return the same as a stream of events."""
    choice = {"index": 0, "text": sample.record.answer[:_PIECE], "logprobs": None, "finish_reason": None}
    head = {"id": _TEXT_ID, "object": "text_completion", "created": _CREATED, "model": "faq"}
    event = json.dumps(head | {"choices": [choice]}, ensure_ascii=False, separators=(",", ":"))
    return f"data: {event}\n\ndata: [DONE]\n\n"


def to_embed(sample: Sample) -> dict[str, Any]:
    """Return bodies of texts to embed."""
    several = {"model": "faq", "input": [sample.asked, sample.record.question], "encoding_format": "base64"}
    return {
        "plain": {"summary": "A text", "value": {"model": "faq", "input": sample.asked}},
        "several": {"summary": "Two texts, their vectors in base64", "value": several},
    }


def embeddings(_sample: Sample) -> dict[str, Any]:
    """Return the vectors of a text, cut short."""
    vector = {"object": "embedding", "index": 0, "embedding": [0.0412, -0.0337, 0.0521]}
    return {"object": "list", "data": [vector], "model": "faq", "usage": {"prompt_tokens": 6, "total_tokens": 6}}


def completion_stream(sample: Sample) -> str:
    """Return the reply as a stream of events."""
    choice = {
        "index": 0,
        "delta": {"content": sample.record.answer[:_PIECE]},
        "logprobs": None,
        "finish_reason": None,
    }
    head = {"id": _ID, "object": "chat.completion.chunk", "created": _CREATED, "model": "faq"}
    event = json.dumps(head | {"choices": [choice]}, ensure_ascii=False, separators=(",", ":"))
    return f"data: {event}\n\ndata: [DONE]\n\n"


def model(_sample: Sample) -> dict[str, Any]:
    """Return the one model there is."""
    return _MODEL


def models(_sample: Sample) -> dict[str, Any]:
    """Return the list of models."""
    return {"object": "list", "data": [_MODEL]}
