"""An answer as a chat shows it: the stored text, and which part of it comes from where."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from faqkb.kb.answers import Answer, Reason, Status
from faqkb.server.answering.documents import SITE
from faqkb.server.texts.forms import Format, full_text
from faqkb.server.wording.texts import Wording


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a part of the text was taken from."""

    url: str
    title: str
    """The stored question."""
    start: int
    end: int
    """Characters of the text, the end not counted in."""

    def to_json(self) -> dict[str, Any]:
        """Return the annotation of OpenAI's API."""
        cited = {"url": self.url, "title": self.title, "start_index": self.start, "end_index": self.end}
        return {"type": "url_citation", "url_citation": cited}


@dataclass(frozen=True, slots=True)
class ChatText:
    """What the assistant says."""

    content: str
    """Markdown."""
    citations: tuple[Citation, ...] = ()


def chat_text(answer: Answer, words: Wording, address: Callable[[str], str]) -> ChatText:
    """Return the answer as written, a question back with the choices, or that there is none and what comes near.

    `address` gives the page of a record id.
    """
    several = [_one_text(each, words, address) for each in (answer, *answer.others)]
    if len(several) == 1:
        return several[0]
    content, citations = "", []
    for each, text in zip((answer, *answer.others), several, strict=True):
        content += f"{chr(10) * 2 if content else ''}**{_without_marks(each.read_as)}**\n\n"
        citations += [
            replace(cited, start=cited.start + len(content), end=cited.end + len(content)) for cited in text.citations
        ]
        content += text.content
    return ChatText(content, tuple(citations))


def _without_marks(text: str) -> str:
    """Return what a reader typed as plain words within Markdown: its marks would be read as ours."""
    return " ".join("".join(" " if char in "*_`[]<>#\\|~" else char for char in text).split())


def _one_text(answer: Answer, words: Wording, address: Callable[[str], str]) -> ChatText:
    if answer.status is Status.ANSWERED:
        record = answer.hits[0].record
        content = full_text(record, Format.MARKDOWN, SITE)
        return ChatText(content, (Citation(address(record.id), record.question, 0, len(content)),))
    if answer.status is Status.AMBIGUOUS:
        choices = [(hit.record.id, hit.record.question) for hit in answer.likely_choices]
        return _listed(words.chat.which, choices, address)
    return _no_answer(answer, words, address)


def _no_answer(answer: Answer, words: Wording, address: Callable[[str], str]) -> ChatText:
    missing = answer.no_answer
    if missing is not None and missing.reason is Reason.EMPTY_QUESTION:
        return ChatText(words.empty_question)
    is_talk = missing is not None and missing.reason is Reason.SMALL_TALK
    said = missing.message if missing is not None and is_talk else words.no_answer_hint
    if missing is None or not missing.suggestions:
        return ChatText(said)
    near = [(each.id, each.question) for each in missing.suggestions]
    return _listed(f"{said}\n\n{words.chat.near}", near, address)


def _listed(lead: str, questions: Iterable[tuple[str, str]], address: Callable[[str], str]) -> ChatText:
    """Return a text with numbered questions, given by record id and question, below it."""
    content = f"{lead}\n"
    citations = []
    for number, (record_id, question) in enumerate(questions, start=1):
        content += f"\n{number}. "
        citations.append(Citation(address(record_id), question, len(content), len(content) + len(question)))
        content += question
    return ChatText(content, tuple(citations))
