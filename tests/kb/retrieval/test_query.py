"""Questions as typed and logs as pasted."""

from __future__ import annotations

import pytest

from faqkb.kb import limits
from faqkb.kb.retrieval.query import parse_query

TRACEBACK = """训练的时候报这个错
Traceback (most recent call last):
  File "train.py", line 12, in <module>
    main()
  File "loader.py", line 90, in run
    batch = next(self.queue)
SystemError: (Fatal) Blocking queue is killed because the data reader raises an exception.
  [Hint: Expected killed_ != true, but received killed_:1 == true:1.] (at reader.cc:166)
"""


def test_a_pasted_traceback_is_reduced_to_its_telling_lines() -> None:
    query = parse_query(TRACEBACK)
    assert "Blocking queue is killed" in query.text
    assert query.text.startswith("训练的时候报这个错")
    assert "main()" not in query.text
    assert query.reduced


def test_a_question_of_two_lines_is_kept_whole() -> None:
    assert parse_query("标签从 1 开始\n会报 error 吗").text == "标签从 1 开始 会报 error 吗"


def test_the_cause_at_the_end_of_a_megabyte_of_log_is_found() -> None:
    query = parse_query("epoch 1 loss 0.3\n" * 60_000 + "RuntimeError: bus error\n")
    assert "bus error" in query.text


@pytest.mark.parametrize("text", ["", "   ", "\x00\x00", "？！", "\ud800", "...", "\u200b"])
def test_what_has_no_letter_or_digit_is_empty(text: str) -> None:
    assert parse_query(text).is_empty


@pytest.mark.parametrize("text", ["ﷺ" * 1000, "a" * 1_000_000, "ﷺ" * 1_000_000, "x\n" * 500_000, "错误 " * 300_000])
def test_no_question_is_longer_than_the_limit(text: str) -> None:
    assert len(parse_query(text).text) <= limits.QUERY_CHARS


def test_controls_and_lone_surrogates_become_spaces() -> None:
    assert parse_query("a\x00b\ud800c\u202ed").text == "a b c d"
