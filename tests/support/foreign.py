"""Other people's sites, each a folder of files behind a real HTTP server of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

# Everything here is against a guest: no rule of it may reach the box, and the box must lie above what covers the page.
HOSTILE_STYLE = """
* { all: unset !important; font-size: 40px !important; color: rgb(255, 0, 0) !important; letter-spacing: 1em !important;
    text-transform: uppercase !important; line-height: 3 !important; --ink: red !important; --accent: lime !important; }
html { font-size: 40px !important; }
div, dialog, form, input, button, faq-widget { display: none !important; visibility: hidden !important; }
.card, .hit, .ask, .panel { border: 20px solid lime !important; opacity: 0.1 !important; }
html body section.overlay { position: fixed !important; inset: 0 !important; z-index: 2147483647 !important;
    display: block !important; background: rgb(255 255 0 / 50%) !important; }
"""
STRICT_POLICY = (
    "default-src 'none'; script-src {server}; connect-src {server}; style-src 'none'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types faq"
)


@dataclass(frozen=True, slots=True)
class Site:
    """A running site."""

    folder: Path
    url: str
    headers: dict[str, Mapping[str, str]]
    """By the path of a page, what its response carries beside the usual."""

    def write(self, name: str, text: str, **headers: str) -> None:
        """Put a page on the site."""
        (self.folder / name).write_text(text, encoding="utf-8")
        self.headers[f"/{name}"] = {key.replace("_", "-"): value for key, value in headers.items()}


class _Files(SimpleHTTPRequestHandler):
    def __init__(self, site: Site, *args: object) -> None:
        self.site = site
        super().__init__(*args, directory=str(site.folder))  # type: ignore[arg-type]

    def end_headers(self) -> None:
        for name, value in self.site.headers.get(self.path, {}).items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serve_site(folder: Path) -> Iterator[Site]:
    """Serve a folder on a free port until the block ends."""
    listener = ThreadingHTTPServer(("127.0.0.1", 0), lambda *args: None)  # type: ignore[arg-type, return-value]
    site = Site(folder, f"http://127.0.0.1:{listener.server_port}", {})
    listener.RequestHandlerClass = partial(_Files, site)  # type: ignore[assignment]
    thread = threading.Thread(target=listener.serve_forever)
    thread.start()
    yield site
    listener.shutdown()
    thread.join()
    listener.server_close()


def build_sphinx(source: Path, target: Path, server: str) -> None:
    """Build a Sphinx site of one page, with the widget as its documentation says to add a script."""
    source.mkdir()
    script = (f"{server}/widget.js", {"data-lang": "zh"})
    (source / "conf.py").write_text(f"project = 'Guest'\nlanguage = 'zh_CN'\nhtml_js_files = [{script!r}]\n")
    (source / "index.rst").write_text("Guest\n=====\n\nA page with a `link <https://example.org>`_ and ``code``.\n")
    _run("sphinx", "-q", "-b", "html", str(source), str(target))


def build_mkdocs(source: Path, target: Path, server: str) -> None:
    """Build a MkDocs Material site of one page, the same way."""
    (source / "docs").mkdir(parents=True)
    (source / "docs" / "index.md").write_text("# Guest\n\nA page with a [link](https://example.org) and `code`.\n")
    theme = "theme:\n  name: material\n  language: zh\n  font: false\n"
    (source / "mkdocs.yml").write_text(f"site_name: Guest\n{theme}extra_javascript:\n  - {server}/widget.js\n")
    _run("mkdocs", "build", "-q", "-f", str(source / "mkdocs.yml"), "-d", str(target))


def page(body: str = "", *, head: str = "", attributes: str = 'lang="zh"') -> str:
    """Return a page by hand."""
    return (
        f'<!doctype html><html {attributes}><head><meta charset="utf-8"><title>Guest</title>{head}</head>'
        f'<body><main><h1>Guest</h1><p>A page with a <a href="#here">link</a>.</p></main>{body}</body></html>'
    )


def _run(module: str, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
