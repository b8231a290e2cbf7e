"""Judging an answer in the system's Chromium, with JavaScript switched off."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from playwright.sync_api import Page, expect
from server_support import DOCKER_QUESTION, WEATHER_QUESTION

OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(open_page: OpenPage) -> OpenPage:
    """Open pages without JavaScript."""
    return partial(open_page, java_script_enabled=False)


def test_a_reader_says_that_an_answer_helped_and_goes_back_to_it(open_page, store):
    page = open_page(f"/?q={DOCKER_QUESTION}")
    page.get_by_role("button", name="有帮助", exact=True).click()
    expect(page.get_by_role("heading", name="谢谢")).to_be_visible()
    page.reload()  # sends nothing again
    page.get_by_role("link", name="返回").click()
    expect(page.locator("[data-status=answered]")).to_contain_text("--shm-size=8g")
    assert [(vote.record_id, vote.helpful, vote.question) for vote in store.events()] == [
        ("faq_2021_s1/Q1.3", True, DOCKER_QUESTION)
    ]


def test_a_reader_says_what_is_wrong_with_an_answer(open_page, store):
    page = open_page("/q/faq_2021_s1/Q1.5")
    expect(page.get_by_label("过时了")).to_be_hidden()
    page.get_by_text("没有帮助").click()
    page.get_by_label("过时了").check()
    page.get_by_label("不完整").check()
    page.get_by_label("补充说明").fill("新版本参数变了\n我的邮箱 me@example.com")
    page.get_by_role("button", name="发送").click()
    expect(page.get_by_role("heading", name="谢谢")).to_be_visible()
    page.get_by_role("link", name="返回").click()
    assert page.url.endswith("/q/faq_2021_s1/Q1.5")
    (vote,) = store.events()
    assert (vote.record_id, vote.helpful, vote.tags) == ("faq_2021_s1/Q1.5", False, ("outdated", "incomplete"))
    assert vote.note == "新版本参数变了\n我的邮箱 [email]"


def test_a_reader_tells_the_maintainer_of_a_question_without_answer(open_page, store):
    page = open_page(f"/?q={WEATHER_QUESTION}")
    page.get_by_text("把问题告诉我们").click()
    page.get_by_role("button", name="发送").click()
    expect(page.get_by_role("heading", name="谢谢")).to_be_visible()
    assert [(each.question, each.times) for each in store.asked_in_vain()] == [(WEATHER_QUESTION, 1)]


def test_the_form_works_from_the_keyboard_alone(open_page, store):
    page = open_page("/q/faq_2021_s1/Q1.3")
    page.get_by_text("没有帮助").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")  # in a check box: sends its own form, not "helpful"
    expect(page.get_by_role("heading", name="谢谢")).to_be_visible()
    assert [(vote.helpful, vote.tags) for vote in store.events()] == [(False, ("outdated",))]


def test_a_page_over_plain_http_by_another_name_can_be_judged_too(store, browser, chromium, server):
    """Such a page has no Sec-Fetch-Site, and sends `Origin: null` under our own referrer policy."""
    named = ["--no-sandbox", "--host-resolver-rules=MAP faq.example 127.0.0.1"]
    other = browser.browser_type.launch(executable_path=chromium, args=named)
    page = other.new_context(java_script_enabled=False, locale="zh-CN").new_page()
    page.goto(f"http://faq.example:{server.port}/q/faq_2021_s1/Q1.3")
    with page.expect_request("**/feedback") as sent:
        page.get_by_role("button", name="有帮助", exact=True).click()
    expect(page.get_by_role("heading", name="谢谢")).to_be_visible()
    headers = sent.value.all_headers()
    other.close()
    assert (headers.get("origin"), "sec-fetch-site" in headers) == ("null", False)
    assert len(list(store.events())) == 1


@contextmanager
def another_site(content: str) -> Iterator[str]:
    """Serve one page under another host name and return its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(content.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield f"http://localhost:{listening.server_port}/"
        listening.shutdown()
        thread.join()


def test_another_site_cannot_send_the_form(open_page, store, server):
    token = open_page("/q/faq_2021_s1/Q1.3").locator("[name=answer_token]").first.get_attribute("value")
    form = (
        f'<form action="{server.url}/feedback" method="post"><input name="answer_token" value="{token}">'
        '<button name="helpful" value="yes">go</button></form>'
    )
    with another_site(form) as address:
        page = open_page(address)
        with page.expect_response("**/feedback") as answered:
            page.get_by_role("button").click()
    assert answered.value.status == 403
    assert list(store.events()) == []


def test_another_site_cannot_send_the_form_from_a_sandboxed_frame(open_page, store, server):
    """Such a frame sends `Origin: null`, as our own pages do; what it carries was fetched by its site, elsewhere."""
    token = open_page("/q/faq_2021_s1/Q1.3").locator("[name=answer_token]").first.get_attribute("value")
    fields = f'<input name=answer_token value={token}><input name=page_token value="{int(time.time())}.{"A" * 43}">'
    form = f"<form action={server.url}/feedback method=post>{fields}<button name=helpful value=no>go</button></form>"
    with another_site(f"<iframe sandbox='allow-forms' srcdoc='{form}'></iframe>") as address:
        page = open_page(address)
        with page.expect_response("**/feedback") as answered:
            page.frame_locator("iframe").get_by_role("button").click()
    assert answered.value.status == 403
    assert answered.value.request.headers.get("origin") == "null"
    assert list(store.events()) == []


def test_a_reader_who_asks_for_privacy_leaves_a_vote_and_no_words(open_page, store):
    page = open_page(f"/?q={DOCKER_QUESTION}", extra_http_headers={"DNT": "1"})
    page.get_by_text("没有帮助").click()
    page.get_by_label("补充说明").fill("words")
    page.get_by_role("button", name="发送").click()
    expect(page.get_by_role("heading", name="谢谢")).to_be_visible()
    (vote,) = store.events()
    assert (vote.helpful, vote.note, vote.question) == (False, None, None)


@pytest.mark.parametrize("width", [320, 1280])
def test_the_open_form_fits_the_page(open_page, width):
    page = open_page("/q/faq_2021_s1/Q1.3", width=width)
    page.get_by_text("没有帮助").click()
    expect(page.get_by_label("其他")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
