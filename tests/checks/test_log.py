"""`log`: real error texts, each in the folder of its class, made by running what fails (logs/sources.tsv says how).

Half of them were seen when the last words were chosen, the other half never: docs/checks.md gives the figures of each.
"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest
from check_support import CHECKS, load_check, run_check

from faqkb.kb.check_header import parse_check
from faqkb.kb.checks import Signature
from faqkb.kb.retrieval.signatures import known_error

LOGS = Path(__file__).with_name("logs")
CLASSES = {"shared-memory", "bus-error", "out-of-memory", "bad-image", "label-range", "reader-exception", "other"}
QUEUE = "SystemError: (Fatal) Blocking queue is killed because the data reader raises an exception.\n"
FIXES = {
    "shared-memory": "--shm-size=8g",
    "bus-error": "--shm-size=8g",
    "out-of-memory": "halve the batch size",
    "bad-image": "open every file",
    "label-range": "faq check run labels",
    "reader-exception": "first traceback",
}


@pytest.fixture(scope="module")
def texts() -> dict[Path, str]:
    return {path: path.read_text(encoding="utf-8") for path in sorted(LOGS.glob("*/*.txt"))}


@pytest.fixture(scope="module")
def signatures() -> tuple[Signature, ...]:
    script = CHECKS / "log.py"
    return parse_check(script.read_bytes(), "log").signatures


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """The script itself, as a module."""
    return load_check("log")


def test_real_error_texts_are_told_apart(texts: dict[Path, str], signatures: tuple[Signature, ...]) -> None:
    told = {path: known_error(text, signatures) for path, text in texts.items()}
    wrong = {
        f"{path.parent.name}/{path.name}": known and known.error
        for path, known in told.items()
        if path.parent.name != (known.error if known else "other")
    }
    assert {path.parent.name for path in texts} == CLASSES
    assert len(texts) >= 80
    assert len(wrong) <= 0.05 * len(texts), wrong


def test_the_script_and_the_knowledge_base_agree_on_every_text(
    texts: dict[Path, str], signatures: tuple[Signature, ...], script: ModuleType
) -> None:
    own = script.read_header(str(CHECKS / "log.py"))["signatures"]
    for path, text in texts.items():
        found = script.find_error(text.splitlines(), own)
        known = known_error(text, signatures)
        assert (found and found[0]["error"]) == (known and known.error), path


@pytest.mark.parametrize("error", sorted(FIXES))
def test_each_class_fails_with_its_fix_and_the_line(error: str) -> None:
    path = sorted((LOGS / error).glob("*.txt"))[0]
    checked = run_check("log", path)
    assert (checked.status, checked.facts["error"]) == ("fail", error)
    assert FIXES[error] in checked.fixes
    assert 1 <= checked.facts["line"] <= checked.facts["lines"]


def test_what_stands_above_the_generic_error_decides() -> None:
    above = 'Traceback (most recent call last):\n  File "x.py", line 1, in f\n'
    cause = {
        "bad-image": "PIL.UnidentifiedImageError: cannot identify image file 'a.jpg'\n",
        "label-range": "IndexError: Target 10 is out of bounds.\n",
        "reader-exception": "KeyError: 'label'\n",
    }
    for error, line in cause.items():
        checked = run_check("log", stdin=f"epoch 1\n{above}{line}{QUEUE}".encode())
        assert checked.facts["error"] == error
    assert (checked.facts["cause_line"], checked.facts["cause"]) == (4, "KeyError: 'label'")


def test_a_log_without_an_error_passes_and_an_unknown_one_is_quoted() -> None:
    assert run_check("log", stdin=b"epoch 1 loss 0.3\nepoch 2 loss 0.2\n").status == "pass"
    unknown = run_check("log", stdin=b"epoch 1\nValueError: the moon is full\n")
    assert unknown.status == "warn"
    assert "the moon is full" in unknown.document["summary"]


@pytest.mark.parametrize("content", [b"\xff\xfe\x00bus error\n", "总线错误\n".encode(), b"\x00" * 10 + b"Bus error"])
def test_any_bytes_are_read(content: bytes) -> None:
    assert run_check("log", stdin=content).facts["error"] == "bus-error"


def test_an_empty_log_or_a_missing_file_is_wrong_use(tmp_path: Path) -> None:
    assert run_check("log", stdin=b" \n").status == "usage"
    assert run_check("log", tmp_path / "none.log").status == "usage"
    assert run_check("log", tmp_path).status == "usage"


def test_a_long_log_is_read_quickly_to_its_end() -> None:
    checked = run_check("log", stdin=b"epoch 1 loss 0.3 images 12\n" * 400_000 + QUEUE.encode())
    assert checked.facts["line"] == 400_001
