"""An evaluation for a person: tables that fit 100 columns, and the queries that went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from faqkb.faq.console import one_line, say
from faqkb.kb.answers import Status
from faqkb.kb.evaluation.comparison import Difference
from faqkb.kb.evaluation.queries import Asked, Evaluation

_NAME = 25  # the longest figure's name, and a space
_CELL = 21  # "0.775 [0.68, 0.86]" and room
_COLUMNS = 3  # side by side in 100 columns
_QUERY_CHARS = 90
_STATUS_WORDS = {
    Status.ANSWERED: "answered with",
    Status.AMBIGUOUS: "choices, first",
    Status.NO_ANSWER: "no answer, nearest",
}


def show_evaluation(evaluation: Evaluation) -> None:
    """Print every figure with its interval, for all queries, for each language and for each kind that they name."""
    report = evaluation.to_json()
    columns = list({"all": report, **report["by_language"], **report["by_kind"]}.items())
    for start in range(0, len(columns), _COLUMNS):
        _show_table(dict(columns[start : start + _COLUMNS]))
    say(f"latency p50 {report['latency_ms']['p50']:.1f} ms, p99 {report['latency_ms']['p99']:.1f} ms")


def _show_table(columns: Mapping[str, Mapping[str, Any]]) -> None:
    _say_row("", *columns)
    for count in ("n", "n_out_of_scope"):
        _say_row(count, *(str(column[count]) for column in columns.values()))
    for figure in next(iter(columns.values()))["intervals"]:
        _say_row(figure, *(_estimate(column[figure], column["intervals"][figure]) for column in columns.values()))


def show_misses(evaluation: Evaluation) -> None:
    """Print each query that went wrong, what came first, and where the right record was."""
    say(f"\n{len(evaluation.misses)} of {len(evaluation.asked)} queries went wrong:")
    for asked in evaluation.misses:
        show_missed(asked)


def show_missed(asked: Asked) -> None:
    """Print one query, what came first, and where the right record was."""
    say(f"{asked.query.language:>4}  {short_line(asked.query.query)}")
    say(f"        {_STATUS_WORDS[asked.outcome.status]} {_first(asked)}; {_right(asked)}")


def _first(asked: Asked) -> str:
    if not asked.outcome.ranked:
        return "nothing"
    return f"{asked.outcome.ranked[0]} ({asked.outcome.confidence:.2f}) {short_line(asked.first_question or '')}"


def _right(asked: Asked) -> str:
    outcome = asked.outcome
    if not outcome.in_scope:
        return "out of scope"
    return f"right record at rank {outcome.ranks[0]}" if outcome.ranks else "right record not found"


def show_differences(differences: Mapping[str, Difference], snapshot: str) -> None:
    """Print every figure of both evaluations, the difference with its interval, and whether it is more than chance."""
    say(f"\nagainst {snapshot}:")
    _say_row("", "this", "against", "difference")
    for figure, difference in differences.items():
        change = _estimate(difference.difference, difference.interval, sign="+")
        mark = " *" if difference.differs else ""
        _say_row(figure, _number(difference.this), _number(difference.other), f"{change}{mark}")
    say("* the 95% interval of the difference excludes 0")


def _say_row(name: str, *cells: str) -> None:
    say(f"{name:{_NAME}}" + "".join(f"{cell:<{_CELL}}" for cell in cells).rstrip())


def _estimate(value: float | None, interval: tuple[float, float] | None, *, sign: str = "") -> str:
    if interval is None:
        return _number(value, sign=sign)
    return f"{_number(value, sign=sign)} [{interval[0]:.2f}, {interval[1]:.2f}]"


def _number(value: float | None, *, sign: str = "") -> str:
    return "-" if value is None else f"{value:{sign}.3f}"


def short_line(text: str) -> str:
    """Return a query or question as one line, its end left out where it is long."""
    line = one_line(text)
    return line if len(line) <= _QUERY_CHARS else f"{line[:_QUERY_CHARS]}…"
