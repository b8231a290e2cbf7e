"""The embedding table is read row by row, and a file that is none is named."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from faqkb.kb.errors import ModelDamaged
from faqkb.kb.prepared.names import TABLE_FILE
from faqkb.kb.prepared.table import ROWS, RowTable


@pytest.fixture
def table(tmp_path: Path) -> Path:
    np.arange(-20, 20, dtype=np.int8).tofile(tmp_path / TABLE_FILE)
    return tmp_path


def test_rows_are_those_of_the_file_in_the_order_asked(table: Path) -> None:
    feed = RowTable(table, 10).feed([9, 0, 9])
    assert feed[ROWS].tolist() == [[[16, 17, 18, 19], [-20, -19, -18, -17], [16, 17, 18, 19]]]
    assert feed["input_ids"].tolist() == [[9, 0, 9]]
    assert feed["attention_mask"].tolist() == [[1, 1, 1]]


def test_a_table_that_was_cut_short_later_is_an_error_and_not_the_end(table: Path) -> None:
    rows = RowTable(table, 10)
    os.truncate(table / TABLE_FILE, 8)
    assert rows.rows([1]).shape == (1, 1, 4)
    with pytest.raises(ModelDamaged, match=r"table\.i8: it was cut short; run `faq model prepare` again"):
        rows.rows([1, 2])


@pytest.mark.parametrize("rows", [7, 41])
def test_a_table_of_another_size_is_refused(table: Path, rows: int) -> None:
    with pytest.raises(ModelDamaged, match="40 bytes are no"):
        RowTable(table, rows)


def test_a_table_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelDamaged, match=r"table\.i8: No such file"):
        RowTable(tmp_path, 10)


def test_its_file_is_closed_with_it(table: Path) -> None:
    rows = RowTable(table, 10)
    before = [*Path("/proc/self/fd").iterdir()]
    del rows
    assert len([*Path("/proc/self/fd").iterdir()]) == len(before) - 1
