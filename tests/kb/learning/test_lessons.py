"""What votes, accepted gaps and other words of records teach: each asked as if nobody had stored it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from server_support import copied_knowledge

from faqkb.ingest import read_sources
from faqkb.kb.building.build import build_snapshot
from faqkb.kb.errors import ContentError
from faqkb.kb.evaluation.queries import LabelledQuery
from faqkb.kb.feedback.events import Vote
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.learning.examples import collect_lessons
from faqkb.kb.learning.fitting import LEFT_OUT
from faqkb.kb.learning.lessons import Lesson, Source, counts, split_lessons, stored_lessons, told_counts, voted_lessons
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.snapshot.published import current_snapshot

CONTENT = """# Library

## How do I renew a loan?
<!-- faq: alt="can I keep my novel for longer" alt="extend what I borrowed" alt="two weeks more" -->

Sign in and press Renew, at most twice.

## When are you open?
<!-- faq: alt="what time do you close" alt="are you there on Sundays" -->

From ten to six, on Sundays from one.

## How do I get a library card?

Bring a passport and a proof of your address.
"""
RENEW, OPEN, CARD = (
    f"library/{slug}" for slug in ("how-do-i-renew-a-loan", "when-are-you-open", "how-do-i-get-a-library-card")
)


@pytest.fixture(scope="module")
def built(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("library")
    (folder / "library.md").write_text(CONTENT)
    build_snapshot(folder / "kb", read_sources([folder / "library.md"]).records, encoder)
    return folder / "kb"


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> Path:
    return copied_knowledge(built, tmp_path / "kb")


def taught(folder: Path, *events: Vote) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    with closing(KnowledgeBase.open(folder)) as knowledge:
        found = voted_lessons(knowledge, events)
    return {lesson.labelled.query: (lesson.labelled.relevant, lesson.wrong) for lesson in found}


def test_the_record_that_readers_found_helpful_answers_the_question(folder: Path) -> None:
    asked = "may I have it two weeks more"
    votes = [
        Vote(RENEW, True, question=asked),
        Vote(RENEW, True, question=f"{asked}?"),
        Vote(CARD, False, question=asked),
    ]
    assert list(taught(folder, *votes).values()) == [((RENEW,), ())]


def test_a_record_voted_against_does_not_answer_and_which_does_stays_open(folder: Path) -> None:
    assert taught(folder, Vote(OPEN, False, ("not_my_question",), question="when is it due")) == {
        "when is it due": ((), (OPEN,))
    }


@pytest.mark.parametrize("fault", ["outdated", "incomplete", "wrong", "unclear"])
def test_a_vote_against_the_text_says_nothing_about_the_record(folder: Path, fault: str) -> None:
    assert taught(folder, Vote(OPEN, False, (fault,), question="when do you shut")) == {}


def test_votes_without_words_of_unknown_records_or_of_stored_words_teach_nothing(folder: Path) -> None:
    assert not taught(
        folder,
        Vote(OPEN, True),
        Vote("gone/Q1", True, question="when do you shut"),
        Vote(OPEN, True, question="When are you open"),
        Vote(OPEN, True, question="What time do you close?"),
        Vote(OPEN, True, question="split"),
        Vote(OPEN, False, question="split"),
    )


def test_a_record_with_fewer_words_than_three_teaches_nothing_by_them(folder: Path) -> None:
    with closing(KnowledgeBase.open(folder)) as knowledge:
        assert {lesson.labelled.relevant for lesson in stored_lessons(knowledge, [])} == {(RENEW,)}


def test_words_that_were_asked_in_vain_are_accepted_gaps_and_all_others_wordings(folder: Path) -> None:
    with closing(KnowledgeBase.open(folder)) as knowledge:
        found = stored_lessons(knowledge, ["Can I keep my novel for longer?", "something else"])
    assert counts(found) == {"queries": 0, "votes": 0, "gaps": 1, "wordings": 2}
    assert told_counts(found) == "1 accepted gaps, 2 other words of records"


def test_a_stored_wording_is_asked_of_a_copy_that_lacks_it(folder: Path) -> None:
    before = current_snapshot(folder)
    with closing(KnowledgeBase.open(folder)) as knowledge:
        lessons = stored_lessons(knowledge, [])
        found = {(each.source, each.query): each for each in collect_lessons(folder, knowledge, lessons)}
        known = {record.id: at for at, record in enumerate(knowledge.all_records())}
        text = "can I keep my novel for longer"
        hits = knowledge.ask_ranked(text)[1]
    assert hits[0].position == known[RENEW]
    example = found["wordings", text]
    assert example.in_scope
    assert example.parts[example.right, 0] < hits[0].parts["cosine"] - 0.05, "the wording itself was not there"
    left_out = found[LEFT_OUT, text]
    assert not left_out.in_scope
    assert not left_out.right.any()
    assert len(found) == 6
    assert current_snapshot(folder) == before, "the knowledge base itself is left alone"


def test_queries_that_name_what_has_no_answer_need_nothing_left_out(folder: Path) -> None:
    asked = [Lesson(LabelledQuery("when do you shut", (OPEN,), "en"), Source.QUERIES)]
    nothing = Lesson(LabelledQuery("how tall is Mont Blanc", (), "en"), Source.QUERIES)
    with closing(KnowledgeBase.open(folder)) as knowledge:
        alone = collect_lessons(folder, knowledge, asked)
        both = collect_lessons(folder, knowledge, [*asked, nothing])
    assert [each.source for each in alone] == ["queries", LEFT_OUT]
    assert [(each.source, each.in_scope) for each in both] == [("queries", True), ("queries", False)]


def test_a_vote_against_leaves_everything_else_possible_none_included(folder: Path) -> None:
    lesson = Lesson(LabelledQuery("when is it due", (), ""), Source.VOTES, (OPEN,))
    with closing(KnowledgeBase.open(folder)) as knowledge:
        (example,) = collect_lessons(folder, knowledge, [lesson])
        places = [knowledge.record_at(hit.position).id for hit in knowledge.ask_ranked("when is it due")[1]]
    assert example.or_none
    assert [not right for right in example.right] == [place == OPEN for place in places]


def test_votes_and_accepted_gaps_count_only_beside_what_was_not_chosen_by_how_it_went() -> None:
    gaps = [Lesson(LabelledQuery(f"gap {at}", (OPEN,), "en"), Source.GAPS) for at in range(40)]
    words = [Lesson(LabelledQuery(f"words {at}", (OPEN,), "en"), Source.WORDINGS) for at in range(20)]
    with pytest.raises(ContentError, match="got 40 accepted gaps, 19 other words of records"):
        split_lessons([*gaps, *words[1:]])
    assert len(split_lessons([*gaps, *words]).learned) == 60
