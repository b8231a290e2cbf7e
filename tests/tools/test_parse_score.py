"""The parser against hand-read files, and the scorer that says so."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / "tools"


def tool(name: str):
    spec = importlib.util.spec_from_file_location(name, TOOLS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def scorer():
    return tool("parse_score")


@pytest.fixture(scope="module")
def hasher():
    return tool("hash_gold")


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
    (score,) = (scorer.score_file(gold, []) for gold in scorer.shared_gold(folder))
    assert (score.found, score.questions, round(score.question_f1, 3)) == (2, 1, 0.667)


def test_nothing_to_score_is_an_error(scorer, tmp_path, capsys):
    assert scorer.main([str(tmp_path)]) == 2
    assert "no gold files" in capsys.readouterr().err


NAME = "own+name__docs_faq.md"
ROW = ("own/name", "docs/faq.md", "0" * 40, "MIT (named in README)", "somebody", "Excerpt (half of it).")


def read_files(folder: Path, text: str, *gold: dict[str, object]) -> Path:
    for name in ("files", "gold"):
        (folder / name).mkdir(parents=True)
    titles = ["name", "repo", "path", "commit", "licence", "copyright", "note"]
    (folder / "MANIFEST.tsv").write_text("\t".join(titles) + "\n" + "\t".join((NAME, *ROW)) + "\n", encoding="utf-8")
    (folder / "files" / NAME).write_text(text, encoding="utf-8")
    (folder / "gold" / f"{NAME}.json").write_text(json.dumps(gold), encoding="utf-8")
    return folder


@pytest.fixture
def hashes(scorer, hasher, tmp_path, monkeypatch):
    """What makes hashes of gold over FAQ, in a folder the scorer takes for tests/gold; returns the sources' folder."""

    def make(*gold: dict[str, object]) -> Path:
        folder = read_files(tmp_path / "read", FAQ, *gold)
        assert hasher.main([str(folder), "--out", str(tmp_path / "hashes")]) == 0
        monkeypatch.setattr(scorer, "HASHES", tmp_path / "hashes")
        return folder

    return make


def more(scorer, folder: Path, shown: list[str] | None = None):
    (gold,) = scorer.hashed_gold(scorer.HASHES, folder)
    return scorer.score_file(gold, [] if shown is None else shown)


def test_the_same_gold_makes_the_same_hashes_and_they_tell_where_it_is_from(hasher, hashes, tmp_path):
    folder = hashes(*RIGHT)
    assert hasher.main([str(folder), "--out", str(tmp_path / "again")]) == 0
    written = (tmp_path / "hashes" / f"{NAME}.json").read_bytes()
    assert written == (tmp_path / "again" / f"{NAME}.json").read_bytes()
    document = json.loads(written)
    assert [document[key] for key in ("repository", "path", "commit", "licence", "excerpt")] == [*ROW[:3], "MIT", True]
    assert [(one["line"], one["starts"][0], one["ends"][0]) for one in document["records"]] == [(3, 20, 20), (7, 3, 3)]


def test_a_hash_is_known_from_its_description(hashes, tmp_path):
    hashes(*RIGHT)
    why, who = json.loads((tmp_path / "hashes" / f"{NAME}.json").read_text(encoding="utf-8"))["records"]
    assert why["question"] == hashlib.sha256(b"why").hexdigest()[:16]
    assert why["starts"] == [20, hashlib.sha256(b"becauseitissoandnoto").hexdigest()[:16]]
    assert why["ends"] == [20, hashlib.sha256(b"tissoandnototherwise").hexdigest()[:16]]
    assert who["ends"] == [3, hashlib.sha256(b"you").hexdigest()[:16]]


def test_hashes_and_text_score_alike(scorer, hashes, capsys, tmp_path):
    folder = hashes(*RIGHT)
    assert scorer.main([str(corpus(tmp_path / "shared", FAQ, *RIGHT)), "--files", str(folder.parent)]) == 0
    printed = capsys.readouterr().out
    assert "total of 1 files  " in printed
    assert "total of 1 files of more projects" in printed
    assert printed.count("     2     2  1.000  1.000  1.000  1.000") == 4  # each file, each set


@pytest.mark.parametrize(
    "answer", ["Because it is so, and not otherwise. Ever.", "See: because it is so, and not otherwise."]
)
def test_a_moved_edge_is_found_by_hashes(scorer, hashes, answer):
    shown: list[str] = []
    score = more(scorer, hashes(pair("Why?", answer), RIGHT[1]), shown)
    assert (score.questions, score.boundaries) == (2, 1)
    assert [line.endswith("boundaries differ") for line in shown] == [True]


def test_an_answer_is_as_long_as_the_short_one_that_was_read(scorer):
    you = scorer.Expected.of_text(pair("Who?", "You."))
    assert you.is_answer("you")
    assert you.begins("youtoo")
    assert not you.ends("youtoo")
    assert not you.is_answer("yo")


def test_a_missed_question_is_told_by_its_line(scorer, hashes):
    shown: list[str] = []
    score = more(scorer, hashes(*RIGHT, pair("Otherwise", "You.")), shown)
    assert (score.gold, score.questions) == (3, 2)
    assert shown == [f"{NAME}: not found: the question of line 5"]


def test_a_file_that_is_absent_or_another_is_counted(scorer, hashes, tmp_path, capsys):
    folder = hashes(*RIGHT)
    (folder / "files" / NAME).write_text(FAQ + "More.\n", encoding="utf-8")
    assert scorer.main([str(tmp_path / "nothing"), "--files", str(folder)]) == 2
    assert "1 of 1 files are not here" in capsys.readouterr().err
    (folder / "files" / NAME).write_text(FAQ.removesuffix("\n"), encoding="utf-8")
    assert scorer.main([str(tmp_path / "nothing"), "--files", str(folder)]) == 0
    assert "not here" not in capsys.readouterr().err


def test_what_is_kept_of_files_of_others_holds_no_text():
    files = sorted((ROOT / "tests" / "gold").iterdir())
    assert len(files) > 100
    hexadecimal, address = re.compile(r"[0-9a-f]{16}"), re.compile(r"[\w.+~@-]+(/[\w.+~@-]+)*")
    for file in files:
        document = json.loads(file.read_text(encoding="utf-8"))
        assert list(document) == ["repository", "path", "commit", "licence", "excerpt", "sha256", "records"], file.name
        assert re.fullmatch(r"[\w.-]+/[\w.-]+", document["repository"]), file.name
        assert len(document["path"]) < 100, file.name
        assert address.fullmatch(document["path"].replace(" ", "-")), file.name
        assert document["commit"] is None or re.fullmatch(r"[0-9a-f]{40}", document["commit"]), file.name
        assert document["licence"] is None or re.fullmatch(r"[A-Z][A-Za-z0-9.-]{2,15}", document["licence"]), file.name
        assert isinstance(document["excerpt"], bool), file.name
        assert re.fullmatch(r"[0-9a-f]{64}", document["sha256"]), file.name
        for record in document["records"]:
            assert list(record) == ["line", "question", "starts", "ends"], file.name
            assert record["line"] is None or record["line"] >= 1, file.name
            assert hexadecimal.fullmatch(record["question"]), file.name
            for count, edge in (record["starts"], record["ends"]):
                assert 0 <= count <= 20, file.name
                assert hexadecimal.fullmatch(edge), file.name
