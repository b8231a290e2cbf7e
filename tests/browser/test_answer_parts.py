"""What an answer carries beside its text: copying, judging, and the record of what readers open."""

from __future__ import annotations

from html import escape
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect
from server_support import DOCKER_QUESTION, WEATHER_QUESTION, make_record, served

from faqkb.kb.building.build import build_snapshot
from faqkb.kb.feedback.events import Click, Unanswered, Vote


def type_question(page: Page, question: str) -> None:
    page.get_by_role("combobox").fill(question)
    expect(page.locator(".live[data-state=answered], .live[data-state=no_answer]")).to_be_visible()


@pytest.mark.parametrize("path", ["/q/faq_2021_s1/Q1.3", f"/?q={DOCKER_QUESTION}", "/"])
def test_a_command_is_copied_with_one_click(open_page, path):
    page = open_page(path, permissions=["clipboard-read", "clipboard-write"])
    if path == "/":
        type_question(page, DOCKER_QUESTION)
    command = page.locator(".checks code").first
    button = page.locator(".checks li").first.get_by_role("button", name="复制")
    button.click()
    expect(page.get_by_role("button", name="已复制")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == command.inner_text()
    expect(button).to_be_visible()


def test_a_block_of_code_is_copied_as_it_is_written(open_page, encoder, tmp_path):
    code = "for path in paths:\n    print(path)  # <all>"
    shown = f"<pre><code>{escape(code)}\n</code></pre>"
    build_snapshot(tmp_path, [make_record("Q1", "How are paths printed?", answer_html=shown)], encoder)
    with served(tmp_path) as other:
        page = open_page(f"{other.url}/q/Q1", permissions=["clipboard-read", "clipboard-write"])
        page.locator(".answer pre + .copy").click()
        expect(page.get_by_role("button", name="已复制")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == code


def test_without_permission_to_copy_the_button_says_so(open_page):
    page = open_page("/q/faq_2021_s1/Q1.3")
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('refused')) }")
    page.locator(".copy").first.click()
    expect(page.get_by_role("button", name="复制失败")).to_be_visible()


def test_an_answer_found_while_typing_is_judged_without_leaving_the_page(open_page, store):
    page = open_page()
    type_question(page, DOCKER_QUESTION)
    page.locator(".live").get_by_role("button", name="有帮助", exact=True).click()
    expect(page.locator(".live").get_by_text("谢谢")).to_be_focused()
    expect(page.get_by_role("combobox")).to_have_value(DOCKER_QUESTION)
    expect(page.locator(".live .answer")).to_contain_text("--shm-size=8g")
    (vote,) = store.events()
    assert (vote.record_id, vote.helpful, vote.question) == ("faq_2021_s1/Q1.3", True, DOCKER_QUESTION)


def test_a_choice_read_with_the_arrow_keys_is_the_one_judged(open_page, store, ambiguous_question):
    page = open_page()
    page.get_by_role("combobox").fill(ambiguous_question)
    expect(page.locator(".live[data-state=ambiguous]")).to_be_visible()
    page.get_by_role("combobox").press("ArrowUp")
    shown = urlsplit(page.get_by_role("option").last.get_attribute("href")).path.removeprefix("/q/")
    page.locator(".live details").first.locator("summary").click()
    page.locator(".live").get_by_label("答非所问").check()
    page.locator(".live").get_by_role("button", name="发送").click()
    expect(page.locator(".live").get_by_text("谢谢")).to_be_visible()
    (vote,) = store.events()
    assert vote.record_id == shown
    assert (vote.helpful, vote.tags) == (False, ("not_my_question",))


def test_a_question_in_vain_is_told_while_typing(open_page, store):
    page = open_page()
    type_question(page, WEATHER_QUESTION)
    page.locator(".live summary").click()
    page.locator(".live textarea").fill("请补上")
    page.locator(".live").get_by_role("button", name="发送").click()
    expect(page.locator(".live").get_by_text("谢谢")).to_be_visible()
    (told,) = store.events()
    assert isinstance(told, Unanswered)
    assert told.note == "请补上"


def test_feedback_that_the_script_cannot_send_goes_the_browsers_way(open_page, store):
    page = open_page("/q/faq_2021_s1/Q1.3")
    page.evaluate("() => { window.fetch = () => Promise.reject(new Error('blocked')) }")
    page.get_by_role("button", name="有帮助", exact=True).click()
    page.wait_for_url("**/feedback?record=**")
    expect(page.get_by_role("heading", name="谢谢")).to_be_visible()
    assert [type(event) for event in store.events()] == [Vote]


def test_what_a_reader_opens_is_counted(open_page, store, ambiguous_question):
    page = open_page()
    page.get_by_role("combobox").fill(ambiguous_question)
    expect(page.locator(".live[data-state=ambiguous]")).to_be_visible()
    with page.expect_request("**/api/v1/clicks"):
        page.get_by_role("option").first.click()
    page.wait_for_url("**/q/**?q=*")
    expect(page.get_by_text(f"你的提问：{ambiguous_question}")).to_be_visible()
    (click,) = store.events()
    assert isinstance(click, Click)
    assert (f"/q/{click.record_id}", click.question) == (urlsplit(page.url).path, ambiguous_question)


def test_an_answer_that_a_reader_opens_is_counted_and_marked(open_page, store):
    page = open_page()
    type_question(page, DOCKER_QUESTION)
    with page.expect_request("**/api/v1/clicks"):
        page.locator(".card h2 a").click()
    page.wait_for_url("**/q/faq_2021_s1/Q1.3?q=*")
    expect(page.get_by_text(f"你的提问：{DOCKER_QUESTION}")).to_be_visible()
    expect(page.locator(".answer mark").first).to_be_visible()
    (click,) = store.events()
    assert isinstance(click, Click)
    assert (click.record_id, click.question) == ("faq_2021_s1/Q1.3", DOCKER_QUESTION)


def test_a_reader_changes_the_language_and_finds_the_question_again(open_page):
    page = open_page(f"/?q={DOCKER_QUESTION}")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("search").get_by_role("button", name="Ask")).to_be_visible()
    expect(page.get_by_role("combobox")).to_have_value(DOCKER_QUESTION)
    type_question(page, "docker out of shared memory")
    page.locator(".live .card h2 a").click()
    page.wait_for_url("**/q/**?lang=en&q=docker*")
    expect(page.get_by_role("heading", name="Was this helpful?")).to_be_visible()
