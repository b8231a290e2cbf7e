"""The widget's addresses, and which sites' pages may read what the server says."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from server_support import ROOT

from faqkb.faq.config import allowed_origins
from faqkb.kb.errors import ConfigError
from faqkb.server.answering.leases import EXTENSION
from faqkb.server.app import create_app
from faqkb.server.http.cors import AllowedOrigins
from faqkb.server.pages.widget_style import shadow_style

DOCS = "https://docs.example.org"
PREFLIGHT = {"Origin": DOCS, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
SHARED = [
    "/widget.json",
    "/widget.css",
    "/static/search.js",
    "/static/widget_box.js",
    "/static/widget_place.js",
    "/api/v1/records",
    "/api/v1/nope",
]
OWN = ["/", "/q/faq_2021_s1/Q1.3", "/checks/shm.py", "/healthz", "/sitemap.xml"]


@pytest.fixture(scope="module")
def client(kb_folder) -> Iterator[FlaskClient]:
    app = create_app(kb_folder, AllowedOrigins.parse([DOCS, "http://127.0.0.1:9000"]))
    yield app.test_client()
    app.extensions[EXTENSION].close()


@pytest.fixture(scope="module")
def open_client(kb_folder) -> Iterator[FlaskClient]:
    app = create_app(kb_folder, AllowedOrigins.parse(["*"]))
    yield app.test_client()
    app.extensions[EXTENSION].close()


def cors_headers(reply) -> dict[str, str]:
    return {name: value for name, value in reply.headers.items() if name.startswith("Access-Control-")}


@pytest.mark.parametrize("path", SHARED)
def test_an_allowed_origin_may_read_the_api_and_the_widgets_files(client, path):
    reply = client.get(path, headers={"Origin": DOCS}, buffered=True)
    assert reply.headers["Access-Control-Allow-Origin"] == DOCS
    assert "Access-Control-Allow-Credentials" not in reply.headers
    assert "Origin" in reply.vary


@pytest.mark.parametrize("path", SHARED)
@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "https://docs.example.org.evil.example",
        "https://evil-docs.example.org",
        "http://docs.example.org",
        "https://docs.example.org:8443",
        "HTTPS://DOCS.EXAMPLE.ORG",
        "https://docs.example.org/",
        "null",
        "",
    ],
)
def test_nothing_is_said_to_any_other_origin_and_no_cache_mixes_them_up(client, path, origin):
    reply = client.get(path, headers={"Origin": origin}, buffered=True)
    assert cors_headers(reply) == {}
    assert "Origin" in reply.vary


@pytest.mark.parametrize("path", OWN)
def test_pages_are_not_shared_with_anybody(client, path):
    assert cors_headers(client.get(path, headers={"Origin": DOCS}, buffered=True)) == {}


@pytest.mark.parametrize(
    ("path", "methods"), [("/api/v1/ask", "POST"), ("/widget.json", "GET"), ("/api/v1/feedback", "POST")]
)
def test_a_preflight_of_an_allowed_origin_is_answered(client, path, methods):
    reply = client.options(path, headers=PREFLIGHT)
    assert reply.status_code == 200
    assert reply.headers["Access-Control-Allow-Origin"] == DOCS
    assert methods in reply.headers["Access-Control-Allow-Methods"]
    assert "Content-Type" in reply.headers["Access-Control-Allow-Headers"].split(", ")
    assert int(reply.headers["Access-Control-Max-Age"]) > 0
    assert "Access-Control-Allow-Credentials" not in reply.headers


def test_a_preflight_of_another_origin_gets_no_leave(client):
    assert cors_headers(client.options("/api/v1/ask", headers=PREFLIGHT | {"Origin": "https://evil.example"})) == {}


def test_errors_can_be_read_too(client):
    reply = client.post("/api/v1/ask", json={"question": 1}, headers={"Origin": DOCS})
    assert reply.status_code == 422
    assert reply.headers["Access-Control-Allow-Origin"] == DOCS


def test_a_star_is_every_origin_and_needs_no_vary(open_client):
    reply = open_client.get("/widget.json", headers={"Origin": "https://anybody.example"})
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert "Origin" not in reply.vary


@pytest.mark.parametrize(
    "entry", [DOCS, "http://127.0.0.1:9000", "http://[::1]:9000", "https://xn--fiq228c.example", "*"]
)
def test_an_origin_is_taken_as_browsers_send_it(entry):
    assert AllowedOrigins.parse([entry]).origins == {entry}


@pytest.mark.parametrize(
    "entry",
    [
        "docs.example.org",
        "https://docs.example.org/",
        "https://docs.example.org/page",
        "https://docs.example.org https://www.example.org",
        "https://docs.example.org,www.example.org",
        "https://docs.example.org:443",
        "https://Docs.example.org",
        "https://*.example.org",
        "https://user@docs.example.org",
        "https://中文.example",
        "https://docs.example.org:port",
        "file:///tmp",
        "null",
        "",
    ],
)
def test_what_no_browser_sends_is_refused_when_the_server_starts(entry):
    with pytest.raises(ConfigError, match="allowed origin"):
        AllowedOrigins.parse([entry])


def test_origins_come_from_the_option_else_the_environment_else_faq_toml(tmp_path, monkeypatch):
    (tmp_path / "faq.toml").write_text('[serve]\nallow_origins = ["https://c.example"]\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert allowed_origins(()) == ("https://c.example",)
    monkeypatch.setenv("FAQ_ALLOW_ORIGINS", "https://a.example https://b.example")
    assert allowed_origins(()) == ("https://a.example", "https://b.example")
    assert allowed_origins(("*",)) == ("*",)


@pytest.mark.parametrize("line", ["allow_origins = 'https://a.example'", "allow_origins = [1]", "allowed = []"])
def test_a_wrong_setting_in_faq_toml_is_named(tmp_path, monkeypatch, line):
    (tmp_path / "faq.toml").write_text(f"[serve]\n{line}\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FAQ_ALLOW_ORIGINS", raising=False)
    with pytest.raises(ConfigError, match=r"correct \[serve\]"):
        allowed_origins(())


def test_the_script_weighs_less_than_2_kb_and_may_be_used_by_any_page(client):
    reply = client.get("/widget.js")
    assert reply.content_type == "text/javascript; charset=utf-8"
    assert len(gzip.compress(reply.data)) < 2_000
    assert reply.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert client.get("/static/search.js", buffered=True).headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/widget.js", "/widget.json", "/widget.css"])
def test_the_widgets_files_are_kept_for_minutes_and_asked_for_by_etag_after_that(client, path):
    reply = client.get(path)
    assert int(re.search(r"max-age=(\d+)", reply.headers["Cache-Control"])[1]) <= 600
    again = client.get(path, headers={"If-None-Match": reply.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(("language", "submit"), [("zh", "提问"), ("en", "Ask")])
def test_the_texts_come_in_the_language_of_the_address(client, language, submit):
    reply = client.get(f"/widget.json?lang={language}", headers={"Accept-Language": "de"})
    assert reply.json["box"]["submit"] == submit
    assert reply.json["ask"] == "/api/v1/ask"


def test_the_style_sheet_reaches_nothing_by_the_size_or_the_root_of_another_site(client):
    style = re.sub(r"/\*.*?\*/", "", client.get("/widget.css").text, flags=re.DOTALL)
    assert ":root" not in style
    assert [line for line in style.splitlines() if re.search(r"\drem\b", line) and "@media" not in line] == []
    own = (ROOT / "server" / "pages" / "static" / "style.css").read_text(encoding="utf-8")
    for name in set(re.findall(r"^  (--[a-z-]+):", own, re.MULTILINE)):
        assert f"{name}: var(--faq-{name[2:]}, " in style


def test_colours_that_the_reader_forces_come_after_those_of_a_theme(client):
    style = client.get("/widget.css").text
    forced = style.index("--accent: LinkText")
    assert forced > style.index("[data-theme=dark]")
    assert "var(--faq-accent, LinkText)" not in style


def test_a_style_sheet_without_colours_is_refused():
    with pytest.raises(ValueError, match=":root"):
        shadow_style("a { color: red; }")
