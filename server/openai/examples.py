"""Examples of requests and replies of OpenAI's protocol, as `/openapi.json` and `/docs` show them."""

from __future__ import annotations

from typing import Any

from faqkb.server.reference.examples import ANSWER, FOLLOW_UPS, ID, QUESTION, SNAPSHOT, TOKEN, URL

CHAT: dict[str, Any] = {
    "plain": {
        "summary": "A question",
        "value": {"model": "faq", "messages": [{"role": "user", "content": "bus error in docker"}]},
    },
    "stream": {
        "summary": "The same as a stream, with its tokens counted",
        "value": {
            "model": "faq",
            "messages": [{"role": "user", "content": "bus error in docker"}],
            "stream": True,
            "stream_options": {"include_usage": True},
        },
    },
}
COMPLETION: dict[str, Any] = {
    "id": "chatcmpl-5f0c8d1e2b3a49678899aabbccddeeff",
    "object": "chat.completion",
    "created": 1793865600,
    "model": "faq",
    "system_fingerprint": SNAPSHOT,
    "choices": [
        {
            "index": 0,
            "message": {
                "role": "assistant",
                "content": ANSWER,
                "refusal": None,
                "annotations": [
                    {
                        "type": "url_citation",
                        "url_citation": {
                            "url": f"https://faq.example.org{URL}",
                            "title": QUESTION,
                            "start_index": 0,
                            "end_index": len(ANSWER),
                        },
                    }
                ],
            },
            "logprobs": None,
            "finish_reason": "stop",
        }
    ],
    "usage": {
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
    },
    "faq": {
        "status": "answered",
        "confidence": 0.93,
        "record_ids": [ID],
        "answer_token": TOKEN,
        "follow_ups": FOLLOW_UPS,
    },
}
COMPLETION_STREAM = (
    'data: {"id":"chatcmpl-5f0c","object":"chat.completion.chunk","created":1793865600,"model":"faq","choices":'
    '[{"index":0,"delta":{"content":"The data loader\'s workers "},"logprobs":null,"finish_reason":null}]}\n\n'
    "data: [DONE]\n\n"
)
MODEL: dict[str, Any] = {"id": "faq", "object": "model", "created": 1793865600, "owned_by": "faqkb"}
MODELS: dict[str, Any] = {"object": "list", "data": [MODEL]}
