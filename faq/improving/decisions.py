"""What a maintainer decides of each gap: asked in a terminal, or named by options."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import click

from faqkb.faq.console import one_line, say_note
from faqkb.faq.improving.gaps import told_of
from faqkb.kb.gaps.gap import Gap, Remedy

NEW = "new"
"""Instead of a record's id: a new question."""
_WORDINGS = 8  # shown of a gap
_KEYS = "[a]ccept, a number for that record, [n]ew question, [r]eject, [l]ater, [q]uit"


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one gap; of those put off there is none."""

    gap: Gap
    is_rejected: bool = False
    record_id: str | None = None
    """The record that gets the gap's wordings; None of a new question, and of a rejected gap."""


def decided(gaps: Sequence[Gap], accept: Sequence[str], reject: Sequence[str]) -> Iterator[Decision]:
    """Yield the decisions of `--accept ID`, `ID=RECORD`, `ID=new` and `--reject ID`. Raises UsageError."""
    for name in reject:
        yield Decision(_named(gaps, name), is_rejected=True)
    for told in accept:
        name, has_target, target = told.partition("=")
        gap = _named(gaps, name)
        if not has_target:
            yield Decision(gap, record_id=gap.record_id)
        else:
            yield Decision(gap, record_id=None if target == NEW else target)


def ask(gaps: Sequence[Gap]) -> Iterator[Decision]:
    """Ask for each gap; yields what is decided, until somebody quits."""
    for number, gap in enumerate(gaps, 1):
        _show(gap, f"{number} of {len(gaps)}")
        said = _answer(gap)
        if said == "q":
            return
        if said == "r":
            yield Decision(gap, is_rejected=True)
        elif said == "n":
            yield Decision(gap)
        elif said == "a":
            yield Decision(gap, record_id=gap.record_id)
        elif said != "l":
            yield Decision(gap, record_id=gap.nearest[int(said) - 1].id)


def _named(gaps: Sequence[Gap], name: str) -> Gap:
    found = [gap for gap in gaps if name == gap.id] or [gap for gap in gaps if name in gap.digests]
    gap = found[0] if found else None
    if gap is None:
        raise click.UsageError(f"no open gap is called {one_line(name)[:40]!r}; `faq gaps` lists them")
    return gap


def _show(gap: Gap, place: str) -> None:
    say_note(f"\n{place}  {one_line(gap.question)}  ({gap.id})")
    for wording in gap.wordings[1:_WORDINGS]:
        say_note(f"    also: {one_line(wording.question)}")
    if len(gap.wordings) > _WORDINGS:
        say_note(f"    and {len(gap.wordings) - _WORDINGS} wordings more")
    say_note(f"    {told_of(gap)}")
    for number, near in enumerate(gap.nearest, 1):
        say_note(f"    {number}  {near.id}  {one_line(near.question)}  {near.confidence:.0%}")
    wanted = f"other words of {gap.record_id}" if gap.remedy is Remedy.ALT else "a new question"
    say_note(f"    suggestion: {wanted}")


def _answer(gap: Gap) -> str:
    known = {"a", "n", "r", "l", "q", *map(str, range(1, len(gap.nearest) + 1))}
    while True:
        said = str(click.prompt(_KEYS, default="l", show_default=False, err=True)).strip().lower()
        if said in known:
            return said
        say_note(f"not understood (got {one_line(said)[:20]!r}, expected one of {', '.join(sorted(known))})")
