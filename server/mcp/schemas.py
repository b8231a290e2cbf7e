"""What the tools of the Model Context Protocol give, as JSON Schema: a client holds each result to it."""

from __future__ import annotations

from typing import Any

from faqkb.kb.answers import Reason, Status

Schema = dict[str, Any]
_TEXT: Schema = {"type": "string"}
_SURE: Schema = {
    "type": "number",
    "minimum": 0,
    "maximum": 1,
    "description": "Calibrated probability that the record answers the question.",
}
_TEXTS: Schema = {"type": "array", "items": _TEXT}


def _object(**properties: Schema) -> Schema:
    """Return the schema of an object that has all of these fields, and may have more."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def _list(entry: Schema) -> Schema:
    return {"type": "array", "items": entry}


def _or_null(schema: Schema) -> Schema:
    """Return a schema that takes null too; in `type`, because many clients read no `anyOf`."""
    return schema | {"type": [schema["type"], "null"]}


_RUN = _object(at=_TEXT, on={"type": "object", "additionalProperties": _TEXT})
_EVIDENCE = _object(passed=_or_null(_RUN), failed=_or_null(_RUN), stale={"type": "boolean"})
_CHECK_LINK = _object(id=_TEXT, title=_TEXT, command=_TEXT, url=_TEXT, sha256=_TEXT, evidence=_or_null(_EVIDENCE))
_SOURCE = _object(path=_TEXT, line={"type": "integer"}, section=_TEXTS, anchor=_or_null(_TEXT))
_HIGHLIGHT = _object(start={"type": "integer"}, end={"type": "integer"}, text=_TEXT)
_ANSWER = _object(
    id=_TEXT,
    question=_TEXT,
    language=_TEXT,
    answer=_TEXT | {"description": "In the `format` and `style` asked for: else Markdown, the maintainer's own words."},
    url=_TEXT,
    confidence=_SURE,
    highlight=_HIGHLIGHT,
    source=_SOURCE,
    checks=_list(_CHECK_LINK),
)
_NO_ANSWER = _object(
    reason={"enum": [reason.value for reason in Reason]},
    message=_TEXT,
    suggestions=_list(_object(id=_TEXT, question=_TEXT, confidence=_SURE)),
)

ASKED = _object(
    question=_TEXT,
    status={"enum": [status.value for status in Status]},
    answered={"type": "boolean"},
    confidence=_SURE,
    answers=_list(_ANSWER),
    no_answer=_or_null(_NO_ANSWER),
    snapshot=_TEXT,
    took_ms={"type": "number"},
    answer_token=_or_null(_TEXT),
)
SEARCHED = _object(results=_list(_object(id=_TEXT, title=_TEXT, url=_TEXT, text=_TEXT, confidence=_SURE)))
FETCHED = _object(
    id=_TEXT,
    title=_TEXT,
    text=_TEXT,
    url=_TEXT,
    metadata=_object(
        language=_TEXT,
        alternates=_TEXTS,
        section=_TEXTS,
        tags=_TEXTS,
        versions=_TEXTS,
        source=_TEXT,
        checks=_list(_CHECK_LINK),
    ),
)
CHECK = _object(
    id=_TEXT,
    version=_TEXT,
    title=_TEXT,
    description=_TEXT,
    command=_TEXT,
    url=_TEXT,
    sha256=_TEXT,
    answers=_TEXTS,
    reads=_TEXTS,
    writes=_TEXTS,
    needs=_TEXTS,
    dependencies=_TEXTS,
    limit_seconds={"type": "number"},
    script=_or_null(_TEXT),
)
