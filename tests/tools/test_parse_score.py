"""The parser against hand-read files, and the scorer that says so."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest

SCORER = Path(__file__).resolve().parents[2] / "tools" / "parse_score.py"


@pytest.fixture(scope="module")
def scorer():
    spec = importlib.util.spec_from_file_location("parse_score", SCORER)
    module = importlib.util.module_from_spec(spec)
    sys.modules["parse_score"] = module
    spec.loader.exec_module(module)
    return module


def corpus(folder: Path, text: str, *gold: dict[str, object]) -> Path:
    source = folder / "data" / "corpora" / "own+name" / "docs__faq.md"
    source.parent.mkdir(parents=True)
    source.write_text(text, encoding="utf-8")
    (folder / "data" / "gold").mkdir()
    (folder / "data" / "gold" / "own+name__docs__faq.md.json").write_text(json.dumps(gold), encoding="utf-8")
    return folder


def pair(question: str, answer: str, **more: object) -> dict[str, object]:
    return {
        "question": question,
        "answer_starts": answer[:40],
        "answer_ends": answer[-40:],
        "section": ["FAQ"],
        "anchor": None,
        "links": 0,
    } | more


FAQ = "# FAQ\n\n## Q1: Why?\n\nBecause it is so, and **not** otherwise.\n\n## Q2: Who?\n\nYou.\n"
RIGHT = [pair("Why?", "Because it is so, and not otherwise.", number="Q1"), pair("Who?", "You.", number="Q2")]


def test_the_parser_meets_the_targets_on_all_hand_read_files(scorer, shared_data, capsys):
    assert scorer.main([str(shared_data)]) == 0, capsys.readouterr().out


def test_a_perfect_parse_passes(scorer, tmp_path, capsys):
    assert scorer.main([str(corpus(tmp_path, FAQ, *RIGHT))]) == 0
    assert "1.000  1.000  1.000  1.000     2     2     2     2" in capsys.readouterr().out


def test_a_missed_question_fails(scorer, tmp_path, capsys):
    folder = corpus(tmp_path, FAQ, *RIGHT, pair("Where?", "Here."))
    assert scorer.main([str(folder), "--show"]) == 1
    assert "not found: Where?" in capsys.readouterr().out


def test_an_answer_that_ends_elsewhere_fails(scorer, tmp_path, capsys):
    folder = corpus(tmp_path, FAQ, pair("Why?", "Because it is so, and not otherwise. Ever."), RIGHT[1])
    assert scorer.main([str(folder), "--show"]) == 1
    assert "boundaries differ" in capsys.readouterr().out


def test_an_invented_question_lowers_the_precision(scorer, tmp_path):
    folder = corpus(tmp_path, FAQ, RIGHT[0])
    (score,) = (scorer.score_file(gold, source, []) for gold, source in scorer.pairs(folder))
    assert (score.found, score.questions, round(score.question_f1, 3)) == (2, 1, 0.667)


def test_nothing_to_score_is_an_error(scorer, tmp_path, capsys):
    assert scorer.main([str(tmp_path)]) == 2
    assert "no gold files" in capsys.readouterr().err
