"""A folder of FAQ Markdown becomes an answering service; this is its front door for Python programs.

`KnowledgeBase` opens and asks a knowledge base, `client` asks a server (`Client`, `AsyncClient`). What lies below it
(`kb`, `ingest`, `server`, `faq` and the bundled `content`) are the folders at the top of the repository.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from faqkb import client
    from faqkb.kb.knowledge import KnowledgeBase

__all__ = ["KnowledgeBase", "client"]


def __getattr__(name: str) -> Any:
    """Load what is asked for: the client of a server needs no FAISS, a knowledge base no HTTP."""
    if name == "KnowledgeBase":
        return import_module("faqkb.kb.knowledge").KnowledgeBase
    if name == "client":
        return import_module("faqkb.client")
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415 - takes as long as click, and hardly anybody asks

        return version("faqkb")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
