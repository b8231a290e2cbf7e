"""What OpenAI's protocol has no field for, beside its own ones in every reply."""

from __future__ import annotations

from typing import Literal

from faqkb.server.reference.reply_parts import Confidence, FollowUpDocument, Reply


class FaqExtension(Reply):
    """What is known of the answer."""

    status: Literal["answered", "ambiguous", "no_answer"]
    confidence: Confidence
    record_ids: list[str]
    answer_token: str
    follow_ups: list[FollowUpDocument]
