"""What a protocol hands to the rest of the server: its addresses, its views, its errors, and what is documented of it.

A new protocol is a room with such a value, listed in `server/app.py`; nothing else has to know it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint
from flask_openapi3 import Tag
from pydantic import BaseModel

from faqkb.server.problems import ErrorForm
from faqkb.server.sample import Sample

READ_ERRORS = (400, 401, 403, 408, 414, 421, 429, 431, 500, 503)
"""Statuses that any operation may answer with; others are added where they can be."""


Examples = Callable[[Sample], Mapping[str, Any]]
"""OpenAPI's Example objects by name, made of what is stored."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address, as it is documented."""

    tag: Tag
    summary: str
    description: str
    reply: type[BaseModel] | None
    """Of the status 200; None where the reply is 204 and has no body."""
    errors: tuple[int, ...]
    request_examples: Examples | None = None
    reply_examples: Examples | None = None
    stream_example: Callable[[Sample], str] | None = None
    """Of the reply as a stream of events, where there is one."""
    parameter_examples: Callable[[Sample], Mapping[str, str]] | None = None
    """Of parameters in path and query, by their names."""
    is_kept: bool = False
    """Whether the reply has an ETag and If-None-Match is read."""
    is_once: bool = False
    """Whether Idempotency-Key is read."""
    is_paged: bool = False
    """Whether the reply names the next page in a Link header."""
    is_of_snapshot: bool = True
    """Whether the reply is made from a snapshot, whose name a header tells."""


Operations = Mapping[str, Operation]
"""By operation id."""


@dataclass(frozen=True, slots=True)
class Protocol:
    """One protocol, as the application puts it together with the others."""

    blueprints: tuple[Blueprint, ...]
    paths: tuple[str, ...] = ()
    """How its addresses begin; none of them is a page for a person."""
    error_form: ErrorForm | None = None
    """How it tells errors; None as problem documents."""
    operations: Operations = field(default_factory=dict)
    """What `/openapi.json` says of it; nothing where its own documents describe it."""


def one_example(make: Callable[[Sample], Any]) -> Examples:
    """Return OpenAPI's Example objects of one reply."""
    return lambda sample: {"plain": {"summary": "A reply", "value": make(sample)}}


def documented(operations: Operations, operation_id: str) -> dict[str, Any]:
    """Return what a route of flask-openapi3 is told of its operation."""
    operation = operations[operation_id]
    return {
        "operation_id": operation_id,
        "summary": operation.summary,
        "description": operation.description,
        "tags": [operation.tag],
        "responses": {204: None} if operation.reply is None else {200: operation.reply},
    }
