"""Laws of the rules, whatever a file holds."""

from __future__ import annotations

import time
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from lint_support import CASES

from faqkb.ingest.files import File
from faqkb.ingest.linted.reading import Linted, read_file
from faqkb.ingest.linting.answers import Age
from faqkb.ingest.linting.fixing import edited
from faqkb.ingest.linting.run import Against, Read, find_by_reading, without_silenced
from faqkb.ingest.linting.source_tree import read_tree
from faqkb.ingest.readings.orders import FREE

PIECES = [
    *(
        "# FAQ\n",
        "\n## ",
        "\n##",
        "Q1: ",
        "Q2.1 ",
        "A: ",
        "**Q**: ",
        "```python\n",
        "```\n",
        "```json\n",
        "[x](",
        ")",
        "#",
    ),
    *(
        "![](",
        "![",
        "](",
        "<img src=",
        "<script>",
        "<!-- faq-lint off=",
        "-->",
        "---\n",
        "As of 2020",
        "截至",
        "到 1.0 为止",
    ),
    *(
        "`--flag`",
        "`tools/a.txt`",
        "Github GitHub",
        "e-mail email",
        "- ",
        "> ",
        "|a|b|\n|-|-|\n",
        "{#x}",
        "\r\n",
        "\t",
    ),
    *(
        "问：",
        "答：",
        "？",
        "1. ",
        "[^1]: ",
        "<a href='#'>",
        "</a>",
        "&#x0;",
        "../",
        "%00",
        "http://[",
        "(x)=\n",
        "(((",
        "a" * 50,
    ),
]
_READABLE = st.characters(exclude_categories=["Cs"], exclude_characters="\0")  # a file of NULs is refused
texts = st.lists(st.one_of(st.sampled_from(PIECES), st.text(_READABLE, max_size=12)), max_size=40).map("".join)


def read(folder: Path, text: str) -> Linted:
    """Return a text as a file, read."""
    path = folder / "faq.md"
    path.write_bytes(text.encode())
    return read_file(File(path, path.name, by_hand=True), FREE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a source tree."""
    folder = tmp_path_factory.mktemp("laws")
    (folder / "tree" / "tools").mkdir(parents=True)
    (folder / "tree" / "tools" / "run.py").write_text("--quiet\n", encoding="utf-8")
    return folder


@given(texts)
@settings(deadline=None)
def test_every_finding_is_of_a_line_of_the_file_and_every_edit_adds_or_replaces_what_it_says(
    folder: Path, text: str
) -> None:
    linted = read(folder, text)
    against = Against(tree=read_tree(folder / "tree"), age=Age(version=(9,), said="v9"))
    found = without_silenced(list(find_by_reading(Read((linted,)), against)), [linted])
    lines = linted.page.source.count("\n") + 1
    for finding in found:
        assert 1 <= finding.line <= lines
        assert finding.what
        assert finding.fix
    edits = [finding.edit for finding in found if finding.edit]
    fixed, count = edited(linted.content, "faq.md", edits)
    assert count == len(edits)
    assert len(fixed) == len(linted.content) + sum(
        len(edit.added.encode()) - len(edit.removed.encode()) for edit in edits
    )


@given(texts)
@settings(deadline=None)
def test_what_was_fixed_is_not_found_again(folder: Path, text: str) -> None:
    linted = read(folder, text)
    edits = {finding.edit for finding in find_by_reading(Read((linted,)), Against()) if finding.edit}
    if not edits:
        return
    fixed, _ = edited(linted.content, "faq.md", sorted(edits, key=lambda edit: (edit.line, edit.column)))
    again = read(folder, fixed.decode())
    assert not [finding for finding in find_by_reading(Read((again,)), Against()) if finding.edit in edits]


@pytest.mark.parametrize("name", sorted(path.name for path in CASES.iterdir()))
def test_the_same_files_give_the_same_findings(name: str) -> None:
    files = [
        read_file(File(path, path.name), FREE)
        for path in sorted((CASES / name).rglob("*.md"))
        if path.name != "broken.md"
    ]
    runs = [list(find_by_reading(Read(tuple(files)), Against())) for _ in range(2)]
    assert runs[0] == runs[1]


def test_a_tree_is_asked_for_a_path_without_being_looked_through(tmp_path):
    for number in range(300):
        folder = tmp_path / "src" / f"part{number}"
        folder.mkdir(parents=True)
        (folder / "run.py").write_text("")
    tree = read_tree(tmp_path)
    assert tree.has("src/part7/run.py") and tree.has("part7/run.py") and tree.has("run.py")  # noqa: PT018
    assert not any(map(tree.has, ("part7", "7/run.py", "", "/run.py", "part7/run")))
    started = time.perf_counter()
    assert not any(tree.has(f"src/part{number}/gone.py") for number in range(100_000))
    assert time.perf_counter() - started < 2, "300 paths for each would be 30 million comparisons"
