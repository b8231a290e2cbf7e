"""From a question asked in vain to Markdown and back to an answer: real server, real git, nothing changed silently."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from cli_support import error_line, faq, on_a_terminal
from server_support import copied_knowledge, served

from faqkb.ingest import read_sources
from faqkb.kb.answers import Status
from faqkb.kb.building.build import build_snapshot
from faqkb.kb.feedback.events import Click, Vote
from faqkb.kb.feedback.log import FeedbackStore
from faqkb.kb.feedback.questions import Asked
from faqkb.kb.model.encoder import Encoder

CONTENT = """# Library

## How do I renew a loan?

Sign in and press Renew, at most twice.

## When are you open?

From ten to six, on Sundays from one.

## How do I get a library card?

Bring a passport and a proof of your address.
"""
IN_VAIN = ["Do you have a 3D printer?", "is there a 3d printer I can use", "can I use a 3D printer here"]
ALT = "can I keep my novel for longer"


@pytest.fixture(scope="module")
def built(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("library")
    (folder / "library.md").write_text(CONTENT)
    (folder / "faq.toml").write_text('[faq]\nkb = "kb"\ncontent = ["library.md"]\n')
    build_snapshot(folder / "kb", read_sources([folder / "library.md"]).records, encoder)
    return folder


@pytest.fixture
def place(built: Path, tmp_path: Path, model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FAQ_MODEL", str(model_folder))
    for name in ("library.md", "faq.toml"):
        (tmp_path / name).write_bytes((built / name).read_bytes())
    copied_knowledge(built / "kb", tmp_path / "kb")
    log = FeedbackStore(tmp_path / "kb")
    log.questions.record([Asked(question, Status.NO_ANSWER) for question in [*IN_VAIN, IN_VAIN[0]]])
    log.questions.record([Asked(ALT, Status.AMBIGUOUS)] * 2)
    log.record(Click("library/how-do-i-renew-a-loan", ALT))
    return tmp_path


def gaps(place: Path) -> list[dict]:
    return json.loads(faq("gaps", "--json", cwd=place).stdout)["gaps"]


def gap_of(place: Path, question: str) -> dict:
    return next(gap for gap in gaps(place) if question in [each["question"] for each in gap["wordings"]])


def git_apply(place: Path, patch: str | bytes) -> None:
    content = patch.encode() if isinstance(patch, str) else patch
    subprocess.run(["git", "init", "-q"], cwd=place, check=True)
    subprocess.run(["git", "apply", "-"], cwd=place, input=content, check=True)


def test_questions_that_ask_the_same_are_one_gap_and_others_are_not(place):
    found = [{each["question"] for each in gap["wordings"]} for gap in gaps(place)]
    assert set(IN_VAIN) in found
    assert {ALT} in found


def test_a_choice_that_was_opened_tells_which_record_the_words_mean(place):
    gap = gap_of(place, ALT)
    assert (gap["remedy"], gap["record_id"]) == ("alt", "library/how-do-i-renew-a-loan")


def test_an_accepted_wording_becomes_metadata_the_id_stays_and_the_gap_closes(place):
    gap = gap_of(place, ALT)
    done = faq("improve", "--accept", gap["id"], cwd=place)
    assert (done.returncode, (place / "library.md").read_text()) == (0, CONTENT)
    git_apply(place, done.stdout)
    assert f'## How do I renew a loan?\n<!-- faq: alt="{ALT}" -->\n' in (place / "library.md").read_text()
    assert faq("ingest", cwd=place).returncode == 0
    shown = json.loads(faq("show", "library/how-do-i-renew-a-loan", "--json", cwd=place).stdout)
    assert ALT in json.dumps(shown)
    assert ALT not in [gap["question"] for gap in gaps(place)]
    with served(place / "kb", cwd=place) as server:
        answer = server.ask(ALT).json
    assert (answer["status"], answer["answers"][0]["id"]) == ("answered", "library/how-do-i-renew-a-loan")


def test_a_new_question_is_a_stub_that_publishes_nothing_until_it_is_answered(place):
    gap = gap_of(place, IN_VAIN[0])
    done = faq("improve", "--accept", f"{gap['id']}=new", "--patch", "new.patch", cwd=place)
    assert (done.returncode, done.stdout) == (0, "")
    git_apply(place, (place / "new.patch").read_bytes())
    text = (place / "library.md").read_text()
    assert text.startswith(CONTENT)
    assert "asked 4 times" in text
    assert "3 records" in faq("ingest", "--dry-run", cwd=place).stdout


def test_another_record_can_be_named(place):
    gap = gap_of(place, IN_VAIN[0])
    done = faq("improve", "--accept", f"{gap['id']}=library/when-are-you-open", cwd=place)
    assert re.search(r"^ ## When are you open\?\n\+<!-- faq: alt=", done.stdout, re.MULTILINE)


def test_what_is_rejected_does_not_come_back_even_in_other_words(place):
    gap = gap_of(place, IN_VAIN[0])
    assert faq("improve", "--reject", gap["id"], cwd=place).stdout == ""
    FeedbackStore(place / "kb").questions.record([Asked("do you have 3D printers", Status.NO_ANSWER)] * 9)
    assert [each["question"] for each in gaps(place)] == [ALT]
    assert json.loads(faq("gaps", "--json", cwd=place).stdout)["rejected"] == 1


def test_a_badly_voted_answer_is_not_suggested_again(place):
    store = FeedbackStore(place / "kb")
    store.record(Vote("library/when-are-you-open", helpful=False, question="when do you close on Sundays"))
    gap = gap_of(place, "when do you close on Sundays")
    assert gap["record_id"] != "library/when-are-you-open"


def test_in_a_terminal_each_gap_is_asked_about(place):
    shown = on_a_terminal("improve", "--patch", "asked.patch", cwd=place, answer="x\nr\na\nq\nq\n")
    assert "not understood" in shown
    assert "wrote asked.patch" in shown
    patch = (place / "asked.patch").read_text()
    assert (ALT in patch, "3D" in patch) == (True, False)
    assert gaps(place)[0]["question"] == ALT


def test_without_a_terminal_it_is_said_what_to_give(place):
    assert "--accept" in error_line(faq("improve", cwd=place))


def test_an_unknown_gap_and_a_patch_that_is_there_are_refused(place):
    assert "no open gap" in error_line(faq("improve", "--accept", "00000000", cwd=place))
    (place / "mine.patch").write_text("mine")
    gap = gap_of(place, ALT)
    assert "already" in error_line(faq("improve", "--accept", gap["id"], "--patch", "mine.patch", cwd=place))
    assert (place / "mine.patch").read_text() == "mine"


def test_content_without_the_record_is_told_and_the_rest_is_written(place):
    (place / "other.md").write_text("# FAQ\n\n## Is there a café?\n\nYes, downstairs.\n")
    done = faq("improve", "--accept", gap_of(place, ALT)["id"], "--content", "other.md", cwd=place)
    assert (done.returncode, done.stdout) == (1, "")
    assert "not in the patch: no file of the content holds the record" in done.stderr


def test_labelled_queries_that_go_wrong_become_words_of_their_records(place: Path) -> None:
    renew = "library/how-do-i-renew-a-loan"
    lines = [
        {"query": ALT, "relevant": [renew]},
        {"query": "how do I renew a loan", "relevant": [renew]},
        {"query": "what is the weather", "relevant": []},
    ]
    (place / "asked.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    patch = faq("improve", "--queries", "asked.jsonl", cwd=place)
    assert patch.returncode == 0, patch.stderr
    added = [line for line in patch.stdout.splitlines() if line.startswith("+") and not line.startswith("+++")]
    assert added == [f'+<!-- faq: alt="{ALT}" -->'], "what is answered already needs no words"
    (place / "better.patch").write_text(patch.stdout)
    subprocess.run(["git", "apply", "better.patch"], cwd=place, check=True)
    assert faq("ingest", cwd=place).returncode == 0
    assert faq("eval", "asked.jsonl", "--gate", cwd=place).stdout.endswith("gate: open\n")
    assert faq("improve", "--queries", "asked.jsonl", cwd=place).stdout == "", "nothing is left to say"
    error = error_line(faq("improve", "--queries", "asked.jsonl", "--accept", "all", cwd=place))
    assert "leave out --accept" in error
