"""Several knowledge bases in one server, as a reader's browser sees them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import foreign
import pytest
from bases_support import RESET, build_two, served_bases
from playwright.sync_api import Browser, Page, expect
from server_support import ServedProcess

from faqkb.kb.model.encoder import Encoder


@pytest.fixture(scope="module")
def both(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedProcess]:
    with served_bases(build_two(tmp_path_factory.mktemp("bases"), encoder)) as running:
        yield running


@pytest.fixture
def open_both(browser: Browser, both: ServedProcess) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a page; errors of the console and requests to elsewhere fail the test."""
    contexts, wrong = [], []

    def note_request(url: str) -> None:
        if not url.startswith(both.url):
            wrong.append(url)

    def open_one(path: str, **options: object) -> Page:
        context = browser.new_context(base_url=both.url, locale="en", **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: wrong.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("response", lambda reply: wrong.append(reply.url) if reply.status >= 400 else None)
        page.on("request", lambda request: note_request(request.url))
        page.goto(path)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert wrong == []


def test_a_reader_searches_below_the_name_and_opens_the_answer(open_both):
    page = open_both("/kb/desk/")
    page.locator("#question").press_sequentially("reset my password", delay=20)
    expect(page.get_by_text("Forgot password").first).to_be_visible()
    page.keyboard.press("Enter")
    page.locator("article h2 a, .result h2 a").first.click()
    expect(page).to_have_url(re.compile("/kb/desk/q/desk/how-do-i-reset-my-password"))
    expect(page.get_by_role("heading", name=RESET)).to_be_visible()


def test_what_was_asked_in_one_base_is_not_offered_in_another(open_both):
    page = open_both("/kb/desk/")
    page.locator("#question").press_sequentially("reset my password", delay=20)
    expect(page.get_by_text("Forgot password").first).to_be_visible()
    page.keyboard.press("Enter")
    kept = page.evaluate("Object.keys(localStorage)")
    page.goto("/kb/library/")
    page.locator("#question").focus()
    expect(page.get_by_text("reset my password")).to_have_count(0)
    assert kept == ["faq-recent/kb/desk/"]


def test_a_picture_of_an_answer_is_seen_below_the_name_and_on_the_page_of_all(open_both):
    for path in ("/kb/library/?q=how+long+may+I+keep+a+book", "/?q=how+long+may+I+keep+a+book"):
        picture = open_both(path).get_by_role("img", name="the desk")
        expect(picture).to_be_visible()
        assert picture.evaluate("it => it.naturalWidth") > 0


@pytest.mark.parametrize("scripts", [True, False])
def test_a_reader_searches_all_of_them_or_some_without_javascript_too(open_both, scripts):
    page = open_both("/", java_script_enabled=scripts)
    page.locator("#question").fill("reset my password")
    page.get_by_role("button", name="Ask").click()
    expect(page.locator("[data-status=answered]")).to_be_visible()
    page.get_by_role("checkbox", name="desk").uncheck()
    page.get_by_role("button", name="Ask").click()
    expect(page.locator("[data-status=no_answer]")).to_be_visible()
    page.get_by_role("checkbox", name="desk").check()
    page.get_by_role("button", name="Ask").click()
    page.get_by_role("link", name=RESET).click()
    expect(page.get_by_role("heading", name=RESET)).to_be_visible()
    assert "/kb/desk/q/" in page.url


@pytest.mark.parametrize("width", [320, 1280])
def test_the_start_page_is_no_wider_than_the_window(open_both, width):
    for path in ("/", "/?q=reset+my+password"):
        page = open_both(path, viewport={"width": width, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_box_on_another_site_asks_the_base_whose_script_it_has(browser, encoder, tmp_path):
    bases = build_two(tmp_path / "bases", encoder)
    (tmp_path / "site").mkdir()
    with foreign.serve_site(tmp_path / "site") as site, served_bases(bases, "--allow-origin", site.url) as server:
        site.write("index.html", foreign.page(f'<script src="{server.url}/kb/library/widget.js"></script>'))
        page = browser.new_page(locale="en")
        wrong: list[str] = []
        page.on("response", lambda reply: wrong.append(reply.url) if reply.status >= 400 else None)
        page.goto(f"{site.url}/index.html")
        page.locator("faq-widget button.open").click()
        page.locator("faq-widget").get_by_role("combobox").fill("how long may I keep a book")
        picture = page.locator("faq-widget").get_by_role("img", name="the desk")
        expect(picture).to_be_visible()
        assert picture.evaluate("it => it.naturalWidth") > 0
        assert [url for url in wrong if "favicon" not in url] == []
        page.close()
