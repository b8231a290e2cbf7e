"""The tables of the maintainer's pages as files: CSV for spreadsheets, JSON for programs; with every row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from faqkb.kb.answers import Status
from faqkb.kb.feedback.runs import RunCount
from faqkb.kb.foreign.cells import as_cell
from faqkb.kb.gaps.gap import Gap
from faqkb.kb.snapshot.published import SnapshotSummary
from faqkb.server.admin.figures import Figures, Share

Cell = str | int | float | bool | None
_DIGITS = 6  # of a share or a confidence


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under names, which are the same in every language."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def as_csv(self) -> str:
        """Return RFC 4180 with a header; a text that a spreadsheet would run has an apostrophe before it."""
        buffer = io.StringIO()
        writer = csv.writer(buffer)
        writer.writerow(self.columns)
        writer.writerows([_harmless(cell) for cell in row] for row in self.rows)
        return buffer.getvalue()

    def as_objects(self) -> list[Mapping[str, Cell]]:
        """Return each row by the names of its columns."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def days_table(figures: Figures) -> Table:
    """Return one row for each day."""
    columns = ("day", "questions", "answered", "ambiguous", "no_answer", "confidence", "helpful", "not_helpful")
    return Table(
        columns,
        tuple(
            (
                day.day,
                day.questions,
                *(day.counts[status] for status in (Status.ANSWERED, Status.AMBIGUOUS, Status.NO_ANSWER)),
                round(day.confidence, _DIGITS) if day.counts[Status.ANSWERED] else None,
                day.helpful,
                day.not_helpful,
            )
            for day in figures.days
        ),
    )


def totals_table(figures: Figures) -> Table:
    """Return the figures of all days together; a count has no share."""
    counts = {
        "attempts": figures.attempts,
        "answers": figures.answers,
        "unsuccessful_attempts": figures.count(Status.NO_ANSWER),
        "clicks": figures.clicks,
        "resolutions": figures.resolutions,
    }
    shares = {
        "suggestion_rate": figures.suggestion_rate,
        "uncertain": figures.uncertain,
        "helpful_share": figures.helpful,
    }
    rows: list[tuple[Cell, ...]] = [(name, count, None, None, None, None) for name, count in counts.items()]
    rows += [(name, share.part, share.whole, *_of(share)) for name, share in shares.items()]
    return Table(("figure", "count", "of", "share", "low", "high"), tuple(rows))


def records_table(figures: Figures, questions: Mapping[str, str]) -> Table:
    """Return how often each record answered; `questions` are those of the records that are stored, by id."""
    rows = ((record_id, questions.get(record_id), times) for record_id, times in figures.records.items())
    return Table(("record", "question", "times"), tuple(rows))


def in_vain_table(figures: Figures) -> Table:
    """Return the questions without an answer."""
    rows = ((each.question, each.times, each.no_answer, each.ambiguous, each.last) for each in figures.in_vain)
    return Table(("question", "times", "no_answer", "ambiguous", "last"), tuple(rows))


def votes_table(figures: Figures, questions: Mapping[str, str]) -> Table:
    """Return the records with votes against, the worst first."""
    columns = ("record", "question", "helpful", "not_helpful", "share_against", "low", "high", "reasons")
    rows = (
        (
            each.record_id,
            questions.get(each.record_id),
            each.helpful,
            each.not_helpful,
            *_of(each.against),
            ", ".join(f"{tag} {count}" for tag, count in each.reasons.items()),
        )
        for each in figures.judged
    )
    return Table(columns, tuple(rows))


def calibration_table(figures: Figures) -> Table:
    """Return what was promised and what readers said, week by week."""
    columns = ("first", "last", "answered", "confidence", "votes", "helpful_share", "low", "high", "drifted")
    rows = (
        (
            week.first,
            week.last,
            week.answered,
            None if week.confidence is None else round(week.confidence, _DIGITS),
            week.helpful.whole,
            *_of(week.helpful),
            week.has_drifted,
        )
        for week in figures.weeks
    )
    return Table(columns, tuple(rows))


def bins_table(figures: Figures) -> Table:
    """Return what readers said of answers by their confidence."""
    columns = ("from", "to", "confidence", "votes", "helpful_share", "low", "high", "drifted")
    rows = (
        (
            each.low,
            each.high,
            None if each.confidence is None else round(each.confidence, _DIGITS),
            each.helpful.whole,
            *_of(each.helpful),
            each.has_drifted,
        )
        for each in figures.bins
    )
    return Table(columns, tuple(rows))


def gaps_table(gaps: Iterable[Gap]) -> Table:
    """Return the gaps with what could be done about each."""
    columns = ("id", "question", "weight", "times", "last", "remedy", "record", "wordings")
    rows = (
        (
            gap.id,
            gap.question,
            round(gap.weight, 3),
            sum(wording.times for wording in gap.wordings),
            max(wording.last for wording in gap.wordings),
            gap.remedy.value,
            gap.record_id,
            "\n".join(wording.question for wording in gap.wordings),
        )
        for gap in gaps
    )
    return Table(columns, tuple(rows))


def checks_table(counts: Iterable[RunCount], live: Mapping[str, str]) -> Table:
    """Return how the checks fared that people sent back; `live` is the sha256 of each script that is stored."""
    columns = ("check", "version", "sha256", "live", "on", "passed", "failed", "last")
    rows = (
        (
            each.check,
            each.version,
            each.sha256,
            live.get(each.check) == each.sha256,
            each.on,
            each.passed,
            each.failed,
            each.last,
        )
        for each in counts
    )
    return Table(columns, tuple(rows))


def snapshots_table(snapshots: Sequence[SnapshotSummary]) -> Table:
    """Return the snapshots there are."""
    rows = ((each.name, each.current, each.created, each.records, each.passages) for each in snapshots)
    return Table(("snapshot", "live", "created", "records", "passages"), tuple(rows))


def _of(share: Share) -> tuple[float | None, float | None, float | None]:
    """Return a share and both ends of its interval."""
    if share.value is None or share.interval is None:
        return None, None, None
    low, high = share.interval
    return round(share.value, _DIGITS), round(low, _DIGITS), round(high, _DIGITS)


def _harmless(cell: Cell) -> Cell:
    return "\n".join(map(as_cell, cell.split("\n"))) if isinstance(cell, str) else cell  # strangers write questions
