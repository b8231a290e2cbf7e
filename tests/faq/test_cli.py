"""The command line as a user types it: real processes, exit codes, one line for every error."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from cli_support import ANSWERED, error_line, faq
from server_support import copied_knowledge
from workers import made_once

from faqkb.kb.foreign.cells import from_cell
from faqkb.kb.fusion import default_ranking

ROOT = Path(__file__).resolve().parents[2]
FAQ = "# FAQ\n\n## Q1: How do I reset it?\n\nHold the button for ten seconds.\n\n## Q2: Is it waterproof?\n\nNo.\n"


def ingest_small(folder: Path) -> None:
    (folder / "faq.md").write_text(FAQ)
    assert faq("ingest", folder / "faq.md", "--kb", folder / "kb").returncode == 0


@pytest.fixture
def small(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A knowledge base of two questions, and the Markdown beside it: copies of what was ingested once."""
    ingested = made_once(tmp_path_factory, "ingested", ingest_small)
    shutil.copy(ingested / "faq.md", tmp_path)
    copied_knowledge(ingested / "kb", tmp_path / "kb")
    return tmp_path


def test_an_answer_is_printed_with_its_source_and_confidence(kb_folder: Path) -> None:
    done = faq("ask", ANSWERED, "--kb", kb_folder)
    assert done.returncode == 0
    assert "--shm-size" in done.stdout
    assert "faq_2021_s1/Q1.3" in done.stdout
    assert "source faq_2021_s1.md:" in done.stdout
    assert "%" in done.stdout
    assert "\x1b" not in done.stdout, "no colour in a pipe"


def test_words_of_a_question_need_no_quotes(kb_folder: Path) -> None:
    assert faq("ask", "is", "my", "shared", "memory", "too", "small", "--kb", kb_folder).returncode in {0, 1}


def test_json_is_one_answer_document(kb_folder: Path) -> None:
    done = faq("ask", ANSWERED, "--kb", kb_folder, "--json", "-k", "2")
    document = json.loads(done.stdout)
    assert document["answered"] is True
    assert document["status"] == "answered"
    assert len(document["answers"]) == 2
    first = document["answers"][0]
    assert first["id"] == "faq_2021_s1/Q1.3"
    assert first["source"]["path"] == "faq_2021_s1.md"
    assert first["confidence"] == document["confidence"]
    assert set(document) == {
        "question",
        "understood_as",
        "others",
        "status",
        "answered",
        "confidence",
        "answers",
        "no_answer",
        "snapshot",
        "took_ms",
        "language",
    }


def test_no_answer_is_exit_code_one_with_suggestions(kb_folder: Path) -> None:
    done = faq("ask", "Docker 容器怎么开机自启动", "--kb", kb_folder, "--json")
    document = json.loads(done.stdout)
    assert done.returncode == 1
    assert (document["status"], document["answers"]) == ("no_answer", [])
    assert document["no_answer"]["reason"] == "not_confident"
    assert document["no_answer"]["suggestions"][0]["id"]


def test_a_pasted_log_is_a_question(kb_folder: Path) -> None:
    log = (
        b"epoch 1\n" * 50_000
        + b"SystemError: (Fatal) Blocking queue is killed because the data reader raises an exception\n"
    )
    done = faq("ask", "-", "--kb", kb_folder, "--json", stdin=log)
    assert json.loads(done.stdout)["answers"][0]["id"].endswith("/Q1.3")


@pytest.mark.parametrize("stdin", [b"", b"\xff\xfe\x00", b"\x00" * 1000, b"x" * 3_000_000])
def test_any_standard_input_gets_a_document(kb_folder: Path, stdin: bytes) -> None:
    done = faq("ask", "-", "--kb", kb_folder, "--json", stdin=stdin)
    assert json.loads(done.stdout)["status"] in {"no_answer", "ambiguous"}
    assert done.returncode == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("ask",), "Missing argument 'QUESTION...'"),
        (("ask", "x", "-k", "0"), "top_k is out of range (got 0, expected 1 to 20)"),
        (("ask", "x", "--min-confidence", "2"), "min_confidence is out of range (got 2.0, expected 0 to 1)"),
        (("ask", "x", "--colour"), "No such option"),
        (("frobnicate",), "No such command 'frobnicate'"),
        (("ingest", "no/such/folder"), "no/such/folder"),
        (("export", "--format", "yaml"), "'yaml' is not one of"),
        (("snapshots", "--rollback", "../x"), "has no snapshot '../x'"),
    ],
)
def test_a_wrong_call_is_one_line_and_exit_code_two(kb_folder: Path, arguments: tuple[str, ...], said: str) -> None:
    kb = () if arguments[0] in {"frobnicate"} else ("--kb", str(kb_folder))
    assert said in error_line(faq(*arguments, *kb))


def test_ingest_reports_what_was_read_and_what_was_skipped(tmp_path: Path) -> None:
    (tmp_path / "faq.md").write_text(FAQ)
    (tmp_path / "guide.md").write_text("# Guide\n\nJust prose, nothing is asked.\n")
    done = faq("ingest", tmp_path, "--kb", tmp_path / "kb")
    assert done.returncode == 0
    assert "faq.md: 2 records" in done.stdout
    assert "guide.md:3: skipped" in done.stdout
    assert "published" in done.stdout


def test_a_dry_run_publishes_nothing(tmp_path: Path) -> None:
    (tmp_path / "faq.md").write_text(FAQ)
    done = faq("ingest", tmp_path, "--kb", tmp_path / "kb", "--dry-run", "--json")
    assert json.loads(done.stdout)["published"] is None
    assert not (tmp_path / "kb").exists()


def test_strict_turns_a_warning_into_exit_code_one(tmp_path: Path) -> None:
    (tmp_path / "faq.md").write_text(FAQ + "\n## Q3: Nobody answered this?\n")
    assert faq("ingest", tmp_path / "faq.md", "--kb", tmp_path / "kb").returncode == 0
    strict = faq("ingest", tmp_path / "faq.md", "--kb", tmp_path / "kb", "--strict")
    assert strict.returncode == 1
    assert "faq.md:11: warning" in strict.stderr


def test_nothing_to_read_publishes_nothing(small: Path) -> None:
    (small / "prose.md").write_text("# Guide\n\nNothing is asked here.\n")
    before = faq("snapshots", "--kb", small / "kb").stdout
    assert "no question was found" in error_line(faq("ingest", small / "prose.md", "--kb", small / "kb"))
    assert faq("snapshots", "--kb", small / "kb").stdout == before


def test_an_edited_answer_is_what_is_answered_next(small: Path) -> None:
    (small / "faq.md").write_text(FAQ.replace("ten seconds", "a whole minute"))
    assert "1 embedded" in faq("ingest", small / "faq.md", "--kb", small / "kb").stdout
    assert "a whole minute" in faq("ask", "How do I reset it?", "--kb", small / "kb").stdout


def test_rollback_answers_from_the_earlier_snapshot(small: Path) -> None:
    name = json.loads(faq("snapshots", "--kb", small / "kb", "--json").stdout)["snapshots"][0]["name"]
    (small / "faq.md").write_text(FAQ.replace("ten seconds", "a whole minute"))
    faq("ingest", small / "faq.md", "--kb", small / "kb")
    listed = faq("snapshots", "--rollback", name, "--kb", small / "kb")
    assert f"* {name}" in listed.stdout
    assert "ten seconds" in faq("ask", "How do I reset it?", "--kb", small / "kb").stdout


@pytest.mark.parametrize(
    "damaged", ["current", "records.sqlite", "passages.faiss", "manifest.json", "model/model.onnx"]
)
def test_a_damaged_knowledge_base_is_named_and_not_served(small: Path, damaged: str) -> None:
    kb = small / "kb"
    path = kb / damaged if damaged == "current" else next(kb.glob(f"snapshots/*/{damaged}"))
    path.unlink()
    path.write_bytes(b"damaged")
    said = error_line(faq("ask", "How do I reset it?", "--kb", kb))
    assert path.name in said
    assert "faq ingest" in said
    assert faq("doctor", "--kb", kb).returncode == 1


def test_doctor_finds_nothing_wrong_with_a_fresh_knowledge_base(small: Path) -> None:
    report = json.loads(faq("doctor", "--kb", small / "kb", "--json").stdout)
    assert report["ok"], report
    assert any("answers from 2 records" in found["detail"] for found in report["findings"])


def test_export_writes_every_record(small: Path) -> None:
    lines = faq("export", "--format", "jsonl", "--kb", small / "kb").stdout.splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["faq/Q1", "faq/Q2"]
    page = json.loads(faq("export", "--format", "jsonld", "--kb", small / "kb").stdout)
    assert page["@type"] == "FAQPage"
    assert page["mainEntity"][1]["acceptedAnswer"]["text"] == "<p>No.</p>\n"
    rows = list(csv.DictReader(io.StringIO(faq("export", "--format", "csv", "--kb", small / "kb").stdout)))
    assert [row["question"] for row in rows] == ["How do I reset it?", "Is it waterproof?"]


def test_nothing_in_an_exported_csv_is_a_formula_and_all_of_it_comes_back(tmp_path: Path) -> None:
    formula, kb = "=HYPERLINK(A1)", tmp_path / "kb"
    page = f'## {formula}?\n<!-- faq: id=f alt="@SUM(1)" alt="+1 or -1?" -->\n\n- First.\n- Then.\n'
    (tmp_path / "faq.md").write_text(page, encoding="utf-8")
    assert faq("ingest", tmp_path / "faq.md", "--kb", kb).returncode == 0
    stored = json.loads(faq("export", "--format", "jsonl", "--kb", kb).stdout)
    (row,) = csv.DictReader(io.StringIO(faq("export", "--format", "csv", "--kb", kb).stdout))
    assert (row["question"], row["alternates"]) == (f"'{formula}?", "'@SUM(1)\n'+1 or -1?")
    assert row["answer"].startswith("'- First.\n- Then.")
    assert from_cell(row["answer"]) == stored["answer"]
    assert [from_cell(each) for each in row["alternates"].split("\n")] == stored["alternates"]


@pytest.fixture
def measured(small: Path) -> Path:
    """The small knowledge base, with queries beside it: one right, one wrong, one out of scope."""
    lines = (
        {"query": "How do I reset it?", "relevant": ["faq/Q1"], "lang": "en"},
        {"query": "Is it waterproof?", "relevant": ["faq/Q1"], "lang": "en"},
        {"query": "今天晚上吃什么好", "relevant": [], "lang": "zh"},
    )
    (small / "queries.jsonl").write_text("\n".join(map(json.dumps, lines)))
    return small


def test_eval_prints_figures_with_intervals_and_fits_the_terminal(measured: Path) -> None:
    done = faq("eval", measured / "queries.jsonl", "--kb", measured / "kb", "--misses")
    assert done.returncode == 0, done.stderr
    table, misses = done.stdout.split("\n\n")
    assert "recall@1                 0.500 [0.00, 1.00]   0.500 [0.00, 1.00]   0.000" in table.splitlines()
    assert max(map(len, table.splitlines())) <= 100
    assert misses.startswith("1 of 3 queries went wrong:\n  en  Is it waterproof?\n        answered with faq/Q2 (")
    assert misses.endswith(" Is it waterproof?; right record at rank 2\n")


def test_eval_lists_misses_in_the_document_when_asked(measured: Path) -> None:
    arguments = ("eval", measured / "queries.jsonl", "--kb", measured / "kb", "--json")
    assert "misses" not in json.loads(faq(*arguments).stdout)
    (miss,) = json.loads(faq(*arguments, "--misses").stdout)["misses"]
    assert (miss["query"], miss["first"]["id"], miss["rank"]) == ("Is it waterproof?", "faq/Q2", 2)


def test_eval_compares_with_an_earlier_snapshot_and_with_another_folder(measured: Path, kb_folder: Path) -> None:
    earlier = json.loads(faq("snapshots", "--kb", measured / "kb", "--json").stdout)["snapshots"][0]["name"]
    (measured / "faq.md").write_text(FAQ.replace("## Q1: How do I reset it?\n\nHold the button for ten seconds.\n", ""))
    faq("ingest", measured / "faq.md", "--kb", measured / "kb", "--yes")
    arguments = ("eval", measured / "queries.jsonl", "--kb", measured / "kb", "--against")
    against = json.loads(faq(*arguments, earlier, "--json").stdout)["against"]
    assert (against["snapshot"], against["unknown_relevant"]) == (earlier, [])
    assert (against["figures"]["recall@1"]["this"], against["figures"]["recall@1"]["against"]) == (0.0, 0.5)
    printed = faq(*arguments, kb_folder)
    assert f"against {next((kb_folder / 'snapshots').iterdir()).name}:" in printed.stdout
    assert "recall@10                0.000                0.000                +0.000 [0.00, 0.00]" in printed.stdout


def test_eval_compares_with_other_weights(measured: Path) -> None:
    wary = replace(default_ranking(), answered_above=1.0, ambiguous_above=1.0)
    (measured / "ranking.json").write_text(wary.to_json())
    arguments = ("eval", measured / "queries.jsonl", "--kb", measured / "kb", "--json", "--against")
    figures = json.loads(faq(*arguments, measured / "ranking.json").stdout)["against"]["figures"]
    assert figures["recall@1"]["difference"] == 0.0
    assert figures["answered_coverage"]["against"] == 0.0
    (measured / "ranking.json").write_text("{")
    assert "not a ranking" in error_line(faq(*arguments[:-2], "--against", measured / "ranking.json"))


def test_tune_says_what_is_missing(measured: Path) -> None:
    assert "too little to learn from (got nothing; expected at least 20 labelled" in error_line(
        faq("tune", "--kb", measured / "kb")
    )
    few = error_line(faq("tune", "--kb", measured / "kb", "--queries", measured / "queries.jsonl"))
    assert "too little to learn from (got 3 labelled queries; expected at least 20" in few
    assert faq("tune", "--kb", measured / "kb", "--reset").stdout == "nothing was learned yet\n"


def test_tune_tells_what_it_kept(measured: Path) -> None:
    queries = [{"query": f"how can I reset it, attempt {number}", "relevant": []} for number in range(99)]
    queries += [{"query": "How do I reset it?", "relevant": ["faq/Q1"]}]
    (measured / "many.jsonl").write_text("\n".join(map(json.dumps, queries)))
    told = faq("tune", "--kb", measured / "kb", "--queries", measured / "many.jsonl", "--no-encoder", "--json")
    document = json.loads(told.stdout)
    assert (document["learned"], document["held_out"]) == (60, 40)
    assert [attempt["what"] for attempt in document["attempts"]] == ["ranking"]
    assert (measured / "kb/tuned/ranking.json").exists() is document["attempts"][0]["accepted"]


def test_eval_against_nothing_known_is_named(measured: Path) -> None:
    said = error_line(faq("eval", measured / "queries.jsonl", "--kb", measured / "kb", "--against", "yesterday"))
    assert "got 'yesterday', expected a snapshot of" in said


def test_eval_draws_plots_beside_the_document(measured: Path) -> None:
    done = faq("eval", measured / "queries.jsonl", "--kb", measured / "kb", "--json", "--plots", measured / "plots")
    assert json.loads(done.stdout)["n"] == 3
    assert sorted(path.name for path in (measured / "plots").iterdir()) == ["reliability.svg", "risk_coverage.svg"]


def test_eval_without_its_extra_measures_the_same_and_names_it_for_plots(measured: Path) -> None:
    code = "import sys; sys.modules |= {'pytrec_eval': None, 'matplotlib': None}; from faqkb.faq.main import run; run()"
    command = [sys.executable, "-c", code, "eval", measured / "queries.jsonl", "--kb", measured / "kb"]
    plain = subprocess.run([*command, "--json"], capture_output=True, text=True, check=True, cwd=ROOT)
    full = json.loads(faq(*command[3:], "--json").stdout)
    assert json.loads(plain.stdout) | {"latency_ms": None} == full | {"latency_ms": None}
    plots = subprocess.run([*command, "--plots", "x"], capture_output=True, text=True, check=False, cwd=ROOT)
    assert plots.stderr.endswith("pip install 'faqkb[eval]'\n")
    assert plots.returncode == 2


def test_a_reader_that_stops_early_sees_no_error(small: Path) -> None:
    command = f"{sys.executable} -m faqkb export --format jsonl --kb {small}/kb | head -c 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, check=False, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_output_that_cannot_be_written_is_one_line(kb_folder: Path) -> None:
    command = [sys.executable, "-m", "faqkb", "ask", ANSWERED, "--kb", kb_folder]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, cwd=ROOT)
    assert done.returncode == 2
    assert done.stderr == "faq: the output: No space left on device; check the disk and your permissions\n"


def test_the_first_question_builds_a_knowledge_base_and_says_so(tmp_path: Path) -> None:
    done = faq("ask", ANSWERED, cwd=tmp_path, XDG_DATA_HOME=str(tmp_path / "data"))
    assert done.returncode == 0, done.stderr
    assert "no knowledge base in" in done.stderr
    assert "published" in done.stderr
    again = faq("ask", ANSWERED, cwd=tmp_path, XDG_DATA_HOME=str(tmp_path / "data"))
    assert again.stderr == ""


@pytest.mark.parametrize("command", [("ask", "x"), ("serve",), ("list",), ("feedback",), ("export", "--format", "csv")])
def test_a_folder_that_is_named_and_holds_nothing_is_an_error(command: tuple[str, ...], tmp_path: Path) -> None:
    line = error_line(faq(*command, "--kb", tmp_path / "typo"))
    assert "typo holds no knowledge base" in line
    assert not (tmp_path / "typo").exists()


def test_two_first_questions_at_once_build_it_once(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "faqkb", "ask", ANSWERED]
    at_home = os.environ | {"XDG_DATA_HOME": str(tmp_path / "data")}
    asked = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=at_home)
        for _ in "ab"
    ]
    told = [process.communicate()[1] for process in asked]
    assert [process.returncode for process in asked] == [0, 0], told
    assert sum("published" in text for text in told) == 1, told


def test_option_beats_environment_beats_file(small: Path, kb_folder: Path) -> None:
    (small / "faq.toml").write_text(f'[faq]\nkb = "{kb_folder}"\n')
    below = small / "deep" / "er"
    below.mkdir(parents=True)
    reset = ("ask", "How do I reset it?", "--json")
    assert json.loads(faq("ask", ANSWERED, "--json", cwd=below).stdout)["answered"]
    assert json.loads(faq(*reset, cwd=below, FAQ_KB=str(small / "kb")).stdout)["answered"]
    assert json.loads(faq(*reset, "--kb", small / "kb", cwd=below, FAQ_KB=str(kb_folder)).stdout)["answered"]


@pytest.mark.parametrize("content", ["[faq", "[faq]\nkb = 3\n", "[faq]\ncolour = 'red'\n"])
def test_a_broken_settings_file_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "faq.toml").write_text(content)
    assert "faq.toml" in error_line(faq("ask", "x", cwd=tmp_path))


def test_model_info_describes_the_prepared_model(model_folder: Path) -> None:
    described = json.loads(faq("model", "info", "--json").stdout)
    assert described["dim"] == 384
    assert described["verified_cosine"] >= 0.99


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    done = faq("ingest", tmp_path / "nothing", FAQ_DEBUG="1")
    assert "Traceback" in done.stderr


def test_every_command_explains_itself() -> None:
    listed = faq("--help").stdout
    for command in ("ask", "ingest", "serve", "snapshots", "eval", "export", "doctor", "model"):
        assert command in listed
        assert "Usage:" in faq(command, "--help").stdout
