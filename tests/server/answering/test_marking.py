"""The sentence that answers, marked in stored HTML."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faqkb.server.answering.marking import marked


@pytest.mark.parametrize(
    ("html", "sentence", "expected"),
    [
        ("<p>One. Two three. Four.</p>", "Two three.", "<p>One. <mark>Two three.</mark> Four.</p>"),
        ("<p>a &amp; b &lt; c</p>", "b < c", "<p>a &amp; <mark>b &lt; c</mark></p>"),
        ("<p>run <code>df -h</code> now.</p>", "run df -h now.", None),
        ("<p>第一句。第二句，\n很长。</p>", "第二句， 很长。", "<p>第一句。<mark>第二句，\n很长。</mark></p>"),
        ("<p>nothing</p>", "else", "<p>nothing</p>"),
        ("<p>nothing</p>", " ", "<p>nothing</p>"),
        ('<a href="two">one</a>', "two", '<a href="two">one</a>'),
    ],
)
def test_a_sentence_is_marked_where_it_stands(html, sentence, expected):
    split = "<p><mark>run</mark> <code><mark>df -h</mark></code> <mark>now.</mark></p>"
    assert marked(html, sentence) == (expected or split)


_PIECES = st.sampled_from(["<p>", "</p>", "<b>", "</b>", "<br>", "a", "b ", "\n", "字", "&amp;", "&lt;", "&nbsp;", "é"])


@given(st.lists(_PIECES, max_size=30).map("".join), st.text("ab字&<é \n", max_size=6))
def test_marking_adds_marks_and_changes_nothing_else(html, sentence):
    result = marked(html, sentence)
    assert re.sub("</?mark>", "", result) == html
    assert not re.search("<mark>[^<]*<(?!/mark>)", result), "a mark holds no tag"
