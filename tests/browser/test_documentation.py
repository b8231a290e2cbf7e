"""The documentation as a site, with the widget on it, read in the system's Chromium."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import foreign
import pytest
from playwright.sync_api import Browser, TimeoutError, expect
from server_support import DOCKER_QUESTION, ROOT, ServedProcess, served

LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "audio": "src"}
LOADED_LINKS = {"stylesheet", "icon", "preload", "modulepreload", "preconnect", "manifest"}
DEMO = "widget-demo.html"  # a page by hand that shows the widget of a server on the reader's own machine


@dataclass(frozen=True, slots=True)
class Built:
    """The site, and the server whose widget it carries."""

    site: foreign.Site
    server: ServedProcess

    @property
    def pages(self) -> list[Path]:
        return [path for path in sorted(self.site.folder.rglob("*.html")) if path.name != DEMO]


class Assets(HTMLParser):
    """What a page has its browser load."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in LOADED:
            self.found.append(given.get(LOADED[tag]) or "")
        elif tag == "link" and LOADED_LINKS.intersection((given.get("rel") or "").split()):
            self.found.append(given.get("href") or "")


@pytest.fixture(scope="module")
def built(kb_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    folder = tmp_path_factory.mktemp("documentation")
    with foreign.serve_site(folder) as site, served(kb_folder, "--allow-origin", site.url) as server:
        # Not --quiet: what is not said is not counted as a warning either.
        done = subprocess.run(
            [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
            cwd=ROOT,
            env=os.environ | {"NO_MKDOCS_2_WARNING": "1", "FAQ_DOCS_SERVER": server.url},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        yield Built(site, server)


def test_every_page_is_there_in_its_language_and_leads_to_its_translation(built: Built) -> None:
    for page in (ROOT / "docs").rglob("*.md"):
        name = page.relative_to(ROOT / "docs").with_suffix(".html").as_posix().replace("README", "index")
        text = (built.site.folder / name).read_text(encoding="utf-8")
        language = "zh" if name.startswith("zh/") else "en"
        assert f'<html lang="{language}"' in text, name
        if language == "zh":
            assert f'href="../{name.removeprefix("zh/")}" hreflang="en"' in text, name
    assert 'href="zh/tutorial.html" hreflang="zh"' in (built.site.folder / "tutorial.html").read_text(encoding="utf-8")


def test_nothing_is_loaded_from_elsewhere_but_the_widget(built: Built) -> None:
    assert len(built.pages) > 40
    for path in built.pages:
        text = path.read_text(encoding="utf-8")
        elsewhere = {address for address in Assets(text).found if urlsplit(address).netloc}
        assert elsewhere == {f"{built.server.url}/widget.js"} or path.name == "404.html", path
    for sheet in built.site.folder.rglob("*.css"):
        for address in re.findall(r"url\(['\"]?([^)'\"]+)", sheet.read_text(encoding="utf-8")):
            assert not urlsplit(address).netloc, f"{sheet}: {address}"


@pytest.mark.parametrize("path", ["/tutorial.html", "/zh/tutorial.html"])
def test_a_reader_asks_on_a_page_of_the_documentation(built: Built, browser: Browser, path: str) -> None:
    context = browser.new_context(base_url=built.site.url)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path, wait_until="load")
    page.locator("faq-widget button.open").click()
    page.locator("faq-widget").get_by_role("combobox").fill(DOCKER_QUESTION)
    expect(page.locator("faq-widget .live[data-state=answered] .answer")).to_contain_text("--shm-size=8g")
    page.locator("faq-widget").press("Escape")
    own = (built.site.url, built.server.url, "data:", "blob:")
    assert [url for url in asked if not url.startswith(own)] == []
    context.close()


@pytest.mark.parametrize(("word", "found"), [("aquarium", "writing"), ("金鱼缸", "zh/writing")])
def test_the_site_can_be_searched_without_a_server(built: Built, browser: Browser, word: str, found: str) -> None:
    context = browser.new_context(base_url=built.site.url)
    page = context.new_page()
    field, first = page.locator("input[data-md-component=search-query]"), page.locator(".md-search-result__link").first
    for _ in range(10):  # what is typed before the theme's worker listens is lost, until a reload
        page.goto("/index.html", wait_until="load")
        field.fill(word)
        with suppress(TimeoutError):
            first.wait_for(state="attached", timeout=6_000)
            break
    expect(first).to_have_attribute("href", re.compile(found))
    context.close()


def test_copying_a_block_takes_the_commands_alone(built: Built, browser: Browser) -> None:
    context = browser.new_context(base_url=built.site.url, permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto("/tutorial.html", wait_until="load")
    block = page.locator(".highlight", has_text="faq init").first
    block.hover()
    block.locator("button").first.click()
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert copied.split() == ["faq", "init", "my-faq", "--lang", "en", "cd", "my-faq"]
    context.close()
