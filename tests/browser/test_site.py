"""The exported site in the system's Chromium, from a plain file server, below a path."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from server_support import DOCKER_QUESTION, ENGLISH_QUESTION, WEATHER_QUESTION

from faqkb.kb.snapshot.client_index import client_words

ROOT = Path(__file__).resolve().parents[2]


def type_question(page: Page, question: str) -> None:
    page.locator("#question").press_sequentially(question, delay=2)


@pytest.mark.parametrize(
    ("path", "question", "told"),
    [("", DOCKER_QUESTION, "--shm-size=8g"), ("en/", ENGLISH_QUESTION, "create the container again")],
)
def test_it_answers_while_the_reader_types(open_site_page, path, question, told):
    page = open_site_page(path)
    type_question(page, question)
    expect(page.locator(".live .card")).to_contain_text(told)
    expect(page.locator(".live")).to_have_attribute("data-state", "answered")
    expect(page.locator(".live .card .sureness")).to_contain_text("%")


def test_the_answer_leads_to_its_page_and_to_its_check(open_site_page, site_url):
    page = open_site_page()
    type_question(page, DOCKER_QUESTION)
    card = page.locator(".live .card")
    assert card.locator("a[download]").first.evaluate("link => link.href") == f"{site_url}checks/shm.py"
    card.locator("h2 a").click()
    expect(page.locator("h1")).to_contain_text("Blocking queue is killed")
    assert page.url == f"{site_url}q/faq_2021_s1/Q1.3/"


def test_a_question_asked_on_an_answers_page_is_answered_on_the_start_page(open_site_page, site_url):
    page = open_site_page("q/en/faq_2021_s1/Q2.1/")
    page.locator("#question").fill(ENGLISH_QUESTION)
    page.locator("button[type=submit]").click()
    expect(page.locator(".live .card")).to_contain_text("create the container again")
    assert page.url.startswith(f"{site_url}en/?q=")


def test_an_unknown_question_gets_no_answer(open_site_page):
    page = open_site_page()
    type_question(page, WEATHER_QUESTION)
    expect(page.locator(".live")).to_have_attribute("data-state", "no_answer")
    expect(page.locator(".live")).to_contain_text("没有找到答案")
    expect(page.locator(".live .card")).to_have_count(0)


def test_a_question_without_words_is_told_so(open_site_page):
    page = open_site_page("en/")
    type_question(page, "???")
    expect(page.locator(".live")).to_have_attribute("data-state", "no_answer")


def test_markup_in_a_question_stays_text(open_site_page):
    page = open_site_page("en/")
    page.locator("#question").fill("<img src=x onerror=\"document.title='taken'\"> passport <script>taken</script>")
    expect(page.locator(".live")).to_contain_text("<img src=x")
    assert page.locator(".live img, .live script").count() == 0
    assert page.title() != "taken"


def test_every_listed_question_opens_without_scripts(open_site_page, site_url):
    page = open_site_page(java_script_enabled=False)
    page.get_by_role("link", name="在哪里下载 PaddleClas").click()
    expect(page.locator(".answer")).to_contain_text("4300万")
    assert page.url.startswith(f"{site_url}q/faq_2021_s1/")
    page.get_by_role("link", name="全部问题").click()
    assert page.url == site_url
    expect(page.locator("noscript")).to_have_count(1)


def test_the_other_language_is_a_link_away(open_site_page, site_url):
    page = open_site_page(java_script_enabled=False)
    page.get_by_role("link", name="English").click()
    assert page.url == f"{site_url}en/"
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_nobody_else_is_asked_and_the_policy_holds(open_site_page, site_url):
    page = open_site_page()
    for question in (DOCKER_QUESTION, WEATHER_QUESTION):
        page.locator("#question").fill(question)
        expect(page.locator(".live")).not_to_have_attribute("data-state", "typing")
        expect(page.locator(".live")).not_to_have_attribute("aria-busy", "true")
    page.goto(f"{site_url}q/faq_2021_s1/Q1.3/")
    assert [url for url in page.asked if not url.startswith(site_url)] == []
    assert page.told == []


def test_the_index_is_loaded_with_the_first_question_only(open_site_page):
    page = open_site_page()
    assert not any(url.endswith(".json") for url in page.asked)
    type_question(page, DOCKER_QUESTION)
    expect(page.locator(".live .card")).to_be_visible()
    assert sum(url.endswith("index.json") for url in page.asked) == 1


def test_a_file_server_that_stopped_is_told_and_the_question_kept(open_site_page):
    page = open_site_page()
    page.context.set_offline(True)
    type_question(page, DOCKER_QUESTION)
    expect(page.locator(".live")).to_have_attribute("data-state", "offline")
    page.context.set_offline(False)
    expect(page.locator(".live .card")).to_contain_text("--shm-size=8g")


@pytest.mark.parametrize(
    ("path", "question"),
    [("", ""), ("", DOCKER_QUESTION), ("en/", "passport"), ("en/", "model"), ("q/faq_2021_s1/Q1.3/", "")],
)
def test_axe_finds_nothing(open_site_page, path, question):
    page = open_site_page(path)
    if question:
        type_question(page, question)
        expect(page.locator(".live[data-state]:not([data-state=typing])")).to_be_visible()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_words_are_the_same_in_both_languages_of_the_code(open_site_page):
    page = open_site_page()
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "content").rglob("*.md"))]
    texts += ["ﬁles ＡＢＣ C++ c# a\u200bb x\ud800y ﷺ 👍🏽 ɐ_b __c 한국어 Straße", "dev/shm 1.2.3 训练train 裡面 崩潰"]
    texts += ["running uses used use classes studies passing added agreed string this bus status loss"]
    module = page.locator("main script[type=module]").evaluate("script => new URL('words.js', script.src).href")
    code = "async ([module, texts]) => { const w = await import(module); return texts.map((text) => w.analyse(text)); }"
    plain = [text for text in texts if "裡" not in text and "\ud800" not in text]
    for text, words in zip(plain, page.evaluate(code, [module, plain]), strict=True):
        assert words == client_words(text)
