"""A file of labelled queries against an opened knowledge base."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kb import limits, metrics
from kb.answers import Status
from kb.errors import ContentError
from kb.knowledge import KnowledgeBase
from kb.language import detect_language
from kb.metrics import Outcome


@dataclass(frozen=True, slots=True)
class LabelledQuery:
    """One line of a query file."""

    query: str
    relevant: tuple[str, ...]
    """Record ids, or exact texts of stored questions; none for a query that must stay unanswered."""
    language: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What all queries got."""

    queries: tuple[LabelledQuery, ...]
    outcomes: tuple[Outcome, ...]
    latencies_ms: tuple[float, ...]
    unknown: tuple[str, ...]
    """Relevant entries that no record goes by; they count as never found."""

    def to_json(self) -> dict[str, Any]:
        """Return the document of `faq eval --json`."""
        languages = sorted({query.language for query in self.queries})
        p50, p99 = np.percentile(self.latencies_ms, [50, 99]) if self.latencies_ms else (0.0, 0.0)
        return {
            **figures(self.outcomes),
            "by_language": {
                language: figures(
                    [out for query, out in zip(self.queries, self.outcomes, strict=True) if query.language == language]
                )
                for language in languages
            },
            "latency_ms": {"p50": round(float(p50), 3), "p99": round(float(p99), 3)},
            "unknown_relevant": list(self.unknown),
        }


def figures(outcomes: Sequence[Outcome]) -> dict[str, float | None]:
    """Return every figure of some outcomes by its name in the query file's report."""
    out_of_scope = sum(not outcome.in_scope for outcome in outcomes)
    return {
        "n": len(outcomes),
        "n_out_of_scope": out_of_scope,
        "recall@1": metrics.recall_at_k(outcomes, 1),
        "recall@3": metrics.recall_at_k(outcomes, 3),
        "recall@10": metrics.recall_at_k(outcomes, 10),
        "mrr": metrics.mean_reciprocal_rank(outcomes),
        "ndcg@10": metrics.ndcg_at_10(outcomes),
        "auroc": metrics.auroc(outcomes),
        "ece": metrics.expected_calibration_error(outcomes),
        "coverage_at_90_precision": metrics.coverage_at_precision(outcomes, 0.9),
        "answered_precision": metrics.answered_precision(outcomes),
        "answered_coverage": metrics.answered_coverage(outcomes),
        "shown_right": metrics.shown_right(outcomes),
        "false_answers": metrics.false_answers(outcomes),
        "false_choices": metrics.false_choices(outcomes),
    }


def read_queries(path: Path) -> tuple[LabelledQuery, ...]:
    """Return the queries of a JSON Lines file. Raises ContentError naming the line."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ContentError(f"{path}: cannot be read ({error}); give a file of JSON Lines") from error
    queries = tuple(
        _parse_line(line, f"{path}:{number}") for number, line in enumerate(text.splitlines(), start=1) if line.strip()
    )
    if not queries:
        raise ContentError(f"{path}: holds no queries; give at least one line")
    return queries


def _parse_line(line: str, place: str) -> LabelledQuery:
    try:
        entry = json.loads(line)
        query, relevant = entry["query"], entry["relevant"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ContentError(f"{place}: not a query (expected an object with query and relevant); correct it") from error
    if (
        not isinstance(query, str)
        or not isinstance(relevant, list)
        or not all(isinstance(one, str) for one in relevant)
    ):
        raise ContentError(f"{place}: query must be text and relevant a list of texts (got {line[:60]!r}); correct it")
    return LabelledQuery(query, tuple(relevant), str(entry.get("lang") or detect_language(query)))


def evaluate(knowledge: KnowledgeBase, queries: Sequence[LabelledQuery]) -> Evaluation:
    """Ask every query once; ranks are those of `search`, without any threshold."""
    names = _record_ids(knowledge)
    outcomes, latencies, unknown = [], [], []
    for query in queries:
        relevant: set[str] = set()
        for entry in query.relevant:
            found = names.get(entry) or names.get(letters(entry))
            relevant.update(found or ())
            if not found:
                unknown.append(entry)
        answer = knowledge.ask(query.query)
        latencies.append(answer.took_ms)
        hits = knowledge.search(query.query, limit=limits.TOP_K_MAX)
        outcomes.append(
            Outcome(
                in_scope=bool(query.relevant),
                ranks=tuple(rank for rank, hit in enumerate(hits, start=1) if hit.record.id in relevant),
                relevant=max(len(relevant), len(query.relevant)),
                confidence=answer.confidence,
                answered=answer.status is Status.ANSWERED,
                choices=len(answer.hits) if answer.status is Status.AMBIGUOUS else 0,
            )
        )
    return Evaluation(tuple(queries), tuple(outcomes), tuple(latencies), tuple(dict.fromkeys(unknown)))


def _record_ids(knowledge: KnowledgeBase) -> Mapping[str, frozenset[str]]:
    """Return the ids that each name stands for: an id, a question's text, or that text's letters."""
    names: dict[str, set[str]] = {}
    for record in knowledge.all_records():
        for name in (record.id, record.question, letters(record.question)):
            names.setdefault(name, set()).add(record.id)
    return {name: frozenset(ids) for name, ids in names.items()}


def letters(text: str) -> str:
    """Return letters and digits only: a labelled question may keep the code marks that a stored one has lost."""
    return "".join(char for char in text.casefold() if char.isalnum())
