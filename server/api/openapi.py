"""The OpenAPI 3.1 document: paths as flask-openapi3 collected them, with replies, headers and errors of ours.

The library's own errors (a list under application/json) are not what this server sends, and its application class
would bring pages with third-party parts; so its blueprints are used, and the document is put together here.
Source: OpenAPI Specification 3.1.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Flask
from flask_openapi3 import APIBlueprint, Info, Tag
from flask_openapi3.models import OPENAPI3_REF_TEMPLATE, APISpec
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from faqkb.server.access.idempotency import KEY_PATTERN
from faqkb.server.api.replies import ProblemDocument
from faqkb.server.http.release import installed_version
from faqkb.server.problems import PROBLEMS, ErrorForm, form_of
from faqkb.server.protocol import Operation, Operations, Protocol
from faqkb.server.sample import Sample

_Object = dict[str, Any]
_DESCRIPTION = """\
Ask a FAQ in your own words and get the answer that its maintainer wrote, with its source and a calibrated confidence.

Errors are problem documents (RFC 9457){others}. Every reply carries an
`X-Request-Id`; name it to the operator. Where the operator asks for a key, send it as `Authorization: Bearer KEY` or
`X-API-Key: KEY`.
"""
_SECURITY: list[_Object] = [{}, {"bearer": []}, {"api_key": []}]
_SECURITY_SCHEMES: _Object = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A key that the operator gave you."},
    "api_key": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same key."},
}
_EVERYWHERE = ("X-Request-Id", "RateLimit", "RateLimit-Policy")  # headers of every reply
_BOUNDS = {"minimum", "maximum"}
_HEADERS: _Object = {
    "X-Request-Id": {
        "description": "Names this request in the server's log: the one that came with it, else a new one.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{8,64}$"},
        "example": "0f8fad5bd9cb469fa16570867728950e",
    },
    "X-KB-Generation": {
        "description": "Name of the snapshot that answered.",
        "schema": {"type": "string"},
        "example": "20261105T080000Z-3f9c0d5e7a1b",
    },
    "ETag": {
        "description": "Names this reply; the same as long as snapshot and parameters are.",
        "schema": {"type": "string"},
        "example": '"mWl3nJ0f6kq1vY2x5tZb8A"',
    },
    "Cache-Control": {
        "description": "`no-cache`: may be kept, and asked about before it is used again.",
        "schema": {"type": "string"},
        "example": "no-cache",
    },
    "Link": {
        "description": 'The next page, with rel="next" (RFC 8288); missing on the last one.',
        "schema": {"type": "string"},
        "example": '</api/v1/records?limit=50&cursor=faq%2Fopening-hours>; rel="next"',
    },
    "Retry-After": {
        "description": "Seconds to wait before the request is sent again.",
        "schema": {"type": "integer", "minimum": 0},
        "example": 1,
    },
    "RateLimit": {
        "description": "What is left of the limits, where there are any (draft-ietf-httpapi-ratelimit-headers).",
        "schema": {"type": "string"},
        "example": '"minute";r=119;t=1',
    },
    "RateLimit-Policy": {
        "description": "The limits themselves.",
        "schema": {"type": "string"},
        "example": '"minute";q=120;w=60',
    },
    "Idempotent-Replayed": {
        "description": "`true` where this is the reply to an earlier request with the same Idempotency-Key.",
        "schema": {"type": "string", "const": "true"},
        "example": "true",
    },
}
_PARAMETERS: _Object = {
    "IfNoneMatch": {
        "name": "If-None-Match",
        "in": "header",
        "description": "The ETag of the reply that the client holds; where it still holds, the reply is 304.",
        "schema": {"type": "string"},
        "example": '"mWl3nJ0f6kq1vY2x5tZb8A"',
    },
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": (
            "A name of the client's own for this write, such as a UUID, as it is or in quotes. Sent again with the same"
            " body within a day, the first reply comes again and nothing is stored twice; with another body it is 422."
        ),
        "schema": {"type": "string", "pattern": KEY_PATTERN},
        "example": "8e03978e-40d5-43dd-bc93-6894a57f9324",
    },
}


@dataclass(frozen=True, slots=True)
class _Described:
    """What the protocols say of themselves, put together."""

    operations: Operations
    forms: tuple[ErrorForm, ...]
    """How errors are told, of each protocol here that has a form of its own."""

    @property
    def every_form(self) -> tuple[ErrorForm, ...]:
        """Those, after the one of all other addresses."""
        return (PROBLEMS, *self.forms)

    @property
    def tags(self) -> list[Tag]:
        """The groups of operations, in order."""
        return list({each.tag.name: each.tag for each in self.operations.values()}.values())

    @property
    def statuses(self) -> list[int]:
        """Every status that an operation may fail with."""
        return sorted({status for each in self.operations.values() for status in each.errors})

    @property
    def description(self) -> str:
        """What stands at the top."""
        others = (f", below `{form.paths}` {form.described}" for form in self.forms if form.described)
        return _DESCRIPTION.format(others="".join(others))


def openapi_document(app: Flask, protocols: Sequence[Protocol], title: str, sample: Sample) -> _Object:
    """Return the document of an application, without servers: they are where the document is.

    `title` is the name of the FAQ, `sample` what its examples show.
    """
    described = _described(protocols)
    paths: _Object = {}
    schemas: _Object = {}
    for blueprint in app.blueprints.values():
        if isinstance(blueprint, APIBlueprint):
            paths.update(blueprint.paths)
            schemas.update(blueprint.components_schemas)
    info = Info(title=title, version=installed_version(), description=described.description)
    spec = APISpec(openapi="3.1.0", info=info, paths=dict(sorted(paths.items())), tags=described.tags)
    document = spec.model_dump(mode="json", by_alias=True, exclude_unset=True, warnings=False)
    document["security"] = _SECURITY
    document["components"] = {
        "schemas": _schemas(schemas, described),
        "responses": {
            _error_name(form, status): _error_reply(form, status)
            for form in described.every_form
            for status in described.statuses
        },
        "parameters": _PARAMETERS,
        "headers": _HEADERS,
        "securitySchemes": _SECURITY_SCHEMES,
    }
    _write_bounds_whole(document)
    for path, item in document["paths"].items():
        for operation in item.values():
            known = described.operations[operation["operationId"]]
            _complete(operation, known, form_of(described.forms, path), sample)
    return document


def _described(protocols: Sequence[Protocol]) -> _Described:
    operations = {name: each for protocol in protocols for name, each in protocol.operations.items()}
    forms = (protocol.error_form for protocol in protocols)
    return _Described(operations, tuple(form for form in forms if form is not None and form.model is not None))


def _schemas(collected: _Object, described: _Described) -> _Object:
    """Return the schemas of the bodies as collected, and of the replies as pydantic writes them."""
    dumped = {
        name: schema.model_dump(mode="json", by_alias=True, exclude_unset=True) for name, schema in collected.items()
    }
    replies = {each.reply for each in described.operations.values() if each.reply is not None}
    models = sorted(replies | set(map(_model_of, described.every_form)), key=lambda model: model.__name__)
    _, written = models_json_schema([(model, "serialization") for model in models], ref_template=OPENAPI3_REF_TEMPLATE)
    return dict(sorted((dumped | written["$defs"]).items()))


def _write_bounds_whole(value: Any) -> None:
    """Write the bounds of numbers as they were given: the library makes 1.0 of 1."""
    if isinstance(value, dict):
        for name in _BOUNDS & value.keys():
            if isinstance(value[name], float) and value[name].is_integer():
                value[name] = int(value[name])
        value = list(value.values())
    for part in value if isinstance(value, list) else ():
        _write_bounds_whole(part)


def _model_of(form: ErrorForm) -> type[BaseModel]:
    return form.model or ProblemDocument


def _error_name(form: ErrorForm, status: int) -> str:
    return f"{form.name}{status}"


def _error_reply(form: ErrorForm, status: int) -> _Object:
    told, model = form.write(status, None, ()), _model_of(form)
    names = [*_EVERYWHERE, *(["Retry-After"] if status in {429, 503} else [])]
    return {
        "description": HTTPStatus(status).phrase,
        "headers": _header_references(*names),
        "content": {
            told.content_type: {
                "schema": {"$ref": OPENAPI3_REF_TEMPLATE.format(model=model.__name__)},
                "example": model.model_validate_json(told.body).model_dump(exclude_unset=True),
            }
        },
    }


def _header_references(*names: str) -> _Object:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _complete(written: _Object, operation: Operation, form: ErrorForm, sample: Sample) -> None:
    """Add to one operation what the library has no place for."""
    if operation.request_examples:
        written["requestBody"]["content"]["application/json"]["examples"] = operation.request_examples(sample)
    values = operation.parameter_examples(sample) if operation.parameter_examples else {}
    for parameter in written.get("parameters", ()):
        if parameter["name"] in values:
            parameter["example"] = values[parameter["name"]]
    parameters = ["IfNoneMatch"] * operation.is_kept + ["IdempotencyKey"] * operation.is_once
    if parameters:
        references = [{"$ref": f"#/components/parameters/{name}"} for name in parameters]
        written["parameters"] = [*written.get("parameters", ()), *references]
    replies = written["responses"]
    _complete_reply(replies["204" if operation.reply is None else "200"], operation, sample)
    if operation.is_kept:
        kept = _header_references("ETag", "Cache-Control", *_EVERYWHERE)
        replies["304"] = {"description": "What the client holds still holds.", "headers": kept}
    for status in sorted(operation.errors):
        replies[str(status)] = {"$ref": f"#/components/responses/{_error_name(form, status)}"}


def _complete_reply(reply: _Object, operation: Operation, sample: Sample) -> None:
    headers = list(_EVERYWHERE)
    headers += ["ETag", "Cache-Control"] * operation.is_kept + ["Idempotent-Replayed"] * operation.is_once
    if operation.is_of_snapshot and operation.reply is not None:
        headers.append("X-KB-Generation")
    if operation.is_paged:
        headers.append("Link")
    reply["headers"] = _header_references(*headers)
    reply["description"] = "Done; there is no body." if operation.reply is None else _first_line(operation.reply)
    if operation.reply_examples is not None:
        reply["content"]["application/json"]["examples"] = operation.reply_examples(sample)
    if operation.stream_example is not None:
        reply["content"]["text/event-stream"] = {"example": operation.stream_example(sample)}


def _first_line(model: type) -> str:
    return (model.__doc__ or model.__name__).partition("\n")[0]
