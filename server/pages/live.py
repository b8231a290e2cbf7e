"""What the search box needs to answer while the reader types: addresses, limits and texts, as one JSON value."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import current_app, url_for

from faqkb.server.answering.catalogues import LANGUAGE_PARAMETER, chosen_language
from faqkb.server.answering.marking import COMMON_WORDS, MARKED_WORDS
from faqkb.server.limits import CHOICE_ABOVE, RELATED_ABOVE
from faqkb.server.wording.texts import Wording

_COMMON = sorted(COMMON_WORDS)
ANSWERER = "FAQ_ANSWERER"  # setting: address of a module that answers in place of the server, seen from search.js
# Of the wording; the others stand in the pages alone.
_TEXTS = (
    "site",
    "answered",
    "ambiguous",
    "ambiguous_hint",
    "no_answer",
    "no_answer_hint",
    "empty_question",
    "suggestions",
    "also",
    "confidence",
    "source",
    "permanent",
    "checks",
    "checks_hint",
    "check_failed",
    "check_passed",
    "download",
    "errors",
    "error_otherwise",
    "error_title",
)


def live_settings(words: Wording) -> dict[str, Any]:
    """Return the settings of `static/search.js`, which holds no text and no address of its own."""
    texts = {name: getattr(words, name) for name in _TEXTS}
    return {
        "language": words.language,
        "ask": url_for("api.ask"),
        "answers": url_for("pages.answer", record_id="_", lang=None).removesuffix("_"),
        "topics": url_for("pages.topic", address="_", lang=None).removesuffix("_"),
        "pictures": url_for("pictures.picture", name="_").removesuffix("_"),
        "clicks": url_for("feedback.take_click"),
        "votes": url_for("feedback.take_feedback"),
        "parameters": {LANGUAGE_PARAMETER: chosen_language()} if chosen_language() else {},
        "answerer": current_app.config.get(ANSWERER),
        "related_above": RELATED_ABOVE,
        "common": _COMMON,
        "marked_words": MARKED_WORDS,
        "choice_above": CHOICE_ABOVE,
        "texts": texts | asdict(words.live) | {"levels": words.levels()},
    }
