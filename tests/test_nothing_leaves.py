"""No command opens a connection to another machine, and none leaves a file of a library's in the user's home.

strace names every address that a process and its children want to reach, whether or not there is a network. The
variables with which such a library may be silenced are taken out of the environment first.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cli_support import ANSWERED, ROOT
from server_support import ServedProcess, announced_url, required_tool

CONTAINER = ROOT / "deploy" / "Containerfile"
UNIT = ROOT / "deploy" / "faqkb.service"
_REACHED = re.compile(r"sa_family=AF_INET6?,.*?\"([0-9a-fA-F.:]+)\"")
_LOCAL = re.compile(r"127\.|::1$|::ffff:127\.|::$|0\.0\.0\.0$")
_SILENCERS = re.compile(r"(ORT|HF|TRANSFORMERS|DO_NOT_TRACK|XDG|FAQ)(_|$)|.*(TELEMETRY|OFFLINE)")
_MODEL_FILES = {"faqkb"}  # the folder below the cache that prepared models lie in


class Watched:
    """A home of its own, and what was reached from it."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.home.mkdir()
        self.trace = folder / "trace"
        kept = {name: value for name, value in os.environ.items() if not _SILENCERS.match(name)}
        self.environment = kept | {"HOME": str(self.home)}

    def command(self, *arguments: str | Path) -> list[str]:
        return self.python("-m", "faqkb", *arguments)

    def python(self, *arguments: str | Path) -> list[str]:
        watch = [
            required_tool("strace"),
            "-f",
            "-qq",
            "-o",
            str(self.trace),
            "-e",
            "trace=connect,sendto,sendmsg,sendmmsg",
        ]
        return [*watch, sys.executable, *map(str, arguments)]

    def faq(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = self.command(*arguments)
        return subprocess.run(command, env=self.environment, cwd=ROOT, capture_output=True, text=True, check=False)

    def reached(self) -> set[str]:
        """Return the addresses of other machines, name servers too."""
        lines = self.trace.read_text(encoding="utf-8", errors="replace").splitlines()
        return {address for line in lines for address in _REACHED.findall(line) if not _LOCAL.match(address)}

    def left(self) -> list[str]:
        """Return the files in the home that are not ours."""
        files = [path.relative_to(self.home) for path in self.home.rglob("*") if path.is_file()]
        return [str(path) for path in files if not _MODEL_FILES.intersection(path.parts)]


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


def test_the_watch_sees_a_name_server_and_an_address(watched: Watched) -> None:
    tries = "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('192.0.2.1', 9))"
    subprocess.run(watched.python("-c", tries), check=False, capture_output=True, env=watched.environment)
    assert "192.0.2.1" in watched.reached()


def test_preparing_the_model_ingesting_and_asking_reach_nobody(watched: Watched, tmp_path: Path) -> None:
    page = tmp_path / "faq.md"
    page.write_text("# FAQ\n\n## How do I reset my password?\n\nUse the link below the form.\n", encoding="utf-8")
    base = tmp_path / "kb"
    for arguments in (
        ("ingest", page, "--kb", base),  # prepares the model first: the home is new
        ("ask", "forgot my password", "--kb", base),
        ("model", "info"),
    ):
        done = watched.faq(*arguments)
        assert done.returncode in {0, 1}, done.stderr
        assert watched.reached() == set(), arguments
    assert watched.left() == []


def test_a_program_that_uses_the_library_reaches_nobody(watched: Watched, kb_folder: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from faqkb.kb.knowledge import KnowledgeBase\n"
        "print(KnowledgeBase.open(Path(sys.argv[1])).ask(sys.argv[2]).status)"
    )
    command = watched.python("-c", program, kb_folder, ANSWERED)
    done = subprocess.run(command, env=watched.environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "answered" in done.stdout.lower(), done.stderr
    assert watched.reached() == set()
    assert watched.left() == []


def served_by(how: str) -> list[str]:
    """Return the arguments after `faq` of a way to serve, on this machine alone and at a free port."""
    if how == "container":
        (line,) = [line for line in CONTAINER.read_text(encoding="utf-8").splitlines() if line.startswith("CMD ")]
        arguments = json.loads(line.removeprefix("CMD "))
    elif how == "unit":
        (line,) = [line for line in UNIT.read_text(encoding="utf-8").splitlines() if line.startswith("ExecStart=")]
        arguments = shlex.split(line)[1:]
    else:
        arguments = ["serve", "--port", "8000"]
    return [{"8000": "0", "0.0.0.0": "127.0.0.1"}.get(word, word) for word in arguments]


@pytest.mark.parametrize("how", ["command", "container", "unit"])
def test_serve_reaches_nobody(watched: Watched, kb_folder: Path, how: str) -> None:
    command = watched.command(*served_by(how), "--kb", kb_folder)
    process = subprocess.Popen(
        command, env=watched.environment, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        server = ServedProcess(process, announced_url(process))
        for _ in range(3):
            assert server.ask(ANSWERED).status == 200
            time.sleep(0.5)
    finally:
        os.killpg(process.pid, signal.SIGTERM)  # strace hands no signal on
        process.communicate(timeout=30)
    assert watched.reached() == set()
    assert watched.left() == []
