"""What a benchmark found, as a table: printed, written down, and compared with what was found before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Aim:
    """A bound that a value has to keep."""

    limit: float
    at_least: bool
    """False where the limit is the most it may be."""

    def met_by(self, value: float) -> bool:
        """Say whether a value keeps the bound."""
        return value >= self.limit if self.at_least else value <= self.limit


def at_most(limit: float) -> Aim:
    """Return an upper bound."""
    return Aim(limit, at_least=False)


def at_least(limit: float) -> Aim:
    """Return a lower bound."""
    return Aim(limit, at_least=True)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a benchmark's table."""

    name: str
    value: float | str
    """A text where the thing is no number, e.g. the names of libraries."""
    unit: str = ""
    """What follows the number, e.g. "ms" or "/s"."""
    aim: Aim | None = None
    """None where nothing is asked."""
    better: Literal["", "higher", "lower"] = ""
    """Which way a ratio gets better; empty for what is no ratio of two things measured in the same run."""
    is_met: bool | None = None
    """None where nothing is asked; worked out of value and aim."""

    def __post_init__(self) -> None:
        if self.aim is not None and isinstance(self.value, float | int):
            object.__setattr__(self, "is_met", self.aim.met_by(self.value))

    @property
    def is_ratio(self) -> bool:
        """Whether it holds on any machine, so that it can be compared with an earlier one."""
        return bool(self.better)

    @property
    def shown(self) -> str:
        """The value as readers see it, e.g. "20.3 ms", "1/11.0", "none"."""
        return self.value if isinstance(self.value, str) else number(self.value, self.unit, is_ratio=self.is_ratio)

    @property
    def wanted(self) -> str:
        """What is asked, e.g. "at most 1/10"; empty where nothing is."""
        if self.aim is None:
            return ""
        return (
            f"at {'least' if self.aim.at_least else 'most'} {number(self.aim.limit, self.unit, is_ratio=self.is_ratio)}"
        )


def lower_ratio(name: str, value: float, aim: Aim | None = None) -> Row:
    """Return the row of a ratio that is better the lower it is."""
    return Row(name, value, aim=aim, better="lower")


def higher_ratio(name: str, value: float, aim: Aim | None = None) -> Row:
    """Return the row of a ratio that is better the higher it is."""
    return Row(name, value, aim=aim, better="higher")


def number(value: float, unit: str = "", *, is_ratio: bool = False) -> str:
    """Return a number with three digits that count, or all of its whole ones; a ratio below 1/2 as a fraction."""
    if is_ratio and 0 < value < 0.5:
        return f"1/{number(1 / value)}"
    whole = float(value).is_integer()
    digits = 0 if whole or abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    text = f"{value:,.{digits}f}"
    return text + (unit if unit.startswith("/") else f" {unit}" if unit else "")


@dataclass(frozen=True, slots=True)
class Table:
    """What one benchmark measured in one go."""

    title: str
    rows: tuple[Row, ...]

    @property
    def is_met(self) -> bool:
        """Whether all that is asked is met."""
        return all(row.is_met is not False for row in self.rows)

    def print(self) -> None:
        """Print it."""
        print(f"\n{self.title}")
        for row in self.rows:
            verdict = "" if row.is_met is None else f"   {row.wanted}: {'yes' if row.is_met else 'NO'}"
            print(f"  {row.name:<58} {row.shown:>12}{verdict}")

    def to_markdown(self) -> str:
        """Return it as a table of Markdown, below a heading of the third level."""
        lines = [f"### {self.title}", "", "| what | measured | wanted | |", "| --- | ---: | --- | --- |"]
        for row in self.rows:
            verdict = {None: "", True: "met", False: "**missed**"}[row.is_met]
            lines.append(f"| {row.name} | {row.shown} | {row.wanted} | {verdict} |")
        return "\n".join(lines)

    def to_document(self) -> dict[str, Any]:
        """Return it as JSON takes it."""
        return asdict(self)

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Table:
        """Return a table as it was before `to_document`."""
        rows = (Row(**{**row, "aim": row["aim"] and Aim(**row["aim"])}) for row in document["rows"])
        return cls(document["title"], tuple(rows))


def print_tables(tables: Sequence[Table]) -> bool:
    """Print tables; return whether all that is asked is met."""
    for table in tables:
        table.print()
    return all(table.is_met for table in tables)


def ratios_of(tables: Iterable[Table]) -> dict[str, Row]:
    """Return the rows of ratios by name. Raises ValueError when two have one name."""
    found: dict[str, Row] = {}
    for row in (row for table in tables for row in table.rows if row.is_ratio):
        if row.name in found:
            raise ValueError(f"two ratios are called {row.name!r}; give one of them another name")
        found[row.name] = row
    return found
