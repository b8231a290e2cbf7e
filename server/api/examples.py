"""Examples of requests and replies, shown in `/openapi.json` and `/docs`; the tests hold them against the models."""

from __future__ import annotations

from typing import Any

from faqkb.server.reference.examples import (
    ANSWER,
    CHECK_ENTRY,
    FOLLOW_UPS,
    ID,
    QUESTION,
    SENTENCE,
    SNAPSHOT,
    TOKEN,
    URL,
)

ASK: dict[str, Any] = {
    "plain": {"summary": "A question", "value": {"question": "bus error in docker"}},
    "strict": {
        "summary": "Only a sure answer, of a few, with the reasons",
        "value": {"question": "bus error in docker", "top_k": 1, "min_confidence": 0.9, "explain": True},
    },
    "follow_up": {
        "summary": "A question that leans on the one before",
        "value": {"question": "and on Windows?", "messages": [{"role": "user", "content": "bus error in docker"}]},
    },
}
_ENTRY = {
    "id": ID,
    "question": QUESTION,
    "language": "en",
    "answer": ANSWER,
    "answer_html": f"<p>{ANSWER}</p>",
    "confidence": 0.93,
    "highlight": {"start": ANSWER.index(SENTENCE), "end": len(ANSWER), "text": SENTENCE},
    "source": {"path": "faq_2021_s1.md", "line": 31, "section": ["Training"], "anchor": None},
    "checks": [CHECK_ENTRY],
}
ANSWERED: dict[str, Any] = {
    "question": "bus error in docker",
    "status": "answered",
    "answered": True,
    "confidence": 0.93,
    "answers": [_ENTRY],
    "no_answer": None,
    "snapshot": SNAPSHOT,
    "took_ms": 5.2,
    "understood_as": "bus error in docker",
    "others": [],
    "follow_ups": FOLLOW_UPS,
    "answer_token": TOKEN,
}
NOT_ANSWERED: dict[str, Any] = {
    "question": "how do I renew my passport?",
    "status": "no_answer",
    "answered": False,
    "confidence": 0.02,
    "answers": [],
    "no_answer": {
        "reason": "not_confident",
        "message": "Nothing stored is likely to answer this question.",
        "suggestions": [{"id": ID, "question": QUESTION, "confidence": 0.02}],
    },
    "snapshot": SNAPSHOT,
    "took_ms": 4.8,
    "understood_as": "how do I renew my passport?",
    "others": [],
    "follow_ups": [],
    "answer_token": TOKEN,
}
BATCH: dict[str, Any] = {
    "plain": {
        "summary": "Two questions",
        "value": {"questions": [{"question": "bus error in docker"}, {"question": "renew my passport", "top_k": 1}]},
    }
}
BATCH_ANSWERED: dict[str, Any] = {"answers": [ANSWERED, NOT_ANSWERED], "snapshot": SNAPSHOT, "took_ms": 10.1}
SEARCHED: dict[str, Any] = {
    "query": "bus err",
    "hits": [{"id": ID, "question": QUESTION, "confidence": 0.88, "url": URL, "snippet": SENTENCE}],
    "snapshot": SNAPSHOT,
    "took_ms": 4.1,
}
RECORD: dict[str, Any] = {
    "id": ID,
    "question": QUESTION,
    "answer": ANSWER,
    "answer_text": ANSWER,
    "answer_html": f"<p>{ANSWER}</p>",
    "source": {"path": "faq_2021_s1.md", "line": 31, "anchor": None},
    "language": "en",
    "alternates": ["DataLoader worker is killed by signal: Bus error"],
    "section": ["Training"],
    "tags": ["docker"],
    "checks": ["shm"],
    "url": URL,
}
RECORDS: dict[str, Any] = {"records": [RECORD], "next_cursor": ID}
CHECKS: dict[str, Any] = {
    "checks": [
        CHECK_ENTRY
        | {
            "version": "1.2.0",
            "answers": [ID],
            "reads": ["/dev/shm"],  # noqa: S108, what the check says of itself
            "writes": [],
            "needs": ["cpu"],
            "limit_seconds": 60.0,
            "dependencies": [],
            "requires_python": ">=3.9",
            "description": "Measures the shared memory that a data loader would find.",
        }
    ]
}
FEEDBACK: dict[str, Any] = {
    "token": {
        "summary": "A vote on an answer given today",
        "value": {"answer_token": TOKEN, "helpful": False, "tags": ["outdated"], "note": "Changed in 2.6"},
    },
    "record": {
        "summary": "A vote without a token",
        "value": {"question": "bus error in docker", "record_id": ID, "helpful": True},
    },
}
CLICK: dict[str, Any] = {
    "plain": {"summary": "A record that was opened", "value": {"answer_token": TOKEN, "record_id": ID}}
}
