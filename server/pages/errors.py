"""The page that tells an error, where a person asks."""

from __future__ import annotations

from flask import Response, render_template, request

from faqkb.server.answering.catalogues import wording


class ErrorPages:
    """Error pages of one application."""

    def __init__(self, not_pages: tuple[str, ...]) -> None:
        """Take how the addresses begin that are for programs alone."""
        self._not_pages = not_pages

    def page(self, status: int) -> Response | None:
        """Return the page of a status, None where a program asks."""
        if not self._is_wanted():
            return None
        words = wording()
        page = render_template("error.html", words=words, status=status, message=words.error_message(status))
        return Response(page, status=status, content_type="text/html; charset=utf-8")

    def _is_wanted(self) -> bool:
        """Return whether a browser asks: text/html is named (not merely covered by */*), at an address for people."""
        if request.path.startswith(self._not_pages):
            return False
        return any(kind.lower() == "text/html" and quality > 0 for kind, quality in request.accept_mimetypes)
