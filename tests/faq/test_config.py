"""What faq.toml may say, and what is said where it cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from faqkb.faq.branding import site_branding
from faqkb.faq.config import SETTINGS, read_config
from faqkb.kb.errors import ConfigError
from faqkb.server.branding import NO_BRANDING


def written(folder: Path, text: str) -> Path:
    (folder / "faq.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("text", "got", "expected"),
    [
        ('[sites]\ntitle = "x"', "['sites']", "'site'"),
        ('[site]\nname = "x"', "['name']", "'title'"),
        ("site = 3", "3", "[site]"),
        ("[site]\ntitle = 3", "3", "a line of text"),
        ('[site]\ntitle = ""', "''", "a line of text"),
        ('[site]\ntitle = """two\nlines"""', "'two\\nlines'", "a line of text"),
        ('[site]\ntitle = "' + "x" * 501 + '"', "xxx", "at most 500 characters"),
        ('[site]\ntagline = {english = "x"}', "english", "one for each language"),
        ('[site]\naccent = "red"', "'red'", "#17605b"),
        ('[site]\nreport = "javascript:alert(1)"', "javascript", "https://"),
        ('[site]\nlogo = ""', "''", "path"),
        ("[serve]\npublic = 1", "1", "true or false"),
        ("[serve]\nrate_per_minute = true", "True", "a whole number"),
        ('[faq]\ncontent = "content"', "'content'", "paths in a list"),
        ('[read]\nfiles = "x"', "[read]", "[[read]]"),
    ],
)
def test_what_is_not_understood_is_told_with_what_would_be(text: str, got: str, expected: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as told:
        read_config(written(tmp_path, text))
    message = str(told.value)
    assert got in message
    assert expected in message
    assert message.startswith(str(tmp_path / "faq.toml"))
    assert "; " in message
    assert "\n" not in message


def test_a_text_is_one_for_all_languages_or_one_for_each(tmp_path: Path) -> None:
    both = '[site]\ntitle = "Town library"\ntagline = {en = "Books and more.", zh = "图书馆。"}'
    branding = site_branding(read_config(written(tmp_path, both)))
    assert [branding.said("title", language) for language in ("en", "zh")] == ["Town library", "Town library"]
    assert [branding.said("tagline", language) for language in ("en", "zh")] == ["Books and more.", "图书馆。"]
    assert branding.said("footer", "en") is None


def test_a_picture_is_looked_for_beside_faq_toml(tmp_path: Path) -> None:
    assert site_branding(read_config(written(tmp_path, '[site]\nlogo = "logo.svg"'))).logo == tmp_path / "logo.svg"


def test_without_a_table_nothing_is_branded(tmp_path: Path) -> None:
    assert site_branding(read_config(written(tmp_path, ""))) == NO_BRANDING


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('accent = "#ffcc00"', ("accent ", "#ffcc00", "4.5 or more", "darker", "such as #")),
        ('accent_dark = "#222222"', ("accent_dark ", "#222222", "4.5 or more", "lighter", "such as #")),
    ],
)
def test_a_colour_that_cannot_be_read_is_refused_with_one_that_can(
    text: str, named: tuple[str, ...], tmp_path: Path
) -> None:
    config = read_config(written(tmp_path, f"[site]\n{text}"))
    with pytest.raises(ConfigError) as told:
        site_branding(config)
    assert [part for part in named if part not in str(told.value)] == []
    setting = text.partition(" ")[0]
    better = str(told.value).rpartition("such as ")[2]
    assert site_branding(read_config(written(tmp_path, f'[site]\n{setting} = "{better}"'))).palette is not None


def test_every_setting_is_described_once_in_a_sentence() -> None:
    names = [(each.table, each.name) for each in SETTINGS]
    assert len(set(names)) == len(names)
    assert [each.name for each in SETTINGS if not each.says.endswith(".") or not each.default] == []
