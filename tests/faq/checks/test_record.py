"""When a check last passed: recorded by its maintainer, shown with the answer, marked where a newer run failed."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from pathlib import Path

import pytest
from cli_support import faq

from faqkb.kb.checks import parse_evidence

ROOT = Path(__file__).resolve().parents[3]
FAQ = "# FAQ\n\n## How do I make the door open?\n\n<!-- faq: check=door -->\n\nPush the green button.\n"
OURS = f'{{"check": "a", "sha256": "{"0" * 64}", "passed": null, "failed": null}}'
STATES = {"pass": 0, "warn": 4, "fail": 3, "skip": 77}


def run(*arguments: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = faq(*arguments)
    assert done.returncode == code, done.stderr + done.stdout
    return done


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A check that gives the state which a file beside the content names."""
    (tmp_path / "content").mkdir()
    (tmp_path / "content/faq.md").write_text(FAQ, encoding="utf-8")
    run("check", "new", "door", "--content", tmp_path / "content")
    path = tmp_path / "content/checks/door.py"
    text = path.read_text(encoding="utf-8")
    head = text[: text.index("# ///", text.index("# ///") + 5)]
    state = tmp_path / "state"
    state.write_text("pass", encoding="ascii")
    path.write_text(
        f'{head}# ///\n"""Say whether the door opens."""\nimport json, pathlib, sys\n'
        f"state = pathlib.Path({str(state)!r}).read_text()\n"
        "print(json.dumps(dict(check='door', version='1', status=state, summary=state, facts={}, findings=[],"
        " answers=[], seconds=0)))\n"
        f"sys.exit({STATES!r}[state])\n",
        encoding="utf-8",
    )
    return path


def recorded(script: Path, state: str) -> str:
    (script.parents[2] / "state").write_text(state, encoding="ascii")
    return run("check", "run", script, "--record", code=STATES[state]).stderr


def answer(script: Path) -> dict[str, object]:
    kb = script.parents[2] / "kb"
    run("ingest", script.parents[1], "--kb", kb)
    document = json.loads(run("ask", "how do I make the door open", "--kb", kb, "--json").stdout)
    (link,) = document["answers"][0]["checks"]
    return dict(link)


def test_an_answer_shows_when_its_check_last_passed_and_with_what(script: Path) -> None:
    assert answer(script)["evidence"] is None
    assert "recorded in" in recorded(script, "pass")
    evidence = answer(script)["evidence"]
    on = {"python": platform.python_version(), "system": f"{platform.system()} {platform.machine()}"}
    assert evidence["passed"]["on"] == on
    assert (evidence["failed"], evidence["stale"]) == (None, False)
    kb = script.parents[2] / "kb"
    day = evidence["passed"]["at"][:10]
    told = f"passed {day} (python {platform.python_version()}, "
    assert told in run("ask", "how do I make the door open", "--kb", kb).stdout
    assert told in run("check", "show", "door", "--kb", kb).stdout


def test_a_newer_failure_makes_it_stale_until_it_passes_again(script: Path) -> None:
    recorded(script, "pass")
    recorded(script, "fail")
    evidence = answer(script)["evidence"]
    assert evidence["stale"] is True
    assert evidence["passed"]
    assert evidence["failed"]
    told = run("ask", "how do I make the door open", "--kb", script.parents[2] / "kb").stdout
    assert "FAILED 20" in told
    recorded(script, "warn")
    assert answer(script)["evidence"]["stale"] is False


def test_a_run_that_says_nothing_is_not_recorded(script: Path) -> None:
    assert "nothing recorded: the check ended with skip" in recorded(script, "skip")
    assert not (script.parent / "evidence.jsonl").exists()


def test_what_was_recorded_of_an_earlier_script_is_not_said_of_this_one(script: Path) -> None:
    recorded(script, "pass")
    script.write_text(script.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    assert answer(script)["evidence"] is None
    recorded(script, "pass")
    assert len((script.parent / "evidence.jsonl").read_text(encoding="utf-8").splitlines()) == 1


def test_a_file_of_something_else_is_told_and_left_alone(script: Path) -> None:
    file = script.parent / "evidence.jsonl"
    file.write_text("not ours\n", encoding="utf-8")
    assert "line 1 is no record of a run" in run("check", "run", script, "--record", code=2).stderr
    assert file.read_text(encoding="utf-8") == "not ours\n"
    told = run("ingest", script.parents[1], "--kb", script.parents[2] / "kb").stderr
    assert "checks/evidence.jsonl:1: warning: left out: line 1 is no record of a run" in told


@pytest.mark.parametrize(
    "line",
    [
        '{"check": "a", "sha256": "0*64", "passed": {"at": "yesterday", "on": {}}, "failed": null}',
        '{"check": "a", "sha256": "0*64", "passed": {"at": "2026-01-01", "on": {"x": "\\u001b[2J"}}, "failed": null}',
        '{"check": "a", "sha256": "0*64", "passed": {"at": "2026-01-01T00:00:00Z", "on": {"x": 3}}, "failed": null}',
        '{"check": "a", "sha256": "0*64"}',
        "[]",
        '{"check": "a/b", "sha256": "0*64", "passed": null, "failed": null}',
        '{"check": "\\ud800", "sha256": "0*64", "passed": null, "failed": null}',
        '{"check": "a\\u2028b", "sha256": "0*64", "passed": null, "failed": null}',
        '{"check": "a", "sha256": "\\ud800", "passed": null, "failed": null}',
        '{"check": 3, "sha256": 3, "passed": null, "failed": null}',
    ],
)
def test_nothing_else_is_taken_for_a_record(line: str) -> None:
    parse_evidence(OURS)
    with pytest.raises(ValueError, match="line 1 is no record of a run"):
        parse_evidence(line.replace("0*64", "0" * 64))


@pytest.mark.parametrize("name", ["door.py", "evidence.jsonl"])
def test_nobody_waits_for_a_pipe_among_the_checks(script: Path, name: str) -> None:
    pipe = script.with_name(name)
    pipe.unlink(missing_ok=True)
    os.mkfifo(pipe)
    assert "not a regular file" in run("check", "run", script, "--record", code=2).stderr


def test_a_check_of_nowhere_has_nowhere_to_be_recorded(tmp_path: Path, script: Path) -> None:
    run("ingest", script.parents[1], "--kb", tmp_path / "kb")
    assert (
        "--record has nowhere to write"
        in run("check", "run", "door", "--record", "--kb", tmp_path / "kb", code=2).stderr
    )
