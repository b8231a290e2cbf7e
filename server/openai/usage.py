"""Tokens of requests and replies, by the tokenizer of the knowledge base's encoder."""

from __future__ import annotations

from typing import Any

from faqkb.server.openai.conversation.spoken import Spoken


def usage_of(*spoken: Spoken) -> dict[str, Any]:
    """Return the usage of some replies together."""
    prompt_tokens = sum(each.prompt_tokens for each in spoken)
    completion_tokens = sum(each.completion_tokens for each in spoken)
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
