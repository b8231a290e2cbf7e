"""`faq export --format site`: whole, linked, and never half-written."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote, unquote, urljoin, urlsplit

import pytest
from PIL import Image, ImageColor
from server_support import make_record

from faqkb.kb.building.build import build_snapshot
from faqkb.server.colours import BUILT_IN, palette
from faqkb.server.site.build import markdown_pages, page_folders, relative
from faqkb.server.site.picture import shared_picture

ROOT = Path(__file__).resolve().parents[3]
BASE = "https://faq.example/help"


def export(kb: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "faqkb", "export", "--kb", str(kb), *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def site(kb_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export") / "site"
    done = export(kb_folder, "--format", "site", str(folder), "--base-url", BASE)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "wrote 28 pages" in done.stderr
    return folder


class _Links(HTMLParser):
    """Collects the addresses of a page: what it loads, and where it leads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.scripts: list[dict[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = dict(attrs)
        self.found += [value for name in ("href", "src", "action") if (value := own.get(name))]
        if tag == "script":
            self.scripts.append(own)


def pages(site: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(site.rglob("index.html")):
        yield path.relative_to(site).as_posix(), path.read_text(encoding="utf-8")


def test_every_record_and_each_language_has_its_page(site):
    assert (site / "q/faq_2021_s1/Q1.3/index.html").is_file()
    assert '<html lang="zh-CN" dir="ltr">' in (site / "index.html").read_text(encoding="utf-8")
    assert '<html lang="en" dir="ltr">' in (site / "en/index.html").read_text(encoding="utf-8")
    assert '<html lang="en" dir="ltr">' in (site / "q/en/faq_2021_s1/Q1.3/index.html").read_text(encoding="utf-8")


def test_every_link_leads_to_a_file_of_the_site(site):
    for name, text in pages(site):
        here = f"{BASE}/{quote(name)}"
        for address in _Links(text).found:
            target = urljoin(here, address)
            if not target.startswith(f"{BASE}/"):
                assert urlsplit(target).netloc != urlsplit(BASE).netloc, f"{name}: {address} leaves the site"
                continue
            path = site / unquote(urlsplit(target).path.removeprefix("/help/"))
            assert (path / "index.html" if path.is_dir() else path).is_file(), f"{name}: {address}"


def test_no_address_starts_at_the_servers_root_and_nothing_needs_a_server(site):
    for name, text in pages(site):
        links = _Links(text)
        assert [address for address in links.found if address.startswith("/")] == [], name
        assert "/api/v1" not in text
        assert "/feedback" not in text
        assert "answer_token" not in text


def test_the_policy_stands_in_every_page_and_no_script_is_inline(site):
    for name, text in pages(site):
        assert '<meta http-equiv="Content-Security-Policy" content="default-src ' in text, name
        assert "unsafe" not in text.partition("</head>")[0]
        for script in _Links(text).scripts:
            assert script.get("src") or script.get("type") == "application/ld+json", name


def test_a_page_says_what_it_is_to_programs(site):
    text = (site / "q/faq_2021_s1/Q1.3/index.html").read_text(encoding="utf-8")
    data = json.loads(text.partition('<script type="application/ld+json">')[2].partition("</script>")[0])
    assert data["@type"] == "FAQPage"
    assert data["@id"] == f"{BASE}/q/faq_2021_s1/Q1.3/"
    assert f'<link rel="canonical" href="{BASE}/q/faq_2021_s1/Q1.3/">' in text
    assert f"<loc>{BASE}/q/en/faq_2021_s1/Q2.5/</loc>" in (site / "sitemap.xml").read_text(encoding="utf-8")


def test_each_language_has_a_feed_of_what_changed(site):
    for page, feed, language in (("index.html", "feed.xml", "zh"), ("en/index.html", "en/feed.xml", "en")):
        assert 'type="application/rss+xml"' in (site / page).read_text(encoding="utf-8")
        items = list(ET.fromstring((site / feed).read_bytes()).iter("item"))
        assert len(items) == 10
        for item in items:
            address = item.findtext("link").removeprefix(f"{BASE}/")
            page_of = (site / address / "index.html").read_text(encoding="utf-8")
            assert f'<article class="card">\n  <h1 lang="{language}' in page_of


def test_without_an_address_there_is_no_sitemap(kb_folder, tmp_path):
    assert export(kb_folder, "--format", "site", str(tmp_path / "site")).returncode == 0
    assert not list((tmp_path / "site").rglob("*.xml"))
    assert "rss+xml" not in (tmp_path / "site/index.html").read_text(encoding="utf-8")
    assert '<link rel="canonical" href="./">' in (tmp_path / "site/q/faq_2021_s1/Q1.3/index.html").read_text()


def test_the_check_scripts_are_those_of_the_knowledge_base(site):
    for script in (ROOT / "content" / "checks").glob("*.py"):
        assert (site / "checks" / script.name).read_bytes() == script.read_bytes()


def test_the_same_knowledge_base_gives_the_same_bytes(site, kb_folder, tmp_path):
    again = tmp_path / "again"
    assert export(kb_folder, "--format", "site", str(again), "--base-url", BASE).returncode == 0
    files = sorted(path.relative_to(site) for path in site.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(again) for path in again.rglob("*") if path.is_file())
    assert [name for name in files if (site / name).read_bytes() != (again / name).read_bytes()] == []


def test_exporting_leaves_the_knowledge_base_as_it_was(kb_folder, tmp_path):
    before = sorted(path.name for path in kb_folder.iterdir())
    export(kb_folder, "--format", "site", str(tmp_path / "site"))
    assert sorted(path.name for path in kb_folder.iterdir()) == before


def test_a_former_site_is_replaced_and_an_empty_folder_is_taken(kb_folder, tmp_path):
    folder = tmp_path / "site"
    folder.mkdir()
    assert export(kb_folder, "--format", "site", str(folder)).returncode == 0
    (folder / "q/removed").mkdir()
    assert export(kb_folder, "--format", "site", str(folder)).returncode == 0
    assert not (folder / "q/removed").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_a_folder_with_anything_else_is_left_as_it_is(kb_folder, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    done = export(kb_folder, "--format", "site", str(tmp_path))
    assert done.returncode == 2
    assert "holds something else" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--format", "site"), "needs the folder"),
        (("--format", "csv", "somewhere"), "writes to standard output"),
        (("--format", "jsonl", "--base-url", BASE), "writes to standard output"),
        (("--format", "site", "somewhere", "--base-url", "faq.example"), "no address of a site"),
        (("--format", "site", "README.md"), "is no folder"),
        (("--format", "csv", "--search", "meaning"), "is for --format site"),
        (("--format", "site", "somewhere", "--runtime", "x.tgz"), "are for --search meaning"),
        (("--format", "site", "somewhere", "--search", "meaning", "--search-languages", "xx"), "languages: got xx"),
        (("--format", "site", "somewhere", "--search", "meaning", "--runtime", "x.tgz"), "npm pack onnxruntime-web@"),
        (("--format", "site", "somewhere", "--search", "meaning", "--runtime", "README.md"), "other bytes than"),
    ],
)
def test_a_wrong_call_is_told_in_one_line(kb_folder, arguments, told):
    done = export(kb_folder, *arguments)
    assert done.returncode == 2
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (ROOT / "somewhere").exists()


def test_a_failure_leaves_the_former_site_and_no_trace(kb_folder, tmp_path):
    folder = tmp_path / "site"
    assert export(kb_folder, "--format", "site", str(folder)).returncode == 0
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    limited = f"ulimit -f 40; exec {sys.executable} -m faqkb export --kb {kb_folder} --format site {folder}"
    done = subprocess.run(["bash", "-c", limited], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert done.stderr.splitlines()[-1].startswith("faq: ")  # below how far it was
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_odd_record_ids_get_pages_too(encoder, tmp_path):
    ids = ["a/../../b", "a/con?", "a/x#y%z", 'a/"<b>', "a/B", "a/b", "a/index.html", "a/" + "长" * 100, "_/x", "a/b/c"]
    records = [make_record(each, f"Question {number}?") for number, each in enumerate(ids)]
    build_snapshot(tmp_path / "kb", records, encoder)
    done = export(tmp_path / "kb", "--format", "site", str(tmp_path / "site"))
    assert done.returncode == 0, done.stderr
    texts = [text for name, text in pages(tmp_path / "site") if name.startswith("q/")]
    assert all(any(f'<h1 lang="en">{record.question}' in text for text in texts) for record in records)
    test_every_link_leads_to_a_file_of_the_site(tmp_path / "site")


def test_no_file_is_the_folder_of_another_page():
    ids = ["e/f", "e/f.md/g/h", "e/F.MD/i", "x/y", "x/y.md", "x/y.md.md", "x/y/index", "p/q", "p/q.md"]
    folders = page_folders(ids)
    written = [*markdown_pages(folders).values(), *(f"q/{folder}/index.html" for folder in folders.values())]
    folded = {path.casefold() for path in written}
    assert len(folded) == len(written)
    assert not any(other.startswith(f"{path}/") for path in folded for other in folded)


def test_a_former_id_that_ends_like_a_file_stops_no_export(encoder, tmp_path):
    records = [make_record("a/b", "What is it?"), make_record("a/c", "What was it?", was=("a/b.md",))]
    build_snapshot(tmp_path / "kb", [make_record("a/b.md", "What was it?")], encoder)
    build_snapshot(tmp_path / "kb", records, encoder)
    done = export(tmp_path / "kb", "--format", "site", str(tmp_path / "site"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "site" / "q" / "a" / "b.md" / "index.html").is_file()


def test_folders_are_safe_and_no_two_are_the_same():
    ids = ["a/..", "a/.", "a/B", "a/b", "a//b", "a/nul\x00", "a/back\\slash", "a/~x"]
    folders = list(page_folders(ids).values())
    assert len({folder.casefold() for folder in folders}) == len(ids)
    assert not any(
        part in {"", ".", ".."} or set(part) & set('\x00\\:*?"<>|') for f in folders for part in f.split("/")
    )


@pytest.mark.parametrize(
    ("target", "page", "address"),
    [
        ("", "", "./"),
        ("", "q/a/1/", "../../../"),
        ("q/a/1/", "q/a/1/", "./"),
        ("q/a/1/", "q/b/2/", "../../a/1/"),
        ("q/_", "", "q/_"),
        ("q/_", "en/", "../q/_"),
        ("q/中/1/", "", "q/%E4%B8%AD/1/"),
    ],
)
def test_addresses_are_relative_to_their_page(target, page, address):
    assert relative(target, page) == address


def test_other_sites_find_a_picture_to_show_beside_a_link(site):
    content = (site / "share.png").read_bytes()
    with Image.open(io.BytesIO(content)) as picture:
        picture.load()
        assert (picture.format, picture.size, picture.mode) == ("PNG", (1200, 630), "RGB")
        assert len(picture.getcolors(1 << 24)) > 3
    assert len(content) < 50_000
    for name, text in pages(site):
        assert f'<meta property="og:image" content="{BASE}/share.png">' in text, name
        assert '<meta property="og:image:width" content="1200">' in text, name
        assert '<meta property="og:image:height" content="630">' in text, name
        assert '<meta property="og:title" content="' in text, name


def test_a_site_that_does_not_know_where_it_will_be_names_no_picture(kb_folder, tmp_path):
    assert export(kb_folder, "--format", "site", str(tmp_path / "site")).returncode == 0
    assert not (tmp_path / "site/share.png").exists()
    assert not (tmp_path / "site/404.html").exists()
    assert "og:image" not in (tmp_path / "site/index.html").read_text(encoding="utf-8")


def test_the_picture_is_in_the_operators_colours():
    own = palette("#7a1f5c")
    with Image.open(io.BytesIO(shared_picture(own))) as picture:
        assert picture.getpixel((5, 5)) == ImageColor.getrgb(own.light.accent)
    assert shared_picture(own) == shared_picture(own) != shared_picture(BUILT_IN)


def test_every_address_of_the_page_for_what_is_not_there_starts_at_the_site(site):
    links = _Links((site / "404.html").read_text(encoding="utf-8"))
    addresses = [address for address in links.found if not address.startswith("#")]
    assert addresses
    for address in addresses:
        assert address.startswith("/help/"), address
        path = site / unquote(urlsplit(address).path.removeprefix("/help/"))
        assert (path / "index.html" if path.is_dir() else path).is_file(), address


def test_offline_belongs_to_a_site(kb_folder):
    done = export(kb_folder, "--format", "jsonl", "--offline")
    assert done.returncode == 2
    assert "--offline is for --format site" in done.stderr


def test_the_service_worker_keeps_the_start_pages_and_what_they_load(kb_folder, tmp_path):
    folder = tmp_path / "site"
    assert export(kb_folder, "--format", "site", str(folder), "--offline").returncode == 0
    script = (folder / "sw.js").read_text(encoding="utf-8")
    kept = json.loads(script.partition("const FILES = ")[2].partition(";\n")[0])
    assert {"", "en/"} < set(kept)
    for path in kept:
        assert (folder / path / "index.html" if path.endswith("/") or not path else folder / path).is_file(), path
    assert "/offline.js" in (folder / "q/faq_2021_s1/Q1.3/index.html").read_text(encoding="utf-8")
