"""The snapshots of a knowledge base, and the way back to an earlier one."""

from __future__ import annotations

import logging

from flask import Blueprint, Response, current_app, g, jsonify, make_response, redirect, request, url_for
from werkzeug.exceptions import NotFound

from faqkb.kb.errors import Busy, MilvusAway, SnapshotDamaged, SnapshotNotFound, SnapshotUnsupported, StorageFailed
from faqkb.kb.snapshot.published import SnapshotSummary
from faqkb.server.admin.maintainer import RANGES, maintained, require_maintainer
from faqkb.server.admin.tables import snapshots_table
from faqkb.server.answering.catalogues import wording
from faqkb.server.answering.leases import knowledge_holder, leased_knowledge
from faqkb.server.feedback.readers import check_page_token, refuse_other_sites
from faqkb.server.noted import note_deed
from faqkb.server.pages.views import page_reply
from faqkb.server.problems import Refused

history = Blueprint("admin_history", __name__, template_folder="templates")
history.before_request(require_maintainer)
_log = logging.getLogger("faq.server")
_OTHERWISE = "the terminal has `faq snapshots --rollback`."


@history.get("/admin/snapshots")
def snapshots() -> Response:
    """List the snapshots, newest first."""
    return _page("admin/snapshots.html", snapshots=_listed()[::-1])


@history.get("/admin/tables/snapshots.<any(csv, json):form>")
def snapshots_file(form: str) -> Response:
    """Return the list of snapshots as a file."""
    made = snapshots_table(_listed())
    if form == "json":
        reply = jsonify(table="snapshots", rows=made.as_objects())
    else:
        reply = current_app.response_class(made.as_csv(), content_type="text/csv; charset=utf-8")
    reply.headers.set("Content-Disposition", "attachment", filename=f"snapshots.{form}")
    return reply


@history.get("/admin/snapshots/<name>/rollback")
def confirm(name: str) -> Response:
    """Ask whether a snapshot shall be the live one; nothing changes yet."""
    return _page("admin/confirm.html", snapshot=_found(name))


@history.post("/admin/snapshots/<name>/rollback")
def roll_back(name: str) -> Response:
    """Make a snapshot the live one after all of its files held, as `faq snapshots --rollback` does."""
    refuse_other_sites(otherwise=_OTHERWISE)
    check_page_token(request.form.get("page_token", ""), otherwise=_OTHERWISE)
    found = _found(name)
    note_deed("rollback", found.name)
    try:
        maintained().source.roll_back(found.name)
    except SnapshotNotFound as error:
        raise NotFound from error
    except Busy as error:
        raise Refused(409, "Something is being published just now; try again when it is done.") from error
    except (SnapshotDamaged, SnapshotUnsupported) as error:
        raise Refused(409, "The snapshot is not whole, so it was left alone; `faq doctor` says why.") from error
    except MilvusAway as error:
        raise _away(error) from error
    except StorageFailed as error:
        raise Refused(503, "The disk refused; the live snapshot is what `faq snapshots` says.") from error
    knowledge_holder().look()  # so that the page that comes next is of what is live now
    return make_response(redirect(url_for("admin_history.snapshots"), 303))


def _listed() -> tuple[SnapshotSummary, ...]:
    """Return the snapshots, oldest first. Raises Refused (503)."""
    try:
        return maintained().source.snapshots()
    except MilvusAway as error:
        raise _away(error) from error


def _away(error: MilvusAway) -> Refused:
    _log.error("request %s: %s", g.request_id, error)
    return Refused(503, "The database with the snapshots does not answer; try again in a moment.")


def _found(name: str) -> SnapshotSummary:
    """Return the snapshot of a name. Raises NotFound."""
    found = next((each for each in _listed() if each.name == name), None)
    if found is None:
        raise NotFound
    return found


def _page(template: str, **context: object) -> Response:
    with leased_knowledge() as knowledge:
        return page_reply(knowledge, wording(), template, days=RANGES[0], ranges=(), **context)
