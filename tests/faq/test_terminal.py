"""What a person sees at a terminal: bars, tables that fit, completion, a greeting, one --kb for all."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from cli_support import ANSWERED, ROOT, error_line, faq, shown_by
from server_support import required_tool


def at_a_terminal(*arguments: str | Path, columns: int = 80) -> str:
    """Run `faq` with its errors going to a terminal; return what it shows there."""
    shown, end = pty.openpty()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": str(columns)}
    command = [sys.executable, "-m", "faqkb", *map(str, arguments)]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=end) as process:
        os.close(end)
        text = shown_by(shown)
    assert process.returncode == 0, text
    return text


@pytest.fixture
def one(tmp_path: Path) -> Path:
    """A file of one question; with it the unrelated questions are embedded that every knowledge base has."""
    (tmp_path / "faq.md").write_text("# FAQ\n\n## Where is the reading room?\n\nOn the first floor.\n")
    return tmp_path / "faq.md"


def test_reading_shows_a_bar_with_rate_and_time_left(one: Path) -> None:
    shown = at_a_terminal("ingest", one, "--kb", one.parent / "kb")
    assert "embedding passages" in shown
    assert "━" in shown
    assert "/s " in shown
    assert "left" in shown


def test_measuring_and_writing_a_site_show_a_bar(kb_folder: Path, tmp_path: Path) -> None:
    queries = [{"query": f"is it number {n}?", "relevant": []} for n in range(150)]
    (tmp_path / "queries.jsonl").write_text("\n".join(map(json.dumps, queries)))
    assert "asking queries" in at_a_terminal("eval", tmp_path / "queries.jsonl", "--kb", kb_folder)
    assert "writing pages" in at_a_terminal("export", "--format", "site", tmp_path / "site", "--kb", kb_folder)


def test_without_a_terminal_there_are_plain_lines_and_without_checks_that_is_said(one: Path) -> None:
    kb = one.parent / "kb"
    done = faq("ingest", one, "--kb", kb)
    assert done.returncode == 0
    assert not {"━", "\r", "\x1b"} & set(done.stderr)
    assert faq("check", "list", "--kb", kb).stdout == (
        "this knowledge base has no checks; `faq check new ID` writes one to start from\n"
    )
    assert json.loads(faq("check", "list", "--kb", kb, "--json").stdout) == {"checks": []}


def test_what_explains_an_answer_is_a_table_that_fits(kb_folder: Path) -> None:
    explained = faq("ask", ANSWERED, "--kb", kb_folder, "--explain", "-k", "7").stdout
    added = explained[len(faq("ask", ANSWERED, "--kb", kb_folder, "-k", "7").stdout) :]
    assert max(map(width, added.splitlines())) <= 80
    headers = [line for line in added.splitlines() if line.startswith("score x weight")]
    rows = [line for line in added.splitlines() if line.startswith(("cosine", "late", "brevity"))]
    assert len(headers) == 2, "seven hits are too many side by side"
    assert {len(row) for row in rows} == {len(header) for header in headers}, "columns stand below each other"
    assert "1  faq_2021_s1/Q1.3" in added
    assert "hit 7" in added


def test_related_records_hold_no_translation_of_the_answer(kb_folder: Path) -> None:
    shown = faq("ask", "my shared memory is too small, the blocking queue is killed", "-k", "20", "--kb", kb_folder)
    related = shown.stdout.partition("related:")[2]
    assert shown.returncode == 0
    assert "/Q1.3" in shown.stdout.partition("related:")[0]
    assert "faq_2021_s1/Q1.3" not in related


def width(line: str) -> int:
    from rich.cells import cell_len

    return cell_len(line)


def test_one_kb_before_the_command_holds_for_every_command(kb_folder: Path, tmp_path: Path) -> None:
    for command in (("list",), ("snapshots",), ("check", "list"), ("export", "--format", "csv")):
        assert faq("--kb", kb_folder, *command, cwd=tmp_path).stdout == faq(*command, "--kb", kb_folder).stdout
    assert json.loads(faq("--kb", kb_folder, "ask", ANSWERED, "--json", cwd=tmp_path).stdout)["answered"]


def test_the_kb_of_a_command_beats_the_one_before_it(kb_folder: Path, tmp_path: Path) -> None:
    assert faq("--kb", tmp_path / "typo", "list", "--kb", kb_folder).returncode == 0
    assert "typo holds no knowledge base" in error_line(faq("--kb", kb_folder, "list", "--kb", tmp_path / "typo"))
    assert "exclude each other" in error_line(faq("--kb", kb_folder, "ask", "x", "--server", "http://127.0.0.1:1"))


@pytest.mark.parametrize(("said", "word"), [("hi", "Hello!"), ("thanks a lot", "You are welcome!"), ("你好", "你好！")])
def test_a_greeting_is_greeted(kb_folder: Path, said: str, word: str) -> None:
    done = faq("ask", said, "--kb", kb_folder)
    assert done.returncode == 1
    assert done.stdout.startswith(word)
    assert len(done.stdout.splitlines()) == 1
    document = json.loads(faq("ask", said, "--kb", kb_folder, "--json").stdout)
    assert (document["status"], document["no_answer"]["reason"]) == ("no_answer", "small_talk")
    assert document["no_answer"]["message"].startswith(word)


def completed(shell: str, line: str, folder: Path) -> list[str]:
    """Return what bash offers at the end of a line once it has read our completion."""
    program = folder / "faq"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m faqkb "$@"\n')
    program.chmod(0o755)
    script = f"""
PATH="{folder}:$PATH"; export PYTHONPATH="{ROOT}"
{shell}
COMP_WORDS=({line} "")
COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_faq_completion faq "" ""
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stderr == ""
    return done.stdout.split()


def test_bash_completes_commands_options_and_their_values(tmp_path: Path) -> None:
    required_tool("bash")
    printed = faq("completion", "bash").stdout
    assert {"ask", "ingest", "serve", "completion"} <= set(completed(printed, "faq", tmp_path))
    assert {"list", "show", "run", "new"} == set(completed(printed, "faq check", tmp_path))
    assert {"jsonl", "site"} <= set(completed(printed, "faq export --format", tmp_path))


@pytest.mark.parametrize(("shell", "word"), [("zsh", "#compdef faq"), ("fish", "complete --no-files --command faq")])
def test_other_shells_have_their_script(shell: str, word: str) -> None:
    printed = faq("completion", shell).stdout
    assert word in printed
    assert "_FAQ_COMPLETE" in printed
