"""Records, words and passages as stored and found again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faqkb.kb.errors import SnapshotDamaged
from faqkb.kb.index.passages import Kind, Passage, views_of
from faqkb.kb.index.places import Places
from faqkb.kb.index.postings import Occurrences, PostingsFile, build_postings, words_of
from faqkb.kb.records import Filter, Record, Source
from faqkb.kb.store.passage_table import cohort_spans
from faqkb.kb.store.store import Store
from faqkb.kb.store.word_table import WordTable
from faqkb.kb.store.writing import KeptTexts, NewTexts, Texts, build_store
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
PASSAGES = tuple(Passage(at, Kind.QUESTION, entry.question) for at, entry in enumerate(RECORDS))
WORDS = Occurrences.of({at: words_of(entry) for at, entry in enumerate(RECORDS)}, len(RECORDS))
POSTINGS = build_postings(WORDS)
TEXTS = Texts(
    digests=[b"1", b"2", b"3"],
    marks=["", "", ""],
    parts=[
        NewTexts(at, [(entry.kind.value, entry.text, entry.key)], [view.key], ())
        for at, (entry, view) in enumerate(zip(PASSAGES, views_of(PASSAGES), strict=True))
    ],
    earlier=None,
    cohort=[("weather", 2)],
    words=WORDS,
    entries=POSTINGS.entries,
)
BASELINES = np.zeros((3, 3), dtype=np.float32)
PLACES = Places(
    records=3,
    positions=np.array([0, 1, 2], dtype=np.uint32),
    tokens=np.array([5, 7, 2], dtype=np.uint32),
    begins_view=np.ones(3, dtype=np.bool_),
    baselines=BASELINES,
    view_baselines=BASELINES,
    view_tokens_at=np.array([0, 100, 5], dtype=np.uint64),
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    path = tmp_path_factory.mktemp("store") / "r.sqlite"
    path.write_bytes(build_store(RECORDS, TEXTS))
    opened = Store(path)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def words(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WordTable]:
    path = tmp_path_factory.mktemp("words") / "postings.bin"
    path.write_bytes(POSTINGS.content)
    opened = store.words(PostingsFile(path, len(RECORDS)))
    yield opened
    opened.close()


def test_a_record_comes_back_equal(store: Store) -> None:
    assert store.records.get("f/Q2") == RECORDS[2]
    assert store.records.get("f/Q9") is None


def test_records_come_in_stored_order_page_by_page(store: Store) -> None:
    assert store.records.after(None, 2) == RECORDS[:2]
    assert store.records.after("f/Q1", 2) == RECORDS[2:]


def test_a_query_for_c_plus_plus_does_not_match_c(words: WordTable) -> None:
    assert [match.position for match in words.match(analyse("C++"), 5)] == [0]
    assert [match.position for match in words.match(analyse("C"), 5)] == [1]


def test_a_path_matches_whole_and_by_its_parts(words: WordTable) -> None:
    assert [match.position for match in words.match(analyse("shm"), 5)] == [2]
    assert [match.position for match in words.match(analyse("/dev/shm"), 5)] == [2]


def test_traditional_characters_full_width_and_case_match(words: WordTable) -> None:
    assert [match.position for match in words.match(analyse("預測"), 5)] == [0]
    assert [match.position for match in words.match(analyse("ＯＮＥＤＮＮ"), 5)] == [0]


def test_the_tokens_of_a_view_are_where_they_were_written(store: Store) -> None:
    places = Places.from_bytes(PLACES.to_bytes(), len(PASSAGES), len(RECORDS))
    assert [places.view_tokens(number) for at in range(3) for number in places.views_of(at)] == [
        range(5),
        range(100, 107),
        range(5, 7),
    ]
    assert places.question_tokens(1) == range(100, 107)
    assert cohort_spans(store.passages.cohort_tokens()) == (range(2),)
    places.check_tokens(107)
    with pytest.raises(SnapshotDamaged, match="beyond the 106"):
        places.check_tokens(106)


def test_a_view_that_begins_beyond_all_bounds_is_refused() -> None:
    far = replace(PLACES, view_tokens_at=np.array([0, 2**63, 5], dtype=np.uint64))
    with pytest.raises(SnapshotDamaged, match="beyond the"):
        far.check_tokens(10**9)


@pytest.mark.parametrize(
    ("what", "changed"),
    [
        ("32 bytes", lambda content: content[:32]),
        ("do not ascend", lambda content: content[4:8] + content[:4] + content[8:]),
        ("do not ascend", lambda content: content[:8] + b"\xff\xff\xff\xff" + content[12:]),
        ("0 tokens", lambda content: content[:12] + bytes(4) + content[16:]),
        ("views", lambda content: content[:24] + b"\0" + content[25:]),
        ("views", lambda content: content[:24] + b"\2" + content[25:]),
        ("no number", lambda content: content[:-28] + b"\xff\xff\xff\xff" + content[-24:]),
    ],
)
def test_places_that_are_not_of_one_snapshot_are_refused(what: str, changed: Callable[[bytes], bytes]) -> None:
    with pytest.raises(SnapshotDamaged, match=what):
        Places.from_bytes(changed(PLACES.to_bytes()), len(PASSAGES), len(RECORDS))


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


def test_rows_that_are_copied_give_the_bytes_of_rows_that_are_written(tmp_path: Path) -> None:
    """Of so many that every table has several pages, some gone, some moved, one new between them."""

    def written(records: Sequence[Record], parts: Sequence[NewTexts | KeptTexts], earlier: Path | None) -> bytes:
        none = [""] * len(records)
        texts = Texts([b""] * len(records), none, parts, earlier, (), Occurrences.of({}, len(records)), {})
        return build_store(records, texts)

    def new(position: int, number: int) -> NewTexts:
        passages = [(Kind.ANSWER.value, f"text {number} {at}" * (number % 90), f"key {number} {at}") for at in range(3)]
        sentences = [(at, at + 1, at, at + 2, 0, 0) for at in range(number % 5)]
        return NewTexts(position, passages, [f"view {number} {at}" for at in range(2)], sentences)

    before = [record(number, f"{number}?") for number in range(1_000)]
    (tmp_path / "r.sqlite").write_bytes(written(before, [new(at, at) for at in range(1_000)], None))
    numbers = [*range(500, 1_000), 2_000, *range(499)]
    now = [record(number, f"{number}?") for number in numbers]
    kept = [
        KeptTexts(0, range(500, 1_000), range(1_500, 3_000), range(1_000, 2_000)),
        new(500, 2_000),
        KeptTexts(501, range(499), range(1_497), range(998)),
    ]
    fresh = written(now, [new(at, number) for at, number in enumerate(numbers)], None)
    assert written(now, kept, tmp_path / "r.sqlite") == fresh
    assert len(fresh) > 100 * 4_096


@settings(max_examples=200)
@given(text=st.text(max_size=300))
def test_any_query_text_is_looked_up(words: WordTable, text: str) -> None:
    asked = analyse(text)
    assert all(match.score > 0 for match in words.match(asked, 5))
    assert all(0 <= words.records_with(word) <= len(RECORDS) for word in asked)


def test_a_query_of_two_thousand_words_is_searched(words: WordTable) -> None:
    asked = [f"w{number}" for number in range(2_000)] + ["onednn"]
    assert [match.position for match in words.match(asked, 5)] == [0]


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "r.sqlite").write_bytes(b"nonsense" * 1000)
    with pytest.raises(SnapshotDamaged, match=r"r\.sqlite: cannot be read"):
        Store(tmp_path / "r.sqlite")
