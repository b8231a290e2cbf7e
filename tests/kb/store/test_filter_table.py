"""Which records a filter lets through: as a plain reading of its words says, whatever stands in it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from server_support import make_record

from faqkb.kb.errors import InvalidQuery, SnapshotDamaged
from faqkb.kb.index.postings import Occurrences
from faqkb.kb.records import EVERY_RECORD, Filter, Record
from faqkb.kb.store.store import Store
from faqkb.kb.store.writing import Texts, build_store

TAGS, LANGUAGES, SECTIONS, VERSIONS = (
    ("a", "b", "A"),
    ("en", "zh", "und"),
    ("Ofen", "STRASSE", "straße", "x y"),
    ("1", "1.0"),
)
PATHS = ("a.md", "a/b.md", "a/b/c.md", "a0.md", "a-b/c.md", "a", "ab/c.md", "Ä/b.md", "%/b.md", "_/b.md")


def some(values: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=2).map(tuple)


records = st.lists(
    st.builds(
        make_record,
        st.just("r"),
        st.just("q"),
        tags=some(TAGS),
        language=st.sampled_from(LANGUAGES),
        path=st.sampled_from(PATHS),
        section=some(SECTIONS),
        versions=some(VERSIONS),
    ),
    max_size=12,
)
wanted = st.builds(
    Filter,
    tags=some(TAGS),
    languages=some((*LANGUAGES, "zh-CN", "EN")),
    paths=some((*PATHS, "a/", "a/b/", "%", "_", "%/", "_/", "Ä", "a*", "")).map(lambda each: tuple(filter(None, each))),
    sections=some((*SECTIONS, "ofen", "Strasse", " x  y ")),
    versions=some((*VERSIONS, "2")),
)


def folded(texts: tuple[str, ...]) -> set[str]:
    return {" ".join(text.casefold().split()) for text in texts}


def is_let_through(record: Record, wanted: Filter) -> bool:
    """Read a filter in the plainest way."""
    codes = {each.casefold().removesuffix("-cn") for each in wanted.languages}
    path = record.source.path
    return (
        (not wanted.tags or not set(wanted.tags).isdisjoint(record.tags))
        and (not codes or record.language in codes)
        and (not wanted.paths or any(path == own or path.startswith(own.rstrip("/") + "/") for own in wanted.paths))
        and (not wanted.sections or not folded(wanted.sections).isdisjoint(folded(record.section)))
        and (not wanted.versions or not record.versions or not set(wanted.versions).isdisjoint(record.versions))
    )


def stored(records: list[Record], path: Path) -> Store:
    texts = Texts([b""] * len(records), [""] * len(records), (), None, (), Occurrences.of({}, len(records)), {})
    numbered = [make_again(record, number) for number, record in enumerate(records)]
    path.write_bytes(build_store(numbered, texts))
    return Store(path)


def make_again(record: Record, number: int) -> Record:
    return replace(record, id=f"r/{number}")


@given(records, wanted)
def test_the_positions_are_those_of_a_plain_reading(
    tmp_path_factory: pytest.TempPathFactory, records: list[Record], wanted: Filter
) -> None:
    store = stored(records, tmp_path_factory.mktemp("filter") / "r.sqlite")
    expected = [at for at, record in enumerate(records) if is_let_through(record, wanted)]
    if wanted:
        assert list(store.filters.positions(wanted)) == expected
    assert [at for at in range(len(records)) if store.filters.passes(at, wanted)] == expected
    store.close()


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Store]:
    store = stored([make_record("a", "q", tags=("t",)), make_record("b", "q", path="x/y.md")], tmp_path / "r.sqlite")
    yield store
    store.close()


def test_a_filter_that_is_asked_again_reads_nothing(two: Store) -> None:
    first = two.filters.positions(Filter(tags=("t",), paths=("made.md",)))
    assert two.filters.positions(Filter(tags=("t",), paths=("made.md",))) is first


def test_positions_beyond_the_records_are_damage(two: Store, tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "r.sqlite")
    connection.execute("INSERT INTO tags VALUES ('t', 7)")
    connection.execute("INSERT INTO tags VALUES ('word', 'seven')")
    connection.commit()
    connection.close()
    store = Store(tmp_path / "r.sqlite")
    for tag in ("t", "word"):
        with pytest.raises(SnapshotDamaged):
            store.filters.positions(Filter(tags=(tag,)))
    store.close()


@pytest.mark.parametrize("part", ["tags", "languages", "paths", "sections", "versions"])
@pytest.mark.parametrize("values", [("x" * 10_000,), ("x",) * 17, ("\ud800",)], ids=["long", "many", "half a pair"])
def test_what_cannot_be_looked_for_is_refused_in_one_line(part: str, values: tuple[str, ...]) -> None:
    with pytest.raises(InvalidQuery, match=rf"^[^\n]*{part}[^\n]*\(got [^\n]*\); [^\n]+$"):
        Filter(**{part: values})


@pytest.mark.parametrize("part", ["languages", "paths", "sections", "versions"])
def test_an_empty_value_is_refused_as_a_variable_that_is_not_set(part: str) -> None:
    with pytest.raises(InvalidQuery, match=rf"{part} is too long or empty \(got 0 characters, expected 1 to"):
        Filter(**{part: ("",)})
    assert Filter(tags=("",)), "of tags it was taken before there were filters"


def test_a_filter_that_says_nothing_is_none() -> None:
    assert not Filter()
    assert Filter() == EVERY_RECORD
    assert hash(Filter(tags=("a",))) == hash(Filter(tags=("a",)))
