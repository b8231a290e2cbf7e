"""What `/openapi.json` says alike of every address where a conversation is sent."""

from __future__ import annotations

from typing import Any

from flask_openapi3 import Tag

from faqkb.server.protocol import READ_ERRORS
from faqkb.server.sample import TOKEN, Sample

CHATTING = Tag(name="Chat", description="OpenAI's protocol, for ready-made clients. Nothing is generated.")
"""The group of all of them."""
CHAT_ERRORS = (*READ_ERRORS, 413, 415, 501)
"""Statuses that an operation with a body may answer with."""


def extension_example(sample: Sample) -> dict[str, Any]:
    """Return what is told beside the fields of the protocol."""
    return {
        "status": "answered",
        "confidence": 0.93,
        "record_ids": [sample.record.id],
        "answer_token": TOKEN,
        "follow_ups": sample.follow_ups,
        "talk": None,
        "handover": False,
    }
