"""Whatever stands in a knowledge base or is asked, nothing of it is executed, with and without the pages' CSP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Browser, Error, Page, expect
from server_support import ServedProcess, copied_knowledge, served
from workers import made_once
from xss_support import Watch, build_hostile, grouped_payloads, joined, payloads

from faqkb.kb.model.encoder import Encoder
from faqkb.server.limits import QUESTION_UNITS

QUESTIONS = joined([payload.replace("\0", "") for payload in payloads()], QUESTION_UNITS - 50)
CONTROLS = {
    "script": "<script>alert(1)</script>",
    "marker": "<script>window.__xss=1</script>",
    "prompt": "<script>prompt(1)</script>",
    "picture": "<img src=x onerror=alert(1)>",
    "drawing": "<svg onload=alert(1)>",
    "frame": '<iframe srcdoc="<script>parent.alert(1)</script>"></iframe>',
    "link": "<a href=javascript:alert(1)>x</a>",
    "click": "<p onclick=alert(1)>x</p>",
    "hover": "<p onmouseover=alert(1)>x</p>",
    "refresh": '<meta http-equiv=refresh content="0;url=https://xss.example/">',
    "style": "<style>@import 'https://xss.example/x.css';</style>",
    "drawn link": '<svg><a xlink:href="javascript:alert(1)"><text x=20 y=20>x</text></a></svg>',
}


@pytest.fixture(scope="module")
def server(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedProcess]:
    """Return a server over the corpus."""
    built = made_once(tmp_path_factory, "hostile", lambda folder: build_hostile(folder, encoder))
    with served(copied_knowledge(built / "kb", tmp_path_factory.mktemp("hostile") / "kb")) as running:
        yield running


@pytest.fixture(scope="module")
def browser(browser: Browser, chromium: str) -> Iterator[Browser]:
    """Return a browser that finds nobody but the server: a picture from elsewhere fails at once."""
    alone = ["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
    opened = browser.browser_type.launch(executable_path=chromium, args=alone)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def records(server: ServedProcess) -> list[dict]:
    """Return all records, as the API tells them."""
    found: list[dict] = []
    address = "/api/v1/records?limit=200"
    while address:
        page = server.get(address).json
        found += page["records"]
        cursor = page.get("next_cursor") or page.get("next")
        address = f"/api/v1/records?limit=200&cursor={quote(cursor)}" if cursor else ""
    return found


@pytest.fixture(params=[False, True], ids=["csp", "no_csp"])
def watch(request: pytest.FixtureRequest, browser: Browser, server: ServedProcess) -> Iterator[Watch]:
    """Return a watch, with the pages' CSP and without; the test fails if it has seen anything."""
    watching = Watch(browser, server.url, bypass_csp=request.param)
    yield watching
    assert watching.close() == []


# The corpus and the watch


def test_the_corpus_is_large_and_says_nothing_twice():
    every = payloads()
    assert len(every) >= 250
    assert len(set(every)) == len(every)
    assert all(len(group) >= 10 for group in grouped_payloads().values())


@pytest.mark.parametrize("name", CONTROLS)
def test_the_watch_sees_what_is_executed(browser, server, name):
    watching = Watch(browser, server.url, bypass_csp=False)
    address = f"{server.url}/control"
    page = f"<!doctype html><title>x</title>{CONTROLS[name]}"
    watching.context.route(address, lambda route: route.fulfill(content_type="text/html", body=page))
    watching.visit(address)
    told = "\n".join(line for line in watching.close() if not line.startswith("active"))
    assert "(1)" in told or "__xss = 1" in told or "xss.example" in told


def test_the_watch_sees_what_only_the_policy_stopped(browser, server):
    watching = Watch(browser, server.url, bypass_csp=False)
    policy = server.get("/").headers["Content-Security-Policy"]
    address = f"{server.url}/control"

    def answer(route) -> None:
        route.fulfill(
            headers={"Content-Security-Policy": policy}, content_type="text/html", body="<svg onload=alert(1)>"
        )

    watching.context.route(address, answer)
    watching.visit(address)
    assert any("violation of script-src-attr" in line for line in watching.close())


def test_every_payload_is_in_the_knowledge_base(records):
    """Ingest may refuse none of the files, and records that it had no say in hold the payloads as they are."""
    every = payloads()
    told = "\n".join(record["question"] for record in records if record["id"].startswith("untreated"))
    assert [payload for payload in every if payload not in told] == []
    assert len(records) >= len(every) * 7 // 6
    assert any("hostile" in record["checks"] for record in records)


# Pages of what is stored


def test_nothing_runs_on_the_page_of_any_record(watch, records):
    if watch.bypass_csp:
        watch.visit_all([f"/q/{quote(record['id'])}" for record in records])
        return
    for record in (each for each in records if _is_of_many(each)):
        watch.visit(f"/q/{quote(record['id'])}")
        assert _letters(watch.page.locator("h1").text_content() or "") == _letters(record["question"])


def _is_of_many(record: dict) -> bool:
    """Return whether a record holds several payloads."""
    return record["id"].startswith("untreated") or "/what-about-" in record["id"]


def _letters(text: str) -> str:
    """Return a text without blanks and without NUL, which no page can hold."""
    return "".join(text.replace("\0", "").split())


def test_nothing_runs_where_questions_are_listed(watch):
    watch.visit("/")
    expect(watch.page.locator(".group a").nth(100)).to_be_attached()


def test_nothing_runs_at_any_other_address_of_the_sitemap(watch, server):
    found = ElementTree.fromstring(server.get("/sitemap.xml").content).iter("{*}loc")
    for address in [each.text or "" for each in found]:
        if "/q/" not in address:
            watch.visit(address)


# What is asked


def test_nothing_runs_of_a_question_that_the_server_answers(watch):
    if watch.bypass_csp:
        watch.visit_all([f"/?{urlencode({'q': payload})}" for payload in payloads()[::3]])
    for question in QUESTIONS:
        watch.visit(f"/?{urlencode({'q': question})}")
        expect(watch.page.locator("#question")).to_have_value(question.strip())


def test_nothing_runs_of_a_question_that_is_typed_or_kept(watch):
    watch.visit("/")
    for question in QUESTIONS[::2]:
        _ask(watch.page, question)
        watch.page.keyboard.press("Enter")
    watch.provoke()
    watch.page.reload()
    watch.page.locator("#question").fill("")
    expect(watch.page.locator(".recent li")).to_have_count(8)
    watch.provoke()
    watch.page.locator(".recent button").first.click()
    expect(watch.page.locator(".live .hit, .live .card").first).to_be_visible()
    watch.provoke()


def test_nothing_runs_in_the_answers_drawn_while_typing(watch, records):
    watch.visit("/")
    for record in [each for each in records if _is_of_many(each)][::5]:
        _ask(watch.page, record["question"][:QUESTION_UNITS].replace("\0", ""))
        for _ in range(watch.page.locator(".hit").count()):
            watch.page.keyboard.press("ArrowDown")
            watch.provoke()


def _ask(page: Page, question: str) -> None:
    """Put a question into the box and wait for what it leads to."""
    with page.expect_response("**/api/v1/ask"):
        page.locator("#question").fill(question)
    expect(page.locator(".live[aria-busy]")).to_have_count(0)


# Feedback, errors


def test_nothing_runs_of_feedback_and_its_thanks(watch):
    for question in QUESTIONS[:2]:
        watch.visit(f"/?{urlencode({'q': question})}")
        watch.page.locator(".feedback summary").click()
        watch.page.locator("#note").fill(question)
        watch.page.locator(".feedback details button").click()
        expect(watch.page.locator(".feedback [role=status]")).to_be_visible()
        watch.provoke()
    for question in QUESTIONS[::2]:
        watch.visit(f"/feedback?{urlencode({'q': question})}")
        watch.visit(f"/feedback?{urlencode({'record': question})}")


def test_nothing_runs_on_pages_of_errors(watch):
    for text in QUESTIONS[1::2]:
        watch.visit("/" + quote(text))
        watch.visit("/q/" + quote(text))
    for payload in payloads()[::7]:
        watch.visit("/" + payload.replace("\0", "%00").lstrip("/\\"))  # as it is, not escaped


# Documents that are no pages


def test_nothing_runs_in_documents_that_are_no_pages(watch, records):
    for address in ("/opensearch.xml", "/sitemap.xml", "/api/v1/records?limit=200", "/api/v1/checks", "/openapi.json"):
        _open(watch.page, address)
    for record in records[:20]:
        _open(watch.page, f"/api/v1/records/{quote(record['id'])}")
    for question in QUESTIONS[::3]:
        _open(watch.page, f"/api/v1/{quote(question)}")
        _open(watch.page, f"/api/v1/records?{urlencode({'cursor': question})}")
    # Chromium's own viewer of JSON styles what it shows, and the policy of the document stops that.
    watch.page.wait_for_timeout(300)  # told later than the page is there
    watch.seen[:] = [line for line in watch.seen if "inline style" not in line and "violation of style-src" not in line]


def _open(page: Page, address: str) -> None:
    with suppress(Error):  # some are saved, not shown
        page.goto(address)
        assert page.evaluate("document.contentType") != "text/html"


def test_a_check_script_is_saved_and_never_shown(watch):
    with watch.page.expect_download() as saved, pytest.raises(Error, match="Download is starting"):
        watch.page.goto("/checks/hostile.py")
    assert saved.value.suggested_filename == "hostile.py"
