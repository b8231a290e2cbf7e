"""`faq check run --send`: what is sent is shown before, word for word, and nothing is sent unasked."""

from __future__ import annotations

import json
import platform
from pathlib import Path

import pytest
from cli_support import error_line, faq
from server_support import served

from faqkb.kb.feedback.runs import RunStore

FAQ = "# FAQ\n\n## How do I make the door open?\n\n<!-- faq: check=door -->\n\nPush the green button.\n"
STATES = {"pass": 0, "fail": 3, "skip": 77}
SCRIPT = '''# /// script
# [tool.faq-check]
# id = "door"
# version = "1.2"
# title = "Does the door open?"
# ///
"""Say whether the door opens."""
import json, sys
state = [each for each in sys.argv[1:] if not each.startswith("--")][0]
print(json.dumps(dict(check="door", version="1.2", status=state, summary="seen at /home/anna/door", facts={},
    findings=[], answers=[], seconds=0)))
sys.exit(dict({"pass": 0, "fail": 3, "skip": 77})[state])
'''


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("sent")
    (place / "content/checks").mkdir(parents=True)
    (place / "content/faq.md").write_text(FAQ, encoding="utf-8")
    (place / "content/checks/door.py").write_text(SCRIPT, encoding="utf-8")
    done = faq("ingest", place / "content", "--kb", place / "kb")
    assert done.returncode == 0, done.stderr
    return place


def test_a_result_is_shown_as_it_is_sent_and_arrives_without_the_report(place):
    with served(place / "kb") as server:
        sent = []
        for state in ("pass", "fail"):
            options = ("--send", "--server", f"http://127.0.0.1:{server.port}", "--kb", place / "kb", "--", state)
            done = faq("check", "run", "door", *options)
            assert done.returncode == STATES[state], done.stderr
            told = next(line for line in done.stderr.splitlines() if "and nothing else: " in line)
            sent.append(json.loads(told.partition("and nothing else: ")[2]))
            assert done.stderr.rstrip().endswith("sent")
        skipped = faq("check", "run", "door", *options[:-1], "skip")
        assert "nothing sent: the check ended with skip" in skipped.stderr
    assert [run.to_json() for run in RunStore(place / "kb").runs()] == sent
    assert [each["status"] for each in sent] == ["pass", "fail"]
    assert sent[0]["on"]["python"] == platform.python_version()
    assert "anna" not in json.dumps(sent)
    assert set(sent[0]) == {"check", "version", "sha256", "status", "on"}


def test_nothing_is_sent_without_an_address_and_no_address_without_being_asked(place):
    assert (
        "expected --server URL or FAQ_SERVER"
        in faq("check", "run", "door", "--send", "--kb", place / "kb", "--", "pass", FAQ_SERVER="").stderr
    )
    alone = faq("check", "run", "door", "--server", "http://127.0.0.1:9", "--kb", place / "kb", "--", "pass")
    assert "without it nothing is sent" in alone.stderr


def test_a_server_that_is_not_there_is_told_after_the_report(place):
    done = faq("check", "run", "door", "--send", "--server", "http://127.0.0.1:9", "--kb", place / "kb", "--", "pass")
    assert "seen at" in done.stdout
    assert "127.0.0.1:9" in error_line(done)
