"""Documentation that cannot lie: the commands shown are run, and print what is shown."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from faqkb.faq.main import cli

ROOT = Path(__file__).resolve().parents[1]
PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    *(path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "docs").rglob("*.md"))),
)
# Ports, percentages, times and snapshot names differ from run to run and processor to processor.
VARIABLE = re.compile(r"[0-9a-f]{16}|\d+")
# `make test` and `make bench` are run by CI and by hand: a test cannot run the tests. `.venv` may be another one than
# this test's, `make checks` writes into the checkout, `make parse-score` needs files of others, and `make fuzz` and
# `make soak` take as long as they are told.
NOT_RUN = (
    *("make test", "make docs", "make serve", "make bench", "make lint", "make checks", "make parse-score"),
    *("make fuzz", "make soak"),
    *("faq serve", "pip install", "pip download", "python3 -m venv", ". faq-env", "git clone", ".venv/bin/python"),
)
# A file of ours, and a name that is said to stand in one. `NAME` and `ID` stand for any.
FOLDERS = "kb|ingest|server|faq|faqkb|tools|tests|content|benchmarks|docs|deploy|examples"
FILE = re.compile(rf"`((?:{FOLDERS})/[\w./-]*[\w/])`")
STILL_TO_BE_WRITTEN = {"server/wording/translations/fr/LC_MESSAGES/messages.po", "content/faq.md"}  # by the reader
NAME_IN_FILE = re.compile(r"`(\w+)` in\s`([\w./-]+\.(?:py|js))`")


# A block of a page: commands to run, or a file that the reader writes. In between a comment says in which folder.
BLOCK = re.compile(
    r"<!-- commands below: in (?P<place>an empty folder|the checkout) -->"
    r"|^```console\n(?P<console>.*?)^```"
    r'|^```\w+ title="(?P<title>[^"]+)"\n(?P<text>.*?)^```',
    re.DOTALL | re.MULTILINE,
)
INTERNAL_VARIABLES = {"FAQ_CHECK_MEASURING", "FAQ_ANSWERER", "FAQ_WORDS", "FAQ_PHRASES"}  # no user sets them
LINE_ABOVE = ", below: "  # in a title: the text goes below this line of the file


@dataclass(frozen=True)
class Example:
    """A command of a page and what it prints, or a file to write (`title`) and its text."""

    page: str
    command: str
    output: str
    title: str = ""

    @property
    def is_run(self) -> bool:
        return bool(self.title) or not self.command.startswith(NOT_RUN)


def examples() -> tuple[list[Example], dict[str, list[Example]]]:
    """Return the examples that are run one by one in the checkout, and those of each page that follow each other."""
    alone, walks = [], {}
    for page in PAGES:
        place = "the checkout"
        for block in BLOCK.finditer((ROOT / page).read_text(encoding="utf-8")):
            place = block["place"] or place
            found = [Example(page, *command.partition("\n")[::2]) for command in _commands(block["console"] or "")]
            if place == "an empty folder":
                walks.setdefault(page, []).extend(found)
                if block["title"]:
                    walks[page].append(Example(page, "", block["text"], block["title"]))
            else:
                alone += found
    return [each for each in alone if each.is_run], walks


def _commands(block: str) -> list[str]:
    return re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]


ALONE, WALKS = examples()


@pytest.mark.parametrize("example", ALONE, ids=lambda each: f"{each.page}: {each.command[:60]}")
def test_a_command_in_the_documentation_prints_what_is_shown(example: Example, kb_folder: Path) -> None:
    check_output(example, ROOT, {"FAQ_KB": str(kb_folder)})


@pytest.mark.parametrize("page", WALKS)
def test_a_page_can_be_followed_from_an_empty_folder(page: str, model_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path
    for step in WALKS[page]:
        if step.title:
            write_step(step, folder)
        elif step.command.startswith("cd "):
            folder /= step.command.removeprefix("cd ")
        elif step.is_run:
            check_output(step, folder, {"FAQ_MODEL": str(model_folder)})


def write_step(step: Example, folder: Path) -> None:
    """Write what a page tells its reader to write."""
    name, _, above = step.title.partition(LINE_ABOVE)
    path = folder / name
    text = path.read_text(encoding="utf-8") if above else ""
    if above:
        assert text.count(f"{above}\n") == 1, step
        path.write_text(text.replace(f"{above}\n", f"{above}\n{step.output}"), encoding="utf-8")
    else:
        path.write_text(step.output, encoding="utf-8")


def check_output(example: Example, folder: Path, environment: dict[str, str]) -> None:
    """Run a command; every line shown of it has to be printed, one that ends in `…` as far as it is shown."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    inherited = {name: value for name, value in os.environ.items() if name != "FAQ_KB"}
    done = subprocess.run(
        ["bash", "-c", example.command],
        cwd=folder,
        env=inherited | {"PATH": path} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    printed = [VARIABLE.sub("#", line.strip()) for line in done.stdout.splitlines()]
    for line in map(str.strip, example.output.splitlines()):
        shown = VARIABLE.sub("#", line.removesuffix("…"))
        there = any(each.startswith(shown) for each in printed) if line.endswith("…") else shown in printed
        assert there or not shown, f"{example.page}: {example.command}\n{done.stdout}{done.stderr}"


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
        assert command in cli.list_commands(click.Context(cli)), command


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


def test_the_references_of_commands_and_settings_are_current() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "docs_reference.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_page_for_users_is_there_in_chinese_with_the_same_examples() -> None:
    for chinese in sorted((ROOT / "docs" / "zh").glob("*.md")):
        english = ROOT / "docs" / chinese.name
        counts = [
            len(re.findall(r"^```", page.read_text(encoding="utf-8"), re.MULTILINE)) for page in (english, chinese)
        ]
        assert counts[0] == counts[1], chinese.name


def test_every_environment_variable_is_explained() -> None:
    explained = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    for wing in ("faq", "kb", "server"):
        for path in (ROOT / wing).rglob("*.py"):
            for name in re.findall(r'"(FAQ_[A-Z_]+)"', path.read_text(encoding="utf-8")):
                assert f"`{name}" in explained or name in INTERNAL_VARIABLES, f"{path}: {name}"
