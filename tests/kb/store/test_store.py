"""Records, words and passages as stored and found again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faqkb.kb.errors import SnapshotDamaged
from faqkb.kb.index.passages import Kind, Passage, views_of
from faqkb.kb.records import Filter, Record, Source
from faqkb.kb.store.store import Store
from faqkb.kb.store.writing import Texts, build_store
from faqkb.kb.text import analyse


def record(number: int, question: str, answer: str = "答", tags: tuple[str, ...] = ()) -> Record:
    return Record(
        id=f"f/Q{number}",
        question=question,
        answer=answer,
        answer_text=answer,
        answer_html=f"<p>{answer}</p>",
        source=Source("f.md", number + 1, anchor="a"),
        language="zh",
        section=("上", "下"),
        tags=tags,
    )


RECORDS = (
    record(0, "C++ 预测怎么加速", "打开 oneDNN", ("infer",)),
    record(1, "C 语言接口在哪里", "没有"),
    record(2, "/dev/shm 太小", "加 --shm-size=8g", ("docker", "train")),
)
BASELINES = np.zeros((3, 3), dtype=np.float32)
PASSAGES = tuple(Passage(at, Kind.QUESTION, entry.question) for at, entry in enumerate(RECORDS))
TEXTS = Texts(
    PASSAGES,
    (5, 7, 2),
    BASELINES,
    tuple(views_of(PASSAGES)),
    BASELINES,
    (),
    (Passage(-1, Kind.QUESTION, "天气"),),
    (2,),
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    path = tmp_path_factory.mktemp("store") / "r.sqlite"
    path.write_bytes(build_store(RECORDS, TEXTS))
    opened = Store(path)
    yield opened
    opened.close()


def test_a_record_comes_back_equal(store: Store) -> None:
    assert store.records.get("f/Q2") == RECORDS[2]
    assert store.records.get("f/Q9") is None


def test_records_come_in_stored_order_page_by_page(store: Store) -> None:
    assert store.records.after(None, 2) == RECORDS[:2]
    assert store.records.after("f/Q1", 2) == RECORDS[2:]


def test_a_query_for_c_plus_plus_does_not_match_c(store: Store) -> None:
    assert [match.position for match in store.words.match(analyse("C++"), 5)] == [0]
    assert [match.position for match in store.words.match(analyse("C"), 5)] == [1]


def test_a_path_matches_whole_and_by_its_parts(store: Store) -> None:
    assert [match.position for match in store.words.match(analyse("shm"), 5)] == [2]
    assert [match.position for match in store.words.match(analyse("/dev/shm"), 5)] == [2]


def test_traditional_characters_full_width_and_case_match(store: Store) -> None:
    assert [match.position for match in store.words.match(analyse("預測"), 5)] == [0]
    assert [match.position for match in store.words.match(analyse("ＯＮＥＤＮＮ"), 5)] == [0]


def test_token_rows_follow_the_passages_and_the_cohort_comes_last(store: Store) -> None:
    assert [store.passages.tokens_of(row) for row in range(3)] == [range(5), range(5, 12), range(12, 14)]
    assert store.passages.cohort_spans() == (range(14, 16),)
    assert [store.passages.view_tokens(number) for number in store.passages.views_of(1)] == [range(5, 12)]


def test_a_record_is_viewed_as_a_whole_and_by_each_alternate() -> None:
    kinds = (Kind.QUESTION, Kind.ANSWER, Kind.ANSWER, Kind.ALTERNATE, Kind.ALTERNATE)
    passages = [Passage(position, kind, f"{position} {at}") for position in (0, 1) for at, kind in enumerate(kinds)]
    views = list(views_of(passages))
    assert [(view.position, view.rows) for view in views] == [
        (0, range(3)),
        (0, range(3, 4)),
        (0, range(4, 5)),
        (1, range(5, 8)),
        (1, range(8, 9)),
        (1, range(9, 10)),
    ]
    assert len({view.key for view in views}) == 6


def test_any_of_several_tags_selects(store: Store) -> None:
    assert list(store.filters.positions(Filter(tags=("infer", "train")))) == [0, 2]
    assert not store.filters.positions(Filter(tags=("none",)))


def test_the_same_records_give_the_same_bytes() -> None:
    assert build_store(RECORDS, TEXTS) == build_store(RECORDS, TEXTS)


@settings(max_examples=200)
@given(text=st.text(max_size=300))
def test_no_query_text_is_a_syntax_error(store: Store, text: str) -> None:
    words = analyse(text)
    assert all(match.score == match.score for match in store.words.match(words, 5))
    assert all(0 <= store.words.records_with(word) <= len(RECORDS) for word in words)


def test_a_query_of_two_thousand_words_is_searched(store: Store) -> None:
    words = [f"w{number}" for number in range(2_000)] + ["onednn"]
    assert [match.position for match in store.words.match(words, 5)] == [0]


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "r.sqlite").write_bytes(b"nonsense" * 1000)
    with pytest.raises(SnapshotDamaged, match=r"r\.sqlite: cannot be read"):
        Store(tmp_path / "r.sqlite")
