"""Examples of requests and replies, shown in `/openapi.json` and `/docs`; the tests hold them against the models."""

from __future__ import annotations

from typing import Any

from faqkb.server.sample import TOKEN, UNANSWERED, Sample


def ask(sample: Sample) -> dict[str, Any]:
    """Return bodies of a question."""
    asked = sample.asked
    return {
        "plain": {"summary": "A question", "value": {"question": asked}},
        "strict": {
            "summary": "Only a sure answer, of a few, with the reasons",
            "value": {"question": asked, "top_k": 1, "min_confidence": 0.9, "explain": True},
        },
        "plain_text": {
            "summary": "For a channel that shows no Markdown: the sentence that answers",
            "value": {"question": asked, "format": "text", "style": "short"},
        },
        "among": {
            "summary": "Only among the records of one language and one file or folder",
            "value": {
                "question": asked,
                "filter": {"language": sample.record.language, "path": sample.record.source.path},
            },
        },
        "follow_up": {
            "summary": "A question that leans on the one before",
            "value": {"question": "why?", "messages": [{"role": "user", "content": asked}]},
        },
    }


def asked(sample: Sample) -> dict[str, Any]:
    """Return the replies to a question."""
    return {
        "answered": {"summary": "Answered", "value": answered(sample)},
        "no_answer": {"summary": "Nothing stored helps", "value": _not_answered(sample)},
    }


def answered(sample: Sample) -> dict[str, Any]:
    """Return the answer document of an answered question."""
    return _document(sample, sample.asked) | {
        "status": "answered",
        "answered": True,
        "confidence": 0.93,
        "answers": [_entry(sample)],
        "no_answer": None,
        "follow_ups": sample.follow_ups,
    }


def _not_answered(sample: Sample) -> dict[str, Any]:
    record = sample.record
    return _document(sample, UNANSWERED) | {
        "status": "no_answer",
        "answered": False,
        "confidence": 0.02,
        "answers": [],
        "no_answer": {
            "reason": "not_confident",
            "talk": None,
            "message": "Nothing stored is likely to answer this question.",
            "suggestions": [{"id": record.id, "question": record.question, "confidence": 0.02}],
        },
        "follow_ups": [],
    }


def _document(sample: Sample, question: str) -> dict[str, Any]:
    return {
        "question": question,
        "snapshot": sample.snapshot,
        "took_ms": 5.2,
        "language": sample.record.language,
        "handover": False,
        "understood_as": question,
        "others": [],
        "answer_token": TOKEN,
    }


def _entry(sample: Sample) -> dict[str, Any]:
    record, sentence = sample.record, sample.sentence
    return {
        "id": record.id,
        "question": record.question,
        "language": record.language,
        "answer": record.answer,
        "answer_html": record.answer_html,
        "confidence": 0.93,
        "highlight": {"start": 0, "end": len(sentence), "text": sentence},
        "source": _source(sample) | {"section": list(record.section)},
        "checks": sample.check_entries,
    }


def _source(sample: Sample) -> dict[str, Any]:
    source = sample.record.source
    return {"path": source.path, "line": source.line, "anchor": source.anchor}


def batch(sample: Sample) -> dict[str, Any]:
    """Return the body of a batch."""
    questions = [{"question": sample.asked}, {"question": UNANSWERED, "top_k": 1}]
    return {"plain": {"summary": "Two questions", "value": {"questions": questions}}}


def batch_answered(sample: Sample) -> dict[str, Any]:
    """Return the reply to a batch."""
    return {"answers": [answered(sample), _not_answered(sample)], "snapshot": sample.snapshot, "took_ms": 10.1}


def searched(sample: Sample) -> dict[str, Any]:
    """Return the hits of a search."""
    record = sample.record
    hit = {"id": record.id, "question": record.question, "confidence": 0.88}
    return {
        "query": sample.typed,
        "hits": [hit | {"url": sample.url, "snippet": sample.sentence}],
        "snapshot": sample.snapshot,
        "took_ms": 4.1,
    }


def record(sample: Sample) -> dict[str, Any]:
    """Return a record."""
    return sample.record.to_json() | {"source": _source(sample), "url": sample.url}


def found_record(sample: Sample) -> dict[str, Any]:
    """Return a record by its own id."""
    return record(sample) | {"moved_to": None}


def records(sample: Sample) -> dict[str, Any]:
    """Return a page of records."""
    return {"records": [record(sample)], "next_cursor": sample.record.id}


def checks(sample: Sample) -> dict[str, Any]:
    """Return the check scripts; none where the record has none."""
    more = {
        "version": "1.2.0",
        "answers": [sample.record.id],
        "reads": [],
        "writes": [],
        "needs": ["cpu"],
        "limit_seconds": 60.0,
        "dependencies": [],
        "requires_python": ">=3.9",
        "description": "Measures what the answer claims.",
    }
    return {"checks": [entry | more for entry in sample.check_entries]}


def feedback(sample: Sample) -> dict[str, Any]:
    """Return bodies of a judgement."""
    told = {"answer_token": TOKEN, "helpful": False, "tags": ["outdated"], "note": "This has changed since."}
    return {
        "token": {"summary": "A vote on an answer given today", "value": told},
        "record": {
            "summary": "A vote without a token",
            "value": {"question": sample.asked, "record_id": sample.record.id, "helpful": True},
        },
    }


def click(sample: Sample) -> dict[str, Any]:
    """Return the body that tells what was opened."""
    opened = {"answer_token": TOKEN, "record_id": sample.record.id}
    return {"plain": {"summary": "A record that was opened", "value": opened}}


def check_run(sample: Sample) -> dict[str, Any]:
    """Return the body that tells how a check ended."""
    entry: dict[str, Any] = next(iter(sample.check_entries), {"id": "disk-room", "sha256": "0" * 64})
    told = {
        "check": entry["id"],
        "version": "1.0",
        "sha256": entry["sha256"],
        "status": "fail",
        "on": {"python": "3.12.4", "system": "Linux x86_64"},
    }
    return {"plain": {"summary": "A check that failed", "value": told}}
