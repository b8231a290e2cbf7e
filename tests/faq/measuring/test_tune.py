"""`faq tune` from what is there: which sources, how many of each, what was published; too little is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from cli_support import error_line, faq
from server_support import copied_knowledge

from faqkb.ingest import read_sources
from faqkb.kb.answers import Status
from faqkb.kb.building.build import build_snapshot
from faqkb.kb.feedback.events import Vote
from faqkb.kb.feedback.log import FeedbackStore
from faqkb.kb.feedback.questions import Asked
from faqkb.kb.fusion import default_ranking
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.snapshot.published import current_snapshot
from faqkb.kb.snapshot.tuned import ranking_file

PAGES = {
    "How do I renew a loan?": (
        "Sign in and press Renew.",
        ["can I keep my novel for longer", "prolong the book", "I need two weeks more"],
    ),
    "When are you open?": (
        "From ten to six.",
        ["what time do you close", "hours on a holiday", "are you there on Sundays"],
    ),
    "How do I get a library card?": (
        "Bring a passport.",
        ["papers needed to become a reader", "join the library", "sign up as a member"],
    ),
    "What does a late book cost?": (
        "Ten cents a day.",
        ["fine for bringing it back too late", "how expensive is being late", "I forgot to return it"],
    ),
    "Can I reserve a book?": (
        "Yes, in the catalogue.",
        ["put a title on hold", "book a book", "keep it for me when it is back"],
    ),
    "Where can I print?": (
        "On the first floor.",
        ["is there a printer", "paper and toner", "I need a paper copy of a file"],
    ),
    "May I bring my dog?": ("Only guide dogs.", ["pets inside", "my cat on a lead", "are animals let in"]),
    "How do I cancel my membership?": (
        "Write to us.",
        ["I want to leave the library", "end my subscription", "close my account"],
    ),
    "Is there a quiet room?": (
        "Yes, upstairs.",
        ["somewhere to study without noise", "silent hall", "a place to learn in peace"],
    ),
    "Do you lend films?": ("Yes, three at a time.", ["can I take a DVD home", "cinema at home", "movies to borrow"]),
}
GAP = "fine for bringing it back too late"


@pytest.fixture(scope="module")
def built(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a library that ranks without its tokens, and takes every record for nearly as likely as any other."""
    folder = tmp_path_factory.mktemp("library")
    parts = [
        f"## {question}\n<!-- faq: {' '.join(f'alt={json.dumps(text)}' for text in alts)} -->\n\n{answer}\n"
        for question, (answer, alts) in PAGES.items()
    ]
    (folder / "library.md").write_text("\n".join(["# Library\n", *parts]))
    default = default_ranking()
    weights = {part: 0.0 if part.startswith("late") else weight / 4 for part, weight in default.weights.items()}
    flat = replace(default, weights=weights, intercept=-2.0)
    ranking_file(folder / "kb").parent.mkdir(parents=True)
    ranking_file(folder / "kb").write_text(flat.to_json())
    build_snapshot(folder / "kb", read_sources([folder / "library.md"]).records, encoder)
    return folder / "kb"


@pytest.fixture
def kb(built: Path, tmp_path: Path) -> Path:
    folder = copied_knowledge(built, tmp_path / "kb")
    ranking_file(folder).parent.mkdir(exist_ok=True)
    ranking_file(folder).write_bytes(ranking_file(built).read_bytes())
    store = FeedbackStore(folder)
    store.questions.record([Asked(GAP, Status.NO_ANSWER)])
    store.record(Vote("library/may-i-bring-my-dog", True, question="is my cat welcome"))
    return folder


def test_without_a_file_it_learns_from_what_there_is_and_says_so(kb: Path) -> None:
    before = current_snapshot(kb)
    told = json.loads(faq("tune", "--kb", kb, "--json").stdout)
    assert told["sources"] == {"queries": 0, "votes": 1, "gaps": 1, "wordings": 29}
    (attempt,) = told["attempts"]
    assert attempt["accepted"]
    assert attempt["after"]["log_likelihood"] > attempt["before"]["log_likelihood"]
    assert {"query", "now_right", "before", "now", "source"} == set(attempt["changes"][0])
    assert told["published"]
    assert told["snapshot"] == current_snapshot(kb) != before
    second = faq("tune", "--kb", kb)
    again = second.stdout
    assert second.stderr == "asking 31 queries, and fitting what ranks their answers …\n", "minutes in a large one"
    assert "1 questions with votes, 1 accepted gaps, 29 other words of records" in again
    assert "nothing was published" in again, "what is well fitted already is left alone"
    assert current_snapshot(kb) == told["snapshot"]


def test_each_changed_query_is_named_with_what_it_got_and_gets(kb: Path) -> None:
    told = faq("tune", "--kb", kb).stdout
    assert f"published {current_snapshot(kb)}: weights and confidence" in told
    assert "-> answered right)" in told


def test_too_little_of_a_source_is_refused_and_nothing_is_touched(kb: Path) -> None:
    before = current_snapshot(kb)
    assert "too little to learn from (got 1 questions with votes; expected at least 20 labelled" in error_line(
        faq("tune", "--kb", kb, "--from", "votes")
    )
    assert "got 1 questions with votes, 1 accepted gaps" in error_line(
        faq("tune", "--kb", kb, "--from", "votes", "--from", "gaps")
    )
    assert current_snapshot(kb) == before


def test_a_file_alone_is_all_that_is_learned_from_unless_more_is_named(kb: Path, tmp_path: Path) -> None:
    lines = [{"query": f"{question} please", "relevant": [question]} for question in PAGES]
    lines += [{"query": f"how high is mountain {number}", "relevant": []} for number in range(10)]
    (tmp_path / "q.jsonl").write_text("\n".join(map(json.dumps, lines)))
    alone = json.loads(faq("tune", "--kb", kb, "--queries", tmp_path / "q.jsonl", "--json").stdout)
    assert alone["sources"] == {"queries": 20, "votes": 0, "gaps": 0, "wordings": 0}
    more = faq("tune", "--kb", kb, "--queries", tmp_path / "q.jsonl", "--from", "gaps", "--from", "votes", "--json")
    assert json.loads(more.stdout)["sources"] == {"queries": 20, "votes": 1, "gaps": 1, "wordings": 0}
