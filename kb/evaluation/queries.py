"""A file of labelled queries against an opened knowledge base."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from faqkb.kb import limits
from faqkb.kb.answers import Status
from faqkb.kb.errors import ContentError
from faqkb.kb.evaluation.bootstrap import bootstrap_intervals
from faqkb.kb.evaluation.metrics import Columns, measure, to_columns
from faqkb.kb.evaluation.outcome import Outcome
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.language.detection import detect_language

ANYTHING = "anything"
"""Expected of a query that is known to go wrong."""
EXPECTATIONS = ("answered", "shown", "no_answer", ANYTHING)


@dataclass(frozen=True, slots=True)
class LabelledQuery:
    """One line of a query file."""

    query: str
    relevant: tuple[str, ...]
    """Record ids, or exact texts of stored questions; none for a query that must stay unanswered."""
    language: str
    kind: str | None = None
    """What its writer calls its like, such as `near` or `far` for queries out of scope; figures are told for each."""
    without: tuple[str, ...] = ()
    """Ids of records that are left out while it is asked."""
    expect: str | None = None
    """What it has to get at least, one of `EXPECTATIONS`; None where that follows from `relevant`."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One query and what it got."""

    query: LabelledQuery
    outcome: Outcome
    first_question: str | None
    """Question of the record found first; None when none was."""
    took_ms: float

    @property
    def missed(self) -> bool:
        """Whether it went wrong: in scope with a wrong record first, or out of scope and answered or given choices."""
        if self.outcome.in_scope:
            return not self.outcome.right
        return self.outcome.status is not Status.NO_ANSWER

    def to_json(self) -> dict[str, Any]:
        """Return one entry of `misses` of `faq eval --json`."""
        outcome = self.outcome
        return {
            "query": self.query.query,
            "lang": self.query.language,
            "relevant": list(self.query.relevant),
            "status": outcome.status.value,
            "confidence": outcome.confidence,
            "first": {"id": outcome.ranked[0], "question": self.first_question} if outcome.ranked else None,
            "rank": outcome.ranks[0] if outcome.ranks else None,
        }


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What all queries got."""

    snapshot: str
    asked: tuple[Asked, ...]
    """At least one, in the order of the file."""
    unknown: tuple[str, ...]
    """Relevant entries that no record goes by; they count as never found."""

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """What each query got."""
        return tuple(asked.outcome for asked in self.asked)

    @property
    def misses(self) -> tuple[Asked, ...]:
        """The queries that went wrong."""
        return tuple(asked for asked in self.asked if asked.missed)

    def to_json(self) -> dict[str, Any]:
        """Return the document of `faq eval --json`."""
        p50, p99 = np.percentile([asked.took_ms for asked in self.asked], [50, 99])
        languages = sorted({asked.query.language for asked in self.asked})
        kinds = sorted({asked.query.kind for asked in self.asked if asked.query.kind})
        return {
            **report(self.outcomes),
            "by_language": {
                language: report([asked.outcome for asked in self.asked if asked.query.language == language])
                for language in languages
            },
            "by_kind": {kind: self._of_kind(kind) for kind in kinds},
            "latency_ms": {"p50": round(float(p50), 3), "p99": round(float(p99), 3)},
            "unknown_relevant": list(self.unknown),
            "snapshot": self.snapshot,
        }

    def _of_kind(self, kind: str) -> dict[str, Any]:
        """Return the figures of the queries of one kind; its `auroc` is against every in-scope query of the file."""
        own = report([asked.outcome for asked in self.asked if asked.query.kind == kind])
        against = report([asked.outcome for asked in self.asked if asked.outcome.in_scope or asked.query.kind == kind])
        own["auroc"] = against["auroc"]
        own["intervals"]["auroc"] = against["intervals"]["auroc"]
        return own


def report(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return the counts of some outcomes, their figures by name, and the 95% interval of every figure."""
    columns = to_columns(outcomes)
    return {
        "n": len(outcomes),
        "n_out_of_scope": sum(not outcome.in_scope for outcome in outcomes),
        **figures_of(columns),
        "intervals": bootstrap_intervals(partial(measure, columns), len(outcomes)),
    }


def figures_of(columns: Columns) -> dict[str, float | None]:
    """Return every figure by name; a share of no queries is 0, but for two that a 0 would misreport as bad."""
    once = np.ones((1, len(columns.confidence)))
    without = dict.fromkeys(("auroc", "answered_precision"))
    return {
        name: without.get(name, 0.0) if np.isnan(value) else float(value)
        for name, (value,) in measure(columns, once).items()
    }


def read_queries(path: Path) -> tuple[LabelledQuery, ...]:
    """Return the queries of a JSON Lines file. Raises ContentError naming the line."""
    try:
        with path.open("rb") as file:
            content = file.read(limits.FILE_BYTES + 1)  # a device or a pipe has no end
        text = content.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ContentError(f"{path}: cannot be read ({error}); give a file of JSON Lines") from error
    if len(content) > limits.FILE_BYTES:
        raise ContentError(f"{path}: more than {limits.FILE_BYTES:,} bytes of queries; give a part of them")
    queries = tuple(
        _parse_line(line, f"{path}:{number}") for number, line in enumerate(text.split("\n"), start=1) if line.strip()
    )
    if not queries:
        raise ContentError(f"{path}: holds no queries; give at least one line")
    return queries


def _parse_line(line: str, place: str) -> LabelledQuery:
    try:
        entry = json.loads(line)
        query, relevant, language, kind = entry["query"], entry["relevant"], entry.get("lang"), entry.get("kind")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ContentError(f"{place}: not a query (expected an object with query and relevant); correct it") from error
    if (
        not isinstance(query, str)
        or not isinstance(relevant, list)
        or not all(isinstance(one, str) for one in relevant)
    ):
        raise ContentError(f"{place}: query must be text and relevant a list of texts (got {line[:60]!r}); correct it")
    labelled = LabelledQuery(
        query,
        tuple(relevant),
        str(language or detect_language(query)),
        str(kind) if kind else None,
        _without(entry, place),
        _expected(entry, place),
    )
    _check_printable(labelled, place)
    return labelled


def _without(entry: Mapping[str, Any], place: str) -> tuple[str, ...]:
    without = entry.get("without", [])
    if not isinstance(without, list) or not all(isinstance(one, str) for one in without):
        raise ContentError(f"{place}: without must be a list of record ids (got {without!r:.60}); correct it")
    return tuple(without)


def _expected(entry: Mapping[str, Any], place: str) -> str | None:
    expect = entry.get("expect")
    fitting = EXPECTATIONS[2:] if not entry["relevant"] else (*EXPECTATIONS[:2], ANYTHING)
    if expect is not None and expect not in fitting:
        raise ContentError(f"{place}: expect must be one of {', '.join(fitting)} (got {expect!r:.60}); correct it")
    return expect


def _check_printable(labelled: LabelledQuery, place: str) -> None:
    """Refuse a lone surrogate: JSON can spell it, no output can hold it."""
    try:
        "".join(
            (labelled.query, *labelled.relevant, *labelled.without, labelled.language, labelled.kind or "")
        ).encode()
    except UnicodeEncodeError as error:
        raise ContentError(
            f"{place}: holds half a character (got {error.object[error.start]!r}); correct it"
        ) from error


def evaluate(
    knowledge: KnowledgeBase,
    queries: Sequence[LabelledQuery],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Evaluation:
    """Ask every query, at least one; ranks are those of `search`, without any threshold.

    `progress` is called with how many were asked, and of how many.
    """
    names = _record_ids(knowledge)
    wanted = dict.fromkeys(entry for query in queries for entry in query.relevant)
    asked = []
    for query in queries:
        asked.append(_ask(knowledge, query, _relevant_ids(query, names)))
        progress(len(asked), len(queries))
    return Evaluation(
        snapshot=knowledge.name,
        asked=tuple(asked),
        unknown=tuple(entry for entry in wanted if not _ids_called(entry, names)),
    )


def _ask(knowledge: KnowledgeBase, query: LabelledQuery, relevant: frozenset[str]) -> Asked:
    if query.without:
        knowledge = knowledge.without(query.without)
    answer, ranked = knowledge.ask_ranked(query.query)
    records = [knowledge.record_at(hit.position) for hit in ranked[: limits.TOP_K_MAX]]
    outcome = Outcome(
        ranked=tuple(record.id for record in records),
        relevant=relevant,
        status=answer.status,
        confidence=answer.confidence,
        choices=len(answer.hits) if answer.status is Status.AMBIGUOUS else 0,
    )
    return Asked(query, outcome, records[0].question if records else None, answer.took_ms)


def queries_sha256(queries: Sequence[LabelledQuery]) -> str:
    """Return the hash that says which queries something was learned from."""
    text = "\n".join(f"{query.query}\t{' '.join(query.relevant)}" for query in queries)
    return hashlib.sha256(text.encode()).hexdigest()


def relevant_ids(knowledge: KnowledgeBase, queries: Sequence[LabelledQuery]) -> tuple[frozenset[str], ...]:
    """Return the ids of the records that answer each query; an entry that no record goes by stands for itself."""
    names = _record_ids(knowledge)
    return tuple(_relevant_ids(query, names) for query in queries)


def _relevant_ids(query: LabelledQuery, names: Mapping[str, frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*(_ids_called(entry, names) or {entry} for entry in query.relevant))


def _ids_called(name: str, names: Mapping[str, frozenset[str]]) -> frozenset[str]:
    return names.get(name) or names.get(letters(name)) or frozenset()


def _record_ids(knowledge: KnowledgeBase) -> Mapping[str, frozenset[str]]:
    """Return the ids that each name stands for: an id, a question's text, or that text's letters."""
    names: dict[str, set[str]] = {}
    for record in knowledge.all_records():
        for name in (record.id, record.question, letters(record.question)):
            names.setdefault(name, set()).add(record.id)
    for former, now in knowledge.moved().items():
        names.setdefault(former, {now})
    return {name: frozenset(ids) for name, ids in names.items()}


def letters(text: str) -> str:
    """Return letters and digits only: a labelled question may keep the code marks that a stored one has lost."""
    return "".join(char for char in text.casefold() if char.isalnum())
