"""The maintainer's pages: who sees them, what they show, and that nothing but the form changes anything."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest
from access_support import QUESTION, basic, bearer, new_key
from flask.testing import FlaskClient

from faqkb.kb import disk
from faqkb.kb.answers import Status
from faqkb.kb.feedback.events import Vote
from faqkb.kb.feedback.log import FeedbackStore
from faqkb.kb.feedback.questions import Asked
from faqkb.kb.feedback.runs import RunStore, SentRun
from faqkb.kb.snapshot.published import current_snapshot, snapshot_names
from faqkb.server.access.audit import AuditSettings
from faqkb.server.access.decision import AccessSettings
from faqkb.server.admin import missing
from faqkb.server.admin.tables import Table

PAGES = ("/admin", "/admin/gaps", "/admin/snapshots", "/admin/tables/days.csv", "/admin/tables/gaps.json")
TABLES = ("days", "figures", "records", "questions", "votes", "calibration", "bins", "checks", "gaps", "snapshots")
EVIL = "<script>alert(1)</script> & \"'{{7*7}} wifi"
FORMULA = '=HYPERLINK("http://evil.example/","click")'


def ask(folder: Path, question: str, status: Status = Status.NO_ANSWER, record: str | None = None) -> None:
    FeedbackStore(folder).questions.record([Asked(question, status, 0.9, record, "somebody")])


def token_of(client: FlaskClient, name: str, **options: object) -> str:
    page = client.get(f"/admin/snapshots/{name}/rollback", **options).get_data(as_text=True)
    return re.search(r'name="page_token" value="([^"]+)"', page)[1]


def send(client: FlaskClient, name: str, token: str, **headers: str):
    return client.post(f"/admin/snapshots/{name}/rollback", data={"page_token": token}, headers=headers)


@pytest.mark.parametrize("path", PAGES)
def test_a_key_without_the_scope_admin_opens_nothing(folder, open_app, path):
    reader, admin = new_key(folder, "read", "feedback"), new_key(folder, "admin")
    client = open_app()
    assert client.get(path).status_code == 401
    assert "Basic" in str(client.get(path).headers.getlist("WWW-Authenticate"))
    assert client.get(path, headers=bearer(reader)).status_code == 403
    assert client.get(path, headers=basic(admin)).status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_a_public_server_without_keys_shows_none_of_it(open_app, path):
    assert open_app(access=AccessSettings(public=True)).get(path).status_code == 401


@pytest.mark.parametrize("path", PAGES)
def test_without_keys_only_this_machine_itself_is_let_in(client, open_app, path):
    assert client.get(path).status_code == 200
    for told in ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "CF-Connecting-IP", "Via"):
        assert client.get(path, headers={told: "192.0.2.7"}).status_code == 403
    assert client.get(path, environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 403
    behind = open_app(access=AccessSettings(behind_proxy=1))
    assert behind.get(path, headers={"X-Forwarded-For": "192.0.2.7"}).status_code == 403


def test_another_name_for_this_machine_is_refused(client):
    assert client.get("/admin", headers={"Host": "rebound.example"}).status_code == 421


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_page_shows_what_was_asked(client, folder, language):
    ask(folder, "Which wifi password?")
    ask(folder, QUESTION, Status.ANSWERED, "faq/Q1")
    page = client.get(f"/admin?lang={language}").get_data(as_text=True)
    assert {"zh": "维护者数据", "en": "Figures of the maintainer"}[language] in page
    assert "Which wifi password?" in page
    assert QUESTION in page
    assert "Which wifi password?" in client.get(f"/admin/gaps?lang={language}").get_data(as_text=True)


@pytest.mark.parametrize("path", ["/admin", "/admin/gaps"])
def test_what_strangers_write_is_shown_as_text(client, folder, path):
    ask(folder, EVIL)
    FeedbackStore(folder).record(Vote(EVIL, helpful=False, tags=(EVIL[:60],), question=EVIL, note=EVIL))
    page = client.get(path).get_data(as_text=True)
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    assert "{{7*7}}" in page
    assert "style=" not in page


def test_a_question_that_a_spreadsheet_would_run_is_text_there(client, folder):
    for start in ("", " "):
        ask(folder, start + FORMULA)
    ask(folder, "@SUM(1+1)")
    rows = list(csv.DictReader(io.StringIO(client.get("/admin/tables/questions.csv").get_data(as_text=True))))
    assert {row["question"] for row in rows} >= {f"'{FORMULA}", "'@SUM(1+1)"}
    assert not any(row["question"].startswith(("=", "+", "-", "@")) for row in rows)
    kept = client.get("/admin/tables/questions.json").json["rows"]
    assert FORMULA in {row["question"] for row in kept}


def test_neither_a_semicolon_nor_a_line_break_within_a_question_begins_a_formula():
    made = Table(("question", "wordings"), ((f"where;{FORMULA}", f"where\n{FORMULA}"),))
    (row,) = csv.DictReader(io.StringIO(made.as_csv()))
    assert row == {"question": f"where;'{FORMULA}", "wordings": f"where\n'{FORMULA}"}


def test_readers_cannot_make_the_page_of_gaps_work_for_minutes(client, folder, monkeypatch):
    monkeypatch.setattr(missing, "GAP_WORK_SECONDS", -1.0)
    ask(folder, "Which wifi password?")
    assert "0 questions that weigh most were looked at, 1 were not" in client.get("/admin/gaps").get_data(as_text=True)


@pytest.mark.parametrize("table", TABLES)
def test_every_table_is_the_same_as_csv_and_json(client, folder, table):
    ask(folder, "Which wifi password?")
    ask(folder, QUESTION, Status.ANSWERED, "faq/Q1")
    FeedbackStore(folder).record(Vote("faq/Q1", helpful=False, tags=("outdated",)))
    RunStore(folder).record(SentRun("disk", "1.0", "ab" * 32, "fail", {"python": "3.11.7"}))
    reply = client.get(f"/admin/tables/{table}.csv?days=30")
    assert reply.headers["Content-Disposition"].startswith("attachment; filename=")
    rows = list(csv.DictReader(io.StringIO(reply.get_data(as_text=True))))
    document = client.get(f"/admin/tables/{table}.json?days=30").json
    assert document["rows"]
    as_text = [{key: "" if value is None else str(value) for key, value in row.items()} for row in document["rows"]]
    assert rows == as_text


def test_a_file_has_the_rows_that_a_page_leaves_out(client, folder):
    words = [f"question number {number} about nothing" for number in range(60)]
    FeedbackStore(folder).questions.record([Asked(each, Status.NO_ANSWER, asker=each) for each in words])
    assert "50" in re.search(r"The first (\d+) of 60", client.get("/admin").get_data(as_text=True))[1]
    assert len(client.get("/admin/tables/questions.json").json["rows"]) == 60


@pytest.mark.parametrize(
    "path", ["/admin?days=8", "/admin?days=x", "/admin/gaps?days=-7", "/admin/tables/days.csv?days=0"]
)
def test_other_days_are_refused(client, path):
    assert client.get(path).status_code == 422


@pytest.mark.parametrize(
    "path", ["/admin/tables/nothing.csv", "/admin/tables/days.xlsx", "/admin/snapshots/nothing/rollback", "/admin/x"]
)
def test_what_is_not_there_is_404(client, path):
    assert client.get(path).status_code == 404


def test_figures_of_a_damaged_file_are_refused_in_a_sentence(client, folder):
    (folder / "feedback.sqlite").write_bytes(b"no database at all" * 300)
    reply = client.get("/admin/tables/days.json")
    assert reply.status_code == 503
    assert str(folder) not in reply.get_data(as_text=True)


def test_a_gap_comes_with_a_suggestion(client, folder):
    ask(folder, "Which wifi password?")
    (gap,) = client.get("/admin/tables/gaps.json").json["rows"]
    assert (gap["question"], gap["times"], gap["remedy"], gap["record"]) == ("Which wifi password?", 1, "new", None)
    assert "A new question" in client.get("/admin/gaps").get_data(as_text=True)


def test_the_form_goes_back_and_the_next_answer_comes_from_there(client, folder):
    earlier, live = snapshot_names(folder)
    assert current_snapshot(folder) == live
    reply = send(client, earlier, token_of(client, earlier))
    assert (reply.status_code, reply.location) == (303, "/admin/snapshots")
    assert current_snapshot(folder) == earlier
    assert client.post("/api/v1/ask", json={"question": QUESTION}).headers["X-KB-Generation"] == earlier


def test_opening_pages_changes_nothing(client, folder):
    earlier, live = snapshot_names(folder)
    for path in (*PAGES, f"/admin/snapshots/{earlier}/rollback"):
        assert client.get(path).status_code == 200
        client.head(path)
    assert current_snapshot(folder) == live
    assert not (folder / "feedback.sqlite").exists()


@pytest.mark.parametrize("token", ["", "1.abc", "forged"])
def test_a_form_that_no_page_of_ours_sent_changes_nothing(client, folder, token):
    earlier, live = snapshot_names(folder)
    assert send(client, earlier, token).status_code == 403
    assert current_snapshot(folder) == live


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_a_form_of_another_site_changes_nothing(client, folder, headers):
    earlier, live = snapshot_names(folder)
    assert send(client, earlier, token_of(client, earlier), **headers).status_code == 403
    assert current_snapshot(folder) == live


def test_a_form_of_another_key_changes_nothing(folder, open_app):
    mine, theirs = bearer(new_key(folder, "admin")), bearer(new_key(folder, "admin"))
    client = open_app()
    earlier, live = snapshot_names(folder)
    assert send(client, earlier, token_of(client, earlier, headers=theirs), **mine).status_code == 403
    assert current_snapshot(folder) == live


def test_a_damaged_snapshot_does_not_become_live(client, folder):
    earlier, live = snapshot_names(folder)
    token = token_of(client, earlier)
    largest = max((folder / "snapshots" / earlier).glob("*.bin"), key=lambda path: path.stat().st_size, default=None)
    assert largest is not None
    changed = bytearray(largest.read_bytes())
    changed[len(changed) // 2] ^= 1
    largest.write_bytes(changed)
    assert send(client, earlier, token).status_code == 409
    assert current_snapshot(folder) == live


def test_while_something_is_published_the_form_is_refused(client, folder):
    earlier, live = snapshot_names(folder)
    token = token_of(client, earlier)
    with disk.writer_lock(folder / "lock", subject=str(folder)):
        assert send(client, earlier, token).status_code == 409
    assert current_snapshot(folder) == live


def test_the_audit_log_says_who_went_back_where(folder, open_app, tmp_path):
    key = bearer(new_key(folder, "admin"))
    client = open_app(audit=AuditSettings(tmp_path / "audit.jsonl"))
    earlier, _ = snapshot_names(folder)
    send(client, earlier, token_of(client, earlier, headers=key), **key)
    entry = json.loads((tmp_path / "audit.jsonl").read_text().splitlines()[-1])
    assert entry["deed"] == {"name": "rollback", "subject": earlier}
    assert (entry["method"], entry["status"]) == ("POST", 303)
    assert entry["key"]


def test_a_server_that_does_not_record_says_so(open_app):
    assert "does not record" in open_app(record_questions=False).get("/admin").get_data(as_text=True)


def test_a_removed_record_is_still_counted(client, folder):
    ask(folder, "x", Status.ANSWERED, "faq/Q99")
    assert "no longer stored" in client.get("/admin").get_data(as_text=True)


def test_a_vote_tells_how_sure_the_answer_was(client, folder):
    given = client.post("/api/v1/ask", json={"question": QUESTION}).json
    said = {"answer_token": given["answer_token"], "helpful": True}
    for _ in range(2):  # a second judgement replaces the first
        assert client.post("/api/v1/feedback", json=said).status_code == 204
    (vote,) = FeedbackStore(folder).events()
    assert vote.confidence == pytest.approx(given["answers"][0]["confidence"], abs=1e-3)
    assert [row["votes"] for row in client.get("/admin/tables/bins.json").json["rows"]].count(1) == 1
