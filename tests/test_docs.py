"""Documentation that cannot lie: the commands shown are run, and print what is shown."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("README.md", *(path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "docs").glob("*.md"))))
# Ports, percentages, times and snapshot names differ from run to run and processor to processor.
VARIABLE = re.compile(r"[0-9a-f]{16}|\d+")
# `make test` and `make bench` are run by CI and by hand: a test cannot run the tests.
NOT_RUN = ("make test", "make serve", "make bench", "make lint", "faq serve", "pip install", "git clone")


def console_examples() -> list[tuple[str, str, str]]:
    """Return (page, command, output) for every `$ command` in a console block."""
    found = []
    for page in PAGES:
        for block in re.findall(r"```console\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL):
            for example in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
                command, _, output = example.partition("\n")
                found.append((page, command, output))
    return found


def is_run(command: str) -> bool:
    return not command.startswith(NOT_RUN)


@pytest.mark.parametrize(("page", "command", "output"), [each for each in console_examples() if is_run(each[1])])
def test_a_command_in_the_documentation_prints_what_is_shown(
    page: str, command: str, output: str, kb_folder: Path
) -> None:
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "FAQ_KB": str(kb_folder)}
    done = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    printed = [VARIABLE.sub("#", line.strip()) for line in done.stdout.splitlines()]
    for line in output.splitlines():
        if line.strip() not in {"", "…"}:
            assert VARIABLE.sub("#", line.strip()) in printed, f"{page}: {command}\n{done.stdout}{done.stderr}"


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
            if "://" not in target:
                assert ((ROOT / page).parent / target).exists(), f"{page}: {target}"


def test_every_command_of_the_readme_exists() -> None:
    for command in re.findall(r"\bfaq ([a-z]+)", (ROOT / "README.md").read_text(encoding="utf-8")):
        assert (ROOT / "faq" / "commands" / f"{command}.py").exists(), command


def test_nothing_names_this_machine() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    own = Path(__file__).name
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path.name != own and path.suffix in {".py", ".md", ".toml", ".lock", ".sh", ".html", ".css", ".txt", ""}:
            text = path.read_text(encoding="utf-8", errors="replace")
            for word in ("/work" + "/", "pypi" + ".org", "/root" + "/", "files.python" + "hosted"):
                assert word not in text, f"{name}: {word}"
