"""The Markdown that is sent elsewhere: it leads where the HTML does, and all else of it is as written."""

from __future__ import annotations

from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faqkb.ingest import read_sources
from faqkb.ingest.page.markdown import Budget
from faqkb.ingest.rendering import PictureOf, render_answer
from faqkb.kb.records import Record, Source

BASE = "https://host.example/docs/"
STORED = f"/pictures/{'0' * 64}.png"
FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "rendering"
PIECES = [
    *(
        "[a](a.md)",
        "![p](i.png)",
        "`[a](a.md)`",
        "<img src=i.png>",
        "<a href='a b.md'>x</a>",
        "[r]",
        "[t][r]",
        "![t][r]",
    ),
    *(
        "[![p](i.png)](a.md)",
        "[a](<a b.md> 'T')",
        "[a](a.md",
        "](a.md)",
        "\\[a](a.md)",
        "[[a](a.md)](b.md)",
        "$[a](a.md)$",
    ),
    *(
        "> ",
        "- ",
        "1. ",
        "- [ ] ",
        "# ",
        "    ",
        "\t",
        "```",
        "~~~",
        "| a | b |\n|---|---|\n| ",
        " | ",
        "\\|",
        "\n",
        "\n\n",
        " ",
    ),
    *(
        "> [!NOTE]\n> ",
        "```{note} T\n",
        "!!! tip\n    ",
        "<div>",
        "</div>",
        "<p>",
        "[^1]",
        "[^1]: ",
        "text",
        "：",
        "[r]: r.md",
        "*",
    ),
]
REFERENCES = {"R": {"href": "r.md", "title": 'the "r"'}}


class _Targets(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in {"href", "src"} and value]


def targets(html: str) -> list[str]:
    parser = _Targets()
    parser.feed(html)
    return parser.found


def read(
    answer: str,
    base: str | None = BASE,
    references: Mapping[str, Any] | None = None,
    picture_of: PictureOf | None = None,
) -> Record:
    made = render_answer(answer, dict(references or {}), Budget("faq.md", len(answer)), base, picture_of)
    assert made is not None
    return Record("a", "q", answer, made.text, made.html, Source("faq.md", 1), "en", targets=made.targets)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("See [a](../a.md) now.", "See [a](https://host.example/a.md) now."),
        ('![p]( img/p.png "T" )', f'![p]( {BASE}img/p.png "T" )'),
        ("[a](<a b.md>)", f"[a]({BASE}a%20b.md)"),
        ("[a](#why)", f"[a]({BASE}faq.md#why)"),
        ("[![p](p.png)](a.md)", f"[![p]({BASE}p.png)]({BASE}a.md)"),
        ("> * [ ] x [a](a.md)\n>   y [a](a.md)", f"> * [ ] x [a]({BASE}a.md)\n>   y [a]({BASE}a.md)"),
        ("|a|b|\n|-|-|\n|x\\|y [a](a.md)|[a](a.md)|", f"|a|b|\n|-|-|\n|x\\|y [a]({BASE}a.md)|[a]({BASE}a.md)|"),
        ("a <img alt='x>y' src=p.png>", f"a <img alt='x>y' src=\"{BASE}p.png\">"),
        ("<p>\n<a class=b href='a.md'>a</a></p>", f'<p>\n<a class=b href="{BASE}a.md">a</a></p>'),
        ("> [!TIP]\n> [a](a.md)", f"> [!TIP]\n> [a]({BASE}a.md)"),
        ("```{note} T\n:class: tip\n\n[a](a.md)\n```", f"```{{note}} T\n:class: tip\n\n[a]({BASE}a.md)\n```"),
        ("t [a](a.md)\n: [b](b.md)", f"t [a]({BASE}a.md)\n: [b]({BASE}b.md)"),
        ("[a](a(1).md) [b](<b(.md>)", f"[a]({BASE}a(1).md) [b]({BASE}b%28.md)"),
    ],
)
def test_exactly_the_addresses_are_others(answer, expected):
    assert read(answer).led_markdown() == expected


@pytest.mark.parametrize(
    "answer",
    [
        "`[a](a.md)` and ``![p](p.png)``",
        "```md\n[a](a.md)\n```",
        "    [a](a.md) <img src=p.png>",
        "\\[a](a.md) [a](a.md",
        "[a](https://x.example/y_(z)) <https://x.example> https://x.example [m](mailto:a@b.example)",
        "[j](javascript:alert(1)) [f](ftp://x.example/)",
        "$[a](a.md)$ <!-- [a](a.md) --> a[b](",
    ],
)
def test_code_and_what_leads_somewhere_already_stay_as_written(answer):
    assert read(answer).led_markdown() == answer


def test_a_reference_whose_definition_lies_elsewhere_in_the_document_is_written_out():
    led = read("See [it][r], [r][], [r] and ![p][r].", references=REFERENCES).led_markdown()
    address = f'({BASE}r.md "the \\"r\\"")'
    assert led == f"See [it]{address}, [r]{address}, [r]{address} and ![p]{address}."


def test_a_picture_beside_the_markdown_is_at_the_address_of_whoever_sends_it():
    record = read("![c](img/c.png) <img src='img/c.png'> [c](img/c.png) ![gone](g.png)", None, None, find)
    sent = record.led_markdown(lambda name: f"https://faq.example/p/{name[:3]}")
    picture = "https://faq.example/p/000"
    assert sent == f'![c]({picture}) <img src="{picture}"> [c](img/c.png) ![gone](g.png)'
    assert record.led_markdown() == record.answer, "nobody serves it"


def find(address: str) -> str:
    return STORED if address == "img/c.png" else ""


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*.md")), ids=lambda path: path.stem)
def test_in_every_dialect_the_markdown_leads_where_the_html_does(path):
    assert_leads_alike(path.read_text(encoding="utf-8"), {})


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_whatever_is_written_the_markdown_leads_where_the_html_does(answer):
    assert_leads_alike(answer, REFERENCES)


def assert_leads_alike(answer: str, references: Mapping[str, Any]) -> int:
    """Return how many addresses there are."""
    record = read(answer, references=references)
    again = read(record.led_markdown(), None)
    expected = targets(record.answer_html)
    assert targets(again.answer_html) == expected
    assert again.answer_text.replace(BASE, "") == record.answer_text, "a film without a title is called by its address"
    return len(expected)


def test_real_files_lead_where_their_html_does(shared_data: Path):
    files = sorted((shared_data / "data" / "corpora").rglob("*.md"))
    records = (record for file in files for record in read_sources([file]).records)
    assert sum(assert_leads_alike(record.led_markdown(), {}) for record in records) > 500
