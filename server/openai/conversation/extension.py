"""What OpenAI's protocol has no field for, beside its own ones in every reply."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from faqkb.kb.answers import Talk
from faqkb.server.reference.reply_parts import Confidence, FollowUpDocument, Reply


class FaqExtension(Reply):
    """What is known of the answer."""

    status: Literal["answered", "ambiguous", "no_answer"]
    confidence: Confidence
    record_ids: list[str]
    answer_token: str
    follow_ups: list[FollowUpDocument]
    talk: Talk | None = Field(description="What kind of small talk, where the message was some.")
    handover: bool = Field(description="Whether a person should go on.")
