"""Examples of requests and replies, shown in `/openapi.json` and `/docs`; the tests hold them against the models."""

from __future__ import annotations

from typing import Any

_ID = "faq_2021_s1/Q1.3"
_QUESTION = "Training in Docker stops with a bus error. What is missing?"
_SENTENCE = "Start the container with --shm-size=8g."
_ANSWER = f"The data loader's workers share batches through /dev/shm, which Docker limits to 64 MB. {_SENTENCE}"
_SHA256 = "9f2c8a1e5b7d4c3f6a0e1d2b3c4f5a6978877665544332211000ffeeddccbbaa"
_SNAPSHOT = "20261105T080000Z-3f9c0d5e7a1b"
_TOKEN = "WzE3OTM4NjU2MDAsIm4wbmNlIl0.c2lnbmF0dXJl"
_URL = f"/q/{_ID}"

ASK: dict[str, Any] = {
    "plain": {"summary": "A question", "value": {"question": "bus error in docker"}},
    "strict": {
        "summary": "Only a sure answer, of a few, with the reasons",
        "value": {"question": "bus error in docker", "top_k": 1, "min_confidence": 0.9, "explain": True},
    },
    "follow_up": {
        "summary": "A question that leans on the one before",
        "value": {"question": "and on Windows?", "messages": [{"role": "user", "content": "bus error in docker"}]},
    },
}
_CHECK_ENTRY = {
    "id": "shm",
    "title": "Is there enough shared memory for the data loader?",
    "titles": {},
    "command": "faq check run shm",
    "url": "/checks/shm.py",
    "sha256": _SHA256,
}
_ENTRY = {
    "id": _ID,
    "question": _QUESTION,
    "language": "en",
    "answer": _ANSWER,
    "answer_html": f"<p>{_ANSWER}</p>",
    "confidence": 0.93,
    "highlight": {"start": _ANSWER.index(_SENTENCE), "end": len(_ANSWER), "text": _SENTENCE},
    "source": {"path": "faq_2021_s1.md", "line": 31, "section": ["Training"], "anchor": None},
    "checks": [_CHECK_ENTRY],
}
_FOLLOW_UPS = [
    {"kind": "check", "id": "shm", "text": _CHECK_ENTRY["title"], "url": _CHECK_ENTRY["url"]},
    {
        "kind": "topic",
        "id": "faq_2021_s1/Q1.4",
        "text": "Why is the C++ program slow at first?",
        "url": "/q/faq_2021_s1/Q1.4",
    },
]
ANSWERED: dict[str, Any] = {
    "question": "bus error in docker",
    "status": "answered",
    "answered": True,
    "confidence": 0.93,
    "answers": [_ENTRY],
    "no_answer": None,
    "snapshot": _SNAPSHOT,
    "took_ms": 5.2,
    "understood_as": "bus error in docker",
    "follow_ups": _FOLLOW_UPS,
    "answer_token": _TOKEN,
}
NOT_ANSWERED: dict[str, Any] = {
    "question": "how do I renew my passport?",
    "status": "no_answer",
    "answered": False,
    "confidence": 0.02,
    "answers": [],
    "no_answer": {
        "reason": "not_confident",
        "message": "Nothing stored is likely to answer this question.",
        "suggestions": [{"id": _ID, "question": _QUESTION, "confidence": 0.02}],
    },
    "snapshot": _SNAPSHOT,
    "took_ms": 4.8,
    "understood_as": "how do I renew my passport?",
    "follow_ups": [],
    "answer_token": _TOKEN,
}
BATCH: dict[str, Any] = {
    "plain": {
        "summary": "Two questions",
        "value": {"questions": [{"question": "bus error in docker"}, {"question": "renew my passport", "top_k": 1}]},
    }
}
BATCH_ANSWERED: dict[str, Any] = {"answers": [ANSWERED, NOT_ANSWERED], "snapshot": _SNAPSHOT, "took_ms": 10.1}
SEARCHED: dict[str, Any] = {
    "query": "bus err",
    "hits": [{"id": _ID, "question": _QUESTION, "confidence": 0.88, "url": _URL, "snippet": _SENTENCE}],
    "snapshot": _SNAPSHOT,
    "took_ms": 4.1,
}
RECORD: dict[str, Any] = {
    "id": _ID,
    "question": _QUESTION,
    "answer": _ANSWER,
    "answer_text": _ANSWER,
    "answer_html": f"<p>{_ANSWER}</p>",
    "source": {"path": "faq_2021_s1.md", "line": 31, "anchor": None},
    "language": "en",
    "alternates": ["DataLoader worker is killed by signal: Bus error"],
    "section": ["Training"],
    "tags": ["docker"],
    "checks": ["shm"],
    "url": _URL,
}
RECORDS: dict[str, Any] = {"records": [RECORD], "next_cursor": _ID}
CHECKS: dict[str, Any] = {
    "checks": [
        _CHECK_ENTRY
        | {
            "version": "1.2.0",
            "answers": [_ID],
            "reads": ["/dev/shm"],  # noqa: S108, what the check says of itself
            "writes": [],
            "needs": ["cpu"],
            "limit_seconds": 60.0,
            "dependencies": [],
            "requires_python": ">=3.9",
            "description": "Measures the shared memory that a data loader would find.",
        }
    ]
}
FEEDBACK: dict[str, Any] = {
    "token": {
        "summary": "A vote on an answer given today",
        "value": {"answer_token": _TOKEN, "helpful": False, "tags": ["outdated"], "note": "Changed in 2.6"},
    },
    "record": {
        "summary": "A vote without a token",
        "value": {"question": "bus error in docker", "record_id": _ID, "helpful": True},
    },
}
CLICK: dict[str, Any] = {
    "plain": {"summary": "A record that was opened", "value": {"answer_token": _TOKEN, "record_id": _ID}}
}
HEALTHY: dict[str, Any] = {"status": "ok"}
READY: dict[str, Any] = {"status": "ready", "snapshot": _SNAPSHOT, "records": 138, "refused": None}
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
    "system_fingerprint": _SNAPSHOT,
    "choices": [
        {
            "index": 0,
            "message": {
                "role": "assistant",
                "content": _ANSWER,
                "refusal": None,
                "annotations": [
                    {
                        "type": "url_citation",
                        "url_citation": {
                            "url": f"https://faq.example.org{_URL}",
                            "title": _QUESTION,
                            "start_index": 0,
                            "end_index": len(_ANSWER),
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
        "record_ids": [_ID],
        "answer_token": _TOKEN,
        "follow_ups": _FOLLOW_UPS,
    },
}
COMPLETION_STREAM = (
    'data: {"id":"chatcmpl-5f0c","object":"chat.completion.chunk","created":1793865600,"model":"faq","choices":'
    '[{"index":0,"delta":{"content":"The data loader\'s workers "},"logprobs":null,"finish_reason":null}]}\n\n'
    "data: [DONE]\n\n"
)
MODEL: dict[str, Any] = {"id": "faq", "object": "model", "created": 1793865600, "owned_by": "faqkb"}
MODELS: dict[str, Any] = {"object": "list", "data": [MODEL]}
