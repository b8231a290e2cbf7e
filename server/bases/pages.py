"""The start page of a server with several knowledge bases: what there is, and a search over some or all of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, make_response, redirect, render_template, request
from werkzeug.exceptions import NotFound

from faqkb.kb.keys.values import Scope
from faqkb.server.answering.catalogues import LANGUAGE_PARAMETER, chosen_language, wording
from faqkb.server.bases.access import readable_bases, the_bases
from faqkb.server.bases.base import Base
from faqkb.server.bases.merging import Merged, shown_records
from faqkb.server.bases.views import address_of, answer_from, chosen_bases, entry_of, page_of, placed
from faqkb.server.below import BASE_NAME
from faqkb.server.limits import CHOICE_ABOVE, QUESTION_UNITS, RELATED_ABOVE
from faqkb.server.pages.discovery import opensearch
from faqkb.server.pages.languages import keep_language, language_links

pages = Blueprint("pages", __name__, template_folder="templates")
discovery = Blueprint("discovery", __name__)
discovery.add_url_rule("/opensearch.xml", "opensearch", opensearch, methods=["GET"])
lead = Blueprint("several_lead", __name__)
pages.app_url_defaults(keep_language)
pages.app_template_global()(language_links)


@pages.get("/")
def search() -> Response:
    """Show the search box and the bases; with a question what they say to it."""
    question = request.args.get("q", "").strip()
    readable = readable_bases()
    chosen = chosen_bases(request.args.getlist("base")) if question else readable
    found = _found(chosen, question) if question else None
    words = wording()
    entries = [entry_of(base) for base in readable]
    page = render_template(
        "bases/search.html",
        words=words,
        question=question,
        question_units=QUESTION_UNITS,
        entries=entries,
        chosen={base.name for base in chosen},
        found=found,
        stored=sum(entry["records"] or 0 for entry in entries),
        parameters={LANGUAGE_PARAMETER: chosen_language()} if chosen_language() else {},
    )
    response = make_response(page)
    response.headers["Content-Language"] = words.language
    response.vary.add("Accept-Language")
    return response


@discovery.get("/robots.txt")
def robots() -> Response:
    """Name the sitemap of every base that everybody may read: robots look for none below a path (RFC 9309, 2.3)."""
    bases = [base for base in the_bases() if base.app is not None and base.needs_no_key(Scope.READ)]
    if not bases:
        raise NotFound
    lines = [f"Sitemap: {request.host_url.rstrip('/')}{address_of(base)}/sitemap.xml" for base in bases]
    return Response("\n".join(["User-agent: *", "Allow: /", *lines, ""]), content_type="text/plain; charset=utf-8")


@lead.get("/kb/<name>")
def to_base(name: str) -> Response:
    """Lead to the start page of a base with what was asked, whether there is one of that name or not."""
    if not BASE_NAME.fullmatch(name):
        raise NotFound
    asked = urlencode(list(request.args.items(multi=True)))
    return make_response(redirect(f"{request.script_root}/kb/{name}/{asked and f'?{asked}'}", 308))


def _found(bases: list[Base], question: str) -> dict[str, Any]:
    """Return what the page shows of an answer."""
    merged, told = answer_from(bases, {"question": question})
    by_name = {base.name: base for base in bases}
    shown = shown_records(merged.answers, RELATED_ABOVE if merged.status == "answered" else CHOICE_ABOVE)
    return {
        "status": merged.status,
        "records": [_shown(by_name[name], entry, question) for name, entry in shown],
        "near": [_near(by_name[name], entry, question) for name, entry in merged.suggestions],
        "message": _message(merged),
        "problems": [one.base.title_in(wording().language_code) for one in told if not one.is_answer],
    }


def _shown(base: Base, entry: dict[str, Any], question: str) -> dict[str, Any]:
    return _near(base, placed(base, entry), question)


def _near(base: Base, entry: dict[str, Any], question: str) -> dict[str, Any]:
    title = base.title_in(wording().language_code)
    own = {"base_title": title, "base_url": f"{address_of(base)}/"}
    return entry | own | {"url": page_of(base, entry["id"], question)}


def _message(merged: Merged) -> str | None:
    """Return what is said to small talk; None to a question."""
    no_answer = merged.said[0].document["no_answer"]
    return no_answer["message"] if no_answer and no_answer["reason"] == "small_talk" else None
