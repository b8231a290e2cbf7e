"""The search box for other sites' pages: a small script, and what it loads once a reader opens the box."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, current_app, jsonify, make_response, render_template, request

from faqkb.server.answering.catalogues import wording
from faqkb.server.answering.leases import leased_knowledge
from faqkb.server.branding import address_of, branding_of
from faqkb.server.limits import QUESTION_UNITS, WIDGET_SECONDS
from faqkb.server.pages.brand import brand_of, logo_address
from faqkb.server.pages.live import live_settings
from faqkb.server.pages.views import most_asked_questions
from faqkb.server.pages.widget_style import shadow_style
from faqkb.server.wording.spoken import WORDINGS

widget = Blueprint("widget", __name__)


@widget.get("/widget.js")
def script() -> Response:
    """Return the script that other sites name: a button, and what to say when the rest cannot be had.

    It carries those few words in every language: a page that may not read our replies runs scripts all the same.
    """
    words = {
        code: {
            "open": each.widget_open,
            "away": each.widget_away,
            "refused": each.widget_refused,
            "page": each.widget_page,
        }
        for code, each in WORDINGS.items()
    }
    palette = brand_of(current_app).palette
    return _kept(make_response(render_template("widget.js", words=words, palette=palette)), "text/javascript")


@widget.get("/widget.json")
def settings() -> Response:
    """Return the texts, limits and addresses of the box, in the language of `?lang=`.

    Addresses start at this server's root. The widget makes them absolute with the address by which its page names the
    server: here nobody knows whether a proxy in front is reached by HTTPS, and a page with HTTPS asks nobody without.
    """
    words = wording()
    contact = branding_of(current_app).said("contact", words.language_code)
    with leased_knowledge() as knowledge:
        popular = [asdict(each) for each in most_asked_questions(knowledge, words)]
    box = {
        "language": words.language,
        "label": words.question_label,
        "placeholder": words.placeholder,
        "submit": words.submit,
        "close": words.widget_close,
        "page": words.widget_page,
        "logo": logo_address(),
        "contact": contact,
        "contact_address": address_of(contact or ""),
        "question_units": QUESTION_UNITS,
        "judge": words.judge,
        "helpful": words.helpful,
        "not_helpful": words.not_helpful,
        "thanks": words.thanks,
        "go_on": words.go_on,
        "go_on_example": words.go_on_example,
        "so_far": words.so_far,
        "most_asked": words.most_asked,
        "popular": popular,
    }
    response = _kept(jsonify(live_settings(words) | {"box": box}), "application/json")
    response.vary.add("Accept-Language")
    return response


@widget.get("/widget.css")
def style() -> Response:
    """Return the style sheet of the box: that of the pages, made to live in a shadow root."""
    own = Path(str(current_app.static_folder)) / "widget.css"
    return _kept(make_response(_style(brand_of(current_app).sheet, own)), "text/css")


@cache
def _style(sheet: str, own: Path) -> str:
    return shadow_style(sheet + own.read_text(encoding="utf-8"))


def _kept(response: Response, kind: str) -> Response:
    """Let a response be kept for a while, and asked for by its ETag after that: its address is for ever."""
    response.headers["Content-Type"] = f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
    response.headers["Cache-Control"] = f"public, max-age={WIDGET_SECONDS}"
    response.add_etag()
    response.make_conditional(request)
    return response
