"""A library's FAQ under its own name, in the system's Chromium: pages, search box elsewhere, exported site."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import foreign
import pytest
from axe_playwright_python.sync_playwright import Axe
from library_support import CONTACT, LOAN, build_library, write_settings
from playwright.sync_api import Browser, BrowserContext, Page, expect
from server_support import ServedProcess, served

from faqkb.faq.export_site import export_site

ACCENT = "rgb(122, 31, 92)"
OFF_TOPIC = "how do I renew my passport at the embassy"
OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def home(encoder, tmp_path_factory) -> Path:
    """Return the folder that holds faq.toml, the logo and the knowledge base."""
    folder = write_settings(tmp_path_factory.mktemp("library"))
    build_library(folder / "kb", encoder)
    return folder


@pytest.fixture(scope="module")
def guest(tmp_path_factory) -> Iterator[foreign.Site]:
    with foreign.serve_site(tmp_path_factory.mktemp("guest")) as site:
        yield site


@pytest.fixture(scope="module")
def library(home: Path, guest: foreign.Site) -> Iterator[ServedProcess]:
    with served(home / "kb", "--allow-origin", guest.url, cwd=home) as running:
        yield running


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    contexts: list[BrowserContext] = []

    def open_one(address: str, **options: object) -> Page:
        context = browser.new_context(**({"locale": "en-GB", "viewport": {"width": 1100, "height": 800}} | options))
        contexts.append(context)
        page = context.new_page()
        page.told = []
        page.on("console", lambda message: page.told.append(message.text))
        page.on("pageerror", lambda error: page.told.append(str(error)))
        page.goto(address)
        return page

    yield open_one
    for context in contexts:
        context.close()


def is_drawn(page: Page, selector: str) -> bool:
    """Return whether a picture is there and has pixels of its own."""
    picture = page.locator(selector).first
    picture.wait_for()
    return bool(picture.evaluate("async node => { await node.decode(); return node.naturalWidth > 0; }"))


def background(page: Page, selector: str) -> str:
    return str(page.locator(selector).first.evaluate("node => getComputedStyle(node).backgroundColor"))


@pytest.mark.parametrize("path", ["/", "/?q=" + LOAN, "/q/faq/loan", "/?q=" + OFF_TOPIC, "/?q=hello", "/docs", "/nope"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_can_be_read_in_the_operators_colours(open_page, library, path, scheme):
    page = open_page(library.url + path, color_scheme=scheme)
    assert Axe().run(page).response["violations"] == []
    assert is_drawn(page, ".logo")
    assert [said for said in page.told if "404" not in said] == []


def test_the_button_has_the_colour_and_forced_colours_win(open_page, library):
    assert background(open_page(library.url), ".ask button") == ACCENT
    assert background(open_page(library.url, forced_colors="active"), ".ask button") != ACCENT


@pytest.mark.parametrize("width", [320, 390, 1100])
def test_the_name_and_the_foot_fit_any_window(open_page, library, width):
    for path in ("/", "/?q=" + OFF_TOPIC):
        page = open_page(library.url + path, viewport={"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        expect(page.get_by_role("link", name="Report a problem")).to_be_visible()


def test_while_typing_the_contact_is_a_link_and_a_greeting_is_returned(open_page, library):
    page = open_page(library.url)
    page.locator("#question").fill(OFF_TOPIC)
    link = page.locator(".live .hint a")
    expect(link).to_have_attribute("href", f"mailto:{CONTACT}")
    page.locator("#question").fill("hello")
    expect(page.locator(".live h2")).to_have_text("Hello! Ask me about the library.")
    expect(page.locator(".live form")).to_have_count(0)
    assert page.told == []


def test_the_logo_opened_by_itself_may_run_nothing(open_page, library):
    page = open_page(library.url + "/brand/logo.svg")
    added = "() => { const s = document.createElementNS('http://www.w3.org/2000/svg', 'script');"
    page.evaluate(
        added + " s.textContent = 'document.documentElement.id = \"ran\"'; document.documentElement.append(s); }"
    )
    assert page.evaluate("document.documentElement.id") == ""


def test_the_box_on_another_site_has_name_logo_and_colour(open_page, library, guest):
    guest.write("page.html", foreign.page(f'<script src="{library.url}/widget.js" data-lang="en"></script>'))
    page = open_page(f"{guest.url}/page.html")
    assert background(page, "faq-widget .open") == ACCENT
    page.locator("faq-widget .open").click()
    expect(page.locator("faq-widget h2").first).to_have_text("Town library")
    assert is_drawn(page, "faq-widget .logo")
    assert background(page, "faq-widget .ask button") == ACCENT
    page.locator("faq-widget input").fill(OFF_TOPIC)
    expect(page.locator("faq-widget .live .hint a")).to_have_attribute("href", f"mailto:{CONTACT}")
    assert Axe().run(page).response["violations"] == []


@pytest.fixture(scope="module")
def site_url(home: Path, tmp_path_factory) -> Iterator[str]:
    root = tmp_path_factory.mktemp("host")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        export_site(home / "kb", root / "help", None)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(root)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/help/"
    server.shutdown()
    server.server_close()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.mark.parametrize("path", ["", "q/faq/loan/"])
def test_the_exported_site_has_all_of_it(open_page, site_url, path):
    page = open_page(site_url + path)
    expect(page).to_have_title("Town library" if not path else f"{LOAN} · Town library")
    assert is_drawn(page, ".logo")
    assert background(page, ".ask button") == ACCENT
    expect(page.locator(".foot")).to_contain_text("1 Main Street")
    reported = page.get_by_role("link", name="Report a problem").get_attribute("href")
    assert reported is not None
    assert reported.startswith("https://library.example.org/report?about=&asked=")
    page.locator("#question").fill(OFF_TOPIC)
    expect(page.locator(".live .hint a")).to_have_text(CONTACT)
    assert page.told == []
