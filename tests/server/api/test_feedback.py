"""Feedback over HTTP: a token is enough, a forged one is not, and every state of an answer can be judged."""

from __future__ import annotations

import base64
import html
import re
import stat
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from server_support import make_record
from werkzeug.test import TestResponse

from faqkb.kb import limits
from faqkb.kb.answers import Status
from faqkb.kb.building.build import build_snapshot
from faqkb.kb.feedback.events import REASONS, Unanswered
from faqkb.kb.feedback.log import FeedbackStore
from faqkb.server.answering.leases import EXTENSION
from faqkb.server.answering.tokens import AnswerTokens, GivenAnswer
from faqkb.server.app import create_app
from faqkb.server.feedback.readers import check_page_token, page_token
from faqkb.server.limits import MOST_ASKED_FROM
from faqkb.server.problems import Refused
from faqkb.server.wording.spoken import WORDINGS

CHINESE, ENGLISH = WORDINGS["zh"], WORDINGS["en"]
API = "/api/v1/feedback"
BROWSER = {"Accept": "text/html", "Accept-Language": "en", "Sec-Fetch-Site": "same-origin"}
GIVEN = GivenAnswer("s1", Status.ANSWERED, ("faq/Q1", "faq/Q2"), "共享内存不够怎么办")
QUESTION = "how large is shared memory in docker"


@pytest.fixture(scope="module")
def built(encoder, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("judged")
    records = [make_record("faq/Q1", QUESTION), make_record("faq/Q2", "how is the learning rate chosen")]
    build_snapshot(folder, records, encoder)
    return folder


@pytest.fixture(scope="module")
def client(built: Path) -> Iterator[FlaskClient]:
    app = create_app(built)
    yield app.test_client()
    app.extensions[EXTENSION].close()


@pytest.fixture
def store(built: Path) -> Iterator[FeedbackStore]:
    yield FeedbackStore(built)
    (built / "feedback.sqlite").unlink(missing_ok=True)


@pytest.fixture
def tokens(built: Path) -> AnswerTokens:
    return AnswerTokens(built)


def ask(client: FlaskClient, question: str, **fields: object) -> dict:
    return client.post("/api/v1/ask", json={"question": question, **fields}).get_json()


def refused(reply: TestResponse, status: int, field: str | None = None) -> dict:
    assert (reply.status_code, reply.content_type) == (status, "application/problem+json"), reply.text
    document = reply.get_json()
    if field:
        assert [error["field"].partition(".")[0] for error in document["errors"]] == [field]
    return document


def form(client: FlaskClient, headers: dict | None = None, **fields: object) -> TestResponse:
    fields.setdefault("page_token", page_token_of(client))
    return client.post("/feedback", data=fields, headers=BROWSER if headers is None else headers)


def page_token_of(client: FlaskClient, **asked: object) -> str:
    """Return what the forms of a page carry."""
    page = client.get("/q/faq/Q1", headers=BROWSER, **asked).text
    return re.search(r'name="page_token" value="([^"]+)"', page)[1]


def form_token(page: str) -> str:
    return re.search(r'name="answer_token" value="([^"]+)"', page)[1]


# The API


def test_the_token_of_an_answer_is_all_a_vote_needs(client, store):
    answer = ask(client, QUESTION)
    assert answer["status"] == "answered"
    reply = client.post(API, json={"answer_token": answer["answer_token"], "helpful": True})
    assert (reply.status_code, reply.data) == (204, b"")
    (vote,) = store.events()
    assert (vote.record_id, vote.helpful, vote.question, vote.snapshot) == (
        "faq/Q1",
        True,
        QUESTION,
        answer["snapshot"],
    )
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", vote.at)


def test_a_vote_carries_reasons_and_a_note(client, store):
    token = ask(client, QUESTION)["answer_token"]
    fields = {"helpful": False, "tags": ["wrong", "own"], "note": "第二步不对, mail me@example.com"}
    assert client.post(API, json={"answer_token": token, **fields}).status_code == 204
    (vote,) = store.events()
    assert (vote.helpful, vote.tags, vote.note) == (False, ("wrong", "own"), "第二步不对, mail [email]")


def test_a_question_and_a_record_do_as_well(client, store):
    body = {"question": "in my words", "record_id": "faq/Q2", "helpful": False}
    assert client.post(API, json=body).status_code == 204
    (vote,) = store.events()
    assert (vote.record_id, vote.question, vote.helpful) == ("faq/Q2", "in my words", False)


@pytest.mark.parametrize("status", ["no_answer", "ambiguous"])
def test_a_question_without_answer_is_recorded_by_its_token_alone(client, store, tokens, status):
    token = tokens.sign(GivenAnswer("s1", Status(status), ("faq/Q1", "faq/Q2"), "怎么续签护照"))
    assert client.post(API, json={"answer_token": token, "helpful": False, "note": "urgent"}).status_code == 204
    (report,) = store.events()
    assert isinstance(report, Unanswered)
    assert (report.question, report.status, report.note, report.snapshot) == ("怎么续签护照", status, "urgent", "s1")


def test_the_token_of_a_real_no_answer_records_the_question(client, store):
    answer = ask(client, "how do I renew my passport")
    assert answer["status"] == "no_answer"
    assert client.post(API, json={"answer_token": answer["answer_token"], "helpful": False}).status_code == 204
    assert store.asked_in_vain()[0].question == "how do I renew my passport"


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("helpful", [True, False])
def test_every_state_of_an_answer_can_be_judged(client, store, tokens, status, helpful):
    token = tokens.sign(GivenAnswer("s1", status, ("faq/Q1", "faq/Q2"), "q"))
    assert client.post(API, json={"answer_token": token, "helpful": helpful}).status_code == 204
    assert len(list(store.events())) == 1


def test_one_of_several_records_shown_can_be_judged(client, store, tokens):
    token = tokens.sign(GivenAnswer("s1", Status.AMBIGUOUS, ("faq/Q1", "faq/Q2"), "q"))
    assert client.post(API, json={"answer_token": token, "record_id": "faq/Q2", "helpful": True}).status_code == 204
    assert [vote.record_id for vote in store.events()] == ["faq/Q2"]
    refused(client.post(API, json={"answer_token": token, "record_id": "faq/Q3", "helpful": True}), 422, "record_id")


def test_who_votes_again_changes_the_vote(client, store):
    token = ask(client, QUESTION)["answer_token"]
    for helpful in (True, True, False):
        client.post(API, json={"answer_token": token, "helpful": helpful})
    assert [(votes.helpful, votes.not_helpful) for votes in store.votes()] == [(0, 1)]


def test_two_readers_of_the_same_answer_have_two_votes(client, store):
    for _ in range(2):
        client.post(API, json={"answer_token": ask(client, QUESTION)["answer_token"], "helpful": True})
    assert store.votes()[0].helpful == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"helpful": True}, "answer_token"),
        ({"helpful": True, "question": "q"}, "answer_token"),
        ({"helpful": True, "record_id": "faq/Q1"}, "answer_token"),
        ({"helpful": True, "question": "q", "record_id": "none"}, "record_id"),
        ({"helpful": True, "answer_token": "forged"}, "answer_token"),
        ({"helpful": True, "answer_token": "签.名"}, "answer_token"),
        ({"helpful": True, "answer_token": ""}, "answer_token"),
        ({"question": "q", "record_id": "faq/Q1"}, "helpful"),
        ({"helpful": "yes", "question": "q", "record_id": "faq/Q1"}, "helpful"),
        ({"helpful": 1, "question": "q", "record_id": "faq/Q1"}, "helpful"),
        ({"helpful": True, "question": "q", "record_id": "faq/Q1", "note": "x" * (limits.NOTE_CHARS + 1)}, "note"),
        ({"helpful": True, "question": "q" * (limits.FEEDBACK_QUESTION_CHARS + 1), "record_id": "faq/Q1"}, "question"),
        ({"helpful": True, "question": "q", "record_id": "faq/Q1", "tags": ["t"] * 17}, "tags"),
        ({"helpful": True, "question": "q", "record_id": "faq/Q1", "tags": ["t" * 65]}, "tags"),
        ({"helpful": True, "question": "q", "record_id": "faq/Q1", "stars": 5}, "stars"),
    ],
)
def test_what_cannot_be_used_is_told_by_field_and_nothing_is_stored(client, store, body, field):
    refused(client.post(API, json=body), 422, field)
    assert list(store.events()) == []


def test_a_body_that_is_no_json_is_415_and_another_method_405(client):
    refused(client.post(API, data="helpful=yes"), 415)
    assert "POST" in client.get(API).headers["Allow"]


def test_a_disk_that_refuses_is_503_and_says_when_to_try_again(client, built, store):
    (built / "feedback.sqlite").mkdir()
    reply = client.post(API, json={"question": "q", "record_id": "faq/Q1", "helpful": True})
    page = form(client, answer_token=ask(client, QUESTION)["answer_token"], helpful="yes")
    (built / "feedback.sqlite").rmdir()
    assert refused(reply, 503)["detail"] == "The feedback could not be stored; try again later."
    assert reply.headers["Retry-After"]
    assert (page.status_code, str(built) in page.text + reply.text) == (503, False)


def test_a_damaged_file_of_feedback_is_503_and_answers_go_on(client, built, store):
    (built / "feedback.sqlite").write_bytes(b"no database" * 999)
    refused(client.post(API, json={"question": "q", "record_id": "faq/Q1", "helpful": True}), 503)
    assert ask(client, QUESTION)["status"] == "answered"
    assert client.get("/q/faq/Q1").status_code == 200
    assert client.get("/healthz").get_json() == {"status": "ok", "keys": "ok", "feedback": "failing"}
    (built / "feedback.sqlite").unlink()
    client.post(API, json={"question": "q", "record_id": "faq/Q1", "helpful": True})
    assert client.get("/healthz").get_json()["feedback"] == "ok"


@pytest.mark.parametrize("header", ["DNT", "Sec-GPC"])
def test_a_browser_that_asks_for_privacy_gives_a_vote_and_no_words(client, store, header):
    token = ask(client, QUESTION)["answer_token"]
    fields = {"helpful": False, "note": "words", "tags": ["wrong", "my own words"]}
    client.post(API, json={"answer_token": token, **fields}, headers={header: "1"})
    (vote,) = store.events()
    assert (vote.record_id, vote.helpful, vote.tags, vote.note, vote.question) == (
        "faq/Q1",
        False,
        ("wrong",),
        None,
        None,
    )


def test_a_browser_that_asks_for_privacy_is_counted_as_unanswered(client, store):
    token = ask(client, "how do I renew my passport")["answer_token"]
    client.post(API, json={"answer_token": token, "helpful": False}, headers={"DNT": "1"})
    assert (store.asked_in_vain(), store.unanswered_without_text()) == ((), 1)


# Tokens


def test_a_token_says_what_was_answered(tokens):
    assert tokens.read(tokens.sign(GIVEN)).given == GIVEN


def test_a_token_holds_for_a_day_and_not_longer(tokens):
    token = tokens.sign(GIVEN, now=1_000_000)
    assert tokens.read(token, now=1_000_000 + 86_400).given == GIVEN
    for now in (1_000_000 + 86_401, 1_000_000 - 86_401):
        with pytest.raises(Refused, match="expired"):
            tokens.read(token, now=now)


def test_a_token_changed_anywhere_is_refused(tokens):
    token = tokens.sign(GIVEN)
    for at, char in enumerate(token):
        changed = token[:at] + ("A" if char != "A" else "B") + token[at + 1 :]
        with pytest.raises(Refused):
            tokens.read(changed)
    payload, _, signature = token.partition(".")
    for forged in (
        payload,
        f"{payload}.",
        f".{signature}",
        f"{token}=",
        f"{token}.",
        f" {token}",
        token[:-1],
        token + "A",
    ):
        with pytest.raises(Refused):
            tokens.read(forged)


def test_a_token_of_another_knowledge_base_is_refused(tokens, tmp_path):
    with pytest.raises(Refused):
        tokens.read(AnswerTokens(tmp_path).sign(GIVEN))


def test_an_expired_token_is_422(client, tokens):
    expired = tokens.sign(GIVEN, now=time.time() - 90_000)
    assert "expired" in refused(client.post(API, json={"answer_token": expired, "helpful": True}), 422)["detail"]


def test_the_key_is_kept_for_its_owner_alone_and_outlives_the_server(built, tokens):
    token = tokens.sign(GIVEN)
    assert stat.S_IMODE((built / "feedback.key").stat().st_mode) == 0o600
    assert AnswerTokens(built).read(token).given == GIVEN


def test_servers_that_start_at_once_share_one_key(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        signed = list(pool.map(lambda _: AnswerTokens(tmp_path).sign(GIVEN), range(16)))
    assert all(AnswerTokens(tmp_path).read(token).given == GIVEN for token in signed)
    assert [path.name for path in tmp_path.iterdir()] == ["feedback.key"]


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 33])
def test_a_damaged_key_does_not_stop_answers_and_signs_nothing_guessable(tmp_path, content):
    (tmp_path / "feedback.key").write_bytes(content)
    tokens = AnswerTokens(tmp_path)
    token = tokens.sign(GIVEN)
    assert tokens.read(token).given == GIVEN
    with pytest.raises(Refused):
        AnswerTokens(tmp_path).read(token)


def test_a_folder_that_cannot_hold_a_key_does_not_stop_answers(tmp_path):
    tokens = AnswerTokens(tmp_path / "none")
    assert tokens.read(tokens.sign(GIVEN)).given == GIVEN


def test_a_token_goes_into_a_form_as_it_is_and_a_long_question_fits(tokens):
    long = GivenAnswer("s", Status.NO_ANSWER, ("文档/" + "x" * 200,) * 20, "\U00020000" * limits.QUERY_CHARS)
    token = tokens.sign(long)
    assert re.fullmatch(r"[\w-]+\.[\w-]+", token, re.ASCII)
    assert tokens.read(token).given == long
    assert len(token) < limits.BODY_BYTES


def test_the_command_line_document_has_no_token(client, built):
    from faqkb.kb.knowledge import KnowledgeBase

    knowledge = KnowledgeBase.open(built)
    plain = knowledge.ask(QUESTION).to_json()
    knowledge.close()
    assert set(ask(client, QUESTION)) - set(plain) == {"answer_token", "follow_ups", "handover"}


# The form


def test_the_form_of_an_answer_page_records_a_vote_and_leads_back(client, store):
    token = form_token(client.get("/q/faq/Q1").text)
    reply = form(client, answer_token=token, helpful="no", tags=["wrong", "other"], note="two\r\nlines")
    assert (reply.status_code, reply.headers["Location"]) == (303, "/feedback?record=faq/Q1")
    thanks = client.get(reply.headers["Location"], headers=BROWSER)
    assert ENGLISH.thanks in thanks.text
    assert 'href="/q/faq/Q1"' in thanks.text
    (vote,) = store.events()
    assert (vote.record_id, vote.helpful, vote.tags) == ("faq/Q1", False, ("wrong", "other"))
    assert (vote.note, vote.question) == ("two\nlines", None)


def test_the_form_below_an_answer_keeps_the_question_and_leads_back_to_it(client, store):
    page = client.get("/", query_string={"q": QUESTION}).text
    reply = form(client, answer_token=form_token(page), helpful="yes")
    thanks = client.get(reply.headers["Location"], headers=BROWSER).text
    assert 'href="/?q=how+large+is+shared+memory+in+docker"' in html.unescape(thanks)
    (vote,) = store.events()
    assert (vote.record_id, vote.helpful, vote.question) == ("faq/Q1", True, QUESTION)


def test_a_page_without_answer_offers_to_tell_the_maintainer(client, store):
    page = client.get("/", query_string={"q": "how do I renew my passport"}, headers=BROWSER).text
    assert ENGLISH.tell in page
    assert form(client, answer_token=form_token(page), helpful="no", note="soon").status_code == 303
    assert [(each.question, each.notes) for each in store.asked_in_vain()] == [
        ("how do I renew my passport", ("soon",))
    ]


def test_a_question_without_words_is_nothing_to_tell(client):
    page = client.get("/", query_string={"q": "?!"}).text
    assert set(re.findall(r'name="answer_token" value="([^"]*)"', page)) == {""}, "the forms that scripts copy"


@pytest.mark.parametrize("words", [CHINESE, ENGLISH])
def test_the_six_reasons_are_offered_in_the_readers_language(client, words):
    assert tuple(words.reasons) == REASONS
    page = html.unescape(client.get("/q/faq/Q1", headers={"Accept-Language": words.language}).text)
    for tag, reason in words.reasons.items():
        assert re.search(rf'<input type="checkbox" name="tags" value="{tag}"> {reason}<', page)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 303),  # what browsers send under no-referrer
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Sec-Fetch-Site": ""}, 403),
        ({"Origin": "http://localhost"}, 303),
        ({"Origin": "https://localhost"}, 303),  # a proxy ends TLS
        ({"Origin": "null"}, 303),  # our own page over plain HTTP
        ({}, 303),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://localhost.evil.example"}, 403),
        ({"Origin": "http://evil.example/localhost"}, 403),
        ({"Origin": "http://localhost:8000"}, 403),
        ({"Origin": "http://user@localhost"}, 403),
        ({"Origin": "http://["}, 403),
        ({"Origin": ""}, 403),
    ],
)
def test_a_form_is_taken_from_our_own_pages_alone(client, store, headers, status):
    token = ask(client, QUESTION)["answer_token"]
    assert form(client, headers, answer_token=token, helpful="yes").status_code == status
    assert len(list(store.events())) == (status == 303)


@pytest.mark.parametrize(
    "fields",
    [
        {"helpful": "yes"},
        {"helpful": "yes", "answer_token": "forged"},
        {"helpful": "maybe"},
        {"note": "no judgement"},
        {"helpful": "yes", "note": "x" * (limits.NOTE_CHARS + 1)},
        {"helpful": "yes", "tags": ["x" * 65]},
        {"helpful": ["yes", "no"]},
        {"helpful": "yes", "surprise": "x"},
    ],
)
def test_a_form_that_cannot_be_used_gets_a_page_that_says_so(client, store, fields):
    token = {} if fields == {"helpful": "yes"} else {"answer_token": ask(client, QUESTION)["answer_token"]}
    reply = form(client, **{**token, **fields})
    assert (reply.status_code, reply.mimetype) == (422, "text/html")
    assert ENGLISH.errors["422"] in html.unescape(reply.text)
    assert list(store.events()) == []


def test_a_form_of_another_kind_or_size_is_refused(client):
    parts = client.post("/feedback", data={"helpful": "yes"}, content_type="multipart/form-data", headers=BROWSER)
    assert parts.status_code == 415
    assert form(client, note="x" * limits.BODY_BYTES).status_code == 413


def test_line_breaks_count_once_as_the_browser_counts_them(client, store):
    token = ask(client, QUESTION)["answer_token"]
    assert form(client, answer_token=token, helpful="no", note="x" + "\r\n" * 998 + "x").status_code == 303


@pytest.mark.parametrize(
    "query", ["", "?q=x", "?record=faq/Q1", "?record=none", "?record=//evil.example", "?q=" + "%22%3E%3Cb%3E"]
)
def test_the_page_that_thanks_leads_only_back_here(client, query):
    reply = client.get(f"/feedback{query}", headers=BROWSER)
    assert reply.status_code == 200
    links = re.findall(r'<a href="([^"]*)"', reply.text)
    assert re.match(r"/(q/|\?q=|$)", links[-1])
    assert "<b>" not in reply.text


def test_a_token_is_not_the_readers_to_write(client, tokens):
    payload, _, signature = tokens.sign(GIVEN).partition(".")
    fields = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)).replace(b"faq/Q1", b"faq/Q9")
    forged = f"{base64.urlsafe_b64encode(fields).rstrip(b'=').decode()}.{signature}"
    refused(client.post(API, json={"answer_token": forged, "helpful": True}), 422, "answer_token")


# What readers open


@pytest.fixture
def fresh_client(built: Path) -> Iterator[FlaskClient]:
    """Return one that has counted nothing yet: what is asked most is counted once a minute."""
    app = create_app(built)
    yield app.test_client()
    app.extensions[EXTENSION].close()


def test_what_readers_open_most_leads_the_start_page(fresh_client, client, store):
    token = ask(client, QUESTION)["answer_token"]
    for number in range(MOST_ASKED_FROM):
        reader = {"environ_overrides": {"REMOTE_ADDR": f"192.0.2.{number}"}}
        reply = client.post("/api/v1/clicks", json={"answer_token": token, "record_id": "faq/Q1"}, **reader)
        assert reply.status_code == 204
    text = fresh_client.get("/", headers=BROWSER).text
    first = text[text.index(ENGLISH.most_asked) : text.index(ENGLISH.all_questions)]
    assert 'href="/q/faq/Q1"' in first
    assert [type(event).__name__ for event in store.events()] == ["Click"] * MOST_ASKED_FROM


def test_one_readers_click_makes_nothing_popular(fresh_client, client, store):
    token = ask(client, QUESTION)["answer_token"]
    client.post("/api/v1/clicks", json={"answer_token": token, "record_id": "faq/Q1"})
    assert ENGLISH.most_asked not in fresh_client.get("/", headers=BROWSER).text


def test_a_start_page_without_readable_feedback_is_whole(fresh_client, built, store):
    (built / "feedback.sqlite").write_bytes(b"no database" * 999)
    assert ENGLISH.all_questions in fresh_client.get("/", headers=BROWSER).text


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"answer_token": "forged", "record_id": "faq/Q1"}, "answer_token"),
        ({"record_id": "faq/Q1"}, "answer_token"),
        ({"answer_token": None, "record_id": "faq/Q1"}, "answer_token"),
    ],
)
def test_a_click_on_nothing_shown_is_refused(client, store, body, field):
    refused(client.post("/api/v1/clicks", json=body), 422, field)
    token = ask(client, QUESTION)["answer_token"]
    refused(client.post("/api/v1/clicks", json={"answer_token": token, "record_id": "none"}), 422, "record_id")
    assert list(store.events()) == []


def test_a_click_of_a_reader_who_asks_for_privacy_holds_no_words(client, store):
    token = ask(client, QUESTION)["answer_token"]
    client.post("/api/v1/clicks", json={"answer_token": token, "record_id": "faq/Q1"}, headers={"DNT": "1"})
    (click,) = store.events()
    assert click.question is None


# Who may vote, and how often it counts

ELSEWHERE = {"environ_overrides": {"REMOTE_ADDR": "203.0.113.7"}}


def test_a_form_needs_the_answer_that_a_page_showed_and_the_page(client, store):
    token = ask(client, QUESTION)["answer_token"]
    for forged in ("", "1." + "A" * 43, "x.y", "²." + "A" * 43):
        assert form(client, page_token=forged, answer_token=token, helpful="yes").status_code == 403
    assert form(client, question="x", record_id="faq/Q1", helpful="no").status_code == 422
    assert list(store.events()) == []
    assert form(client, answer_token=token, helpful="yes").status_code == 303


def test_a_page_opened_elsewhere_is_no_proof_here(client, store):
    """What another site fetches makes no reader of it vote, also not from a sandboxed frame."""
    token, foreign = ask(client, QUESTION)["answer_token"], page_token_of(client, **ELSEWHERE)
    headers = {"Origin": "null", "Accept": "text/html"}
    assert form(client, headers, page_token=foreign, answer_token=token, helpful="no").status_code == 403
    assert list(store.events()) == []


def test_a_page_of_yesterday_is_too_old(client):
    with client.application.test_request_context(environ_overrides={"REMOTE_ADDR": "127.0.0.1"}):
        client.application.preprocess_request()
        check_page_token(page_token(), otherwise="")
        with pytest.raises(Refused, match="older than a day"):
            check_page_token(page_token(now=time.time() - 90_000), otherwise="")


def test_votes_without_a_token_count_once_a_client_a_record_and_a_day(client, store):
    for number in range(20):
        body = {"question": f"in my words {number}", "record_id": "faq/Q2", "helpful": number % 2 == 0}
        assert client.post(API, json=body, headers={"Idempotency-Key": f"own-{number}"}).status_code == 204
    (vote,) = store.events()
    assert (vote.question, vote.helpful) == ("in my words 19", False)
    client.post(API, json=body | {"record_id": "faq/Q1"})
    client.post(API, json=body, **ELSEWHERE)
    assert len(list(store.events())) == 3


def test_clicks_that_are_sent_again_count_once(client, store):
    token = ask(client, QUESTION)["answer_token"]
    for number in range(5):
        body, key = {"answer_token": token, "record_id": "faq/Q1"}, {"Idempotency-Key": f"own-{number}"}
        assert client.post("/api/v1/clicks", json=body, headers=key).status_code == 204
    assert client.post("/api/v1/clicks", json=body).status_code == 204
    assert len(list(store.events())) == 1
    client.post("/api/v1/clicks", json=body, **ELSEWHERE)
    assert len(list(store.events())) == 2
