"""The search page in the system's Chromium, with JavaScript switched off."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from playwright.sync_api import Page, expect
from server_support import DOCKER_QUESTION, NEAR_QUESTION, WEATHER_QUESTION

OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(open_page: OpenPage) -> OpenPage:
    """Open pages without JavaScript."""
    return partial(open_page, java_script_enabled=False)


def ask(page: Page, question: str) -> None:
    page.get_by_role("searchbox").fill(question)
    page.get_by_role("searchbox").press("Enter")


def test_a_reader_types_a_question_and_reads_the_right_answer(open_page):
    page = open_page()
    ask(page, DOCKER_QUESTION)
    expect(page.locator("[data-status=answered]")).to_contain_text("--shm-size=8g")
    expect(page.get_by_role("searchbox")).to_have_value(DOCKER_QUESTION)


def test_a_reader_finds_the_answer_again_at_its_permanent_address(open_page):
    page = open_page()
    ask(page, DOCKER_QUESTION)
    page.get_by_role("link", name="固定链接").click()
    assert page.url.endswith("/q/faq_2021_s1/Q1.3")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Blocking queue is killed")
    expect(page.locator(".answer")).to_contain_text("--shm-size=8g")


def test_an_english_reader_gets_an_english_answer(open_page):
    page = open_page(locale="en-US")
    ask(page, "Blocking queue is killed in docker, what can I do?")
    expect(page.locator("[data-status=answered]")).to_contain_text("create the container again")
    expect(page.get_by_text("Confident", exact=False)).to_be_visible()


def test_a_question_outside_gets_no_answer_but_stored_questions(open_page):
    page = open_page()
    ask(page, NEAR_QUESTION)
    expect(page.get_by_role("heading", name="没有找到答案")).to_be_visible()
    page.locator(".choice a").first.click()
    expect(page.locator(".answer")).to_be_visible()


def test_a_reader_picks_a_question_from_the_list(open_page):
    page = open_page()
    page.get_by_role("link", name="在哪里下载 PaddleClas").click()
    expect(page.locator(".answer")).to_contain_text("4300万")


def test_the_page_works_from_the_keyboard_alone(open_page):
    page = open_page()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
    for _ in range(3):  # over the languages
        page.keyboard.press("Tab")
    page.keyboard.type(DOCKER_QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator("[data-status=answered]")).to_be_visible()


@pytest.mark.parametrize("width", [320, 768, 1280, 2560])
@pytest.mark.parametrize(
    "path", ["/", f"/?q={DOCKER_QUESTION}", f"/?q={WEATHER_QUESTION}", "/q/faq_2021_s1/Q1.5", "/no"]
)
def test_no_page_scrolls_sideways(open_page, path, width):
    page = open_page(path, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("scheme", "is_dark"), [("light", False), ("dark", True)])
def test_the_page_follows_the_readers_colour_scheme(open_page, scheme, is_dark):
    page = open_page(color_scheme=scheme)
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(int(part) for part in colour[4:-1].split(",")) < 3 * 128) is is_dark


@pytest.mark.parametrize("path", ["/", f"/?q={DOCKER_QUESTION}", "/q/faq_2021_s1/Q1.4", "/no"])
def test_the_browser_asks_nobody_else_and_reports_no_error(browser, server, path):
    context = browser.new_context(base_url=server.url)  # JavaScript on: a violated policy is reported so
    asked, reported = [], []
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: reported.append(message.text))
    page.goto(path)
    context.close()
    assert [url for url in asked if not url.startswith(server.url)] == []
    assert [text for text in reported if "404" not in text] == []
