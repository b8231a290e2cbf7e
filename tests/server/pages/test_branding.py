"""A FAQ under its operator's name: what readers see of it, and what is refused."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from library_support import CONTACT, LOAN, LOGO, SETTINGS, build_library, write_settings
from server_support import WEATHER_QUESTION, make_record

from faqkb.faq.branding import site_branding
from faqkb.faq.config import read_config
from faqkb.kb.errors import ConfigError
from faqkb.server.answering.leases import EXTENSION
from faqkb.server.answering.topics import grouped
from faqkb.server.app import create_app
from faqkb.server.settings import ServerSettings

ENGLISH = {"Accept": "text/html", "Accept-Language": "en"}
CHINESE = {"Accept": "text/html", "Accept-Language": "zh-CN"}
ASKED_OFF_TOPIC = "how do I renew my passport at the embassy"
TECHNICAL = re.compile(r"error|version|报错|版本", re.IGNORECASE)
Client = Callable[..., FlaskClient]


@pytest.fixture(scope="module")
def library(encoder, tmp_path_factory) -> Path:
    return build_library(tmp_path_factory.mktemp("library") / "kb", encoder)


@pytest.fixture(scope="module")
def serve(library, tmp_path_factory) -> Iterator[Client]:
    apps = []

    def client(settings: str = SETTINGS, kb: Path = library, logo: str = LOGO) -> FlaskClient:
        folder = write_settings(tmp_path_factory.mktemp("site"), settings)
        (folder / "logo.svg").write_text(logo, encoding="utf-8")
        branding = site_branding(read_config(folder))
        apps.append(create_app(kb, settings=ServerSettings(branding=branding)))
        return apps[-1].test_client()

    yield client
    for app in apps:
        app.extensions[EXTENSION].close()


@pytest.fixture(scope="module")
def branded(serve) -> FlaskClient:
    return serve()


@pytest.fixture(scope="module")
def plain(serve) -> FlaskClient:
    return serve("")


def page(client: FlaskClient, path: str = "/", headers: dict[str, str] = ENGLISH, **query: str) -> str:
    return html.unescape(client.get(path, query_string=query, headers=headers).text)


def test_the_start_page_has_the_name_the_line_below_and_the_logo(branded):
    text = page(branded)
    assert "<title>Town library</title>" in text
    assert "Opening hours, loans, cards and rooms." in text
    assert re.search(r'<h1><img class="logo" src="/brand/logo\.svg\?v=\w+" alt="">Town library</h1>', text)
    assert "镇图书馆</h1>" in page(branded, headers=CHINESE)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/", {"q": LOAN}),
        ("/q/faq/loan", {}),
        ("/topics/made/Made", {}),
        ("/docs", {}),
        ("/nowhere", {}),
        ("/feedback", {}),
    ],
)
def test_every_page_has_the_name_the_foot_and_the_way_to_report(branded, path, query):
    text = page(branded, path, **query)
    assert "Town library</title>" in text
    assert '<a class="brand" href="/"><img class="logo"' in text
    assert '1 Main Street, <a href="https://library.example.org">' in text
    assert f'<a href="mailto:{CONTACT}">{CONTACT}</a>' in text
    assert 'href="https://library.example.org/report?about=http' in text


def test_a_report_says_which_page_and_which_question(branded):
    reported = re.search(r'href="(https://library.example.org/report[^"]*)"', page(branded, "/q/faq/loan"))
    assert reported is not None
    assert reported[1].endswith(
        "about=http%3A%2F%2Flocalhost%2Fq%2Ffaq%2Floan&asked=How%20long%20may%20I%20keep%20a%20book%3F"
    )


def test_a_report_by_mail_has_the_question_as_its_subject(serve):
    text = page(serve(f'[site]\nreport = "{CONTACT}"'), "/q/faq/loan")
    assert f'href="mailto:{CONTACT}?subject=How%20long%20may%20I%20keep%20a%20book%3F&body=http%3A%2F%2F' in text


def test_without_an_answer_the_reader_is_told_whom_to_ask(branded):
    text = page(branded, q=ASKED_OFF_TOPIC)
    assert 'data-status="no_answer"' in text
    assert f'You can also ask: <a href="mailto:{CONTACT}">' in text
    assert "也可以询问：" in page(branded, headers=CHINESE, q=WEATHER_QUESTION)


def test_a_contact_may_be_a_few_words(serve):
    text = page(serve('[site]\ncontact = "the desk on the <ground> floor"'), q=ASKED_OFF_TOPIC)
    assert "You can also ask: the desk on the <ground> floor" in text  # unescaped by `page`
    assert "<ground>" not in serve('[site]\ncontact = "the <ground> floor"').get("/").text


def test_a_greeting_gets_the_welcome_on_the_page_and_in_chat(branded, plain):
    assert "<h2>Hello! Ask me about the library.</h2>" in page(branded, q="hello")
    chat = {"model": "faq", "messages": [{"role": "user", "content": "hello"}]}
    said = branded.post("/v1/chat/completions", json=chat).get_json()["choices"][0]["message"]["content"]
    assert said == "Hello! Ask me about the library."
    document = branded.post("/api/v1/ask", json={"question": "hello"}).get_json()
    assert document["no_answer"]["reason"] == "small_talk"
    assert document["no_answer"]["message"] == "Hello! Ask me about the library."
    assert "Hello! I answer from the questions" in page(plain, q="hello")


def test_chat_tells_whom_to_ask(branded):
    chat = {"model": "faq", "messages": [{"role": "user", "content": ASKED_OFF_TOPIC}]}
    said = branded.post("/v1/chat/completions", json=chat).get_json()["choices"][0]["message"]["content"]
    assert f"You can also ask: {CONTACT}" in said


def test_programs_are_told_the_name(branded):
    assert branded.get("/openapi.json").get_json()["info"]["title"] == "Town library"
    assert "<ShortName>Town library</ShortName>" in branded.get("/opensearch.xml", headers=ENGLISH).text
    start = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-06-18"}}
    assert branded.post("/mcp", json=start).get_json()["result"]["serverInfo"]["title"] == "Town library"


def test_the_examples_of_the_reference_are_those_of_the_knowledge_base(branded, client):
    own = json.dumps(branded.get("/openapi.json").get_json(), ensure_ascii=False) + page(branded, "/docs")
    assert "faq/" in own
    assert "library" in own
    assert re.findall(r"(?i)paddle|shm|bus error|faq_2021", own) == []
    assert "faq_2021_s1" in json.dumps(client.get("/openapi.json").get_json())


def test_the_box_shows_a_stored_question_as_its_example(branded):
    assert 'placeholder="For example: When is the library open?"' in page(branded)
    assert 'placeholder="例如：图书馆几点开门？"' in page(branded, headers=CHINESE)
    assert branded.get("/widget.json?lang=en").get_json()["box"]["placeholder"].endswith("When is the library open?")


@pytest.mark.parametrize("headers", [ENGLISH, CHINESE])
def test_nobody_is_asked_for_error_messages_where_nothing_is_technical(plain, client, headers):
    asked = "how far away is the moon"
    for query in ({}, {"q": asked}):
        text = re.sub(r"data-live='[^']*'", "", page(plain, headers=headers, **query))
        assert TECHNICAL.findall(re.sub(r"<[^>]*>", "", text)) == []
    assert TECHNICAL.search(re.sub(r"<[^>]*>", "", page(client, headers=headers)))
    assert TECHNICAL.search(page(client, headers=headers, q=asked))


def test_code_in_one_of_twenty_answers_makes_a_faq_technical():
    everyday = [make_record(f"faq/{number}", f"Question {number}?") for number in range(19)]
    code = make_record("faq/code", "How do I call it?", answer_html="<p><code>run()</code></p>")
    assert grouped([*everyday, code]).is_technical
    assert not grouped(everyday).is_technical
    assert not grouped([*everyday, *[make_record(f"more/{n}", f"More {n}?") for n in range(20)], code]).is_technical
    assert not grouped([]).is_technical


def test_the_colours_are_in_the_style_sheet_and_in_nothing_else(branded, plain):
    address = re.search(r'href="(/brand/style\.css\?v=\w+)"', page(branded))
    assert address is not None
    sheet = branded.get(address[1])
    assert sheet.content_type == "text/css; charset=utf-8"
    assert "immutable" in sheet.headers["Cache-Control"]
    assert "immutable" not in branded.get("/brand/style.css").headers["Cache-Control"]
    assert "--accent: #7a1f5c;" in sheet.text
    assert "#17605b" not in sheet.text
    assert "#7a1f5c" not in page(branded)
    assert "style-src 'self';" in branded.get("/").headers["Content-Security-Policy"]
    assert "/brand/" not in page(plain)
    assert "#7a1f5c" in branded.get("/widget.css").text
    assert "#7a1f5c" in branded.get("/widget.js").text
    assert "#17605b" in plain.get("/widget.js").text


def test_the_logo_is_sent_as_a_picture_that_can_run_nothing(branded):
    sent = branded.get("/brand/logo.svg")
    assert sent.content_type == "image/svg+xml"
    policy = sent.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script" not in policy
    assert sent.headers["X-Content-Type-Options"] == "nosniff"
    assert branded.get("/brand/other.svg").status_code == 404
    assert 'rel="icon" href="/brand/logo.svg' in page(branded)
    assert branded.get("/widget.json").get_json()["box"]["logo"].startswith("/brand/logo.svg")


SVG = '<svg xmlns="http://www.w3.org/2000/svg">{}</svg>'


@pytest.mark.parametrize(
    ("logo", "said"),
    [
        (SVG.format("<script>alert(1)</script>"), "'<script'"),
        (SVG.format("<svg:SCRIPT href='x'/>"), "'<svg:SCRIPT'"),
        (SVG.format('<g onload="alert(1)"/>'), "'onload='"),
        (SVG.format('<g\tonload\n="alert(1)"/>'), "onload"),
        (SVG.format('<a href="JavaScript:alert(1)"/>'), "JavaScript:"),
        (SVG.format("<foreignObject/>"), "foreignObject"),
        ('<!DOCTYPE svg [<!ENTITY x "y">]><svg/>', "svg, png, jpg"),
        ("<html></html>", "svg, png, jpg"),
        ("", "svg, png, jpg"),
        (SVG.format("x" * 2_000_001), "too large"),
    ],
)
def test_a_logo_that_could_run_or_is_no_picture_is_refused(serve, logo, said):
    with pytest.raises(ConfigError) as told:
        serve(logo=logo)
    assert said in str(told.value)
    assert str(told.value).startswith("faq.toml: logo ")
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ('[site]\nlogo = "missing.svg"', "name a picture that is there"),
        ('[site]\nicon = "."', "name a picture that is there"),
        ('[site]\ntitle = {fr = "Bibliothèque"}', "['fr']"),
        ('[site]\naccent = "#ffff00"', "such as #"),
    ],
)
def test_what_cannot_be_shown_stops_the_server_at_its_start(serve, settings, said):
    with pytest.raises(ConfigError, match=re.escape(said)):
        serve(settings)


def test_text_of_the_operator_is_text(serve):
    hostile = "<img src=x onerror=alert(1)> a@b.example<script>"
    told = json.dumps(hostile)
    client = serve(f"[site]\ntitle = {told}\ntagline = {told}\nfooter = {told}\ncontact = {told}\nwelcome = {told}")
    for path in ("/", "/?q=hello", f"/?q={ASKED_OFF_TOPIC}", "/nowhere"):
        text = client.get(path, headers=ENGLISH).text
        assert "<img src=x" not in text
        assert "<script>" not in text
