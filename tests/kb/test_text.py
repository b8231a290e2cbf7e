"""Words for lexical search: the same from index and query, identifiers whole and split."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faqkb.kb.text import analyse, clean


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("C++ 预测", ("c++", "预测")),
        ("C 语言", ("c", "语言")),
        ("挂载 /dev/shm 太小", ("挂载", "dev/shm", "dev", "shm", "太小")),
        ("--shm-size=8g", ("shm-size", "shm", "size", "8g")),
        ("class_num 要多少", ("class_num", "class", "num", "要多", "多少")),
        ("Paddle 3.3.1", ("paddle", "3.3.1", "3", "3", "1")),
        ("Ｑ１.３：ＧＰＵ", ("q1.3", "q1", "3", "gpu")),
        ("慢", ("慢",)),
        ("？！…", ()),
    ],
)
def test_words_of_a_technical_question(text: str, words: tuple[str, ...]) -> None:
    assert analyse(text) == words


def test_c_plus_plus_is_not_c() -> None:
    assert "c" not in analyse("C++")


@given(st.text())
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(st.text(alphabet=st.characters(), max_size=200))
def test_any_text_can_be_analysed_and_stored(text: str) -> None:
    for word in analyse(text):
        assert word
        assert " " not in word
        word.encode()


def test_full_width_and_upper_case_are_the_same_words() -> None:
    assert analyse("ＴｅｎｓｏｒＲＴ") == analyse("tensorrt")
