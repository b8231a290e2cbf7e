"""Contract v1, for every check that we ship and for the skeleton that `faq check new` writes."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from check_support import CHECKS, EXIT_CODES, run_check

from faqkb.faq.checks.new import write_skeleton
from faqkb.kb.check_header import parse_check
from tools.assemble_checks import PARTS, SOURCES, assemble, read_part

ROOT = CHECKS.parent.parent
COMMAND = "python tools/assemble_checks.py"
SCRIPTS = sorted(CHECKS.glob("*.py"))
IDS = {
    "export",
    "imbalance",
    "shm",
    "log",
    "pretrained",
    "infer-cpu",
    "infer-gpu",
    "preprocess",
    "labels",
    "fc-size",
    "distill",
    "nets",
    "env",
}
STANDARD_LIBRARY = {"imbalance", "shm", "log", "pretrained", "labels", "fc-size", "env"}


@pytest.fixture
def skeleton(tmp_path: Path) -> Path:
    """A check as `faq check new` writes it."""
    return write_skeleton("disk", tmp_path)


def rewritten(script: Path, measure: str, limit: float = 10) -> Path:
    """Return the check with other lines as the body of `measure`."""
    text = script.read_text().replace("limit_seconds = 10", f"limit_seconds = {limit}")
    before, rest = text.split("    try:\n        free = ", 1)
    script.write_text(f"{before}    {measure}\n\n\n# --- part contract{rest.partition('# --- part contract')[2]}")
    return script


def test_all_thirteen_are_there_and_the_seven_need_the_standard_library_alone() -> None:
    checks = {path.stem: parse_check(path.read_bytes(), path.stem) for path in SCRIPTS}
    assert set(checks) == IDS
    assert {check_id for check_id, check in checks.items() if not check.dependencies} >= STANDARD_LIBRARY


def test_each_check_has_its_own_source_and_each_source_its_check() -> None:
    assert [path.name for path in SCRIPTS] == [path.name for path in sorted(SOURCES.glob("*.py"))]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_check_is_what_its_source_and_its_parts_make(path: Path) -> None:
    script = path.read_bytes().decode()
    assert script == assemble(SOURCES / path.name), f"change tools/checks/{path.name} or a part, then run {COMMAND}"
    assert read_part("contract") in script


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_check_says_at_the_top_what_it_is_made_from_and_how(path: Path) -> None:
    script = path.read_text(encoding="utf-8")
    top = script.partition("# /// script\n")[0]
    assert all(line.startswith("#") for line in top.split("\n") if line)
    for words in (f"Made from tools/checks/{path.name} ", COMMAND, *re.findall(r"^# --- part (\w+)", script, re.M)):
        assert words in top


def test_git_attributes_say_of_each_check_that_it_is_made_and_how() -> None:
    comment, attributes = (ROOT / ".gitattributes").read_text(encoding="utf-8").splitlines()
    assert COMMAND in comment
    pattern, attribute = attributes.split()
    assert attribute == "linguist-generated"
    assert sorted(ROOT.glob(pattern)) == SCRIPTS


def test_a_check_changed_by_hand_is_named_and_made_again(tmp_path: Path) -> None:
    for folder in ("tools/checks", "content/checks", "faq/checks"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.copy(ROOT / "tools/assemble_checks.py", tmp_path / "tools")
    command = [sys.executable, tmp_path / "tools/assemble_checks.py"]
    script = tmp_path / "content/checks/shm.py"
    script.write_text(f"{script.read_text()}# by hand\n")
    compared = subprocess.run([*command, "--check"], capture_output=True, text=True, check=False)
    assert (compared.returncode, compared.stdout) == (1, "content/checks/shm.py: differs\n")
    made = subprocess.run(command, capture_output=True, text=True, check=True)
    assert made.stdout == "content/checks/shm.py: written\n"
    assert script.read_bytes() == (CHECKS / "shm.py").read_bytes()
    assert subprocess.run([*command, "--check"], check=False).returncode == 0


def test_each_part_is_in_a_check() -> None:
    scripts = [path.read_text(encoding="utf-8") for path in SCRIPTS]
    for name in PARTS:
        assert any(read_part(name) in script for script in scripts), name


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_no_name_is_defined_twice_in_a_check(path: Path) -> None:
    """Parts that define the same name would each change what the other does."""
    body = ast.parse(path.read_bytes()).body
    imported = {
        (alias.asname or alias.name, getattr(node, "module", None))  # the same import may stand in several parts
        for node in body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    named = [name for name, _ in imported]
    named += [node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    targets = [target for node in body if isinstance(node, ast.Assign) for target in node.targets]
    targets += [node.target for node in body if isinstance(node, ast.AnnAssign)]
    named += [target.id for target in targets if isinstance(target, ast.Name)]
    assert [name for name, times in Counter(named).items() if times > 1] == []


def test_a_part_that_is_not_there_is_named(tmp_path: Path) -> None:
    source = tmp_path / "odd.py"
    source.write_text("# --- part nets ---\n")
    with pytest.raises(SystemExit, match=f"there is no part nets; name one of {', '.join(PARTS)}, or write "):
        assemble(source)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_reads_its_own_header_as_we_do(path: Path) -> None:
    check = parse_check(path.read_bytes(), path.stem)
    done = subprocess.run([sys.executable, path, "--nonsense", "--json"], capture_output=True, text=True, check=False)
    document = json.loads(done.stdout)
    assert done.returncode == 2
    assert (document["check"], document["version"], document["status"]) == (check.id, check.version, "usage")
    assert tuple(document["answers"]) == check.answers
    assert check.answers, "binds itself to a record"


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_help_says_what_it_reads_and_writes_and_how_long_it_takes(path: Path) -> None:
    check = parse_check(path.read_bytes(), path.stem)
    done = subprocess.run([sys.executable, path, "--help"], capture_output=True, text=True, check=True)
    for words in (*check.reads, "writes:", f"at most {check.limit_seconds:g} s", check.description.splitlines()[0]):
        assert words in done.stdout


def test_the_skeleton_works_both_ways(skeleton: Path) -> None:
    assert run_check(skeleton, "--need-gb", "0.000001").status == "pass"
    failed = run_check(skeleton, "--need-gb", "1e9")
    assert failed.status == "fail"
    assert "remove" in failed.fixes


def test_a_report_for_people_begins_with_the_verdict(skeleton: Path) -> None:
    done = subprocess.run([sys.executable, skeleton, "--need-gb", "1e9"], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert done.stdout.startswith("FAIL disk: ")
    assert "fix: remove" in done.stdout
    assert "\x1b" not in done.stdout


def test_a_library_that_prints_does_not_spoil_the_document(skeleton: Path) -> None:
    noisy = rewritten(skeleton, 'print("noise"); os.write(1, b"\\xff\\xfe more"); report.good("done")')
    assert run_check(noisy).status == "pass"


def test_a_check_that_breaks_says_how(skeleton: Path) -> None:
    broken = run_check(rewritten(skeleton, 'raise KeyError("gone")'))
    assert (broken.code, broken.status) == (1, "error")
    assert "KeyError" in broken.document["summary"]


def test_a_crash_of_the_interpreter_is_a_report(skeleton: Path) -> None:
    crashed = run_check(rewritten(skeleton, "os.kill(os.getpid(), signal.SIGSEGV)"))
    assert crashed.code == 1
    assert "SIGSEGV" in crashed.document["summary"]


def test_memory_that_runs_out_is_a_report(skeleton: Path) -> None:
    hungry = rewritten(skeleton, "report.facts['x'] = len(bytearray(1 << 40))")
    assert "memory" in run_check(hungry).document["summary"]


def test_a_check_that_never_ends_is_ended_with_all_it_started(skeleton: Path, tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    endless = rewritten(
        skeleton,
        f"job = subprocess.Popen(['sleep', '300']); open({str(mark)!r}, 'w').write(str(job.pid)); job.wait()",
        limit=1,
    )
    checked = run_check(endless)
    assert checked.code == 1
    assert "1 s" in checked.document["summary"]
    assert not is_running(int(mark.read_text()))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_check_told_to_end_says_so_and_leaves_nothing(skeleton: Path, tmp_path: Path, number: int) -> None:
    mark = tmp_path / "pid"
    slow = rewritten(skeleton, f"open({str(mark)!r}, 'w').write(str(os.getpid())); time.sleep(300)", limit=300)
    process = subprocess.Popen([sys.executable, slow, "--json"], stdout=subprocess.PIPE, text=True)
    measuring = wait_for_text(mark)
    process.send_signal(number)
    printed, _ = process.communicate(timeout=20)
    assert process.returncode == 1
    assert json.loads(printed)["status"] == "error"
    assert not is_running(int(measuring))


def test_the_measuring_process_killed_is_a_report(skeleton: Path, tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    slow = rewritten(skeleton, f"open({str(mark)!r}, 'w').write(str(os.getpid())); time.sleep(300)", limit=300)
    process = subprocess.Popen([sys.executable, slow, "--json"], stdout=subprocess.PIPE, text=True)
    os.kill(int(wait_for_text(mark)), signal.SIGKILL)
    printed, _ = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "SIGKILL" in json.loads(printed)["summary"]


def test_nothing_goes_on_when_the_waiting_process_is_killed(skeleton: Path, tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    slow = rewritten(skeleton, f"open({str(mark)!r}, 'w').write(str(os.getpid())); time.sleep(300)", limit=300)
    process = subprocess.Popen([sys.executable, slow, "--json"], stdout=subprocess.DEVNULL)
    measuring = int(wait_for_text(mark))
    process.kill()
    process.wait(10)
    deadline = time.monotonic() + 10
    while is_running(measuring) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not is_running(measuring)


def test_temporary_files_are_gone_even_after_a_kill(skeleton: Path, tmp_path: Path) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    messy = rewritten(skeleton, "tempfile.mkdtemp(); os.kill(os.getpid(), signal.SIGKILL)")
    assert run_check(messy, TMPDIR=str(place)).code == 1
    assert list(place.iterdir()) == []


def test_a_home_folder_is_not_named(skeleton: Path, tmp_path: Path) -> None:
    named = rewritten(skeleton, "report.facts['where'] = os.path.expanduser('~/data/list.txt')")
    assert run_check(named, HOME=str(tmp_path)).facts["where"] == "~/data/list.txt"


def test_what_no_json_can_hold_is_replaced(skeleton: Path) -> None:
    odd = rewritten(skeleton, "report.facts.update(a=float('nan'), b='\\udcff', c=float('inf'))")
    assert run_check(odd).facts == {"a": None, "b": "?", "c": None}


def test_a_terminal_without_unicode_gets_the_report(skeleton: Path) -> None:
    chinese = rewritten(skeleton, "report.warn('共享内存', why='小', fix='改')")
    done = subprocess.run(
        [sys.executable, chinese],
        capture_output=True,
        check=False,
        env=os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"},
    )
    assert done.returncode == 4
    assert b"\\u5171" in done.stdout


def test_whoever_stops_reading_sees_no_error(skeleton: Path) -> None:
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} {skeleton} | true"], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""


# What each check is given below; those not named need nothing.
GIVEN = {
    "labels": ("labels.txt",),
    "imbalance": ("labels.txt",),
    "pretrained": ("labels.txt",),
    "fc-size": ("--class-num", "1000"),
    "export": ("--model", "nowhere"),
    "distill": ("--student", "labels.txt"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "labels.txt").write_text("".join(f"image{number}.jpg {number % 3}\n" for number in range(30)))
    return tmp_path


@pytest.mark.parametrize(
    "prefix",
    [
        pytest.param(("bash", "-c", 'ulimit -v 262144; exec "$@"', "small"), id="256 MB"),
        pytest.param(("unshare", "-n"), id="no network"),
        pytest.param(("unshare", "-m", "bash", "-c", 'mount -t tmpfs tmpfs /dev; exec "$@"', "x"), id="no /dev/shm"),
        pytest.param(
            ("unshare", "-m", "bash", "-c", 'mount --bind . . && mount -o remount,ro,bind . && cd . && exec "$@"', "x"),
            id="read-only folder",
        ),
    ],
)
@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_hostile_conditions_still_end_in_a_document(path: Path, prefix: tuple[str, ...], folder: Path) -> None:
    if subprocess.run([*prefix, "true"], capture_output=True, check=False, cwd=folder).returncode:
        pytest.skip("no permission for namespaces (unshare as root)")
    checked = run_check(path.stem, *GIVEN.get(path.stem, ()), prefix=prefix, cwd=folder)
    assert checked.code in set(EXIT_CODES.values())


def wait_for_text(path: Path) -> str:
    deadline = time.monotonic() + 10
    while not (path.exists() and path.read_text()):
        assert time.monotonic() < deadline, f"{path} was not written"
        time.sleep(0.02)
    return path.read_text()


def is_running(process: int) -> bool:
    """Say whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
