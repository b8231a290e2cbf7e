"""Filters in Milvus let through what they let through in files, whatever their values are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from filter_support import NOTHING, PARTS, QUESTION
from hypothesis import given
from hypothesis import strategies as st
from milvus_support import CONFIDENCE_TOLERANCE, stored_in_lite

from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.milvus.address import MilvusAddress
from faqkb.kb.milvus.keys import expression_of
from faqkb.kb.milvus.opening import MilvusBase
from faqkb.kb.records import Filter

PART_OF = {"language": "languages", "path": "paths", "section": "sections", "version": "versions"}
ESCAPES = [
    "\\",
    '\\"] or row >= 0 or array_contains_any(tags, ["',
    "'] or true or tags in ['",
    "{x}",
    "\n",
    "💥",
    "\ufeff",
]


@pytest.fixture(scope="module")
def ovens(filtered_folder: Path) -> Iterator[KnowledgeBase]:
    with closing(KnowledgeBase.open(filtered_folder)) as knowledge:
        yield knowledge


@pytest.fixture(scope="module")
def remote(
    filtered_folder: Path, model_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[KnowledgeBase]:
    file = tmp_path_factory.mktemp("lite") / "faq.db"
    with closing(stored_in_lite(filtered_folder, file)):
        base = MilvusBase(MilvusAddress(str(file)), model_folder)
        with closing(base), closing(base.open()) as knowledge:
            yield knowledge


@pytest.mark.parametrize(("parts", "expected"), PARTS)
def test_a_filter_finds_the_same_with_the_same_confidence(
    ovens: KnowledgeBase, remote: KnowledgeBase, parts: dict[str, str], expected: set[str]
) -> None:
    wanted = Filter(**{PART_OF[part]: (value,) for part, value in parts.items()})
    here, there = (each.search(QUESTION, limit=20, filter=wanted) for each in (ovens, remote))
    assert {hit.record.id for hit in there} == expected
    assert [hit.record.id for hit in there] == [hit.record.id for hit in here]
    assert [hit.confidence for hit in there] == pytest.approx(
        [hit.confidence for hit in here], abs=CONFIDENCE_TOLERANCE
    )


def test_several_values_and_parts_are_taken_together(ovens: KnowledgeBase, remote: KnowledgeBase) -> None:
    wanted = Filter(tags=("workshop", "kitchen"), versions=("9", "3"), languages=("en",))
    assert list(remote.positions(wanted)) == list(ovens.positions(wanted)) != []


def test_a_topic_within_a_filter_finds_the_same(ovens: KnowledgeBase, remote: KnowledgeBase) -> None:
    wanted = Filter(languages=("en",))
    here, there = (each.within([0, 2, 3]).search(QUESTION, limit=20, filter=wanted) for each in (ovens, remote))
    assert [hit.record.id for hit in there] == [hit.record.id for hit in here] != []


@pytest.mark.parametrize("part", ["tags", "paths", "sections"])
@pytest.mark.parametrize("value", [*NOTHING, *ESCAPES])
def test_a_hostile_value_is_a_value_that_no_record_has(remote: KnowledgeBase, part: str, value: str) -> None:
    answer = remote.ask(QUESTION, filter=Filter(**{part: (value,)}))
    assert answer.hits == ()
    assert answer.no_answer is not None
    assert "filter" in answer.no_answer.message


@pytest.mark.parametrize("record_id", ['" or row >= 0 or "', "'", "\\", "\x00", "no/such"])
def test_a_hostile_id_is_the_id_of_no_record(remote: KnowledgeBase, record_id: str) -> None:
    assert remote.record(record_id) is None
    assert remote.records(after=record_id, limit=3) == remote.records(limit=3)


VALUES = st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60), max_size=3).map(tuple)


PARTS_OF_ANY_TEXT = st.builds(Filter, VALUES, VALUES, VALUES, VALUES, VALUES)
WORDS = {"array_contains_any", "tags", "paths", "sections", "versions", "language", "in", "and"}


@given(PARTS_OF_ANY_TEXT)
def test_no_text_ever_becomes_part_of_an_expression(wanted: Filter) -> None:
    expression = expression_of(wanted)
    assert re.fullmatch(r"[a-z_0-9\[\](), ]*", expression)
    assert set(re.findall(r"[a-z_]+", expression)) <= WORDS
