"""What lets browsers and search engines find the pages."""

from __future__ import annotations

import html
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from aging import age
from flask.testing import FlaskClient
from server_support import make_record

from faqkb.kb.building.build import build_snapshot
from faqkb.kb.model.encoder import Encoder
from faqkb.server.answering.leases import EXTENSION
from faqkb.server.app import create_app
from faqkb.server.pages import discovery

OPENSEARCH = "{http://a9.com/-/spec/opensearch/1.1/}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def test_the_pages_name_a_description_whose_address_asks(client: FlaskClient) -> None:
    assert 'rel="search" href="/opensearch.xml"' in client.get("/").text
    reply = client.get("/opensearch.xml", headers={"Accept-Language": "zh"})
    assert reply.content_type.startswith("application/opensearchdescription+xml")
    described = ET.fromstring(reply.data)
    assert described.findtext(f"{OPENSEARCH}ShortName") == "常见问题"
    template = described.find(f"{OPENSEARCH}Url").get("template")
    assert client.get(template.replace("{searchTerms}", "shm")).status_code == 200


def test_every_question_is_listed_for_programs_with_its_markdown(client: FlaskClient) -> None:
    listed = client.get("/llms.txt", headers={"Accept-Language": "en"})
    assert listed.content_type == "text/markdown; charset=utf-8"
    assert listed.text.startswith("# FAQ\n\n> ")
    addresses = re.findall(r"\]\(http://localhost(/q/[^)]+)\)", listed.text)
    records = client.get("/api/v1/records?limit=200").get_json()["records"]
    assert sorted(addresses) == sorted(f"{record['url']}.md" for record in records)
    for address in addresses[:5]:
        shown, page = client.get(address), client.get(address.removesuffix(".md"))
        record = client.get(f"/api/v1/records{address.removeprefix('/q').removesuffix('.md')}").get_json()
        assert shown.text.startswith(f"# {record['question']}\n\n{record['answer'].strip()}\n")
        assert f'type="text/markdown" href="{address}"' in page.text
    assert client.get("/q/no.md").status_code == 404


def test_the_name_of_a_record_may_end_like_a_files(encoder, tmp_path):
    build_snapshot(tmp_path, [make_record("read.md", "What is read?")], encoder)
    app = create_app(tmp_path)
    page, text = app.test_client().get("/q/read.md"), app.test_client().get("/q/read.md.md")
    app.extensions[EXTENSION].close()
    assert "<h1" in page.text
    assert text.text.startswith("# What is read?")


def test_a_former_id_takes_no_records_markdown_away(encoder: Encoder, tmp_path: Path) -> None:
    build_snapshot(tmp_path, [make_record("a/b", "What is b?"), make_record("c", "C?", was=("a/b.md",))], encoder)
    app = create_app(tmp_path)
    text = app.test_client().get("/q/a/b.md")
    app.extensions[EXTENSION].close()
    assert text.text.startswith("# What is b?")


@pytest.mark.parametrize("path", ["/", "/q/faq_2021_s1/Q1.3", "/topics/faq_2021_s1"])
def test_a_page_says_what_a_shared_link_shows(client: FlaskClient, path: str) -> None:
    if path.startswith("/topics"):
        path = next(each for each in re.findall(r'href="(/topics/[^"?]+)"', client.get("/").text))
    head = html.unescape(client.get(path, headers={"Accept-Language": "zh"}).text.partition("<body>")[0])
    said = dict(re.findall(r'<meta (?:name|property)="([^"]+)" content="([^"]*)">', head))
    assert 10 <= len(said["description"]) <= 160
    assert said["og:description"] == said["description"]
    assert said["og:title"] == re.search("<title>([^<]*)</title>", head)[1]
    assert said["og:type"] == ("article" if path.startswith("/q/") else "website")


def test_the_sitemap_lists_every_answer_and_each_is_there(client: FlaskClient) -> None:
    listed = ET.fromstring(client.get("/sitemap.xml").data)
    addresses = [each.text for each in listed.iter(f"{SITEMAP}loc")]
    records = client.get("/api/v1/records?limit=200").get_json()["records"]
    assert [each for each in addresses if "/topics/" not in each] == [
        f"http://localhost{each['url']}" for each in records
    ]
    assert client.get(addresses[0]).status_code == 200
    assert client.get("/sitemap-2.xml").status_code == 404
    assert client.get("/sitemap-0.xml").status_code == 404


@pytest.fixture
def older(encoder: Encoder, tmp_path: Path) -> Iterator[FlaskClient]:
    """Serve three answers of two topics: one changed today, one ten days ago, one is of the first snapshot."""
    answers = {"a/1": "One.", "b/1": "Two.", "b/2": "Three."}

    def publish(**changed: str) -> None:
        records = [
            make_record(each, f"Question {each}?", changed.get(each.replace("/", ""), answer), path=f"{each[0]}.md")
            for each, answer in answers.items()
        ]
        build_snapshot(tmp_path, records, encoder)

    publish()
    age(tmp_path, days=20)
    publish(b2="Three and a <half> \x0c & more.")
    age(tmp_path, days=10)
    publish(b2="Three and a <half> \x0c & more.", a1="One, anew.")
    app = create_app(tmp_path)
    yield app.test_client()
    app.extensions[EXTENSION].close()


def ago(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days)).date().isoformat()


def test_the_sitemap_says_when_each_answer_changed_last(older: FlaskClient) -> None:
    listed = ET.fromstring(older.get("/sitemap.xml").data)
    days = {
        (each.findtext(f"{SITEMAP}loc") or "").removeprefix("http://localhost"): each.findtext(f"{SITEMAP}lastmod")
        for each in listed
    }
    answers = {address: day for address, day in days.items() if address.startswith("/q/")}
    assert answers == {"/q/a/1": ago(0), "/q/b/1": ago(30), "/q/b/2": ago(10)}
    assert sorted(day for address, day in days.items() if address.startswith("/topics/")) == [ago(10), ago(0)]


def test_a_page_says_when_its_answer_changed_last(older: FlaskClient) -> None:
    page = older.get("/q/b/2", headers={"Accept-Language": "en"}).text
    assert f'<meta property="article:modified_time" content="{ago(10)}">' in page
    day = datetime.fromisoformat(ago(10))
    assert f"Updated {day:%B} {day.day}, {day.year}" in page
    assert f'"dateModified": "{ago(10)}"' in page


def test_the_feed_lists_what_changed_last_first(older: FlaskClient) -> None:
    assert 'type="application/rss+xml"' in older.get("/").text
    reply = older.get("/feed.xml")
    assert reply.content_type.startswith("application/rss+xml")
    items = list(ET.fromstring(reply.data).iter("item"))
    assert [each.findtext("link") for each in items] == [f"http://localhost/q/{each}" for each in ("a/1", "b/2", "b/1")]
    assert [parsedate_to_datetime(each.findtext("pubDate")).date().isoformat() for each in items] == [
        ago(0),
        ago(10),
        ago(30),
    ]
    assert items[1].findtext("description") == "Three and a <half> & more."
    assert len({each.findtext("guid") for each in items}) == 3
    assert list(ET.fromstring(older.get("/feed.xml?lang=zh").data).iter("item")) == []
    assert len(list(ET.fromstring(older.get("/feed.xml?lang=en").data).iter("item"))) == 3


def test_more_addresses_than_one_sitemap_may_hold_take_several(
    encoder: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_snapshot(tmp_path, [make_record(f"a&b/{number}", f"Question {number}?") for number in range(5)], encoder)
    monkeypatch.setattr(discovery, "SITEMAP_ADDRESSES", 2)  # 50,000 records would take minutes to embed
    app = create_app(tmp_path)
    try:
        client = app.test_client()
        index = ET.fromstring(client.get("/sitemap.xml").data)
        pages = [each.text for each in index.iter(f"{SITEMAP}loc")]
        assert len(pages) == 3
        found = [each.text for page in pages for each in ET.fromstring(client.get(page).data).iter(f"{SITEMAP}loc")]
        assert len(found) == 5 + 1, "five answers, one topic"
        assert client.get(found[4]).status_code == 200
    finally:
        app.extensions[EXTENSION].close()
