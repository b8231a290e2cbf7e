"""The types of a tool's arguments: what models and their clients write for them, where that can mean one thing only.

A model that calls a tool writes `"3"` and `3.0` for 3, and clients pass on what it wrote: Claude Code and Cursor send
lists and numbers as text at times. n8n adds arguments of its own, `sessionId`, `action`, `toolCallId`. None of that is
worth a refusal that the model has to read and mend. What may mean two things is still refused.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from faqkb.kb import limits
from faqkb.server.http.strict_json import Malformed, parse_strictly

_NUMBER_CHARS = 20
_TRUTHS = {"true": True, "false": False}


class Arguments(BaseModel):
    """Arguments of one tool; those that are not known are read over."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)


def _number(value: Any) -> Any:
    """Return a number that was written as text, else the value."""
    if not isinstance(value, str) or len(value) > _NUMBER_CHARS or not value.isascii() or "_" in value:
        return value
    try:
        return float(value)
    except ValueError:
        return value


def _whole(value: Any) -> Any:
    """Return a whole number that was written as text or with a fraction of nothing, else the value."""
    number = _number(value)
    return int(number) if isinstance(number, float) and number.is_integer() else value


def _truth(value: Any) -> Any:
    return _TRUTHS.get(value.lower(), value) if isinstance(value, str) else value


def _texts(value: Any) -> Any:
    """Return a list that was written as JSON, a text as a list of it, nothing as an empty list, else the value."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        try:
            return parse_strictly(value.encode(), levels=1)
        except (Malformed, UnicodeEncodeError):
            return [value]
    return [value] if value.strip() else []


Whole = Annotated[int, BeforeValidator(_whole)]
Probability = Annotated[float, Field(ge=0, le=1), BeforeValidator(_number)]
Truth = Annotated[bool, BeforeValidator(_truth)]
Texts = Annotated[list[str], BeforeValidator(_texts)]


class FilterArguments(Arguments):
    """Which records may answer; values of one list are alternatives."""

    language: Texts = Field(default=[], description="Codes such as `zh`: only records in one of these languages.")
    path: Texts = Field(default=[], description="Files or folders, `guide/`: only records written there.")
    section: Texts = Field(default=[], description="Texts of headings: only records below one of them.")
    version: Texts = Field(default=[], description="Only records of one of these versions, or of none.")


def _as_object(value: Any) -> Any:
    """Return an object that was written as JSON, nothing as an empty one, without the fields that say nothing."""
    if isinstance(value, str):
        try:
            value = parse_strictly(value.encode(), levels=2) if value.strip() else {}
        except (Malformed, UnicodeEncodeError):
            return value
    return {name: own for name, own in value.items() if own is not None} if isinstance(value, dict) else value


FilterOf = Annotated[FilterArguments, BeforeValidator(_as_object)]
Tags = Annotated[
    list[Annotated[str, Field(max_length=limits.TAG_CHARS)]],
    BeforeValidator(_texts),
    Field(max_length=limits.TAGS_MAX, description="Only records that carry one of these tags."),
]
