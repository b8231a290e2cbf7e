"""Text as a cell of a spreadsheet: nothing in it is computed, and what was written comes back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faqkb.kb.foreign.cells import as_cell, from_cell

FORMULAS = ("=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "＝1", "＠SUM(1)")


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_is_a_formula_at_its_beginning_or_behind_a_semicolon(formula):
    assert as_cell(formula) == f"'{formula}"
    assert as_cell(f"a;{formula}") == f"a;'{formula}"


@given(st.text(alphabet="'=;+-@\t\r\n＝ax ", max_size=30))
def test_every_text_comes_back(text):
    assert from_cell(as_cell(text)) == text


@pytest.mark.parametrize("text", ["", "'quoted'", "a = b", "1 - 1; then", "'", "x;y"])
def test_what_no_spreadsheet_computes_stays_as_it_is(text):
    assert as_cell(text) == text
