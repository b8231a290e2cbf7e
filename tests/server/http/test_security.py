"""Every response is dressed, and nothing a user or an author writes becomes active."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from server_support import DOCKER_QUESTION, WEATHER_QUESTION, make_record

from faqkb.kb.building.build import build_snapshot
from faqkb.server.answering.leases import EXTENSION
from faqkb.server.app import create_app
from faqkb.server.http.security import SECURITY_HEADERS

SERVER = Path(__file__).resolve().parents[3] / "server"
HTML = {"Accept": "text/html"}
EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
ROUTES = [
    ("GET", "/", 200),
    ("GET", f"/?q={DOCKER_QUESTION}", 200),
    ("GET", "/q/faq_2021_s1/Q1.3", 200),
    ("GET", "/q/none", 404),
    ("GET", "/nope", 404),
    ("GET", "/healthz", 200),
    ("GET", "/readyz", 200),
    ("GET", "/static/style.css", 200),
    ("GET", "/static/icon.svg", 200),
    ("GET", "/static/search.js", 200),
    ("GET", "/static/none", 404),
    ("GET", "/api/v1/search?q=x", 200),
    ("GET", "/api/v1/search", 422),
    ("GET", "/api/v1/records", 200),
    ("GET", "/api/v1/records/faq_2021_s1/Q1.3", 200),
    ("GET", "/api/v1/records/none", 404),
    ("GET", "/api/v1/ask", 405),
    ("OPTIONS", "/api/v1/ask", 200),
    ("HEAD", "/", 200),
    ("POST", "/api/v1/ask", 415),
    ("GET", "/feedback", 200),
    ("POST", "/feedback", 415),
    ("POST", "/api/v1/feedback", 415),
    ("GET", "/api/v1/feedback", 405),
    ("GET", "/api/v1/broken", 500),
    ("GET", "/?q=" + "x" * 13_000, 414),
]


@pytest.fixture(scope="module")
def client(kb_folder: Path) -> Iterator[FlaskClient]:
    app = create_app(kb_folder)
    app.add_url_rule("/api/v1/broken", "broken", lambda: 1 / 0)
    yield app.test_client()
    app.extensions[EXTENSION].close()


@pytest.fixture(scope="module")
def evil_client(encoder, tmp_path_factory) -> Iterator[FlaskClient]:
    folder = tmp_path_factory.mktemp("evil")
    record = make_record(EVIL, f"{EVIL} docker?", answer_html="<p>fine</p>", alternates=(EVIL,), tags=(EVIL,))
    build_snapshot(folder, [record], encoder)
    app = create_app(folder)
    yield app.test_client()
    app.extensions[EXTENSION].close()


class Page(HTMLParser):
    """What a browser would act on."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@pytest.mark.parametrize("accept", ["text/html", "*/*"])
@pytest.mark.parametrize(("method", "path", "status"), ROUTES)
def test_every_response_carries_every_security_header(client, method, path, status, accept):
    reply = client.open(path, method=method, headers={"Accept": accept}, buffered=True)
    assert reply.status_code == status
    assert {name: reply.headers.get(name) for name in SECURITY_HEADERS} == dict(SECURITY_HEADERS)
    assert reply.headers["X-Request-Id"]
    assert "charset=utf-8" in reply.content_type or reply.content_type.endswith("json") or "svg" in reply.content_type


@pytest.mark.parametrize(("method", "path", "status"), ROUTES)
def test_no_response_says_what_serves_it_or_sets_a_cookie(client, method, path, status):
    reply = client.open(path, method=method, headers={"Origin": "https://evil.example"}, buffered=True)
    for name in ("Set-Cookie", "X-Powered-By", "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials"):
        assert name not in reply.headers


def test_only_our_own_files_may_run_and_nothing_may_frame_the_pages():
    policy = SECURITY_HEADERS["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "frame-ancestors 'none'" in policy
    assert "; script-src 'self'; connect-src 'self'; " in policy
    assert not {"unsafe-inline", "unsafe-eval", "*", "data:", "blob:"} & set(re.split("[ ;']+", policy))


@pytest.mark.parametrize("path", ["/", f"/?q={DOCKER_QUESTION}", "/readyz", "/q/faq_2021_s1/Q1.3", "/nope"])
def test_no_answer_is_kept_in_a_cache(client, path):
    assert client.get(path).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("name", ["style.css", "search.js", "icon.svg"])
def test_a_static_file_is_kept_as_long_as_its_address_names_its_content(client, name):
    address = re.search(rf'"(/static/{re.escape(name)}\?v=[0-9a-f]{{16}})"', client.get("/").text)[1]
    assert "immutable" in client.get(address, buffered=True).headers["Cache-Control"]
    assert "immutable" not in client.get(f"/static/{name}?v=old", buffered=True).headers["Cache-Control"]
    assert "immutable" not in client.get(f"/static/{name}", buffered=True).headers["Cache-Control"]


@pytest.mark.parametrize(
    "path", ["/", f"/?q={DOCKER_QUESTION}", f"/?q={WEATHER_QUESTION}", "/?q=!", "/q/faq_2021_s1/Q1.4", "/nope"]
)
def test_a_page_has_nothing_inline_and_loads_nothing_from_elsewhere(client, path):
    for tag, attributes in Page(client.get(path, headers=HTML).text).tags:
        assert not [name for name in attributes if name == "style" or name.startswith("on")], tag
        assert tag not in {"style", "iframe", "object", "embed", "base"}
        assert tag != "script" or attributes["type"] == "application/ld+json" or "src" in attributes
        loaded = attributes.get("src") or (attributes.get("href") if tag == "link" else None)
        assert loaded is None or loaded.startswith("/") or attributes.get("rel") in {"canonical", "alternate"}


@pytest.mark.parametrize("path", ["/", "/?q=docker", f"/q/{EVIL}", "/?q=zzz"])
def test_markup_in_a_stored_question_stays_text(evil_client, path):
    tags = [tag for tag, _ in Page(evil_client.get(path, headers=HTML).text).tags]
    assert "img" not in tags
    assert tags.count("script") == (3 if path.startswith("/q/") else 2)  # structured data, our modules


@pytest.mark.parametrize("question", [EVIL, '"><script>x</script>', "' onmouseover='x", "{{ 7*7 }}", "\u202e<b>"])
def test_markup_in_a_question_stays_text(client, question):
    text = client.get("/", query_string={"q": question}, headers=HTML).text
    page = Page(text)
    assert not {"img", "b"} & {tag for tag, _ in page.tags}
    assert [attributes["type"] for tag, attributes in page.tags if tag == "script"] == ["module"] * 2
    assert next(attributes for tag, attributes in page.tags if tag == "input")["value"] == question
    assert "49" not in re.findall(r"value=\"([^\"]*)\"", text)


def test_stored_html_is_trusted_at_one_place_only():
    templates = {path.name: path.read_text("utf-8") for path in (SERVER / "pages" / "templates").glob("*.html")}
    assert {name: text.count("|safe") for name, text in templates.items() if "safe" in text} == {"_macros.html": 1}
    assert not [name for name, text in templates.items() if "autoescape" in text or "Markup" in text]


def _luminance(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("text", "grounds", "least"),
    [
        ("ink", ["ground", "card", "code-ground"], 4.5),
        ("muted", ["ground", "card"], 4.5),
        ("accent", ["ground", "card"], 4.5),
        ("on-accent", ["accent"], 4.5),
        ("ink", ["accent-ground", "mark"], 4.5),
        ("accent", ["mark"], 4.5),
        ("muted", ["accent-ground"], 4.5),
        ("control", ["ground", "card"], 3),
        ("warn", ["ground", "card", "line"], 3),
        ("accent", ["line"], 3),
    ],
)
def test_colours_reach_the_contrast_of_wcag_aa(scheme, text, grounds, least):
    style = (SERVER / "pages" / "static" / "style.css").read_text("utf-8")
    block = re.findall(r":root \{(.*?)\}", style, re.DOTALL)[scheme]
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))
    reached = {ground: round(_contrast(colours[text], colours[ground]), 2) for ground in grounds}
    assert min(reached.values()) >= least, reached
