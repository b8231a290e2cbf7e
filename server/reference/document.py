"""The document that describes the API, made when it is first asked for, and shown to programs and people alike."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cached_property
from typing import Any, cast

from flask import current_app

from faqkb.kb.knowledge import KnowledgeBase
from faqkb.server.answering.per_snapshot import PerSnapshot
from faqkb.server.http.conditional import digest

EXTENSION = "faq-reference"


class Reference:
    """The document of one application, whose examples show one snapshot."""

    def __init__(self, make: Callable[[], dict[str, Any]]) -> None:
        self._make = make

    @cached_property
    def document(self) -> dict[str, Any]:
        """The document as values."""
        return self._make()

    @cached_property
    def content(self) -> bytes:
        """The document as it is sent."""
        return json.dumps(self.document, ensure_ascii=False).encode()

    @cached_property
    def tag(self) -> str:
        """Names the document."""
        return digest(self.content)


def reference_of(knowledge: KnowledgeBase) -> Reference:
    """Return the document of the current application over a snapshot."""
    return cast(PerSnapshot[Reference], current_app.extensions[EXTENSION]).of(knowledge)
