"""A reply in the form of `POST /v1/responses`: one document, or the events that build it up."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from faqkb.server.http.sse import named_event
from faqkb.server.openai.conversation.spoken import MODEL, Spoken

_Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ResponseReply:
    """A reply with the ids that it goes by."""

    spoken: Spoken
    id: str = field(default_factory=lambda: f"resp_{uuid.uuid4().hex}")
    message_id: str = field(default_factory=lambda: f"msg_{uuid.uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))
    """Seconds since 1970."""

    def document(self, status: str = "completed") -> _Object:
        """Return the document; before it is completed there is no output and no usage."""
        is_whole = status == "completed"
        return {
            "id": self.id,
            "object": "response",
            "created_at": self.created,
            "status": status,
            "background": False,
            "error": None,
            "incomplete_details": None,
            "instructions": None,
            "max_output_tokens": None,
            "metadata": {},
            "model": MODEL,
            "output": [self.message()] if is_whole else [],
            "parallel_tool_calls": True,
            "previous_response_id": None,
            "store": False,
            "temperature": None,
            "text": {"format": {"type": "text"}},
            "tool_choice": "none",
            "tools": [],
            "top_p": None,
            "truncation": "disabled",
            "usage": self._usage() if is_whole else None,
        } | (self.spoken.extension if is_whole else {})

    def message(self, status: str = "completed") -> _Object:
        """Return what the assistant says; nothing while it is in progress."""
        content = [self.part(self.spoken.text.content, self.annotations)] if status == "completed" else []
        return {"id": self.message_id, "type": "message", "status": status, "role": "assistant", "content": content}

    def part(self, text: str, annotations: list[_Object]) -> _Object:
        """Return the one part of the message."""
        return {"type": "output_text", "text": text, "annotations": annotations, "logprobs": []}

    @property
    def annotations(self) -> list[_Object]:
        """Where the text comes from."""
        return [
            {
                "type": "url_citation",
                "url": cited.url,
                "title": cited.title,
                "start_index": cited.start,
                "end_index": cited.end,
            }
            for cited in self.spoken.text.citations
        ]

    def _usage(self) -> _Object:
        return {
            "input_tokens": self.spoken.prompt_tokens,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": self.spoken.completion_tokens,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": self.spoken.prompt_tokens + self.spoken.completion_tokens,
        }


def stream_of(reply: ResponseReply) -> bytes:
    """Return the events of a reply, numbered, each under its name; the last of them holds the whole document."""
    return b"".join(
        named_event(event["type"], event | {"sequence_number": number}) for number, event in enumerate(_events(reply))
    )


def _events(reply: ResponseReply) -> Iterator[_Object]:
    """Yield the events in the order that official clients put the document together by."""
    at_item: _Object = {"output_index": 0}
    at_part: _Object = {"item_id": reply.message_id, "output_index": 0, "content_index": 0}
    text = reply.spoken.text.content
    yield {"type": "response.created", "response": reply.document("in_progress")}
    yield {"type": "response.in_progress", "response": reply.document("in_progress")}
    yield {"type": "response.output_item.added", **at_item, "item": reply.message("in_progress")}
    yield {"type": "response.content_part.added", **at_part, "part": reply.part("", [])}
    for piece in reply.spoken.pieces:
        yield {"type": "response.output_text.delta", **at_part, "delta": piece, "logprobs": []}
    for number, annotation in enumerate(reply.annotations):
        yield {
            "type": "response.output_text.annotation.added",
            **at_part,
            "annotation_index": number,
            "annotation": annotation,
        }
    yield {"type": "response.output_text.done", **at_part, "text": text, "logprobs": []}
    yield {"type": "response.content_part.done", **at_part, "part": reply.part(text, reply.annotations)}
    yield {"type": "response.output_item.done", **at_item, "item": reply.message()}
    yield {"type": "response.completed", "response": reply.document()}
