"""Documentation that cannot lie: the commands shown are run, and print what is shown."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    *(path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "docs").rglob("*.md"))),
)
# Ports, percentages, times and snapshot names differ from run to run and processor to processor.
VARIABLE = re.compile(r"[0-9a-f]{16}|\d+")
# `make test` and `make bench` are run by CI and by hand: a test cannot run the tests. `.venv` may be another one than
# this test's, `make checks` writes into the checkout, and `make parse-score` needs files of others.
NOT_RUN = (
    *("make test", "make serve", "make bench", "make lint", "make checks", "make parse-score"),
    *("faq serve", "pip install", "git clone", ".venv/bin/python"),
)
# A file of ours, and a name that is said to stand in one. `NAME` and `ID` stand for any.
FILE = re.compile(r"`((?:kb|ingest|server|faq|faqkb|tools|tests|content|benchmarks|docs|deploy)/[\w./-]*[\w/])`")
STILL_TO_BE_WRITTEN = {"server/answering/translations/fr/LC_MESSAGES/messages.po"}  # by who follows the page
NAME_IN_FILE = re.compile(r"`(\w+)` in\s`([\w./-]+\.(?:py|js))`")


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


@pytest.mark.parametrize("page", PAGES)
def test_a_file_that_a_page_names_is_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for name in set(FILE.findall(text)) - STILL_TO_BE_WRITTEN:
        is_path = "." in name or name.endswith("/")  # `faq/Q3` is a record
        assert not is_path or re.search(r"NAME|ID", name) or (ROOT / name).exists(), f"{page}: {name}"
    for name, path in NAME_IN_FILE.findall(text):
        assert re.search(rf"\b{name}\b", (ROOT / path).read_text(encoding="utf-8")), f"{page}: {name} in {path}"


def test_each_decision_is_in_the_list_and_says_what_it_has_to() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = (folder / "README.md").read_text(encoding="utf-8")
    for path in sorted(folder.glob("*.md")):
        if path.name != "README.md":
            assert f"]({path.name})" in listed
            headings = re.findall(r"^## (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
            assert headings == ["Context", "Decision", "What was measured", "What would change it"], path


def test_make_help_lists_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = {name for names in re.findall(r"^\.PHONY:(.*)$", makefile, re.MULTILINE) for name in names.split()}
    # Under `make test` a make inside says which folder it enters.
    done = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    helped = {line.split()[0] for line in done.stdout.splitlines() if len(line.split()) > 1}
    assert helped == targets
    assert "help" in targets


def test_every_command_of_the_readme_exists() -> None:
    for command in re.findall(r"\bfaq ([a-z]+)", (ROOT / "README.md").read_text(encoding="utf-8")):
        assert any((ROOT / "faq").glob(f"*/{command}.py")), command


def test_nothing_names_this_machine() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    own = Path(__file__).name
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path.name != own and path.suffix in {".py", ".md", ".toml", ".lock", ".sh", ".html", ".css", ".txt", ""}:
            if path.is_dir():  # a link to a wing, whose files are listed themselves
                continue
            text = path.read_text(encoding="utf-8", errors="replace")
            for word in ("/work" + "/", "pypi" + ".org", "/root" + "/", "files.python" + "hosted"):
                assert word not in text, f"{name}: {word}"
