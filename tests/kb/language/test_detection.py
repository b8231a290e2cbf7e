"""Which language a question is in, on text fixtures."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faqkb.kb.index.cohort import cohort_languages, cohort_questions
from faqkb.kb.language.codes import CODES, UNDETERMINED
from faqkb.kb.language.detection import detect_language
from faqkb.kb.language.detector import CYRILLIC_LANGUAGES, LATIN_LANGUAGES, language_shares

ROOT = Path(__file__).resolve().parents[3]
LANGUAGES = ROOT / "tests" / "fixtures" / "languages"


def questions(file_name: str) -> list[tuple[str, str]]:
    lines = (LANGUAGES / file_name).read_text(encoding="utf-8").splitlines()
    return [(line.split("\t")[0], line.split("\t")[1]) for line in lines if not line.startswith("#")]


# What four words cannot tell, `npm install falla`, is taken for English; any change that costs more shows here.
@pytest.mark.parametrize(("file_name", "least"), [("questions.txt", 0.94), ("held_out.txt", 0.97)])
def test_short_questions_full_of_names_are_told_apart(file_name: str, least: float) -> None:
    asked = questions(file_name)
    wrong = [(code, text, got) for code, text in asked if (got := detect_language(text)) != code]
    assert 1 - len(wrong) / len(asked) >= least, wrong
    count = Counter(code for code, _ in asked)
    for code, missed in Counter(code for code, _, _ in wrong).items():
        assert missed <= max(1, 0.2 * count[code]), (code, wrong)


def test_english_is_hardly_ever_taken_for_another_language() -> None:
    asked = [text for name in ("questions.txt", "held_out.txt") for code, text in questions(name) if code == "en"]
    assert len([text for text in asked if detect_language(text) != "en"]) <= 2


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("docker 里训练报 Blocking queue is killed", "zh"),
        ("how do I type 中文 in the terminal", "en"),
        ("What does 训练 mean?", "en"),
        ("eureka 换 zk", "zh"),
        ("FileNotFoundError: C:\\用户\\docs is not there", "en"),
        ("MySQL 8 지원?", "ko"),
        ("GPU не определяется", "ru"),
        ('ما معنى "Permission denied (publickey)"؟', "ar"),
        ("¿MySQL 8?", "es"),
        ("caf\u00ef\u00bf\u00bd not found", "en"),
        ("", UNDETERMINED),
        ("12345 !?", UNDETERMINED),
    ],
)
def test_a_sentence_is_in_the_language_that_asks(text: str, language: str) -> None:
    assert detect_language(text) == language


@given(st.text(max_size=200))
def test_every_text_has_a_language(text: str) -> None:
    assert detect_language(text) in CODES | {UNDETERMINED}


def test_the_detector_knows_every_language_it_is_asked_about() -> None:
    for languages in (LATIN_LANGUAGES, CYRILLIC_LANGUAGES):
        shares = language_shares("Wie geht es", languages)
        assert set(shares) == set(languages)
        assert sum(shares.values()) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(
    ("text", "is_loaded"),
    [
        ("docker 里训练报 Blocking queue is killed", False),
        ("How do I reset my password?", False),
        ("docker bus error", False),
        ("Warum startet der Server nicht?", True),
    ],
)
def test_the_detector_is_loaded_only_where_it_is_needed(text: str, is_loaded: bool) -> None:
    """Half a second, where a cold question takes little more."""
    code = f"import sys; from faqkb.kb.language.detection import detect_language as d; d({text!r})"
    probe = f"{code}; print('py3langid' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == str(is_loaded), done.stderr


def test_the_unrelated_questions_are_in_the_languages_that_their_scripts_say() -> None:
    assert cohort_languages() == tuple(detect_language(question.text) for question in cohort_questions())
