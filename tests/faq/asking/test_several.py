"""`faq ask` of several knowledge bases at once, without a server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bases_support import LOANS, RESET, build_two
from cli_support import error_line, faq


@pytest.fixture(scope="module")
def place(encoder, tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("several")
    build_two(place, encoder)
    return place


def named(place: Path) -> list[str]:
    return ["--kb", f"library={place / 'library'}", "--kb", f"desk={place / 'desk'}"]


def test_the_base_that_knows_answers_and_is_named(place):
    for question, base in ((LOANS, "library"), (RESET, "desk")):
        done = faq("ask", *named(place), "--json", question)
        document = json.loads(done.stdout)
        assert done.returncode == 0
        assert (document["status"], document["answers"][0]["base"]) == ("answered", base)
        assert document["answers"][0]["question"] == question
        assert {each["base"] for each in document["bases"]} == {"library", "desk"}
        assert document["problems"] == []
    assert "desk: desk/how-do-i-reset-my-password" in faq("ask", *named(place), RESET).stdout


def test_what_no_base_knows_is_answered_by_none(place):
    done = faq("ask", *named(place), "--json", "how far away is the moon?")
    document = json.loads(done.stdout)
    assert (done.returncode, document["status"], document["answers"]) == (1, "no_answer", [])
    assert document["no_answer"]["reason"] == "not_confident"


def test_the_settings_file_names_those_that_are_asked(place):
    bases = "".join(f'[[base]]\nname = "{name}"\nkb = "{name}"\n' for name in ("library", "desk"))
    (place / "faq.toml").write_text(bases)
    asked = json.loads(faq("ask", "--json", RESET, cwd=place).stdout)
    assert asked["answers"][0]["base"] == "desk"
    alone = json.loads(faq("ask", "--kb", place / "library", "--json", RESET, cwd=place).stdout)
    assert "bases" not in alone
    (place / "faq.toml").unlink()


def test_one_that_cannot_be_opened_is_told_and_the_others_answer(place):
    done = faq("ask", *named(place), "--kb", f"gone={place / 'nowhere'}", "--json", LOANS)
    assert [each["base"] for each in json.loads(done.stdout)["problems"]] == ["gone"]
    assert "gone is not asked: " in done.stderr
    assert "nowhere" in error_line(faq("ask", "--kb", f"gone={place / 'nowhere'}", LOANS))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--kb", "a", "--kb", "b"], "several knowledge bases need names"),
        (["--kb", "a=x", "--kb", "b"], "names some knowledge bases and not all"),
        (["--kb", "a=x", "--kb", "a=y"], "two knowledge bases are called a"),
        (["--kb", "a=x", "--run-checks"], "--run-checks goes with one knowledge base"),
        (["--kb", "a=x", "--server", "http://127.0.0.1:9"], "exclude each other"),
    ],
)
def test_what_does_not_fit_together_is_refused_in_one_line(options, told):
    done = faq("ask", *options, "anything")
    assert done.returncode == 2
    assert told in " ".join(done.stderr.split())
