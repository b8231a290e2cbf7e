"""Asks several knowledge bases on this machine at once, as the root of a server that has them does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from faqkb.faq.asking.asked import Asked, Question
from faqkb.faq.asking.here import answer_of
from faqkb.faq.console import say_note
from faqkb.kb.answers import Answer, Hit
from faqkb.kb.errors import KbError
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.retrieval.opening import SharedEncoders
from faqkb.server.bases.merging import Merged, Said, merge_answers


@dataclass(frozen=True, slots=True)
class NamedFolder:
    """One of several knowledge bases."""

    name: str
    folder: Path


def ask_several(bases: Sequence[NamedFolder], wanted: Question) -> Asked:
    """Ask each knowledge base, and put what they say in one order by confidence.

    One that cannot be opened is told and left out. Raises what the first one raises where none can, InvalidQuery.
    """
    answers, problems = _answers(bases, wanted)
    documents = [Said(name, answer.to_json(explain=wanted.explain)) for name, answer in answers.items()]
    merged = merge_answers(documents, wanted.top_k)
    return Asked(_shown(merged, answers), _document(merged, problems))


def _answers(bases: Sequence[NamedFolder], wanted: Question) -> tuple[dict[str, Answer], list[dict[str, str]]]:
    """Return what each base says, by its name, and why others say nothing."""
    found: dict[str, Answer] = {}
    problems: list[dict[str, str]] = []
    failure: KbError | None = None
    encoders = SharedEncoders()
    with ExitStack() as opened:
        for base in bases:
            try:
                knowledge = KnowledgeBase.open(base.folder, encoders=encoders)
            except KbError as error:
                failure = failure or error
                say_note(f"{base.name} is not asked: {error}")
                problems.append({"base": base.name, "detail": str(error)})
                continue
            opened.callback(knowledge.close)
            found[base.name] = answer_of(knowledge, wanted)
    if not found and failure is not None:
        raise failure
    return found, problems


def _shown(merged: Merged, answers: Mapping[str, Answer]) -> Answer:
    """Return the answer for a person: the records of all, their ids behind the names of their bases."""
    hits = {(name, hit.record.id): _placed(name, hit) for name, answer in answers.items() for hit in answer.hits}
    first = answers[merged.answers[0][0] if merged.answers else merged.said[0].base]
    no_answer = first.no_answer
    if no_answer is not None:
        near = {(name, each.id): each for name, own in answers.items() for each in _suggested(own)}
        suggestions = [
            replace(near[name, entry["id"]], id=f"{name}: {entry['id']}") for name, entry in merged.suggestions
        ]
        no_answer = replace(no_answer, suggestions=tuple(suggestions))
    return replace(
        first,
        status=merged.status,
        confidence=merged.confidence,
        hits=tuple(hits[name, entry["id"]] for name, entry in merged.answers),
        no_answer=no_answer,
        others=(),
    )


def _suggested(answer: Answer) -> Sequence[Any]:
    return answer.no_answer.suggestions if answer.no_answer else ()


def _placed(name: str, hit: Hit) -> Hit:
    return replace(hit, record=replace(hit.record, id=f"{name}: {hit.record.id}"))


def _document(merged: Merged, problems: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """Return the document that a server with these bases gives, without what leads to its pages."""
    first = merged.said[0].document
    near = [entry | {"base": name} for name, entry in merged.suggestions]
    return {
        "question": first["question"],
        "status": merged.status,
        "answered": merged.status == "answered",
        "confidence": merged.confidence,
        "answers": [entry | {"base": name} for name, entry in merged.answers],
        "no_answer": None if merged.answers else first["no_answer"] | {"suggestions": near},
        "bases": [
            {"base": each.base} | {name: each.document[name] for name in ("status", "confidence", "snapshot")}
            for each in merged.said
        ],
        "problems": list(problems),
        "took_ms": sum(each.document["took_ms"] for each in merged.said),
    }
