"""The page that tells an error, where a person asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, render_template, request

from faqkb.server.answering.catalogues import wording
from faqkb.server.below import local_path
from faqkb.server.wording.texts import Wording


class ErrorPages:
    """Error pages of one application."""

    def __init__(
        self,
        not_pages: tuple[str, ...],
        message: Callable[[Wording, int], str] = Wording.error_message,
        box: Callable[[Wording], dict[str, Any]] | None = None,
    ) -> None:
        """Take how the addresses begin that are for programs alone, and what a person is told of a status.

        `box` returns what the template's search box takes; without it a page has none.
        """
        self._not_pages = not_pages
        self._message = message
        self._box = box

    def page(self, status: int) -> Response | None:
        """Return the page of a status, None where a program asks."""
        if local_path(request.path).startswith(self._not_pages) or not asks_for_page():
            return None
        words = wording()
        box = self._box(words) if self._box else {}
        message = self._message(words, status)
        page = render_template("error.html", words=words, status=status, message=message, **box)
        return Response(page, status=status, content_type="text/html; charset=utf-8")


def asks_for_page() -> bool:
    """Return whether a browser asks: text/html is named, not merely covered by */*."""
    return any(kind.lower() == "text/html" and quality > 0 for kind, quality in request.accept_mimetypes)
