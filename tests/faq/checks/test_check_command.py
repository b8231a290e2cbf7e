"""`faq check` and the checks of an answer, as a user meets them: real processes, environments, terminals."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time
import venv
from functools import partial
from pathlib import Path

import pytest
from check_support import odd_script, passing
from cli_support import ANSWERED, error_line, faq

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def odd(tmp_path: Path):
    """Return a function that writes a check with some body, which owes us nothing, and returns its path."""

    return partial(odd_script, tmp_path)


def test_the_checks_of_a_knowledge_base_are_listed_and_explained(kb_folder: Path) -> None:
    listed = faq("check", "list", "--kb", kb_folder)
    assert "shm " in listed.stdout
    document = json.loads(faq("check", "list", "--kb", kb_folder, "--json").stdout)
    (shm,) = [check for check in document["checks"] if check["id"] == "shm"]
    assert shm["command"] == "faq check run shm"
    assert shm["url"] == "/checks/shm.py"
    shown = faq("check", "show", "shm", "--kb", kb_folder).stdout
    assert shm["sha256"] in shown
    assert "reads     size and free space of /dev/shm" in shown
    script = faq("check", "show", "shm", "--script", "--kb", kb_folder).stdout
    assert script == (ROOT / "content/checks/shm.py").read_text()


def test_without_a_knowledge_base_the_configured_content_has_the_checks(tmp_path: Path) -> None:
    listed = faq("check", "list", "--json", FAQ_KB=str(tmp_path / "none"))
    assert "shm" in {check["id"] for check in json.loads(listed.stdout)["checks"]}
    assert listed.stderr == "", "no model and no index is made for that"


def test_a_run_shows_verdict_figures_and_fix_in_plain_text(kb_folder: Path) -> None:
    done = faq("check", "run", "shm", "--kb", kb_folder, "--", "--batch-size", "1000000")
    assert done.returncode == 3
    first, *rest = done.stdout.splitlines()
    assert first.startswith("FAIL shm: ")
    assert any("--shm-size=" in line for line in rest)
    assert "\x1b" not in done.stdout


def test_json_is_the_scripts_own_document(kb_folder: Path) -> None:
    for arguments in (("--json",), ("--", "--json")):
        done = faq("check", "run", "shm", "--kb", kb_folder, *arguments)
        document = json.loads(done.stdout)
        assert (document["check"], done.returncode) == ("shm", 0)


def test_arguments_reach_the_script_with_and_without_dashes(kb_folder: Path) -> None:
    for separator in ((), ("--",)):
        done = faq("check", "run", "shm", "--json", "--kb", kb_folder, *separator, "--workers", "7")
        assert json.loads(done.stdout)["facts"]["workers"] == 7
    assert "--shape" in faq("check", "run", "shm", "--kb", kb_folder, "--", "--help").stdout


def test_an_unknown_check_is_one_line(kb_folder: Path) -> None:
    assert "no check is called 'smh'" in error_line(faq("check", "run", "smh", "--kb", kb_folder))


def test_a_check_that_never_ends_is_ended_with_all_it_started(odd, tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    path = odd(
        "import signal, subprocess, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"open({str(mark)!r}, 'w').write(str(subprocess.Popen(['sleep', '300']).pid)); time.sleep(300)"
    )
    started = time.monotonic()
    done = faq("check", "run", path, "--json")
    assert time.monotonic() - started < 30
    assert done.returncode == 1
    assert "time limit" in json.loads(done.stdout)["summary"]
    state = Path(f"/proc/{mark.read_text()}/stat")
    assert not state.exists() or state.read_text().split()[2] == "Z"


@pytest.mark.parametrize(
    "body",
    [
        "print('hello')",
        "import os; os.write(1, b'\\xff\\xfe{}')",
        "import os; os.abort()",
        "raise SystemExit(0)",
        "import json; print(json.dumps({'status': 'pass'}))",
        "print('[' * 100000)",
        "import json; print(json.dumps(dict(check='odd', status='fail', summary='', facts={}, findings=[])))",
    ],
)
def test_a_script_that_breaks_the_contract_still_gives_one_document(odd, body: str) -> None:
    done = faq("check", "run", odd(body), "--json")
    document = json.loads(done.stdout)
    assert (done.returncode, document["status"], document["check"]) == (1, "error", "odd")


def test_a_scripts_words_do_not_steer_the_terminal(odd) -> None:
    done = faq("check", "run", odd(passing("'\\x1b[2J\\x07gone'")))
    assert done.returncode == 0
    assert "gone" in done.stdout
    assert not {"\x1b", "\x07"} & set(done.stdout)


WITH_UV = f"{Path(sys.executable).parent}:{os.environ['PATH']}"


@pytest.mark.parametrize("tool", ["uv", "venv and pip"])
def test_packages_come_into_an_environment_of_its_own_once(odd, tool: str, tmp_path: Path) -> None:
    tools = WITH_UV if tool == "uv" else "/usr/bin:/bin"
    path = odd(passing("__import__('six').__name__"), '"six"')
    environment = {"PATH": tools, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    first = faq("check", "run", path, **environment)
    assert first.returncode == 0, first.stderr
    assert "making an environment for six, once" in first.stderr
    again = faq("check", "run", path, **environment)
    assert (again.returncode, again.stderr) == (0, "")
    probe = subprocess.run(
        [sys.executable, "-c", "import six, sys; print(six.__file__)"], capture_output=True, check=False
    )
    assert str(tmp_path).encode() not in probe.stdout, "nothing came into the environment of faq"


def test_an_environment_half_made_is_made_again(odd, tmp_path: Path) -> None:
    path = odd(passing("__import__('six').__name__"), '"six"')
    environment = {"PATH": WITH_UV, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    assert faq("check", "run", path, **environment).returncode == 0
    (made,) = (tmp_path / "cache").rglob("complete")
    made.unlink()
    assert "making an environment" in faq("check", "run", path, **environment).stderr


def test_packages_that_cannot_be_had_are_a_document_with_a_way_out(odd, tmp_path: Path) -> None:
    path = odd("", '"no-such-package-of-faqkb==0"')
    done = faq("check", "run", path, "--json", XDG_CACHE_HOME=str(tmp_path / "cache"))
    document = json.loads(done.stdout)
    assert (done.returncode, document["status"]) == (1, "error")
    assert "--python" in document["findings"][0]["fix"]


def test_another_interpreter_may_be_named(odd, tmp_path: Path) -> None:
    venv.create(tmp_path / "own", with_pip=False)
    own = tmp_path / "own" / "bin" / "python"
    path = odd(passing("__import__('sys').prefix"), '"six"')
    assert str(tmp_path / "own") in faq("check", "run", path, "--python", own).stdout
    assert "cannot be started" in faq("check", "run", path, "--python", tmp_path / "nothing").stdout


def test_a_new_check_runs_binds_and_is_handed_out(tmp_path: Path) -> None:
    (tmp_path / "faq.toml").write_text('[faq]\nkb = "kb"\ncontent = ["docs"]\n')
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "faq.md").write_text("# FAQ\n\n## Q1: How much room is needed?\n\nOne gigabyte.\n")
    made = faq("check", "new", "room", cwd=tmp_path)
    path = tmp_path / "docs" / "checks" / "room.py"
    assert str(path) in made.stdout
    path.write_text(path.read_text().replace("answers = []", 'answers = ["faq/Q1"]'))
    assert faq("check", "run", path, cwd=tmp_path).returncode == 0
    assert "checks/room.py: check room" in faq("ingest", cwd=tmp_path).stdout
    assert faq("check", "run", "room", cwd=tmp_path).returncode == 0
    asked = faq("ask", "How much room is needed?", "--json", cwd=tmp_path)
    (check,) = json.loads(asked.stdout)["answers"][0]["checks"]
    assert (check["id"], check["command"], check["url"]) == ("room", "faq check run room", "/checks/room.py")
    assert "is there already" in error_line(faq("check", "new", "room", cwd=tmp_path))


def test_ingest_warns_of_what_a_check_names_in_vain(tmp_path: Path) -> None:
    (tmp_path / "faq.md").write_text("# FAQ\n\n## Q1: How much room is needed?\n\nOne gigabyte.\n")
    faq("check", "new", "room", "--content", tmp_path)
    script = tmp_path / "checks" / "room.py"
    script.write_text(script.read_text().replace("answers = []", 'answers = ["faq/Q7"]'))
    done = faq("ingest", tmp_path, "--kb", tmp_path / "kb", "--strict")
    assert done.returncode == 1
    assert "checks/room.py:9: warning: answers names faq/Q7, which no record has" in done.stderr


def test_an_answer_carries_its_checks(kb_folder: Path) -> None:
    document = json.loads(faq("ask", ANSWERED, "--kb", kb_folder, "--json").stdout)
    shm = next(check for check in document["answers"][0]["checks"] if check["id"] == "shm")
    assert set(shm) == {"id", "title", "titles", "command", "url", "sha256", "evidence"}
    assert "faq check run shm" in faq("ask", ANSWERED, "--kb", kb_folder).stdout


def test_the_checks_of_an_answer_run_when_told_and_print_their_verdict_under_it(kb_folder: Path) -> None:
    done = faq("ask", ANSWERED, "--kb", kb_folder, "--run-checks", "--yes")
    assert done.returncode == 0
    answer, verdict = done.stdout.index("--shm-size"), done.stdout.index("PASS shm: ")
    assert answer < verdict
    document = json.loads(faq("ask", ANSWERED, "--kb", kb_folder, "--run-checks", "--yes", "--json").stdout)
    assert "shm" in {result["check"] for result in document["check_results"]}


def test_a_pasted_log_is_handed_to_the_check_that_reads_logs(kb_folder: Path) -> None:
    log = b"epoch 1\n" * 500 + b"RuntimeError: unable to write to file </torch_1_2>: No space left on device (28)\n"
    done = faq("ask", "-", "--kb", kb_folder, "--run-checks", "--yes", "--json", stdin=log)
    document = json.loads(done.stdout)
    assert document["answers"][0]["id"].endswith("/Q1.3")
    (told,) = [result for result in document["check_results"] if result["check"] == "log"]
    assert (told["status"], told["facts"]["error"], told["facts"]["line"]) == ("fail", "shared-memory", 501)


def test_without_a_terminal_no_check_runs_unasked(kb_folder: Path) -> None:
    done = faq("ask", ANSWERED, "--kb", kb_folder, "--run-checks")
    assert "PASS shm" not in done.stdout
    assert "say --yes" in done.stderr


def test_on_a_terminal_each_check_is_asked_about(kb_folder: Path) -> None:
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "faqkb", "ask", ANSWERED, "--kb", str(kb_folder), "--run-checks"]
    process = subprocess.Popen(command, stdin=follower, stdout=follower, stderr=follower, cwd=ROOT, close_fds=True)
    os.close(follower)
    shown = talk(leader, "shm: Is /dev/shm", "--workers 9\n")
    shown += talk(leader, "9", "", until=b"[y/N")
    while process.poll() is None:
        os.write(leader, b"n\n")
        shown += read_all(leader, 0.3)
    os.close(leader)
    assert "takes at most 10 s" in shown
    assert "workers" in shown


def talk(leader: int, awaited: str, answer: str, until: bytes = b"[y/N") -> str:
    """Read until a question about the awaited check comes, answer it, return what was shown."""
    shown = b""
    deadline = time.monotonic() + 60
    while not (awaited.encode() in shown and until in shown.rpartition(awaited.encode())[2]):
        assert time.monotonic() < deadline, shown.decode(errors="replace")
        ready, _, _ = select.select([leader], [], [], 1)
        shown += os.read(leader, 65536) if ready else b""
    os.write(leader, answer.encode())
    return shown.decode(errors="replace")


def read_all(leader: int, seconds: float) -> str:
    shown = b""
    while select.select([leader], [], [], seconds)[0]:
        try:
            part = os.read(leader, 65536)
        except OSError:  # the other side is closed
            break
        shown += part
    return shown.decode(errors="replace")
