"""Records and check scripts as resources: listed page by page, read one by one."""

from __future__ import annotations

import base64
import binascii
from typing import Any
from urllib.parse import unquote

from faqkb.kb.checks import Check
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.records import Record
from faqkb.server.mcp.messages import INVALID_PARAMS, RESOURCE_NOT_FOUND, McpError
from faqkb.server.mcp.service import CHECK_SCHEME, RECORD_SCHEME, McpService, check_uri, record_uri
from faqkb.server.texts.forms import Format, full_text

PAGE = 100  # resources of one reply: 25 kB, and their records are read for it
_MARKDOWN = "text/markdown"
_PYTHON = "text/x-python"
_CURSOR_CHARS = 4_096  # a record's id has at most 1,000 bytes


def list_resources(knowledge: KnowledgeBase, cursor: Any) -> dict[str, Any]:
    """Return a page of resources, the records in stored order and then the checks, and where the next one starts.

    Raises McpError (INVALID_PARAMS) for a cursor that this snapshot did not give.
    """
    after = None if cursor is None else _decoded(cursor)
    if after is not None and knowledge.record(after) is None:
        raise McpError(INVALID_PARAMS, "The cursor leads nowhere any more; list again without one.")
    page = knowledge.records(after=after, limit=PAGE + 1)
    listed = [_record_entry(record) for record in page[:PAGE]]
    if len(page) > PAGE:
        return {"resources": listed, "nextCursor": _encoded(page[PAGE - 1].id)}
    # All checks on the last page: a knowledge base has a dozen.
    return {"resources": listed + [_check_entry(check) for check in knowledge.checks()]}


def list_templates() -> dict[str, Any]:
    """Return how the addresses of resources are made (RFC 6570)."""
    record = {
        "uriTemplate": RECORD_SCHEME + "{+id}",
        "name": "record",
        "title": "A question and its answer",
        "description": "By the record's id, as `ask` and `search` give it, e.g. faq://records/faq/opening-hours",
        "mimeType": _MARKDOWN,
    }
    check = {
        "uriTemplate": CHECK_SCHEME + "{id}",
        "name": "check",
        "title": "A check script",
        "description": "By the check's id, e.g. faq://checks/disk-room",
        "mimeType": _PYTHON,
    }
    return {"resourceTemplates": [record, check]}


def read_resource(knowledge: KnowledgeBase, service: McpService, uri: Any, *, modern: bool) -> dict[str, Any]:
    """Return the text of one resource. Raises McpError where there is none: another code in each era."""
    if not isinstance(uri, str):
        raise McpError(INVALID_PARAMS, "The resource is not named; send its address as `uri`.")
    found = _record_text(knowledge, service, uri) or _check_text(knowledge, uri)
    if found is None:
        code = INVALID_PARAMS if modern else RESOURCE_NOT_FOUND
        raise McpError(code, "There is no such resource; resources/list names those there are.", {"uri": uri})
    return {"contents": [{"uri": uri} | found]}


def record_markdown(record: Record, answer: str) -> str:
    """Return a record as a document: its question as the title, its answer, where it was written."""
    return f"# {record.question}\n\n{answer.strip()}\n\n---\n{record.source.path}:{record.source.line}\n"


def _record_text(knowledge: KnowledgeBase, service: McpService, uri: str) -> dict[str, Any] | None:
    record = knowledge.resolve(unquote(uri.removeprefix(RECORD_SCHEME))) if uri.startswith(RECORD_SCHEME) else None
    if record is None:
        return None
    answer = full_text(record, Format.MARKDOWN, service.addresses)
    return {"mimeType": _MARKDOWN, "text": record_markdown(record, answer)}


def _check_text(knowledge: KnowledgeBase, uri: str) -> dict[str, Any] | None:
    check = knowledge.check(unquote(uri.removeprefix(CHECK_SCHEME))) if uri.startswith(CHECK_SCHEME) else None
    return {"mimeType": _PYTHON, "text": check.script.decode()} if check else None


def _record_entry(record: Record) -> dict[str, Any]:
    return {"uri": record_uri(record.id), "name": record.id, "title": record.question, "mimeType": _MARKDOWN}


def _check_entry(check: Check) -> dict[str, Any]:
    entry = {"uri": check_uri(check.id), "name": f"{check.id}.py", "title": check.title, "mimeType": _PYTHON}
    return entry | {"size": len(check.script)}


def _encoded(record_id: str) -> str:
    return base64.urlsafe_b64encode(record_id.encode()).decode()


def _decoded(cursor: Any) -> str:
    try:
        if isinstance(cursor, str) and len(cursor) <= _CURSOR_CHARS:
            return base64.b64decode(cursor, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise McpError(INVALID_PARAMS, "The cursor is none of ours; list without one.") from None
    raise McpError(INVALID_PARAMS, "The cursor is none of ours; list without one.")
