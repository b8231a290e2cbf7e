"""Asking among some of the records: search, known errors, translations and conversations keep to the filter."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from filter_support import CHINESE, EVERY, HOURS, NOTHING, OVEN, PARTS, QUESTION, REPAIR
from server_support import make_record

from faqkb.kb.answers import Reason, Status
from faqkb.kb.building.build import build_snapshot
from faqkb.kb.check_header import parse_check
from faqkb.kb.conversation.dialogue import reply_to
from faqkb.kb.conversation.history import Said, state_after
from faqkb.kb.conversation.state import NOTHING_SAID
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.records import Filter

PART_OF = {"language": "languages", "path": "paths", "section": "sections", "version": "versions"}
SCRIPT = """# /// script
# [tool.faq-check]
# id = "heat"
# title = "Is it hot?"
# [[tool.faq-check.signatures]]
# error = "no-heat"
# words = ["E77 no heat"]
# answers = ["old/heat", "new/heat"]
# ///
"""


@pytest.fixture(scope="module")
def ovens(filtered_folder: Path) -> Iterator[KnowledgeBase]:
    with closing(KnowledgeBase.open(filtered_folder)) as knowledge:
        yield knowledge


def found(knowledge: KnowledgeBase, wanted: Filter) -> set[str]:
    return {hit.record.id for hit in knowledge.search(QUESTION, limit=20, filter=wanted)}


@pytest.mark.parametrize(("parts", "expected"), PARTS)
def test_only_records_that_fit_every_part_are_found(
    ovens: KnowledgeBase, parts: dict[str, str], expected: set[str]
) -> None:
    wanted = Filter(**{PART_OF[part]: (value,) for part, value in parts.items()})
    assert found(ovens, wanted) == expected
    assert {record_id for record_id in EVERY if ovens.passes(record_id, wanted)} == expected


def test_several_values_of_one_part_are_alternatives(ovens: KnowledgeBase) -> None:
    assert found(ovens, Filter(paths=("faq.md", "zh"))) == {HOURS, CHINESE}
    assert found(ovens, Filter(tags=("workshop",), versions=("9", "3"))) == {REPAIR}


@pytest.mark.parametrize("part", ["tags", "paths", "sections"])
@pytest.mark.parametrize("value", NOTHING)
def test_what_no_record_has_leaves_nothing_and_is_no_error(ovens: KnowledgeBase, part: str, value: str) -> None:
    answer = ovens.ask(QUESTION, filter=Filter(**{part: (value,)}))
    assert answer.no_answer is not None
    assert (answer.status, answer.confidence, answer.no_answer.reason) == (Status.NO_ANSWER, 0.0, Reason.EMPTY_INDEX)
    assert "filter" in answer.no_answer.message
    assert answer.no_answer.suggestions == ()


def test_an_empty_question_stays_one_behind_a_filter(ovens: KnowledgeBase) -> None:
    missing = ovens.ask("?", filter=Filter(tags=("no-such",))).no_answer
    assert missing is not None
    assert missing.reason is Reason.EMPTY_QUESTION


def test_of_translations_the_one_that_the_filter_leaves_answers(ovens: KnowledgeBase) -> None:
    both = ovens.ask(QUESTION, language="zh").hits[0].record.id
    assert both == CHINESE, "the reader's language decides where both may answer"
    english = ovens.ask(QUESTION, language="zh", filter=Filter(languages=("en",)))
    chinese = ovens.ask("怎么安装烤箱", language="en", filter=Filter(languages=("zh",)))
    assert english.hits[0].record.id == OVEN
    assert [hit.record.id for hit in chinese.hits] == [CHINESE]


def test_a_record_that_only_words_find_is_found_below_many_others(encoder: Encoder, tmp_path: Path) -> None:
    crowd = [make_record(f"a/Q{n}", f"ZX-41 and ZX-41 again, {n}", "ZX-41 " * 5, path="a.md") for n in range(40)]
    far = [make_record(f"b/Q{n}", f"How do I clean part {n}?", path="b/c.md") for n in range(60)]
    one = make_record("b/one", "Where are the old manuals kept?", "In the attic, beside ZX-41.", path="b/c.md")
    build_snapshot(tmp_path, [*crowd, *far, one], encoder)
    with closing(KnowledgeBase.open(tmp_path)) as knowledge:
        position = len(crowd) + len(far)
        words, places = knowledge._indexes.words, knowledge._indexes.places
        assert position not in {match.position for match in words.match(("zx-41",), 10)}
        allowed = knowledge.positions(Filter(paths=("b",)))
        assert [match.position for match in words.match(("zx-41",), 10, places.mask_of(allowed))] == [position]
        assert "b/one" in {hit.record.id for hit in knowledge.search("ZX-41", limit=20, filter=Filter(paths=("b",)))}


def test_a_known_error_raises_only_records_that_the_filter_leaves(encoder: Encoder, tmp_path: Path) -> None:
    records = [
        make_record("old/heat", "Why is the old oven cold?", path="old/heat.md", versions=("1",)),
        make_record("new/heat", "Why is the new oven cold?", path="new/heat.md", versions=("2",)),
        make_record("new/fan", "Why is the fan loud?", path="new/fan.md"),
    ]
    build_snapshot(tmp_path, records, encoder, checks=[parse_check(SCRIPT.encode(), "heat")])
    with closing(KnowledgeBase.open(tmp_path)) as knowledge:
        for wanted, first in (
            (Filter(paths=("new/",)), "new/heat"),
            (Filter(versions=("1",)), "old/heat"),
            (Filter(versions=("2",), paths=("new",)), "new/heat"),
        ):
            answer = knowledge.ask("the fan says E77 no heat", filter=wanted)
            assert answer.hits[0].record.id == first
            assert answer.hits[0].explanation.known_error
            assert {hit.record.id for hit in answer.hits if hit.explanation.known_error} == {first}
        outside = knowledge.ask("E77 no heat", filter=Filter(paths=("new/fan.md",)), min_confidence=0)
        assert [(hit.record.id, hit.explanation.known_error) for hit in outside.hits] == [("new/fan", False)]


def test_a_filter_holds_among_the_records_that_are_left_anyway(ovens: KnowledgeBase) -> None:
    some = ovens.within(ovens.positions(Filter(paths=("guide",))))
    assert found(some, Filter(sections=("Repair",))) == {REPAIR}
    assert found(some, Filter(languages=("zh",))) == set()


def test_what_was_shown_before_is_not_given_where_the_filter_leaves_it_out(ovens: KnowledgeBase) -> None:
    """A reader picks from a list that was shown without the filter."""
    listed = "1. How do I repair the oven?\n2. When do you open?"
    said = (Said("user", "the oven"), Said("assistant", listed))
    state = state_after(ovens, said)
    assert reply_to(ovens, "2", state).answer.hits[0].record.id == HOURS
    kept = reply_to(ovens, "2", state, filter=Filter(paths=("guide",))).answer
    assert HOURS not in kept.shown_ids
    away = reply_to(ovens, QUESTION, NOTHING_SAID, filter=Filter(tags=("no-such",))).answer
    assert away.no_answer is not None
    assert away.no_answer.reason is Reason.EMPTY_INDEX
