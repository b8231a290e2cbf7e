"""Questions with known answers hold a change back: the gate, a dry run, queries made of what is stored."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from cli_support import faq

ROOT = Path(__file__).resolve().parents[3]
FAQ = """# Library FAQ

## How do I renew a library card?

<!-- faq: alt="my membership runs out next week" -->

Bring your old card to the desk.

## Where can I park my car?

Behind the house; the gate opens with your card.

## How do I return a book when you are closed?

Drop it into the box beside the door.
"""
RENEW, PARK, RETURN = (
    "faq/how-do-i-renew-a-library-card",
    "faq/where-can-i-park-my-car",
    "faq/how-do-i-return-a-book-when-you-are-closed",
)


def run(*arguments: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = faq(*arguments)
    assert done.returncode == code, done.stderr + done.stdout
    return done


def lines(path: Path, *entries: dict[str, object]) -> Path:
    path.write_text("".join(f"{json.dumps(entry)}\n" for entry in entries), encoding="utf-8")
    return path


@pytest.fixture
def content(tmp_path: Path) -> Path:
    folder = tmp_path / "content"
    folder.mkdir()
    (folder / "faq.md").write_text(FAQ, encoding="utf-8")
    run("ingest", folder, "--kb", tmp_path / "kb")
    return folder


def test_the_questions_of_the_default_content_get_what_they_should(tmp_path: Path) -> None:
    run("ingest", ROOT / "content", "--kb", tmp_path / "kb")
    told = run("eval", ROOT / "content/questions.jsonl", "--kb", tmp_path / "kb", "--gate").stdout
    assert told.endswith("gate: open\n")


def test_the_gate_names_what_does_not_get_what_is_expected(content: Path, tmp_path: Path) -> None:
    asked = lines(
        tmp_path / "asked.jsonl",
        {"query": "where can I leave my car", "relevant": [PARK]},
        {"query": "where can I put the car", "relevant": [RENEW], "expect": "anything"},
        {"query": "how do I return a book when it is closed", "relevant": []},
    )
    told = run("eval", asked, "--kb", tmp_path / "kb", "--gate", code=1).stdout
    assert "gate: closed, 1 queries do not get what is expected" in told
    assert "how do I return a book when it is closed" in told.partition("gate: closed")[2]
    document = json.loads(run("eval", asked, "--kb", tmp_path / "kb", "--gate", "--json", code=1).stdout)
    assert document["gate"]["open"] is False
    assert [each["query"] for each in document["gate"]["failed"]] == ["how do I return a book when it is closed"]


def test_against_another_only_what_got_worse_closes_the_gate(content: Path, tmp_path: Path) -> None:
    asked = lines(
        tmp_path / "asked.jsonl",
        {"query": "my membership runs out next week", "relevant": [RENEW], "expect": "answered"},
        {"query": "where can I leave my car", "relevant": [RETURN]},
    )
    (content / "faq.md").write_text(FAQ.replace('alt="my membership runs out next week"', "tags=x"), encoding="utf-8")
    run("ingest", content, "--kb", tmp_path / "now")
    kbs = ("--kb", tmp_path / "now", "--against", tmp_path / "kb")
    document = json.loads(run("eval", asked, *kbs, "--gate", "--json", code=1).stdout)
    (worse,) = document["gate"]["worse"]
    assert worse["query"] == "my membership runs out next week"
    assert worse["before"]["status"] == "answered"
    assert "worse  my membership" in run("eval", asked, *kbs, "--gate", code=1).stdout
    back = ("--kb", tmp_path / "kb", "--against", tmp_path / "now")
    assert run("eval", asked, *back, "--gate").stdout.endswith("gate: open\n"), "wrong before and after is not worse"


def test_a_dry_run_shows_the_records_and_the_questions_that_change(content: Path, tmp_path: Path) -> None:
    lines(
        content / "questions.jsonl",
        {"query": "my membership runs out next week", "relevant": [RENEW]},
        {"query": "where can I park my car", "relevant": [PARK]},
    )
    changed = FAQ.replace('alt="my membership runs out next week"', "tags=x").replace("return a book", "return a film")
    (content / "faq.md").write_text(f"{changed}\n## Is there a café?\n\nOn the first floor.\n", encoding="utf-8")
    before = sorted((tmp_path / "kb").rglob("*"))
    told = run("ingest", content, "--kb", tmp_path / "kb", "--dry-run").stdout
    assert f"  ~ {RENEW}  " in told
    assert f"  > {RETURN} -> {RETURN.replace('book', 'film')}  " in told
    assert "  + faq/is-there-a-café  Is there a café?" in told
    assert "questions: 1 of 2 answered otherwise, 1 of them worse" in told
    assert "worse  my membership runs out next week" in told
    assert sorted((tmp_path / "kb").rglob("*")) == before, "a dry run leaves nothing behind"
    document = json.loads(run("ingest", content, "--kb", tmp_path / "kb", "--dry-run", "--json").stdout)
    assert [change["query"] for change in document["questions"]] == ["my membership runs out next week"]


def test_questions_made_of_the_content_leave_its_own_records_out(tmp_path: Path) -> None:
    run("ingest", ROOT / "content", "--kb", tmp_path / "kb")
    made = [json.loads(line) for line in run("questions", "--kb", tmp_path / "kb").stdout.splitlines()]
    swaps, twins, far = ([each for each in made if each["kind"] == kind] for kind in ("swap", "twin", "far"))
    assert len(swaps) == len(twins) == 20
    assert len(far) > 50
    swap = next(each for each in swaps if "faq_2021_s1/Q1.3" in each["without"])
    assert (swap["relevant"], swap["without"]) == ([], ["en/faq_2021_s1/Q1.3", "faq_2021_s1/Q1.3"])
    (tmp_path / "made.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in made), encoding="utf-8")
    figures = json.loads(run("eval", tmp_path / "made.jsonl", "--kb", tmp_path / "kb", "--json").stdout)["by_kind"]
    assert figures["twin"]["recall@1"] >= 0.9
    assert figures["far"]["false_answers"] <= 0.02
    assert figures["swap"]["n_out_of_scope"] == 20


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ({"query": "a", "relevant": ["x"], "expect": "no_answer"}, "expect must be one of answered, shown, anything"),
        ({"query": "a", "relevant": [], "expect": "shown"}, "expect must be one of no_answer, anything"),
        ({"query": "a", "relevant": [], "without": "x"}, "without must be a list of record ids"),
    ],
)
def test_a_line_that_expects_nonsense_is_named(tmp_path: Path, line: dict[str, object], told: str) -> None:
    run("ingest", ROOT / "content", "--kb", tmp_path / "kb")
    asked = lines(tmp_path / "asked.jsonl", line)
    error = run("eval", asked, "--kb", tmp_path / "kb", code=2).stderr
    assert f"asked.jsonl:1: {told}" in error
