"""The messages of a request, as each address of the protocol sends them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Tag

from faqkb.server.openai.conversation.mistakes import Documented, refuse
from faqkb.server.openai.helpers.transcripts import Said

_IN_WORDS = frozenset({"text", "input_text", "output_text"})
Role = Literal["developer", "system", "user", "assistant", "tool", "function"]


class TextPart(Documented):
    """A piece of a message in words."""

    type: Literal["text", "input_text", "output_text"]
    text: str


class OtherPart(Documented):
    """A piece of a message that holds nothing to search for: a picture, a sound, a file, or what is not known yet."""

    type: str


def _kind_of_part(part: Any) -> str:
    kind = part.get("type") if isinstance(part, dict) else getattr(part, "type", None)
    return "words" if isinstance(kind, str) and kind in _IN_WORDS else "other"


Part = Annotated[Annotated[TextPart, Tag("words")] | Annotated[OtherPart, Tag("other")], Discriminator(_kind_of_part)]
Content = str | list[Part] | None


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation, whatever its address calls it."""

    role: str
    text: str
    """Its words, the parts on lines of their own."""
    has_more: bool = False
    """Whether there is a part beside the words: a picture, a sound, a file."""

    @property
    def said(self) -> Said:
        """The same without what is not words."""
        return Said(self.role, self.text)


def message_of(role: str, content: Content) -> Message:
    """Return a message as it was sent."""
    if content is None or isinstance(content, str):
        return Message(role, content or "")
    words = "\n".join(part.text for part in content if isinstance(part, TextPart))
    return Message(role, words, any(isinstance(part, OtherPart) for part in content))


def last_question(roles: Sequence[str], param: str) -> int:
    """Return which message is the question: the user's last. Raises Refused (400) where there is none."""
    users = [number for number, role in enumerate(roles) if role == "user"]
    if not users:
        refuse(param, "No message is the user's; send one with 'role': 'user', and the question as its content.")
    return users[-1]
