"""A conversation with the exported site, by words, in the system's Chromium; by meaning: test_meaning_in_browser.py."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from server_support import DOCKER_QUESTION, ENGLISH_QUESTION
from site_support import ask, settled


def follow(page: Page, question: str) -> None:
    """Ask in the field below an answer, by keys alone."""
    page.locator(".further input[type=text]").focus()
    page.keyboard.type(question)
    page.keyboard.press("Enter")
    page.wait_for_function("question => document.querySelector('#question').value === question", arg=question)
    settled(page)


def asked_in(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def test_below_an_answer_stand_the_questions_of_its_topic(open_site_page, site_url):
    page = open_site_page()
    ask(page, DOCKER_QUESTION)
    prompts = page.locator(".further .prompts a")
    expect(prompts).to_have_count(3)
    prompt = prompts.first.text_content()
    prompts.first.click()
    expect(page.locator("h1")).to_have_text(prompt)
    assert page.url.startswith(f"{site_url}q/")


def test_a_follow_up_is_read_with_the_question_before_it(open_site_page):
    page = open_site_page("en/")
    ask(page, ENGLISH_QUESTION)
    follow(page, "why?")
    expect(page.locator(".live")).to_contain_text("Blocking queue is killed")
    expect(page.locator(".live .earlier li")).to_have_text([ENGLISH_QUESTION, "why?"])
    assert asked_in(page) == {"q": ["why?"], "after": [ENGLISH_QUESTION]}
    assert "killed" in page.locator(".live .earlier .hint").text_content()


def test_its_address_opens_the_same_conversation(open_site_page, site_url):
    page = open_site_page("en/")
    ask(page, ENGLISH_QUESTION)
    follow(page, "and on windows?")
    follow(page, "why?")
    before = page.locator(".live .earlier li").all_text_contents()
    found = page.locator(".live h2").all_text_contents()
    page.goto(page.url)
    settled(page)
    assert page.locator(".live .earlier li").all_text_contents() == before
    assert page.locator(".live h2").all_text_contents() == found
    assert len(before) == 3


def test_back_and_the_list_above_lead_to_the_questions_before(open_site_page):
    page = open_site_page("en/")
    ask(page, ENGLISH_QUESTION)
    follow(page, "why?")
    follow(page, "and on windows?")
    page.go_back()
    expect(page.locator("#question")).to_have_value("why?")
    expect(page.locator(".live .earlier li")).to_have_count(2)
    page.go_forward()
    expect(page.locator(".live .earlier li")).to_have_count(3)
    page.locator(".live .earlier a").first.click()
    expect(page.locator("#question")).to_have_value(ENGLISH_QUESTION)
    expect(page.locator(".live .earlier")).to_have_count(0)
    assert asked_in(page) == {"q": [ENGLISH_QUESTION]}


def test_a_choice_is_picked_by_its_number(open_site_page):
    page = open_site_page("en/")
    ask(page, "model")
    expect(page.locator(".live")).to_have_attribute("data-state", "ambiguous")
    first = page.locator(".live [role=option] .choice").first.text_content()
    follow(page, "the first one")
    expect(page.locator(".live")).to_have_attribute("data-state", "answered")
    expect(page.locator(".live .card h2")).to_have_text(first)


def test_what_did_not_help_is_not_said_again(open_site_page):
    page = open_site_page("en/")
    ask(page, ENGLISH_QUESTION)
    answered = page.locator(".live .card h2").text_content()
    follow(page, "that did not help")
    expect(page.locator(".live")).to_have_attribute("data-state", "no_answer")
    assert answered not in page.locator(".live [role=option]").all_text_contents()


def test_thanks_are_answered_as_thanks_and_not_searched_for(open_site_page):
    page = open_site_page()
    ask(page, DOCKER_QUESTION)
    follow(page, "谢谢")
    expect(page.locator(".live h2").first).not_to_contain_text("没有找到答案")
    expect(page.locator(".live [role=option]")).to_have_count(0)


def test_a_question_typed_in_the_box_is_a_new_one(open_site_page):
    page = open_site_page("en/")
    ask(page, ENGLISH_QUESTION)
    follow(page, "why?")
    page.locator("#question").fill("passport")
    settled(page)
    expect(page.locator(".live .earlier")).to_have_count(0)
    assert asked_in(page) == {"q": ["passport"]}
    page.go_back()  # nothing was kept of what was only typed; the step before is the first question
    expect(page.locator("#question")).to_have_value(ENGLISH_QUESTION)


def test_the_answer_to_a_follow_up_has_the_focus_and_is_told(open_site_page):
    page = open_site_page("en/")
    ask(page, ENGLISH_QUESTION)
    follow(page, "why?")
    heading = page.locator(".live-head h2").first
    expect(heading).to_be_focused()
    expect(page.locator("[role=status].unseen")).not_to_be_empty()
    page.keyboard.press("Escape")
    expect(page.locator("#question")).to_be_focused()


def test_markup_in_a_follow_up_stays_text(open_site_page):
    page = open_site_page("en/")
    ask(page, ENGLISH_QUESTION)
    follow(page, "and <img src=x onerror=\"document.title='taken'\">?")
    follow(page, "why?")
    expect(page.locator(".live .earlier")).to_contain_text("<img src=x")
    assert page.locator(".live img").count() == 0
    assert page.title() != "taken"


def test_what_a_conversation_needs_is_loaded_with_the_first_follow_up_only(open_site_page):
    page = open_site_page("en/")
    ask(page, ENGLISH_QUESTION)
    assert not any("/conversation/" in url or url.endswith("lists.json") for url in page.asked)
    follow(page, "why?")
    assert any(url.endswith("lists.json") for url in page.asked)
    assert page.told == []


def test_the_page_of_an_answer_has_no_field_for_follow_ups(open_site_page):
    page = open_site_page("q/en/faq_2021_s1/Q2.1/")
    ask(page, ENGLISH_QUESTION)
    expect(page.locator(".live .card")).to_be_visible()
    expect(page.locator(".further")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("path", "first", "then"), [("", DOCKER_QUESTION, "为什么"), ("en/", "model", "the first one")]
)
def test_axe_finds_nothing(open_site_page, path, first, then, scheme):
    page = open_site_page(path, color_scheme=scheme)
    ask(page, first)
    follow(page, then)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
