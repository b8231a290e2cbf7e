"""A question within a template that puts documents around it (retrieval-augmented generation), taken out again.

The documents were found by the client for a model to write from; what is stored here answers the question itself.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Wrapping:
    """One template: how it begins, and the marks around the question, all in small letters."""

    opens: tuple[str, ...]
    """One of them."""
    behind: str
    """Mark behind the documents, the last one; empty where the question comes before them."""
    before: str
    """Mark before the question, the first one from there; empty where the question follows at once."""
    end: str
    """Mark after the question, the first one; empty where the question goes on to the end."""


_OPEN_WEBUI = ("### task:", "**task:")
_OPEN_WEBUI_OLD = ("use the following context",)
# Open WebUI `config.py` (RAG_TEMPLATE, in its three forms since 0.2), Cherry Studio `prompts.ts` (REFERENCE_PROMPT,
# FOOTNOTE_PROMPT), LlamaIndex `default_prompts.py`. AnythingLLM and LibreChat put documents into the system's message.
_WRAPPINGS = (
    _Wrapping((*_OPEN_WEBUI, *_OPEN_WEBUI_OLD), "</context>", "<user_query>", "</user_query>"),
    _Wrapping(_OPEN_WEBUI_OLD, "</context>", "query:", ""),
    _Wrapping(_OPEN_WEBUI, "</context>", "", ""),
    _Wrapping(
        ("please answer the question based on the reference",), "", "## my question is:", "## reference material"
    ),
    _Wrapping(("请根据参考资料回答问题",), "", "## 我的问题是", "## 参考资料"),
    _Wrapping(("context information is below",), "answer the query.", "query:", "\nanswer:"),
)


def unwrapped(text: str) -> str:
    """Return the question that a template was put around; a text without one as it is."""
    stripped = text.strip()
    folded = stripped.lower()
    if len(folded) != len(stripped):  # few letters grow by folding; marks would be found elsewhere then
        return text
    found = (_question(each, stripped, folded) for each in _WRAPPINGS if folded.startswith(each.opens))
    return next(filter(None, found), text)


def _question(wrapping: _Wrapping, text: str, folded: str) -> str:
    """Return the question, empty where the marks are not there."""
    behind = folded.rfind(wrapping.behind) if wrapping.behind else 0
    start = folded.find(wrapping.before, max(behind, 0) + len(wrapping.behind))
    if behind < 0 or start < 0:
        return ""
    start += len(wrapping.before)
    end = folded.find(wrapping.end, start) if wrapping.end else len(folded)
    return text[start:end].lstrip(":：").strip() if end >= 0 else ""
