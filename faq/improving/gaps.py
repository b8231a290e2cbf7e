"""`faq gaps`: what is asked in vain, put together, and what could be done about it."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from faqkb.faq.config import kb_folder
from faqkb.faq.console import one_line, say, say_json, styled
from faqkb.faq.improving.found import Found, days_option, find
from faqkb.faq.options import examples, json_option, kb_option
from faqkb.kb.answers import Status
from faqkb.kb.gaps.gap import Gap, Remedy

_LISTED = 20  # more is for `--json`
_WORDINGS = 3  # shown below a gap's question


@click.command("gaps", epilog=examples("faq gaps", "faq gaps --days 7 --json"))
@days_option
@kb_option
@json_option
def command(days: int | None, kb: Path | None, as_json: bool) -> None:
    """Show the questions without a good answer, those asked most often and most lately first."""
    found = find(kb_folder(kb), days)
    if as_json:
        say_json(_document(found))
        return
    say(_asked_line(found.asked))
    for gap in found.gaps.open[:_LISTED]:
        _show(gap)
    if len(found.gaps.open) > _LISTED:
        say(f"         and {len(found.gaps.open) - _LISTED} more: --json shows all")
    if found.gaps.open:
        say("`faq improve` writes what you accept as a patch")


def _document(found: Found) -> dict[str, Any]:
    return {
        "since": found.since or None,
        "asked": found.asked,
        "closed": found.gaps.closed,
        "rejected": found.gaps.rejected,
        "gaps": [gap_json(gap) for gap in found.gaps.open],
    }


def gap_json(gap: Gap) -> dict[str, Any]:
    """Return a gap as the commands' `--json` tells it."""
    return {
        "id": gap.id,
        "question": gap.question,
        "weight": round(gap.weight, 3),
        "times": sum(wording.times for wording in gap.wordings),
        "last": max(wording.last for wording in gap.wordings),
        "remedy": gap.remedy,
        "record_id": gap.record_id,
        "nearest": [asdict(near) for near in gap.nearest],
        "wordings": [asdict(wording) | {"times": wording.times} for wording in gap.wordings],
    }


def _asked_line(asked: dict[str, int]) -> str:
    total = sum(asked.values())
    if not total:
        return "no question was recorded; a server records them (`faq serve`), unless record_questions says no"
    shares = ", ".join(f"{asked[status]} {status.value.replace('_', ' ')}" for status in Status)
    return f"{total} questions: {shares}"


def _show(gap: Gap) -> None:
    say(f"{gap.weight:7.1f}  {one_line(gap.question)}  {styled(gap.id, dim=True)}")
    for wording in gap.wordings[1 : 1 + _WORDINGS]:
        say(styled(f"         also: {one_line(wording.question)}", dim=True))
    if len(gap.wordings) > 1 + _WORDINGS:
        say(styled(f"         and {len(gap.wordings) - 1 - _WORDINGS} wordings more", dim=True))
    say(styled(f"         {told_of(gap)}", dim=True))
    for note in [note for wording in gap.wordings for note in wording.notes][-_WORDINGS:]:
        say(styled(f"         note: {one_line(note)}", dim=True))
    say(f"         {suggestion_line(gap)}")


def told_of(gap: Gap) -> str:
    """Return in words how often a gap was missed, and how."""
    no_answer = sum(wording.no_answer for wording in gap.wordings)
    ambiguous = sum(wording.ambiguous for wording in gap.wordings)
    against: Counter[str] = Counter()
    chosen: Counter[str] = Counter()
    for wording in gap.wordings:
        against.update(wording.against)
        chosen.update(wording.chosen)
    parts = [
        f"{no_answer} without answer" if no_answer else "",
        f"{ambiguous} ambiguous and nothing opened" if ambiguous else "",
        *(f"{count} against {record_id}" for record_id, count in against.most_common()),
        *(f"{count} opened {record_id}" for record_id, count in chosen.most_common()),
        f"last {max(wording.last for wording in gap.wordings)[:10]}",
    ]
    return ", ".join(filter(None, parts))


def suggestion_line(gap: Gap) -> str:
    """Return what could be done about a gap, and what came nearest."""
    near = [f"{each.id} ({each.confidence:.0%})" for each in gap.nearest[:_WORDINGS]]
    if gap.remedy is Remedy.ALT:
        return f"suggestion: other words of {gap.record_id}; near: {', '.join(near)}"
    return f"suggestion: a new question{'; near: ' if near else ''}{', '.join(near)}"
