"""A check script may be anybody's: what it can show, start, print and see."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
from check_support import odd_script, passing
from cli_support import error_line, faq, on_a_terminal

OURS = re.compile(r"\x1b\[(?:0|1|2|3[1-6])m")  # the styles of our own: bold, dim, colours and back


def steered(shown: str) -> str:
    """Return what of a terminal's text steers it, our own styles and line ends aside."""
    return "".join(
        re.findall("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", OURS.sub("", shown).replace("\r\n", "\n"))
    )


@pytest.mark.parametrize(
    ("hidden", "said"),
    [
        ('# title = "\\u001b[2J"', "title is"),
        ('# reads = ["nothing\\nwrites nothing"]', "reads is"),
        ('# version = "1\\u009b2J"', "version is"),
        ("import os  # \x1b[1A\x1b[2K", "line 11 holds U+001B"),
        ("import os; os.remove('x')\rprint('harmless')", "line 11 holds U+000D"),
        ("access = 'user\u202e'  # trojan", "line 11 holds U+202E"),
        ("pass  # \u200b\u2060", "line 11 holds U+200B"),
        ('"""a\\x1b[2Jb"""', "docstring"),
    ],
)
def test_a_script_that_would_show_another_than_it_is_is_refused(tmp_path: Path, hidden: str, said: str) -> None:
    header = {"title": 'title = "T"', "version": 'version = "1"', "reads": "reads = []"}
    lines = [f"# {header[name]}" if name not in hidden.split(" =", maxsplit=1)[0] else hidden for name in header]
    path = odd_script(tmp_path, "" if hidden in lines else hidden, header=lines)
    for command in ("show", "run"):
        done = faq("check", command, path)
        assert (done.returncode, done.stdout) == (2, "")
        assert said in error_line(done)
        assert not steered(done.stderr)


@pytest.mark.parametrize("address", ["evil @ file:///tmp/evil", "evil @ https://example.org/evil.whl", "git+https://x"])
def test_packages_come_from_the_index_alone(tmp_path: Path, address: str) -> None:
    done = faq("check", "run", odd_script(tmp_path, "", dependencies=f'"{address}"'))
    assert done.returncode == 2
    assert "dependencies" in error_line(done)


def test_what_a_script_tells_while_it_runs_does_not_steer_the_terminal(tmp_path: Path) -> None:
    body = "import sys; sys.stderr.write('\\x1b[1A\\x1b[2Kall is well\\r\\x1b]0;title\\x07\\n'); " + passing("'ok'")
    for arguments in ((), ("--", "--help")):
        done = faq("check", "run", odd_script(tmp_path, body), *arguments)
        assert done.returncode == 0
        assert "all is well" in done.stderr
        assert not steered(done.stdout + done.stderr)


def test_an_answer_does_not_steer_the_terminal(tmp_path: Path) -> None:
    page = tmp_path / "faq.md"
    page.write_text(
        "# FAQ\n\n## Where is the \x1b[2Jreading\u202e room?\n\nUp.\x1b[1A\x1b[2K \x9b2J **Bold**, on the floor.\n"
    )
    kb = tmp_path / "kb"
    assert faq("ingest", page, "--kb", kb).returncode == 0
    shown = on_a_terminal("ask", "where is the reading room", "--min-confidence", "0.5", "--kb", kb)
    assert "Bold" in shown
    assert not steered(shown)
    for command in (("list",), ("show", "faq/where-is-the-reading-room"), ("export", "--format", "csv")):
        assert not steered(on_a_terminal(*command, "--kb", kb))


def test_json_keeps_what_it_escapes(tmp_path: Path) -> None:
    page = tmp_path / "faq.md"
    page.write_text("# FAQ\n\n## Where is the reading room?\n\nUp\u202estairs \x9b2J\u200b.\n")
    done = faq("ingest", page, "--kb", tmp_path / "kb", "--json")
    assert done.returncode == 0, done.stderr
    done = faq("export", "--format", "jsonl", "--kb", tmp_path / "kb")
    answer = json.loads(done.stdout)["answer"]
    done = faq("show", "faq/where-is-the-reading-room", "--kb", tmp_path / "kb", "--json")
    assert json.loads(done.stdout)["answer"] == answer
    assert not steered(done.stdout)


def test_a_child_in_a_session_of_its_own_ends_with_the_check(tmp_path: Path) -> None:
    mark = tmp_path / "pids"
    body = (
        "import os, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        "        os.setsid()\n"
        "        os.closerange(0, 3)\n"
        f"        open({str(mark)!r}, 'w').write(str(os.getpid()))\n"
        "        time.sleep(300)\n"
        "    os._exit(0)\n"
        f"while not os.path.exists({str(mark)!r}): time.sleep(0.01)\n" + passing("'started'")
    )
    done = faq("check", "run", odd_script(tmp_path, body))
    assert done.returncode == 0, done.stderr
    assert not is_running(int(mark.read_text()))


def test_what_forks_all_the_time_ends_with_the_check(tmp_path: Path) -> None:
    """Each process leaves its session, makes the next one and ends; the fifteen seconds are for this test to end."""
    alive = tmp_path / "alive"
    body = (
        "import os, time\n"
        "end = time.time() + 15\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    os.closerange(0, 3)\n"
        "    while time.time() < end:\n"
        "        if os.fork():\n"
        "            os._exit(0)\n"
        "        os.setsid()\n"
        f"        open({str(alive)!r}, 'w').close()\n"
        "    os._exit(0)\n"
        f"while not os.path.exists({str(alive)!r}): time.sleep(0.01)\n" + passing("'started'")
    )
    for _ in range(3):
        alive.unlink(missing_ok=True)
        assert faq("check", "run", odd_script(tmp_path, body)).returncode == 0
        ended = time.time()
        time.sleep(1)
        assert alive.stat().st_mtime < ended + 0.1


def test_output_without_end_is_ended(tmp_path: Path) -> None:
    started = time.monotonic()
    done = faq("check", "run", odd_script(tmp_path, "while True: print('x' * 65536)"), "--json")
    assert time.monotonic() - started < 30
    assert done.returncode == 1
    assert "printed more than" in json.loads(done.stdout)["summary"]
    body = "import sys\nfor _ in range(100): sys.stderr.write('y' * 65536 + '\\n')\n" + passing("'much'")
    done = faq("check", "run", odd_script(tmp_path, body))
    assert done.returncode == 0
    assert len(done.stderr) < 300_000
    assert "left out" in done.stderr


def test_secrets_are_not_in_its_environment(tmp_path: Path) -> None:
    secrets = {
        "FAQ_API_KEY": "leaked-1",
        "GITHUB_TOKEN": "leaked-2",
        "DB_PASSWORD": "leaked-3",
        "PIP_INDEX_URL": "https://user:leaked-4@example.org/simple",
    }
    kept = {"LC_ALL": "C.UTF-8", "CUDA_VISIBLE_DEVICES": "0"}
    body = "import os\n" + passing("' '.join(os.environ) + ' ' + ' '.join(os.environ.values())")
    done = faq("check", "run", odd_script(tmp_path, body), **secrets, **kept)
    assert done.returncode == 0, done.stderr
    assert "leaked" not in done.stdout
    assert all(name in done.stdout for name in kept)


def is_running(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z"
