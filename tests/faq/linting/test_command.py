"""`faq lint` as whoever calls it sees it: forms, switches, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_support import error_line, faq
from lint_support import findings, lint, told

from faqkb.ingest.linted.catalogue import RULES

FAQ = "# Café FAQ\n\n## Is there tea?\nYes, [see](gone.md).\n\n##Is there cake?\nOn Sundays.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a FAQ that has two findings, one of which can be mended."""
    (tmp_path / "faq.md").write_text(FAQ, encoding="utf-8")
    return tmp_path


def test_a_finding_says_file_line_rule_why_and_fix(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = lint(capsys, folder, "faq.md", "--quick")
    assert code == 1
    assert out.splitlines() == [
        "faq.md:4: dead-link: gone.md is not there",
        f"    why: {RULES['dead-link'].why}",
        "    fix: put it there, or correct the address",
        "faq.md:6: heading-blank: “##Is there cake?” has no blank after its ##",
        f"    why: {RULES['heading-blank'].why}",
        "    fix: put a blank there (--fix does it)",
        "2 findings in 1 file, 1 that --fix mends",
    ]


def test_json_is_one_document(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out = lint(capsys, folder, "faq.md", "--quick", "--json")
    document = json.loads(out)
    assert document["counts"] == {"heading-blank": 1, "dead-link": 1}
    assert (document["files"], document["fixed"]) == (1, 0)
    assert document["findings"][0] == {
        "path": "faq.md",
        "line": 4,
        "rule": "dead-link",
        "what": "gone.md is not there",
        "why": RULES["dead-link"].why,
        "fix": "put it there, or correct the address",
        "fixable": False,
        "other": None,
    }


def test_sarif_names_every_rule_and_keeps_its_fingerprints_when_lines_move(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def results() -> list[dict[str, object]]:
        _, out = lint(capsys, folder, "faq.md", "--quick", "--format", "sarif")
        document = json.loads(out)
        assert document["version"] == "2.1.0"
        (run,) = document["runs"]
        rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
        assert rules == list(RULES)
        assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in run["results"])
        found: list[dict[str, object]] = run["results"]
        return found

    first = results()
    assert first[0]["locations"] == [
        {"physicalLocation": {"artifactLocation": {"uri": "faq.md"}, "region": {"startLine": 4}}}
    ]
    (folder / "faq.md").write_text(f"\n\n{FAQ}", encoding="utf-8")
    prints = [[each["partialFingerprints"] for each in found] for found in (first, results())]
    assert prints[0] == prints[1]
    assert prints[0][0] != prints[0][1]


def test_github_gets_commands_that_no_text_can_break_out_of(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = "a,b:c%.md"
    (folder / "faq.md").rename(folder / name)
    _, out = lint(capsys, folder, name, "--quick", "--format", "github")
    assert out.splitlines()[0].startswith(
        "::warning file=a%2Cb%3Ac%25.md,line=4,title=dead-link::gone.md is not there."
    )
    assert len(out.splitlines()) == 2


def test_what_stands_in_a_file_cannot_steer_the_terminal(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "faq.md").write_text("# FAQ\n\n## A\x1b[31m?\n\n##B\x1b]0;x\x07?\nYes.\n", encoding="utf-8")
    for form in ("text", "json", "sarif", "github"):
        _, out = lint(capsys, folder, "faq.md", "--quick", "--format", form)
        assert "\x1b" not in out
        assert "\x07" not in out


def test_rules_are_turned_off_by_option_and_by_the_settings(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(findings(capsys, folder, ".", "--quick", "--off", "dead-link")) == ("faq.md:6: heading-blank",)
    assert told(findings(capsys, folder, ".", "--only", "dead-link")) == ("faq.md:4: dead-link",)
    (folder / "faq.toml").write_text('[lint]\noff = ["heading-blank"]\n', encoding="utf-8")
    assert told(findings(capsys, folder, ".", "--quick")) == ("faq.md:4: dead-link",)
    assert told(findings(capsys, folder, ".", "--only", "heading-blank")) == ("faq.md:6: heading-blank",)


def test_the_rules_can_be_listed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = lint(capsys, folder, "--rules", "--json")
    assert code == 0
    assert [rule["id"] for rule in json.loads(out)["rules"]] == list(RULES)


def test_exit_codes(folder: Path) -> None:
    assert faq("lint", "--quick", cwd=folder, FAQ_KB=str(folder / "kb")).returncode == 0  # the content that comes along
    assert faq("lint", "faq.md", "--quick", cwd=folder).returncode == 1
    assert "gone.md" in error_line(faq("lint", "gone.md", cwd=folder))
    assert "no rule is called so (got 'dead-links'" in error_line(
        faq("lint", "faq.md", "--off", "dead-links", cwd=folder)
    )
    assert "--stale-after is not understood" in error_line(faq("lint", "faq.md", "--stale-after", "old", cwd=folder))
    assert "--against names a source tree" in error_line(faq("lint", "faq.md", "--against", "faq.md", cwd=folder))
    (folder / "faq.toml").write_text('[lint]\noff = ["nothing"]\n', encoding="utf-8")
    assert "faq.toml, off of [lint]: no rule is called so" in error_line(faq("lint", "faq.md", cwd=folder))


def test_quick_loads_no_model(folder: Path) -> None:
    (folder / "model").mkdir()
    (folder / "model" / "manifest.json").write_text("damaged", encoding="utf-8")
    model = str(folder / "model")
    assert faq("lint", "faq.md", "--quick", cwd=folder, FAQ_MODEL=model).returncode == 1
    assert "manifest.json is not JSON" in error_line(faq("lint", "faq.md", cwd=folder, FAQ_MODEL=model))
