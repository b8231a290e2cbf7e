"""The page that tells an error, where a person asks."""

from __future__ import annotations

from flask import Response, render_template, request

from faqkb.server.answering.catalogues import wording
from faqkb.server.limits import QUESTION_UNITS
from faqkb.server.pages.live import live_settings


class ErrorPages:
    """Error pages of one application."""

    def __init__(self, not_pages: tuple[str, ...]) -> None:
        """Take how the addresses begin that are for programs alone."""
        self._not_pages = not_pages

    def page(self, status: int) -> Response | None:
        """Return the page of a status, None where a program asks."""
        if request.path.startswith(self._not_pages) or not asks_for_page():
            return None
        words = wording()
        box = {"question_units": QUESTION_UNITS, "live": live_settings(words)}
        page = render_template("error.html", words=words, status=status, message=words.error_message(status), **box)
        return Response(page, status=status, content_type="text/html; charset=utf-8")


def asks_for_page() -> bool:
    """Return whether a browser asks: text/html is named, not merely covered by */*."""
    return any(kind.lower() == "text/html" and quality > 0 for kind, quality in request.accept_mimetypes)
