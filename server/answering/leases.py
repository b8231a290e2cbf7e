"""The live knowledge base, as views use it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from flask import current_app, g

from faqkb.kb.knowledge import KnowledgeBase
from faqkb.server.answering.reload import KnowledgeHolder

EXTENSION = "faq-knowledge"


def knowledge_holder() -> KnowledgeHolder:
    """Return the holder of the current application."""
    return cast(KnowledgeHolder, current_app.extensions[EXTENSION])


@contextmanager
def leased_knowledge() -> Iterator[KnowledgeBase]:
    """Lend the live snapshot to one request, whose response will name it."""
    with knowledge_holder().lease() as knowledge:
        g.generation = knowledge.name
        yield knowledge
