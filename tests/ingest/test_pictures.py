"""Pictures beside the Markdown: taken when they are pictures and lie within what is read, else named."""

from __future__ import annotations

import os

import pytest
from picture_support import name_of, png, write_faq

from faqkb.ingest import parse_document, pictures, read_sources
from faqkb.kb.limits import PICTURE_BYTES
from faqkb.kb.pictures import with_addresses

STORED = f"/pictures/{name_of(png())}"


def html_of(ingested) -> str:
    return ingested.records[0].answer_html


def warnings_of(ingested) -> list[str]:
    return [f"{warned.line}: {warned.message}" for warned in ingested.files[0].warnings]


@pytest.mark.parametrize(
    "written",
    [
        "![c](img/chart.png)",
        '<img src="./img/chart.png">',
        '<IMG SRC="img/chart.png?raw=true">',
        "![c](<img/../img/chart.png>)",
        "![c](img/ch%61rt.png)",
        "![c][1]\n\n[1]: img/chart.png",
    ],
)
def test_a_picture_beside_the_file_is_stored_under_its_hash(tmp_path, written):
    ingested = write_faq(tmp_path, f"See: {written}")
    assert f'<img src="{STORED}"' in html_of(ingested)
    assert [(each.name, each.size) for each in ingested.pictures] == [(name_of(png()), len(png()))]
    assert warnings_of(ingested) == []


def test_a_picture_is_looked_for_from_its_own_file_within_the_path(tmp_path):
    write_faq(tmp_path)
    (tmp_path / "de").mkdir()
    (tmp_path / "de" / "faq.md").write_text("# FAQ\n\n## Is it so?\n\n![c](../img/chart.png)\n")
    ingested = read_sources([tmp_path])
    assert STORED in html_of(ingested)
    assert len(ingested.pictures) == 1
    alone = read_sources([tmp_path / "de"])
    assert STORED not in html_of(alone)
    assert alone.pictures == ()


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("img/gone.png", "not there"),
        ("img/chart.png/x.png", "not there"),
        ("../secret.png", "outside of what is read"),
        ("link.png", "outside of what is read"),
        ("loop.png", "no file that can be read"),
        ("pipe.png", "no file that can be read"),
        ("img", "no file that can be read"),
        ("a%00b.png", "no file that can be read"),
        ("x" * 300, "no file that can be read"),
        ("drawn.svg", "not PNG, JPEG, GIF, WebP or AVIF"),
        ("text.png", "not PNG, JPEG, GIF, WebP or AVIF"),
        ("large.png", "larger than 2,000,000 bytes"),
    ],
)
def test_what_is_no_picture_within_the_path_is_left_out_and_named(tmp_path, address, told):
    content = tmp_path / "content"
    write_faq(content)
    (tmp_path / "secret.png").write_bytes(png(1))
    (content / "link.png").symlink_to(tmp_path / "secret.png")
    (content / "loop.png").symlink_to("loop.png")
    os.mkfifo(content / "pipe.png")
    (content / "drawn.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')
    (content / "text.png").write_text("<script>alert(1)</script>")
    (content / "large.png").write_bytes(png() + bytes(PICTURE_BYTES))
    ingested = write_faq(content, f"See: ![the chart]({address})")
    assert html_of(ingested) == '<p>See: <img alt="the chart"></p>\n'
    (warning,) = warnings_of(ingested)
    assert warning.startswith(f"3: left out: the picture {address[:80]} is {told}")
    assert "; " in warning
    assert ingested.pictures == ()


def test_one_warning_counts_the_pictures_left_out_for_one_reason(tmp_path):
    ingested = write_faq(tmp_path, "![a](a.png) ![b](b.png) ![a](a.png)")
    assert [warning.partition(";")[0] for warning in warnings_of(ingested)] == [
        "3: left out: the picture a.png and 1 more are not there"
    ]


@pytest.mark.parametrize("limit", ["PICTURES", "PICTURES_BYTES"])
def test_what_a_knowledge_base_does_not_hold_is_left_out(tmp_path, monkeypatch, limit):
    monkeypatch.setattr(pictures, limit, {"PICTURES": 1, "PICTURES_BYTES": 2 * len(png()) - 1}[limit])
    write_faq(tmp_path)
    (tmp_path / "again.png").write_bytes(png())
    (tmp_path / "other.png").write_bytes(png(1))
    ingested = write_faq(tmp_path, "![a](img/chart.png) ![a](again.png) ![b](other.png)")
    assert html_of(ingested).count(STORED) == 2
    assert "the picture other.png is beyond" in warnings_of(ingested)[0]


@pytest.mark.parametrize(
    ("content", "suffix"),
    [
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "jpg"),
        (b"GIF89a\1\0\1\0", "gif"),
        (b"RIFF\x1a\0\0\0WEBPVP8L", "webp"),
        (b"\0\0\0\x1cftypavif\0\0\0\0", "avif"),
    ],
)
def test_a_kind_is_told_by_the_bytes_whatever_the_file_is_called(tmp_path, content, suffix):
    write_faq(tmp_path)
    (tmp_path / "shown.png").write_bytes(content)
    (picture,) = write_faq(tmp_path, "![a](shown.png)").pictures
    assert picture.name == name_of(content, suffix)


def test_links_and_pictures_elsewhere_stay_as_they_are(tmp_path):
    ingested = write_faq(tmp_path, "[a](img/chart.png) ![b](/img/chart.png) ![c](https://h.example/img/chart.png)")
    shown = html_of(ingested)
    assert 'href="img/chart.png"' in shown
    assert 'src="/img/chart.png"' in shown
    assert 'src="https://h.example/img/chart.png"' in shown
    assert "2 links or pictures lead nowhere" in warnings_of(ingested)[0]


def test_with_a_link_base_pictures_stay_where_it_leads(tmp_path):
    ingested = write_faq(tmp_path)
    text = (tmp_path / "faq.md").read_text()
    (tmp_path / "faq.md").write_text(f"<!-- faq: link-base=https://h.example/d/ -->\n\n{text}")
    ingested = read_sources([tmp_path])
    assert 'src="https://h.example/d/img/chart.png"' in html_of(ingested)
    assert ingested.pictures == ()


def test_without_a_disk_a_picture_stays_relative():
    (record,) = parse_document("# FAQ\n\n## Is it so?\n\n![c](img/chart.png)\n", "faq.md").records
    assert 'src="img/chart.png"' in record.answer_html


def test_only_what_a_tag_shows_gets_another_address():
    shown = f'<p>src="{STORED}" <img alt="a>b" title="c" src="{STORED}" width="3"><a href="{STORED}">x</a></p>'
    assert with_addresses(shown, lambda name: f"../{name}") == shown.replace(
        f'"c" src="{STORED}"', f'"c" src="../{name_of(png())}"'
    )
