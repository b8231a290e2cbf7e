"""The maintainer's pages: figures, gaps, and every table as a file. They change nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from flask import Blueprint, Response, current_app, jsonify, url_for
from werkzeug.exceptions import NotFound

from faqkb.kb.knowledge import KnowledgeBase
from faqkb.server.admin import tables
from faqkb.server.admin.chart import HEIGHT, WIDTH, chart_of
from faqkb.server.admin.figures import LEAST_VOTES, Figures
from faqkb.server.admin.maintainer import (
    RANGES,
    asked_days,
    asked_span,
    figures_of,
    maintained,
    readable,
    require_maintainer,
    sent_checks,
)
from faqkb.server.admin.missing import FoundGaps
from faqkb.server.admin.tables import Table
from faqkb.server.answering.catalogues import wording
from faqkb.server.answering.leases import leased_knowledge
from faqkb.server.feedback.recording import recorder_of
from faqkb.server.limits import ADMIN_ROWS, GAP_SECONDS
from faqkb.server.pages.views import page_reply

admin = Blueprint("admin", __name__, template_folder="templates")
admin.before_request(require_maintainer)


@admin.get("/admin")
def overview() -> Response:
    """Show what was asked, what came of it, and what readers said."""
    span = asked_span()
    figures = figures_of(span)
    with leased_knowledge() as knowledge:
        questions = _questions(knowledge, [*figures.records, *(each.record_id for each in figures.judged)])
        return page_reply(
            knowledge,
            wording(),
            "admin/overview.html",
            **_frame(),
            figures=figures,
            span=span,
            chart=chart_of(figures.days),
            width=WIDTH,
            height=HEIGHT,
            questions=questions,
            sent_checks=sent_checks(span),
            live_checks={check.id: check.sha256 for check in knowledge.checks()},
            least_votes=LEAST_VOTES,
            is_recorded=recorder_of(current_app) is not None,
        )


@admin.get("/admin/gaps")
def gaps() -> Response:
    """Show what is asked in vain, put together, and what could be done about each."""
    with leased_knowledge() as knowledge:
        return page_reply(
            knowledge,
            wording(),
            "admin/gaps.html",
            **_frame(),
            found=_gaps(knowledge),
            gap_minutes=GAP_SECONDS // 60,
        )


@admin.get("/admin/tables/<name>.<any(csv, json):form>")
def table(name: str, form: str) -> Response:
    """Return all rows of a table of the pages as a file."""
    make = _TABLES.get(name)
    if make is None:
        raise NotFound
    with leased_knowledge() as knowledge:
        made = make(knowledge)
    span = asked_span()
    if form == "json":
        reply = jsonify(table=name, first=str(span.first), last=str(span.last), rows=made.as_objects())
    else:
        reply = current_app.response_class(made.as_csv(), content_type="text/csv; charset=utf-8")
    reply.headers.set("Content-Disposition", "attachment", filename=f"{name}-{span.first}-{span.last}.{form}")
    return reply


@admin.app_template_global()
def table_address(name: str, form: str) -> str:
    """Return the address of a table as a file, for the days that are shown."""
    return url_for("admin.table", name=name, form=form, days=asked_days(), lang=None)


def _frame() -> dict[str, object]:
    """Return what every page of the maintainer shows."""
    return {"days": asked_days(), "ranges": RANGES, "most_rows": ADMIN_ROWS}


def _gaps(knowledge: KnowledgeBase) -> FoundGaps:
    with readable():
        return maintained().gaps.find(knowledge, str(asked_span().first))


def _questions(knowledge: KnowledgeBase, record_ids: Iterable[str]) -> dict[str, str]:
    """Return the questions of the records that are stored, by the ids they are counted by."""
    found = ((record_id, knowledge.resolve(record_id)) for record_id in record_ids)
    return {record_id: record.question for record_id, record in found if record is not None}


def _of_figures(make: Callable[[Figures], Table]) -> Callable[[KnowledgeBase], Table]:
    return lambda _: make(figures_of(asked_span()))


def _of_records(make: Callable[[Figures, dict[str, str]], Table]) -> Callable[[KnowledgeBase], Table]:
    def made(knowledge: KnowledgeBase) -> Table:
        figures = figures_of(asked_span())
        return make(figures, _questions(knowledge, {*figures.records, *(each.record_id for each in figures.judged)}))

    return made


_TABLES: dict[str, Callable[[KnowledgeBase], Table]] = {
    "days": _of_figures(tables.days_table),
    "figures": _of_figures(tables.totals_table),
    "records": _of_records(tables.records_table),
    "questions": _of_figures(tables.in_vain_table),
    "votes": _of_records(tables.votes_table),
    "calibration": _of_figures(tables.calibration_table),
    "bins": _of_figures(tables.bins_table),
    "checks": lambda knowledge: tables.checks_table(
        sent_checks(asked_span()), {check.id: check.sha256 for check in knowledge.checks()}
    ),
    "gaps": lambda knowledge: tables.gaps_table(_gaps(knowledge).gaps.open),
}
