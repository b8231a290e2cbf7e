"""What counts as worse, and that what was measured is the same after it was written down."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from comparing import check, compare
from results import Row, Table, at_least, at_most, higher_ratio, lower_ratio, number, ratios_of
from stored import Measured, Run, read_run, rewrite_part, write_run


def table(*rows: Row) -> Table:
    return Table("Questions", rows)


@pytest.mark.parametrize(
    ("before", "now", "is_worse", "is_better"),
    [
        (lower_ratio("r", 1.0), lower_ratio("r", 1.09), False, False),
        (lower_ratio("r", 1.0), lower_ratio("r", 1.11), True, False),
        (lower_ratio("r", 1.0), lower_ratio("r", 0.85), False, True),
        (higher_ratio("r", 4.0), higher_ratio("r", 3.65), False, False),
        (higher_ratio("r", 4.0), higher_ratio("r", 3.5), True, False),
        (higher_ratio("r", 4.0), higher_ratio("r", 4.5), False, True),
        (lower_ratio("r", 1.0), Row("r", 9.0, "ms"), True, False),
    ],
)
def test_a_ratio_is_worse_beyond_a_tenth_in_its_own_direction(
    before: Row, now: Row, is_worse: bool, is_better: bool
) -> None:
    (change,) = compare([table(before)], [table(now)])
    assert (change.is_worse, change.is_better) == (is_worse, is_better)


def test_a_change_names_the_row_and_both_values() -> None:
    (change,) = compare([table(lower_ratio("ask / txtai", 0.1))], [table(lower_ratio("ask / txtai", 0.2))])
    assert str(change) == "ask / txtai: 1/5, 1/10 before, 100% worse"


def test_milliseconds_are_not_compared_between_runs() -> None:
    assert compare([table(Row("ask", 10.0, "ms", at_most(20)))], [table(Row("ask", 900.0, "ms", at_most(20)))]) == []


def test_two_ratios_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="'r'"):
        ratios_of([table(lower_ratio("r", 1.0)), table(lower_ratio("r", 2.0))])


def measuring(*values: float) -> tuple[Callable[[], list[Table]], list[float]]:
    """Return a benchmark that finds one value after the other, and those still to come."""
    left = list(values)
    return lambda: [table(lower_ratio("r", left.pop(0)), Row("ask", 3.0, "ms"))], left


def checked(*values: float) -> tuple[bool, list[float]]:
    measure, left = measuring(*values)
    before = Measured("warm_ask", 1.0, (table(lower_ratio("r", 1.0)),))
    (change,) = check([before], {"warm_ask": measure})
    return change.is_worse, left


def test_what_is_worse_once_is_measured_again_before_it_fails() -> None:
    assert checked(1.5, 1.0) == (False, [])


def test_what_is_worse_twice_fails() -> None:
    assert checked(1.5, 1.4) == (True, [])


def test_what_is_not_worse_is_measured_once() -> None:
    assert checked(1.05, 9.9) == (False, [9.9])


def test_a_script_without_ratios_is_not_run_again() -> None:
    before = Measured("footprint", 1.0, (table(Row("memory", 400.0, "MB")),))
    assert list(check([before], {})) == []


def test_what_is_asked_is_met_or_missed() -> None:
    assert Row("r", 3.0, aim=at_least(2.5)).is_met
    assert not Row("r", 2.0, aim=at_least(2.5)).is_met
    assert Row("r", 2.0).is_met is None
    assert not table(Row("a", 1.0), Row("b", 2.0, aim=at_most(1))).is_met


@pytest.mark.parametrize(
    ("value", "unit", "is_ratio", "shown"),
    [
        (20.34, "ms", False, "20.3 ms"),
        (1535.2, "/s", False, "1,535/s"),
        (0.0909, "", True, "1/11.0"),
        (0.1, "", True, "1/10"),
        (1.7, "", True, "1.70"),
        (0, "", False, "0"),
    ],
)
def test_a_number_is_shown_with_the_digits_that_count(value: float, unit: str, is_ratio: bool, shown: str) -> None:
    assert number(value, unit, is_ratio=is_ratio) == shown


def test_a_run_is_the_same_after_it_was_written(tmp_path: Path) -> None:
    rows = (Row("names", "none"), Row("ask", 3.5, "ms", at_most(4)), higher_ratio("r", 2.0, at_least(3)))
    run = Run("two cores", "2026-11-30", (Measured("warm_ask", 12.0, (Table("Questions", rows),)),))
    write_run(run, tmp_path / "stored.json")
    assert read_run(tmp_path / "stored.json") == run


def test_a_table_tells_what_is_missed() -> None:
    lines = table(Row("ask", 5.0, "ms", at_most(4)), lower_ratio("r", 0.5)).to_markdown().splitlines()
    assert lines[-2:] == ["| ask | 5 ms | at most 4 ms | **missed** |", "| r | 0.50 |  |  |"]


def test_only_the_named_part_of_a_page_is_written_anew(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- one -->\n\nold\n\n<!-- end -->\nbetween\n<!-- two -->\nkept\n<!-- end -->\n")
    rewrite_part(page, "one", ["new \\1"])
    assert page.read_text() == (
        "before\n<!-- one -->\n\nnew \\1\n\n<!-- end -->\nbetween\n<!-- two -->\nkept\n<!-- end -->\n"
    )
    with pytest.raises(ValueError, match="three"):
        rewrite_part(page, "three", [])
