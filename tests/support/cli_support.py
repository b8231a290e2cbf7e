"""What tests of the command line share: `faq` as a real process, and what an error of it looks like."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ANSWERED = "docker 里训练报 Blocking queue is killed 怎么办"


def faq(
    *arguments: str | Path, stdin: bytes = b"", cwd: Path = ROOT, **environment: str
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "faqkb", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        check=False,
        cwd=cwd,
        env=os.environ | environment,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def on_a_terminal(*arguments: str | Path, answer: str = "", cwd: Path = ROOT, **environment: str) -> str:
    """Run `faq` in a terminal of its own, type an answer beforehand; return all that the terminal was sent."""
    shown, end = pty.openpty()
    command = [sys.executable, "-m", "faqkb", *map(str, arguments)]
    told = os.environ | {"TERM": "xterm", "COLUMNS": "100"} | environment
    with subprocess.Popen(command, cwd=cwd, env=told, stdin=end, stdout=end, stderr=end) as process:
        os.close(end)
        os.write(shown, answer.encode())
        try:
            return shown_by(shown)
        finally:
            process.kill()


def shown_by(terminal: int) -> str:
    """Return all that a terminal is sent until its last writer is gone, and close it."""
    parts = []
    try:
        while part := os.read(terminal, 65536):
            parts.append(part)
    except OSError:  # Linux says so when the last writer closes the terminal
        pass
    finally:
        os.close(terminal)
    return b"".join(parts).decode()


def error_line(done: subprocess.CompletedProcess[str]) -> str:
    """Return the error of a failed command: one line on standard error, no traceback."""
    assert done.returncode == 2, done.stderr
    lines = done.stderr.splitlines()
    assert lines[-1].startswith("faq: "), done.stderr
    assert "Traceback" not in done.stderr
    return lines[-1]
