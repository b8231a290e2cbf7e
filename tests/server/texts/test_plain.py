"""An answer as plain text: what the words alone would lose is kept, and nothing else is added."""

from __future__ import annotations

import pytest
from server_support import ROOT, make_record

from faqkb.ingest import read_sources
from faqkb.kb.answers import Highlight, Hit
from faqkb.server.texts.forms import Addresses, Format, Style, as_markdown, told
from faqkb.server.texts.plain import plain_text

STORED = f"/pictures/{'0' * 64}.png"
ADDRESSES = Addresses(lambda record_id: f"https://faq.example/q/{record_id}", lambda name: "https://faq.example/p.png")


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One  <strong>two</strong>.</p>\n<p>Three<br>\nfour.</p>", "One two.\n\nThree\nfour."),
        ("<ol><li>a</li><li>b<ul><li>c</li></ul></li></ol>", "1. a\n2. b\n   - c"),
        ('<ol start="9"><li><p>a</p><p>b</p></li><li>c</li></ol>', "9. a\n   b\n10. c"),
        ('<p>See <a href="https://x.example/y">it</a>.</p>', "See it (https://x.example/y)."),
        ('<a href="https://x.example/">x.example</a> <a href="mailto:a@b.c">a@b.c</a>', "x.example a@b.c"),
        ('<a href="../a.md">a</a> <a href="#b">b</a>', "a b"),
        (f'<img src="{STORED}" alt="chart"><img src="no.png" alt=" gone">', "chart (https://faq.example/p.png) gone"),
        (
            '<a href="https://x.example"><img src="https://x.example/i.png" alt=""></a>',
            "https://x.example/i.png (https://x.example)",
        ),
        ("<pre><code>a  b\n\n  c\n</code></pre><p>d</p>", "a  b\n\n  c\n\nd"),
        ("<table><tr><th>a</th><th>b</th></tr><tr><td>1 <p>2</p></td><td></td></tr></table>", "a | b\n1 2 |"),
        ("<h2>h</h2><blockquote class='callout note'><p>Note</p><p>q</p></blockquote>", "h\n\nNote\n\nq"),
        ("a &lt; b &amp;amp; c", "a < b &amp; c"),
        ("", ""),
    ],
)
def test_html_becomes_plain_text(html, text):
    assert plain_text(html, ADDRESSES.picture) == text


def test_every_letter_of_every_real_answer_is_kept_in_order():
    for record in read_sources([ROOT / "content"]).records:
        shown = iter(plain_text(record.answer_html))
        letters = (char for char in record.answer_text if char.isalnum())
        assert all(letter in shown for letter in letters), record.id


def hit(sentence: str = "Hold it for 5 s.") -> Hit:
    record = make_record("made/reset", "How do I [reset]?", f"**Hold** it for 5 s. {sentence}", answer_text="First.\nb")
    return Hit(record, 0.9, Highlight(0, len(sentence), sentence), None, ())  # type: ignore[arg-type]


def test_a_short_text_is_the_sentence_that_answers_and_the_address_of_the_page():
    page = "https://faq.example/q/made/reset"
    assert told(hit(), Format.TEXT, Style.SHORT, ADDRESSES) == f"Hold it for 5 s.\n\n{page}"
    link = f"[How do I &#91;reset&#93;?]({page})"
    assert told(hit(), Format.MARKDOWN, Style.SHORT, ADDRESSES) == f"Hold it for 5 s.\n\n{link}"
    assert told(hit(""), Format.TEXT, Style.SHORT, ADDRESSES) == f"First.\n\n{page}", "where no sentence answers"


@pytest.mark.parametrize(
    "text", ["1. a", "- a", "# a", "a *b* _c_ `d` [e](f)", "<b> &lt; a|b", "+ 2) x", "看 https://x.example/a_b_c 。"]
)
def test_plain_text_means_the_same_as_markdown(text):
    from faqkb.ingest.page.markdown import Budget
    from faqkb.ingest.rendering import render_answer

    made = render_answer(as_markdown(text), {}, Budget("x.md", 100), None)
    assert made is not None
    assert made.text == text
