"""What asks and lists several knowledge bases: their API at the root of the server."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any, cast
from urllib.parse import urlencode

from flask import Flask, Response, jsonify, request
from flask_openapi3 import APIBlueprint

from faqkb.kb.pictures import stored_address, with_addresses
from faqkb.server.answering.catalogues import wording
from faqkb.server.bases.access import readable_bases
from faqkb.server.bases.asking import Told, ask_each
from faqkb.server.bases.base import Base
from faqkb.server.bases.bodies import AskSeveralBody, SearchSeveralParameters
from faqkb.server.bases.merging import Merged, Said, merge_answers, merge_hits
from faqkb.server.bases.operations import OPERATIONS
from faqkb.server.below import mount
from faqkb.server.http.parsing import parsed
from faqkb.server.problems import FieldError, Refused
from faqkb.server.protocol import documented

several = APIBlueprint("several", __name__)


@several.post("/api/v1/ask", **documented(OPERATIONS, "ask_bases"))
@parsed
def ask(body: AskSeveralBody) -> Response:
    """Answer one question from several knowledge bases."""
    started = time.perf_counter()
    asked = body.model_dump(mode="json", exclude={"bases"}, exclude_unset=True)
    merged, told = answer_from(chosen_bases(body.bases), asked)
    document = answer_document(merged, {one.base.name: one.base for one in told})
    problems = [one.problem for one in told if not one.is_answer]
    return jsonify(document | {"problems": problems, "took_ms": _milliseconds(started)})


@several.get("/api/v1/search", **documented(OPERATIONS, "search_bases"))
@parsed
def search(query: SearchSeveralParameters) -> Response:
    """Return hits of several knowledge bases, the surest first."""
    started = time.perf_counter()
    asked = urlencode([(name, value) for name, value in request.args.items(multi=True) if name != "bases"])
    told = ask_each(chosen_bases(query.bases), "/api/v1/search", query=asked)
    found = [(one.base.name, one.document["hits"]) for one in told if one.is_answer]
    return jsonify(
        query=query.q,
        hits=[hit | {"base": base} for base, hit in merge_hits(found, query.limit)],
        problems=[one.problem for one in told if not one.is_answer],
        took_ms=_milliseconds(started),
    )


@several.get("/api/v1/bases", **documented(OPERATIONS, "list_bases"))
@parsed
def list_bases() -> Response:
    """List the knowledge bases that the client may read."""
    return jsonify(bases=[entry_of(base) for base in readable_bases()])


def chosen_bases(names: Sequence[str]) -> list[Base]:
    """Return the bases of some names that the client may read, all of them where none is named, in their order.

    Raises Refused: 401 where it may read none, 422 for a name that it may not read or that there is not.
    """
    readable = readable_bases()
    unknown = sorted(set(names) - {base.name for base in readable})
    if unknown:
        known = ", ".join(base.name for base in readable)
        wrong = FieldError("bases", f"No knowledge base of this name can be asked here (expected some of: {known}).")
        raise Refused(422, "Some fields cannot be used: bases; `errors` says why.", [wrong])
    return [base for base in readable if not names or base.name in names]


def answer_from(bases: Sequence[Base], asked: dict[str, Any]) -> tuple[Merged, list[Told]]:
    """Ask bases a question, the body of `POST /api/v1/ask` of each; the ones it counts for remember it."""
    told = ask_each(bases, "/api/v1/ask", body=json.dumps(asked).encode())
    said = [Said(one.base.name, one.document) for one in told if one.is_answer]
    merged = merge_answers(said, int(asked.get("top_k", AskSeveralBody.model_fields["top_k"].default)))
    for one in told:
        if one.base.name in merged.asked:
            for remember in one.deferred:
                remember()
    return merged, told


def answer_document(merged: Merged, bases: dict[str, Base]) -> dict[str, Any]:
    """Return the document of an answer, without the bases that could not be asked."""
    first = merged.said[0].document
    no_answer = None
    if not merged.answers:
        near = [entry | _place(bases[name], entry["id"]) for name, entry in merged.suggestions]
        no_answer = first["no_answer"] | {"suggestions": near}
    return {
        "question": first["question"],
        "status": merged.status,
        "answered": merged.status == "answered",
        "confidence": merged.confidence,
        "answers": [placed(bases[name], entry) for name, entry in merged.answers],
        "no_answer": no_answer,
        "bases": [_said(bases[each.base], each) for each in merged.said],
    }


def placed(base: Base, entry: dict[str, Any]) -> dict[str, Any]:
    """Return an entry of a base's answers with where it is: its base, its page, its pictures."""
    root = address_of(base)
    html = with_addresses(entry["answer_html"], lambda name: f"{root}{stored_address(name)}")
    return entry | _place(base, entry["id"]) | {"answer_html": html}


def page_of(base: Base, record_id: str, question: str | None = None) -> str:
    """Return the path of a record's page, which says how well it answers a question that led there."""
    app = cast(Flask, base.app)
    adapter = app.url_map.bind("", script_name=address_of(base))
    return adapter.build("pages.answer", {"record_id": record_id} | ({"q": question} if question else {}))


def address_of(base: Base) -> str:
    """Return the path that all of a base's addresses are below."""
    return request.script_root + mount(base.name)


def entry_of(base: Base) -> dict[str, Any]:
    """Return what is told of a base."""
    entry = {"name": base.name, "title": base.title_in(wording().language_code), "url": f"{address_of(base)}/"}
    if base.holder is None:
        return entry | {"status": "closed", "records": None, "snapshot": None}
    with base.holder.lease() as knowledge:
        return entry | {"status": "ok", "records": knowledge.record_count, "snapshot": knowledge.name}


def _place(base: Base, record_id: str) -> dict[str, str]:
    return {"base": base.name, "url": page_of(base, record_id)}


def _said(base: Base, said: Said) -> dict[str, Any]:
    kept = ("status", "confidence", "understood_as", "snapshot", "answer_token")
    title = base.title_in(wording().language_code)
    own = {"base": base.name, "title": title, "url": f"{address_of(base)}/"}
    return own | {name: said.document[name] for name in kept}


def _milliseconds(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 3)
