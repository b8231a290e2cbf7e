"""The tools of the Model Context Protocol: ask, search, fetch, get_check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field, ValidationError
from pydantic.json_schema import SkipJsonSchema

from faqkb.kb import limits
from faqkb.kb.conversation.history import questions_of
from faqkb.kb.errors import InvalidQuery
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.records import Filter
from faqkb.server.limits import FIELD_ERRORS, FIELD_NAME_CHARS, MESSAGES_MAX, SEARCH_LIMIT, SNIPPET_CHARS
from faqkb.server.mcp import schemas as mcp_schemas
from faqkb.server.mcp.arguments import Arguments, FilterArguments, FilterOf, Probability, Tags, Texts, Truth, Whole
from faqkb.server.mcp.messages import INVALID_PARAMS, McpError, dump_message
from faqkb.server.mcp.service import McpService
from faqkb.server.texts.forms import Format, Style, full_text, told
from faqkb.server.workers.asking import find_hits, reply_to, state_after


class ArgumentsRefused(Exception):
    """The arguments of a tool cannot be used; the message says which and why, for the model to correct."""


_FILTER = "Where the user names a language, place, chapter or version to keep to; left out, every record may answer."


class _Ask(Arguments):
    question: str = Field(description="The user's question as it was put, a pasted text included.")
    top_k: Whole = Field(default=3, ge=1, le=limits.TOP_K_MAX, description="How many records to give.")
    min_confidence: Probability | SkipJsonSchema[None] = Field(
        default=None, description="Confidence from which a record is the answer; by default the calibrated."
    )
    tags: Tags = Field(default=[])
    filter: FilterOf = Field(default=FilterArguments(), description=_FILTER)
    earlier_questions: Texts = Field(
        default=[],
        max_length=MESSAGES_MAX,
        description="What the user asked before in this conversation, oldest first, so that `and on Windows?` is"
        " understood.",
    )
    format: Literal["markdown", "text"] = Field(
        default="markdown", description="What the user sees: `text` for a place that shows no Markdown."
    )
    style: Literal["full", "short"] = Field(
        default="full", description="`short` gives the sentence that answers and the address of the page."
    )


class _Search(Arguments):
    query: str = Field(description="What to look for, in any language.")
    limit: Whole = Field(default=SEARCH_LIMIT, ge=1, le=limits.TOP_K_MAX, description="How many results to give.")
    tags: Tags = Field(default=[])
    filter: FilterOf = Field(default=FilterArguments(), description=_FILTER)


class _Fetch(Arguments):
    id: str = Field(description="A record's id, as `ask` and `search` give it, e.g. faq/opening-hours")


class _GetCheck(Arguments):
    id: str = Field(description="A check's id, as answers list it, e.g. disk-room")
    with_script: Truth = Field(default=True, description="Whether to give the script's text (10 to 40 kB) too.")


@dataclass(frozen=True, slots=True)
class _Tool:
    """A tool as it is listed and called."""

    name: str
    title: str
    description: str
    arguments: type[Arguments]
    gives: mcp_schemas.Schema
    call: Callable[[KnowledgeBase, McpService, Any], dict[str, Any]]
    """Raises ArgumentsRefused, InvalidQuery."""

    def entry(self) -> dict[str, Any]:
        """Return what tools/list says of it."""
        return {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "inputSchema": _plain_schema(self.arguments.model_json_schema()),
            "outputSchema": self.gives,
            "annotations": {"title": self.title, "readOnlyHint": True, "idempotentHint": True, "openWorldHint": False},
        }


def list_tools() -> dict[str, Any]:
    """Return every tool with its schemas."""
    return {"tools": [tool.entry() for tool in _TOOLS.values()]}


def call_tool(
    knowledge: KnowledgeBase, service: McpService, name: Any, arguments: Any, *, refusal_is_result: bool
) -> dict[str, Any]:
    """Return the result of a tool: structured, and the same as JSON text for clients that know no structure.

    Arguments that cannot be used are a result with `isError` where the revision says so (from 2025-11-25, so that
    the model sees what to correct), else an error. Raises McpError (INVALID_PARAMS), always for an unknown tool.
    """
    tool = _TOOLS.get(name) if isinstance(name, str) else None
    if tool is None:
        raise McpError(INVALID_PARAMS, f"There is no such tool; expected one of {', '.join(_TOOLS)}.")
    if not isinstance(arguments, dict):
        raise McpError(INVALID_PARAMS, "The arguments are no object; send `arguments` with names.")
    try:
        read = _read_arguments(tool, arguments)
    except ArgumentsRefused as refused:
        if not refusal_is_result:
            raise McpError(INVALID_PARAMS, str(refused)) from None
        return _failed(str(refused))
    try:
        given = tool.call(knowledge, service, read)
    except (ArgumentsRefused, InvalidQuery) as refused:
        return _failed(str(refused))
    return {"content": [_text(dump_message(given).decode())], "structuredContent": given, "isError": False}


def _ask(knowledge: KnowledgeBase, service: McpService, given: _Ask) -> dict[str, Any]:
    wanted = _filter(given)
    settings: dict[str, Any] = {"top_k": given.top_k, "min_confidence": given.min_confidence, "filter": wanted}
    said = questions_of(given.earlier_questions)
    service.charge(said, given.question)
    state = state_after(knowledge, said, filter=wanted)
    answer = service.worded(reply_to(knowledge, given.question, state, **settings).answer)
    service.answered(answer)
    document = answer.to_json() | {"answer_token": service.answer_token(answer)}
    shown, style = Format(given.format), Style(given.style)
    for made, own in zip((document, *document["others"]), (answer, *answer.others), strict=True):
        for entry, hit in zip(made["answers"], own.hits, strict=True):
            del entry["answer_html"]  # for browsers; a model reads the Markdown, and pays for each word
            entry["answer"] = told(hit, shown, style, service.addresses)
            entry["url"] = service.record_address(entry["id"])
            _address_checks(entry["checks"], service)
    return document


def _search(knowledge: KnowledgeBase, service: McpService, given: _Search) -> dict[str, Any]:
    service.charge((), given.query)
    hits = find_hits(knowledge, given.query, limit=given.limit, filter=_filter(given))
    results = [
        {
            "id": hit.record.id,
            "title": hit.record.question,
            "url": service.record_address(hit.record.id),
            "text": hit.highlight.text[:SNIPPET_CHARS],
            "confidence": hit.confidence,
        }
        for hit in hits
    ]
    return {"results": results}


def _filter(given: _Ask | _Search) -> Filter:
    """Return which records may answer. Raises InvalidQuery."""
    parts = given.filter
    return Filter(
        tags=tuple(given.tags),
        languages=tuple(parts.language),
        paths=tuple(parts.path),
        sections=tuple(parts.section),
        versions=tuple(parts.version),
    )


def _fetch(knowledge: KnowledgeBase, service: McpService, given: _Fetch) -> dict[str, Any]:
    record = knowledge.resolve(given.id)
    if record is None:
        raise ArgumentsRefused("No record has this id; call search for the ids there are.")
    checks = [link.to_json() for link in knowledge.checks_of(record)]
    _address_checks(checks, service)
    return {
        "id": record.id,
        "title": record.question,
        "text": full_text(record, Format.MARKDOWN, service.addresses),
        "url": service.record_address(record.id),
        "metadata": {
            "language": record.language,
            "alternates": list(record.alternates),
            "section": list(record.section),
            "tags": list(record.tags),
            "versions": list(record.versions),
            "source": f"{record.source.path}:{record.source.line}",
            "checks": checks,
        },
    }


def _get_check(knowledge: KnowledgeBase, service: McpService, given: _GetCheck) -> dict[str, Any]:
    check = knowledge.check(given.id)
    if check is None:
        known = ", ".join(each.id for each in knowledge.checks()) or "none"
        raise ArgumentsRefused(f"No check has this id; there are: {known}.")
    document = check.to_json() | {"script": check.script.decode() if given.with_script else None}
    _address_checks([document], service)
    return document


def _address_checks(checks: list[dict[str, Any]], service: McpService) -> None:
    for check in checks:
        check["url"] = service.check_address(check["id"])


def _read_arguments(tool: _Tool, arguments: dict[str, Any]) -> Arguments:
    """Return the arguments as the tool takes them; null, and nothing for what may be left out, is absent.

    Raises ArgumentsRefused.
    """
    optional = {name for name, field in tool.arguments.model_fields.items() if not field.is_required()}
    given = {
        name: value for name, value in arguments.items() if value is not None and not (value == "" and name in optional)
    }
    try:
        return tool.arguments.model_validate(given)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)[:FIELD_ERRORS]
        named = ((".".join(map(str, entry["loc"]))[:FIELD_NAME_CHARS], entry["msg"]) for entry in found)
        raise ArgumentsRefused("; ".join(f"{field}: {message}" for field, message in named)) from None


def _failed(reason: str) -> dict[str, Any]:
    return {"content": [_text(reason)], "isError": True}


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _plain_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema without titles that repeat the names of fields, defaults that say nothing, and references."""
    parts = schema.get("$defs", {})
    fields = {name: _plain_field(field, parts) for name, field in schema["properties"].items()}
    return {"type": "object", "properties": fields, "required": schema.get("required", [])}


def _plain_field(field: dict[str, Any], parts: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in field:
        part = _plain_schema(parts[field["$ref"].rpartition("/")[2]])
        return {"type": "object", "properties": part["properties"], "description": field["description"]}
    return {key: part for key, part in field.items() if key != "title" and (key, part) != ("default", None)}


_TOOLS = {
    tool.name: tool
    for tool in (
        _Tool(
            "ask",
            "Ask the FAQ",
            "Answer a question from the FAQ: the maintainer's own text with its source and a calibrated confidence,"
            " the choices when it is ambiguous, or no answer when nothing stored is likely to help.",
            _Ask,
            mcp_schemas.ASKED,
            _ask,
        ),
        _Tool(
            "search",
            "Search the FAQ",
            "List the records nearest to a query, best first, however unsure; `fetch` gives their full text.",
            _Search,
            mcp_schemas.SEARCHED,
            _search,
        ),
        _Tool(
            "fetch",
            "Read a record",
            "Give the full text of one record by its id, with its source and the checks that prove it.",
            _Fetch,
            mcp_schemas.FETCHED,
            _fetch,
        ),
        _Tool(
            "get_check",
            "Get a check script",
            "Give a check by its id: what it measures, reads and needs, how to run it, and the script itself, to be run"
            " on the user's machine with the user's consent. Nothing is run here.",
            _GetCheck,
            mcp_schemas.CHECK,
            _get_check,
        ),
    )
}
