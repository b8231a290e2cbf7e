"""The page that tells an error, where a person asks."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, render_template, request

from faqkb.server.answering.catalogues import wording
from faqkb.server.below import local_path
from faqkb.server.wording.texts import Wording


class ErrorPages:
    """Error pages of one application."""

    def __init__(
        self, not_pages: tuple[str, ...], message: Callable[[Wording, int], str] = Wording.error_message
    ) -> None:
        """Take how the addresses begin that are for programs alone, and what a person is told of a status."""
        self._not_pages = not_pages
        self._message = message

    def page(self, status: int) -> Response | None:
        """Return the page of a status, None where a program asks."""
        if not self._is_wanted():
            return None
        words = wording()
        page = render_template("error.html", words=words, status=status, message=self._message(words, status))
        return Response(page, status=status, content_type="text/html; charset=utf-8")

    def _is_wanted(self) -> bool:
        """Return whether a browser asks: text/html is named (not merely covered by */*), at an address for people."""
        if local_path(request.path).startswith(self._not_pages):
            return False
        return any(kind.lower() == "text/html" and quality > 0 for kind, quality in request.accept_mimetypes)
