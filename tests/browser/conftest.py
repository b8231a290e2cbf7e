"""One served knowledge base and one Chromium for all tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from server_support import ServedProcess, copied_knowledge, served
from site_support import OpenPage, file_server, pages_of

from faqkb.faq.export_site import export_site
from faqkb.kb.answers import LIKELY
from faqkb.kb.feedback.log import FeedbackStore

_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="package")
def own_folder(kb_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy: other tests read the shared knowledge base and expect no feedback in it."""
    return copied_knowledge(kb_folder, tmp_path_factory.mktemp("browsed") / "kb")


@pytest.fixture(scope="package")
def server(own_folder: Path) -> Iterator[ServedProcess]:
    with served(own_folder, "--allow-host", "faq.example") as running:
        yield running


@pytest.fixture(scope="package")
def ambiguous_question(server: ServedProcess) -> str:
    """Return a cutting of a stored question that fits several: which one does depends on the calibration."""
    for record in server.get("/api/v1/records?limit=200").json["records"]:
        for start in range(0, len(record["question"]), 5):
            cutting = record["question"][start : start + 8]
            reply = server.ask(cutting).json
            if reply["status"] == "ambiguous" and reply["answers"][1]["confidence"] >= LIKELY:
                return cutting
    pytest.fail("no cutting of a stored question is ambiguous")


@pytest.fixture
def store(own_folder: Path) -> Iterator[FeedbackStore]:
    """Return the feedback of the served knowledge base, empty at first."""
    _forget(own_folder)
    yield FeedbackStore(own_folder)
    _forget(own_folder)


def _forget(folder: Path) -> None:
    for left in folder.glob("feedback.sqlite*"):
        left.unlink()


@pytest.fixture(scope="package")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=_FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def open_page(browser: Browser, server: ServedProcess) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a page of its own: width and height in pixels, a script to run before the page's."""
    contexts: list[BrowserContext] = []

    def open_one(path: str = "/", *, width: int = 1280, height: int = 800, init: str = "", **options: object) -> Page:
        given = {"base_url": server.url, "locale": "zh-CN", "viewport": {"width": width, "height": height}}
        context = browser.new_context(**(given | options))
        contexts.append(context)
        if init:
            context.add_init_script(init)
        page = context.new_page()
        page.goto(path)
        return page

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture(scope="package")
def site_url(kb_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of an exported site that searches for words, below a path of a plain file server."""
    root = tmp_path_factory.mktemp("host")
    export_site(kb_folder, root / "docs" / "help", None)
    with file_server(root) as top:
        yield f"{top}docs/help/"


@pytest.fixture
def open_site_page(browser: Browser, site_url: str) -> Iterator[OpenPage]:
    """Return a function that opens a page of the exported site."""
    with pages_of(browser, site_url) as open_one:
        yield open_one
