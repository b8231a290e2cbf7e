"""An exported site behind a plain file server, and pages of it in Chromium."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType

from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

OpenPage = Callable[..., Page]
LOADED_MS = 120_000  # a second on an idle machine


class FileServer(SimpleHTTPRequestHandler):
    """As `python -m http.server`, silent, with headers of its own, and a page for what is not there."""

    sent: Mapping[str, str] = MappingProxyType({})
    missing = ""

    def end_headers(self) -> None:
        for name, value in self.sent.items():
            self.send_header(name, value)
        super().end_headers()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Send the page for what is not there, as hosts of static files do."""
        page = Path(self.directory) / self.missing
        if code != 404 or not self.missing or not page.is_file():
            super().send_error(code, message, explain)
            return
        self.send_response(404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(page.read_bytes())

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def file_server(root: Path, sent: Mapping[str, str] | None = None, missing: str = "") -> Iterator[str]:
    """Serve a folder; yields the address of its top. `missing` is a page below it for what is not there."""
    handler = type("Handler", (FileServer,), {"sent": sent or {}, "missing": missing})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(root)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@contextmanager
def pages_of(browser: Browser, site_url: str) -> Iterator[OpenPage]:
    """Yield a function that opens a page of a site in a context of its own.

    The page notes what it `asked` and was `told` on the console. `init` is a script to run before the page's, `model`
    handles requests for the encoder; other options are those of the context.
    """
    contexts: list[BrowserContext] = []

    def open_one(path: str = "", *, init: str = "", model: Callable[[Route], None] | None = None, **options) -> Page:
        context = browser.new_context(**options)
        contexts.append(context)
        if init:
            context.add_init_script(init)
        if model:
            context.route("**/model/*.bin", model)
        page = context.new_page()
        page.asked, page.told = [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("console", lambda message: page.told.append(message.text))
        page.goto(site_url + path)
        return page

    yield open_one
    for context in contexts:
        context.close()


def loaded(page: Page) -> Page:
    """Look at the search box and wait until the encoder is there."""
    page.locator("#question").focus()
    page.wait_for_function("() => document.querySelectorAll('search form .notice').length === 2")
    expect(page.locator("search form .notice").last).to_have_text("", timeout=LOADED_MS)
    return page


def ask(page: Page, question: str) -> None:
    """Fill in a question and wait for whatever is said to it."""
    page.locator("#question").fill(question)
    settled(page)


def settled(page: Page) -> None:
    """Wait until the last question is replied to."""
    state = "() => !['typing', 'empty'].includes(document.querySelector('.live').dataset.state)"
    page.wait_for_function(f"() => ({state})() && !document.querySelector('.live[aria-busy]')", timeout=LOADED_MS)
