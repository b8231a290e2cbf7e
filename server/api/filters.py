"""Which records may answer, as a body and as query parameters say it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from faqkb.kb import limits
from faqkb.kb.records import Filter
from faqkb.server.feedback.judging import Tag
from faqkb.server.http.parsing import Parameters, Strict

_Name = Annotated[str, Field(min_length=1, max_length=limits.TAG_CHARS)]
_Path = Annotated[str, Field(min_length=1, max_length=limits.PATH_CHARS)]
_Heading = Annotated[str, Field(min_length=1, max_length=limits.QUESTION_CHARS)]
_Some = Field(max_length=limits.FILTER_VALUES)
_IN_LANGUAGE: list[str] = Field(default=[], description="Only records in this language, a code such as `zh`.")
_BELOW_PATH: list[str] = Field(
    default=[], description="Only records written in this file or below this folder: `en/faq.md`, `guide/`. No pattern."
)
_BELOW_HEADING: list[str] = Field(
    default=[], description="Only records below a heading of this text, in capitals or not."
)
_OF_VERSION: list[str] = Field(default=[], description="Only records of this version, and those that name none.")


def _as_list(value: object) -> object:
    """Return a text as a list of it, all else as it is."""
    return [value] if isinstance(value, str) else value


_Names = Annotated[
    list[_Name], _Some, BeforeValidator(_as_list, json_schema_input_type=_Name | Annotated[list[_Name], _Some])
]
_Paths = Annotated[
    list[_Path], _Some, BeforeValidator(_as_list, json_schema_input_type=_Path | Annotated[list[_Path], _Some])
]
_Headings = Annotated[
    list[_Heading], _Some, BeforeValidator(_as_list, json_schema_input_type=_Heading | Annotated[list[_Heading], _Some])
]


class FilterBody(Strict):
    """Which records may answer: those that fit every field given, of a list any value."""

    language: _Names = _IN_LANGUAGE
    path: _Paths = _BELOW_PATH
    section: _Headings = _BELOW_HEADING
    version: _Names = _OF_VERSION


class FilterParameters(Parameters):
    """The same as parameters of a query, each as often as wanted."""

    tag: Annotated[list[Tag], _Some] = Field(default=[], description="Only records that carry this tag.")
    language: Annotated[list[_Name], _Some] = _IN_LANGUAGE
    path: Annotated[list[_Path], _Some] = _BELOW_PATH
    section: Annotated[list[_Heading], _Some] = _BELOW_HEADING
    version: Annotated[list[_Name], _Some] = _OF_VERSION


def filter_of(tags: list[str], parts: FilterBody | FilterParameters) -> Filter:
    """Return the filter of what was sent. Raises InvalidQuery."""
    return Filter(
        tags=tuple(tags),
        languages=tuple(parts.language),
        paths=tuple(parts.path),
        sections=tuple(parts.section),
        versions=tuple(parts.version),
    )
