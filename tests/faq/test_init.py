"""A FAQ to start from, made, ingested and asked as a new user would."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from cli_support import error_line, faq

from faqkb.faq.config import SETTINGS, read_config


@pytest.mark.parametrize(
    ("locale", "asked", "found"),
    [
        ("en_GB.UTF-8", "how much is the team plan", "What does each plan cost?"),
        ("zh_CN.UTF-8", "密码忘了怎么办", "怎么修改密码？"),
    ],
)
def test_the_start_is_read_without_a_warning_and_answers(locale: str, asked: str, found: str, tmp_path: Path) -> None:
    made = faq("init", "mine", cwd=tmp_path, LC_ALL=locale)
    assert made.returncode == 0
    assert made.stdout.splitlines()[-4:] == ["  cd mine", "  faq ingest", made.stdout.splitlines()[-2], "  faq serve"]
    ingested = faq("ingest", "--strict", cwd=tmp_path / "mine")
    assert ingested.returncode == 0, ingested.stderr
    assert "3 records" in ingested.stdout
    assert "check disk-room" in ingested.stdout
    answer = faq("ask", asked, cwd=tmp_path / "mine")
    assert answer.returncode == 0, answer.stdout
    assert answer.stdout.startswith(found)


def test_every_setting_is_explained_and_understood(tmp_path: Path) -> None:
    faq("init", cwd=tmp_path)
    assert read_config(tmp_path).content == (tmp_path / "content",)
    lines = (tmp_path / "faq.toml").read_text(encoding="utf-8").splitlines()
    settings = "\n".join(line.removeprefix("# ") if " = " in line or "[[" in line else line for line in lines)
    (tmp_path / "faq.toml").write_text(settings, encoding="utf-8")
    config = read_config(tmp_path)
    told = tomllib.loads(settings)
    told |= {table: told[table][0] for table in ("read", "base")}
    assert [each.name for each in SETTINGS if each.name not in told[each.table]] == []
    assert config.site["logo"] == tmp_path / "logo.svg"
    assert (config.retention_days, config.rate_per_minute, config.server) == (365, 300, "https://faq.example.org")


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / "faq.md").write_text("mine")
    assert "is there already" in error_line(faq("init", cwd=tmp_path))
    assert not (tmp_path / "faq.toml").exists()
    assert (tmp_path / "content" / "faq.md").read_text() == "mine"
