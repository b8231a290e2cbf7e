"""A picture beside the Markdown, as readers see it: on the pages, in the widget, and on a site without a server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import foreign
import pytest
from picture_support import QUESTION, publish, write_faq
from playwright.sync_api import Locator, Page, expect
from server_support import served

from faqkb.faq.export_site import export_site
from faqkb.ingest import read_sources

IS_SHOWN = "picture => picture.decode().then(() => picture.naturalWidth === 1)"


@pytest.fixture(scope="module")
def pictured(encoder, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("pictured")
    write_faq(folder / "content")
    things = ("toaster", "lamp", "bicycle", "oven", "radio", "garden hose", "printer", "piano")
    others = "".join(f"## Where do I buy a new {thing}?\n\nIn the shop.\n\n" for thing in things)
    (folder / "content" / "other.md").write_text(f"# FAQ\n\n{others}", encoding="utf-8")
    publish(read_sources([folder / "content"]), folder / "kb", encoder)
    return folder / "kb"


@pytest.fixture(scope="module")
def guest(tmp_path_factory) -> Iterator[foreign.Site]:
    with foreign.serve_site(tmp_path_factory.mktemp("guest")) as site:
        yield site


@pytest.fixture(scope="module")
def url(pictured, guest) -> Iterator[str]:
    with served(pictured, "--allow-origin", guest.url) as running:
        yield running.url


def shown_while_typing(page: Page, where: Locator) -> bool:
    where.get_by_role("combobox").fill(QUESTION)
    expect(where.locator(".live[data-state=answered], .live[data-state=ambiguous]")).to_be_visible()
    if where.locator(".live[data-state=ambiguous]").count():  # a site is less sure, and shows the choice made
        where.get_by_role("combobox").press("ArrowDown")
    picture = where.locator(".live .answer img")
    expect(picture).to_have_attribute("alt", "chart")
    return bool(picture.evaluate(IS_SHOWN))


@pytest.mark.parametrize("path", ["/", "/q/faq/how-is-the-kettle-descaled"])
def test_the_pages_show_it(open_page, url, path):
    page = open_page(f"{url}{path}")
    assert path == "/" or page.locator(".answer img").evaluate(IS_SHOWN)
    assert shown_while_typing(page, page.locator("main"))


@pytest.mark.parametrize("policy", ["unsafe-none", "require-corp"])
def test_the_widget_shows_it_on_a_page_elsewhere(open_page, url, guest, policy):
    script = f'<script src="{url}/widget.js" data-target="main"></script>'
    guest.write("index.html", foreign.page(script), Cross_Origin_Embedder_Policy=policy)
    page = open_page(f"{guest.url}/index.html")
    assert shown_while_typing(page, page.locator("faq-widget"))


@pytest.mark.parametrize("path", ["", "q/faq/how-is-the-kettle-descaled/"])
def test_a_site_below_a_path_shows_it(open_page, pictured, guest, path):
    export_site(pictured, guest.folder / "docs" / "help", None)
    page = open_page(f"{guest.url}/docs/help/{path}")
    assert not path or page.locator(".answer img").evaluate(IS_SHOWN)
    assert shown_while_typing(page, page.locator("main"))
