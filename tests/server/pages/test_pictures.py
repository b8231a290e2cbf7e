"""Pictures of answers over HTTP, and in the site without a server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from access_support import basic, bearer, new_key
from picture_support import QUESTION, name_of, png, publish, write_faq
from server_support import ServedProcess, served

from faqkb.faq.export_site import export_site
from faqkb.kb.model.encoder import Encoder

ADDRESS = f"/pictures/{name_of(png())}"
SHOWN = f'<img src="{ADDRESS}" alt="chart">'
SITE = "https://docs.example.org"


@pytest.fixture(scope="module")
def pictured(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a knowledge base whose content is no longer there."""
    folder = tmp_path_factory.mktemp("pictured")
    publish(write_faq(folder / "content"), folder / "kb", encoder)
    (folder / "content").rename(folder / "gone")
    return folder / "kb"


@pytest.fixture(scope="module")
def server(pictured: Path) -> Iterator[ServedProcess]:
    with served(pictured, "--allow-origin", SITE) as running:
        yield running


def test_the_page_the_search_and_the_api_show_the_picture(server):
    (record,) = server.get("/api/v1/records").json["records"]
    (answer, *_) = server.ask(QUESTION).json["answers"]
    for html in (record["answer_html"], answer["answer_html"]):
        assert SHOWN in html
    for path in (f"/q/{record['id']}", "/?q=How+is+the+kettle+descaled"):
        assert SHOWN in server.get(path).content.decode()


def test_structured_data_names_the_picture_from_anywhere(server):
    (record,) = server.get("/api/v1/records").json["records"]
    page = server.get(f"/q/{record['id']}").content.decode()
    data = json.loads(page.partition('<script type="application/ld+json">')[2].partition("</script>")[0])
    assert f'src="{server.url}{ADDRESS}"' in data["mainEntity"][0]["acceptedAnswer"]["text"]


def test_a_picture_is_sent_as_what_it_is_and_kept_for_ever(server):
    reply = server.get(ADDRESS)
    assert (reply.status, reply.content) == (200, png())
    assert reply.headers["Content-Type"] == "image/png"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert reply.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert reply.headers["ETag"] == f'"{name_of(png()).partition(".")[0]}"'
    again = server.get(ADDRESS, **{"If-None-Match": reply.headers["ETag"]})
    assert (again.status, again.content) == (304, b"")
    assert server.send("HEAD", ADDRESS).headers["Content-Length"] == str(len(png()))


@pytest.mark.parametrize(
    "path",
    [
        f"/pictures/{name_of(png(1))}",
        ADDRESS.replace(".png", ".gif"),
        "/pictures/",
        "/pictures/..%2Frecords.sqlite",
        "/pictures/../records.sqlite",
    ],
)
def test_nothing_else_is_at_such_an_address(server, path):
    reply = server.get(path)
    assert reply.status == 404
    assert reply.headers["Cache-Control"] == "no-store"


def test_a_picture_is_shared_with_the_sites_that_may_ask_and_no_others(server):
    assert server.get(ADDRESS, Origin=SITE).headers["Access-Control-Allow-Origin"] == SITE
    other = server.get(ADDRESS, Origin="https://other.example")
    assert other.headers["Access-Control-Allow-Origin"] is None
    assert other.headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_a_picture_needs_the_key_that_the_pages_need(pictured, encoder, tmp_path):
    publish(write_faq(tmp_path / "content"), tmp_path / "kb", encoder)
    key = new_key(tmp_path / "kb")
    with served(tmp_path / "kb") as running:
        assert running.get(ADDRESS).status == 401
        for header in (bearer(key), basic(key)):
            reply = running.get(ADDRESS, **header)
            assert (reply.status, reply.content) == (200, png())
            assert reply.headers["Cache-Control"] == "private, max-age=31536000, immutable"


def test_a_picture_damaged_under_a_running_server_is_not_sent(encoder, tmp_path):
    publish(write_faq(tmp_path / "content"), tmp_path / "kb", encoder)
    with served(tmp_path / "kb") as running:
        (stored,) = (tmp_path / "kb").glob("snapshots/*/pictures/*")
        stored.write_bytes(png(1))
        reply = running.get(ADDRESS)
        assert reply.status == 503
        assert str(tmp_path) not in reply.content.decode()
        assert reply.headers["Cache-Control"] == "no-store"


def test_the_site_carries_its_pictures_seen_from_each_page(pictured, tmp_path):
    export_site(pictured, tmp_path / "site", "https://h.example/docs/help")
    name = name_of(png())
    assert (tmp_path / "site" / "pictures" / name).read_bytes() == png()
    (page,) = (tmp_path / "site" / "q").rglob("index.html")
    text = page.read_text(encoding="utf-8")
    up = "../" * len(page.parent.relative_to(tmp_path / "site").parts)
    assert f'<img src="{up}pictures/{name}" alt="chart">' in text
    assert f"https://h.example/docs/help/pictures/{name}" in text
    assert f'"{ADDRESS}' not in text
