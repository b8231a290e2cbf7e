"""Whatever accent an operator takes: what is served can be read."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from server_support import ROOT

from faqkb.kb.errors import ConfigError
from faqkb.server.colours import BUILT_IN, DARK_GROUNDS, LIGHT_GROUNDS, READABLE, contrast, palette

SHEET = (ROOT / "server" / "pages" / "static" / "style.css").read_text(encoding="utf-8")
COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def values(sheet: str, name: str) -> list[str]:
    return re.findall(rf"--{name}: (#[0-9a-f]{{6}});", sheet)


def test_the_contrast_is_that_of_wcag():
    assert round(contrast("#000000", "#ffffff"), 2) == 21.0
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48  # the best known grey that just fails
    assert contrast("#123456", "#123456") == 1.0


def test_the_built_in_colours_are_those_of_the_style_sheet():
    assert [values(SHEET, name) for name in ("accent", "accent-ground", "on-accent")] == [
        [getattr(shades, field) for shades in (BUILT_IN.light, BUILT_IN.dark)]
        for field in ("accent", "accent_ground", "on_accent")
    ]
    assert list(zip(values(SHEET, "ground"), values(SHEET, "card"), strict=True)) == [LIGHT_GROUNDS, DARK_GROUNDS]


@given(COLOURS)
def test_an_accent_is_refused_or_everything_made_of_it_can_be_read(accent):
    try:
        made = palette(accent)
    except ConfigError as error:
        assert min(contrast(accent, ground) for ground in LIGHT_GROUNDS) < READABLE
        accent = str(error).rpartition("such as ")[2]  # what it says instead is taken
        made = palette(accent)
    assert made is not None
    assert made.light.accent == accent
    for shades, grounds in ((made.light, LIGHT_GROUNDS), (made.dark, DARK_GROUNDS)):
        for ground in (*grounds, shades.accent_ground, shades.on_accent):
            assert contrast(shades.accent, ground) >= READABLE


@given(COLOURS)
def test_a_dark_accent_is_refused_or_can_be_read(accent):
    try:
        made = palette(None, accent)
    except ConfigError as error:
        made = palette(None, str(error).rpartition("such as ")[2])
    assert made is not None
    assert made.light == BUILT_IN.light
    assert all(contrast(made.dark.accent, ground) >= READABLE for ground in (*DARK_GROUNDS, made.dark.accent_ground))


def test_only_the_colours_of_a_style_sheet_change():
    made = palette("#7A1F5C", "#e3a6cb")
    assert made is not None
    sheet = made.style(SHEET)
    assert values(sheet.lower(), "accent") == ["#7a1f5c", "#e3a6cb"]
    assert len(sheet) == len(SHEET)
    assert "--accent: LinkText" in sheet
