"""The OpenAPI 3.1 document: paths as flask-openapi3 collected them, with replies, headers and errors of ours.

The library's own errors (a list under application/json) are not what this server sends, and its application class
would bring pages with third-party parts; so its blueprints are used, and the document is put together here.
Source: OpenAPI Specification 3.1.1.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Flask
from flask_openapi3 import APIBlueprint, Info
from flask_openapi3.models import OPENAPI3_REF_TEMPLATE, APISpec
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from faqkb.server.access.idempotency import KEY_PATTERN
from faqkb.server.api.examples import COMPLETION_STREAM
from faqkb.server.api.operations import OPERATIONS, TAGS, Operation
from faqkb.server.api.replies import ProblemDocument
from faqkb.server.http.release import installed_version
from faqkb.server.openai.errors import OPENAI_PATHS
from faqkb.server.openai.replies import OpenAiError
from faqkb.server.problems import error_body

_Object = dict[str, Any]
_DESCRIPTION = """\
Ask a FAQ in your own words and get the answer that its maintainer wrote, with its source and a calibrated confidence.

Errors are problem documents (RFC 9457), below `/v1/` the error object of OpenAI's API. Every reply carries an
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
        "example": '</api/v1/records?limit=50&cursor=faq_2021_s1%2FQ1.3>; rel="next"',
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


def openapi_document(app: Flask) -> _Object:
    """Return the document of an application, without servers: they are where the document is."""
    blueprints = [each for each in app.blueprints.values() if isinstance(each, APIBlueprint)]
    paths: _Object = {}
    schemas: _Object = {}
    for blueprint in blueprints:
        for path, item in blueprint.paths.items():
            paths[path] = item
        schemas.update(blueprint.components_schemas)
    info = Info(title="FAQ", version=installed_version(), description=_DESCRIPTION)
    spec = APISpec(openapi="3.1.0", info=info, paths=dict(sorted(paths.items())), tags=list(TAGS))
    document = spec.model_dump(mode="json", by_alias=True, exclude_unset=True, warnings=False)
    document["security"] = _SECURITY
    document["components"] = {
        "schemas": _schemas(schemas),
        "responses": {name: reply for is_openai in (False, True) for name, reply in _error_replies(is_openai)},
        "parameters": _PARAMETERS,
        "headers": _HEADERS,
        "securitySchemes": _SECURITY_SCHEMES,
    }
    _write_bounds_whole(document)
    for path, item in document["paths"].items():
        for operation in item.values():
            _complete(operation, OPERATIONS[operation["operationId"]], path)
    return document


def _schemas(collected: _Object) -> _Object:
    """Return the schemas of the bodies as collected, and of the replies as pydantic writes them."""
    dumped = {
        name: schema.model_dump(mode="json", by_alias=True, exclude_unset=True) for name, schema in collected.items()
    }
    replies: set[type[BaseModel]] = {each.reply for each in OPERATIONS.values() if each.reply is not None}
    replies |= {ProblemDocument, OpenAiError}
    models = sorted(replies, key=lambda model: model.__name__)
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


def _error_replies(is_openai: bool) -> list[tuple[str, _Object]]:
    statuses = sorted({status for each in OPERATIONS.values() for status in each.errors})
    return [(_error_name(status, is_openai), _error_reply(status, is_openai)) for status in statuses]


def _error_name(status: int, is_openai: bool) -> str:
    return f"{'OpenAiError' if is_openai else 'Problem'}{status}"


def _error_reply(status: int, is_openai: bool) -> _Object:
    body, kind = error_body(OPENAI_PATHS if is_openai else "/api/v1/", status)
    schema = OpenAiError if is_openai else ProblemDocument
    names = [*_EVERYWHERE, *(["Retry-After"] if status in {429, 503} else [])]
    example = ProblemDocument.model_validate_json(body) if not is_openai else OpenAiError.model_validate_json(body)
    return {
        "description": HTTPStatus(status).phrase,
        "headers": _header_references(*names),
        "content": {
            kind: {
                "schema": {"$ref": OPENAPI3_REF_TEMPLATE.format(model=schema.__name__)},
                "example": example.model_dump(exclude_unset=True),
            }
        },
    }


def _header_references(*names: str) -> _Object:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _complete(written: _Object, operation: Operation, path: str) -> None:
    """Add to one operation what the library has no place for."""
    if operation.request_examples:
        written["requestBody"]["content"]["application/json"]["examples"] = dict(operation.request_examples)
    parameters = ["IfNoneMatch"] * operation.is_kept + ["IdempotencyKey"] * operation.is_once
    if parameters:
        references = [{"$ref": f"#/components/parameters/{name}"} for name in parameters]
        written["parameters"] = [*written.get("parameters", ()), *references]
    replies = written["responses"]
    _complete_reply(replies["204" if operation.reply is None else "200"], operation, path)
    if operation.is_kept:
        kept = _header_references("ETag", "Cache-Control", *_EVERYWHERE)
        replies["304"] = {"description": "What the client holds still holds.", "headers": kept}
    is_openai = path.startswith(OPENAI_PATHS)
    for status in sorted(operation.errors):
        replies[str(status)] = {"$ref": f"#/components/responses/{_error_name(status, is_openai)}"}


def _complete_reply(reply: _Object, operation: Operation, path: str) -> None:
    headers = list(_EVERYWHERE)
    headers += ["ETag", "Cache-Control"] * operation.is_kept + ["Idempotent-Replayed"] * operation.is_once
    if path != "/healthz" and operation.reply is not None:
        headers.append("X-KB-Generation")
    if path == "/api/v1/records":
        headers.append("Link")
    reply["headers"] = _header_references(*headers)
    reply["description"] = "Done; there is no body." if operation.reply is None else _first_line(operation.reply)
    if operation.reply is not None:
        reply["content"]["application/json"]["examples"] = dict(operation.reply_examples)
    if path == "/v1/chat/completions":
        reply["content"]["text/event-stream"] = {"example": COMPLETION_STREAM}


def _first_line(model: type) -> str:
    return (model.__doc__ or model.__name__).partition("\n")[0]
