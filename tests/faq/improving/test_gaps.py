"""`faq gaps` over what a real server recorded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_support import error_line, faq
from server_support import WEATHER_QUESTION, copied_knowledge, served

from faqkb.faq.improving import found
from faqkb.kb.answers import Status
from faqkb.kb.feedback.events import Vote
from faqkb.kb.feedback.log import FeedbackStore
from faqkb.kb.feedback.questions import Asked

OTHER = "Wie wird das Wetter in Lissabon?"


@pytest.fixture(scope="module")
def folder(kb_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = copied_knowledge(kb_folder, tmp_path_factory.mktemp("gaps") / "kb")
    with served(folder) as server:
        for question in (WEATHER_QUESTION, WEATHER_QUESTION, OTHER):
            assert server.ask(question).json["status"] == "no_answer"
        server.terminate()
    return folder


def test_questions_nobody_told_of_are_listed_most_asked_first(folder):
    done = faq("gaps", "--kb", folder)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0] == "3 questions: 0 answered, 0 ambiguous, 3 no answer"
    assert done.stdout.index(WEATHER_QUESTION) < done.stdout.index(OTHER)


def test_the_json_document_has_the_counts_and_each_gap(folder):
    document = json.loads(faq("gaps", "--kb", folder, "--days", "1", "--json").stdout)
    assert document["asked"] == {"answered": 0, "ambiguous": 0, "no_answer": 3}
    assert [(gap["question"], gap["times"]) for gap in document["gaps"]] == [(WEATHER_QUESTION, 2), (OTHER, 1)]


def test_a_badly_voted_answer_is_a_gap(tmp_path):
    FeedbackStore(tmp_path).record(Vote("faq/Q1", helpful=False, question="how do I print?"))
    assert "1 against faq/Q1" in faq("gaps", "--kb", tmp_path).stdout


def test_a_question_cannot_steer_the_terminal_or_pass_for_another_line(tmp_path):
    log = FeedbackStore(tmp_path).questions
    log.record([Asked("\x1b[2Jred\nsecond line", Status.NO_ANSWER)])
    out = faq("gaps", "--kb", tmp_path).stdout
    assert "\x1b" not in out
    assert not any(line.startswith("second") for line in out.splitlines())


def test_where_nothing_was_recorded_it_is_said_how_it_would_be(tmp_path):
    (tmp_path / "snapshots").mkdir()
    done = faq("gaps", "--kb", tmp_path)
    assert (done.returncode, done.stdout) == (
        0,
        "no question was recorded; a server records them (`faq serve`), unless record_questions says no\n",
    )


@pytest.mark.parametrize("days", ["0", "-1", "x", "99999"])
def test_days_out_of_range_are_refused(tmp_path, days):
    (tmp_path / "snapshots").mkdir()
    done = faq("gaps", "--kb", tmp_path, "--days", days)
    assert done.returncode == 2
    assert "--days" in error_line(done)


def test_what_no_time_was_left_for_is_said(folder, monkeypatch, capsys):
    monkeypatch.setattr(found, "_SECONDS", -1)
    assert found.find(folder, None).gaps.open == ()
    assert "0 of them were looked at in -1 seconds, those that weigh most" in capsys.readouterr().err
