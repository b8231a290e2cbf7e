"""What an answer looks like: one fixture for each family of marks that dialects of Markdown add."""

from __future__ import annotations

from pathlib import Path

import pytest

from faqkb.ingest.page.markdown import Budget
from faqkb.ingest.rendering import Rendered, render_answer

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "rendering"


def rendered(answer: str, link_base: str | None = None) -> Rendered:
    made = render_answer(answer, {}, Budget("faq.md", len(answer)), link_base)
    assert made is not None
    return made


# A case is three files: NAME.md, NAME.html, and NAME.txt for its text.
@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*.md")), ids=lambda path: path.stem)
def test_an_answer_gives_the_html_and_the_text_written_beside_it(path):
    made = rendered(path.read_text(encoding="utf-8"))
    assert made.html == path.with_suffix(".html").read_text(encoding="utf-8")
    assert f"{made.text}\n" == path.with_suffix(".txt").read_text(encoding="utf-8")


def test_addresses_that_lead_nowhere_without_a_link_base_are_told():
    answer = "[a](../a.md) ![b](img/b.png) [c](#c) [a](../a.md) https://d.example <img src=e.png> [f](mailto:f@g.h)"
    assert rendered(answer).relative == ("../a.md", "img/b.png", "#c", "e.png")
    assert rendered(answer, "https://host.example/").relative == ()


def test_prose_holds_neither_code_nor_math():
    assert rendered("Ja, $x_1$ `y`.\n\n$$\nz\n$$\n\n```\nw\n```\n").prose == "Ja, y."


def test_notes_of_two_answers_on_one_page_do_not_meet():
    html = rendered("Yes.[^a]\n\n[^a]: tested").html
    assert html == '<p>Yes.<sup>1</sup></p>\n<ol class="notes">\n<li>tested</li>\n</ol>\n'


def test_a_note_that_stands_nowhere_is_no_link_although_its_definition_would_be_one():
    made = render_answer("Yes.[^2]", {"^2": {"href": "shared", "title": ""}}, Budget("x.md", 9), None)
    assert made is not None
    assert made.html == "<p>Yes.[^2]</p>\n"


@pytest.mark.parametrize(
    "html",
    [
        '<div class="card">x</div>',
        '<span class="math x">x</span>',
        '<p class="tab">x</p>',
        '<code class="language-a b">',
    ],
)
def test_no_class_of_an_authors_own_comes_through(html):
    assert "class" not in rendered(html).html


@pytest.mark.parametrize("levels", [50, 500])
def test_frames_in_frames_have_an_end_and_lose_no_text(levels):
    opened = "".join(f":::note\nx{level}\n" for level in range(levels))
    made = rendered(opened + ":::\n" * levels + "\nafter")
    assert made.html.count("<blockquote") == made.html.count("</blockquote>") <= 40
    assert made.text.split() == [*(f"x{level}" for level in range(levels)), "after"]
