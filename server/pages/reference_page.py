"""What the page of the API shows, taken from the OpenAPI document."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup, escape
from pygments import lex
from pygments.lexers import get_lexer_by_name
from pygments.token import STANDARD_TYPES

_Object = dict[str, Any]
_CODE = re.compile(r"`([^`]*)`")


@dataclass(frozen=True, slots=True)
class ShownField:
    """A parameter, or a field of a body."""

    name: str
    place: str
    """`header`, `query` or `path`; empty for a field of a body."""
    type: str
    is_required: bool
    description: str


@dataclass(frozen=True, slots=True)
class ShownExample:
    """An example with its title."""

    title: str
    content: str


@dataclass(frozen=True, slots=True)
class ShownOperation:
    """One operation."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[ShownField, ...]
    fields: tuple[ShownField, ...]
    requests: tuple[ShownExample, ...]
    """Commands for a shell."""
    replies: tuple[ShownExample, ...]
    statuses: tuple[tuple[str, str], ...]
    """Each status and what it means."""


@dataclass(frozen=True, slots=True)
class ShownGroup:
    """The operations of one kind."""

    name: str
    description: str
    operations: tuple[ShownOperation, ...]


def shown_groups(document: _Object, address: str) -> tuple[ShownGroup, ...]:
    """Return the operations by their tags; `address` is where the API is, for the commands."""
    shown = [
        (operation["tags"], _Shown(document, address, path, method, operation).operation())
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]
    return tuple(
        ShownGroup(tag["name"], tag["description"], tuple(each for tags, each in shown if tag["name"] in tags))
        for tag in document["tags"]
    )


def text_runs(text: str) -> list[tuple[bool, str]]:
    """Cut a text at its backticks: pieces, each with whether it is code."""
    return [(number % 2 == 1, piece) for number, piece in enumerate(_CODE.split(text)) if piece]


@lru_cache(maxsize=256)
def coloured(text: str, language: str) -> Markup:
    """Return an example in a language that Pygments knows as HTML, its parts told apart by classes (`tok-…`)."""
    parts = lex(text, get_lexer_by_name(language))
    named = ((STANDARD_TYPES.get(kind), escape(piece)) for kind, piece in parts)
    span = Markup('<span class="tok-{}">{}</span>')
    return Markup().join(span.format(name, piece) if name else piece for name, piece in named)


class _Shown:
    """One operation of the document, with its references followed."""

    def __init__(self, document: _Object, address: str, path: str, method: str, operation: _Object) -> None:
        self._document = document
        self._address = address
        self._path = path
        self._method = method.upper()
        self._operation = operation
        self._parameters = [self._followed(each) for each in operation.get("parameters", ())]

    def operation(self) -> ShownOperation:
        operation = self._operation
        replies = [(status, self._followed(reply)) for status, reply in operation["responses"].items()]
        return ShownOperation(
            id=operation["operationId"],
            method=self._method,
            path=self._path,
            summary=operation["summary"],
            description=operation["description"],
            parameters=tuple(self._parameter(each) for each in self._parameters),
            fields=tuple(self._fields()),
            requests=tuple(self._requests()),
            replies=tuple(_replies(replies)),
            statuses=tuple(sorted((status, reply["description"]) for status, reply in replies)),
        )

    def _followed(self, value: _Object) -> _Object:
        while "$ref" in value:
            found = self._document
            for step in value["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            value = found
        return value

    def _parameter(self, given: _Object) -> ShownField:
        return ShownField(
            name=given["name"],
            place=given["in"],
            type=self._type(given["schema"]),
            is_required=given.get("required", False),
            description=given.get("description", ""),
        )

    def _body(self) -> _Object:
        return dict(self._operation.get("requestBody", {}).get("content", {}).get("application/json", {}))

    def _fields(self) -> Iterator[ShownField]:
        schema = self._followed(self._body().get("schema", {}))
        for name, field in schema.get("properties", {}).items():
            is_required = name in schema.get("required", ())
            yield ShownField(name, "", self._type(field), is_required, field.get("description", ""))

    def _type(self, schema: _Object) -> str:
        """Return a type in a few words: `array of string`, `integer 1..20`."""
        if "anyOf" in schema:
            return " or ".join(dict.fromkeys(map(self._type, schema["anyOf"])))
        if "$ref" in schema:
            return str(self._followed(schema).get("title", "object"))
        if schema.get("type") == "array":
            return f"array of {self._type(schema.get('items', {}))}"
        bounds = [schema.get("minimum"), schema.get("maximum")]
        limits = "" if bounds == [None, None] else f" {bounds[0]}..{'' if bounds[1] is None else bounds[1]}"
        return f"{schema.get('type', 'any')}{limits}"

    def _requests(self) -> Iterator[ShownExample]:
        examples = self._body().get("examples")
        if not examples:
            yield ShownExample(self._operation["summary"], self._command(None))
        for example in (examples or {}).values():
            yield ShownExample(example["summary"], self._command(example["value"]))

    def _command(self, body: Any) -> str:
        """Return the curl command of a request, each header on a line of its own."""
        path = self._path
        query = {}
        for each in self._parameters:
            if each["in"] == "path":
                path = path.replace(f"{{{each['name']}}}", str(each.get("example", each["name"])))
            elif each["in"] == "query" and each.get("required"):
                query[each["name"]] = each.get("example", each["name"])
        lines = [f"curl {shlex.quote(self._address + path + ('?' + urlencode(query) if query else ''))}"]
        if body is not None:
            lines.append("-H 'Content-Type: application/json'")
            lines += [
                "-H " + shlex.quote(f"{each['name']}: {each['example']}")
                for each in self._parameters
                if each["name"] == "Idempotency-Key"
            ]
            lines.append(f"-d {shlex.quote(json.dumps(body, ensure_ascii=False))}")
        return " \\\n  ".join(lines)


def _replies(replies: list[tuple[str, _Object]]) -> Iterator[ShownExample]:
    for status, reply in replies:
        for media in reply.get("content", {}).values():
            if not status.startswith("2"):
                continue
            for example in media.get("examples", {}).values():
                yield ShownExample(example["summary"], json.dumps(example["value"], ensure_ascii=False, indent=2))
            if "example" in media:
                yield ShownExample("text/event-stream", media["example"].rstrip())
