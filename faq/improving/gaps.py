"""`faq gaps`: what is asked in vain."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from faqkb.faq.config import kb_folder
from faqkb.faq.console import one_line, say, say_json, styled
from faqkb.faq.options import examples, json_option, kb_option
from faqkb.kb import limits
from faqkb.kb.answers import Status
from faqkb.kb.feedback.log import FeedbackStore
from faqkb.kb.gaps.missed import Missed, missed_questions

_LISTED = 20  # more is for `--json`


@click.command("gaps", epilog=examples("faq gaps", "faq gaps --days 7 --json"))
@click.option(
    "--days",
    type=click.IntRange(1, limits.FEEDBACK_DAYS_MAX),
    metavar="N",
    help="Of the last N days, today included; by default of all that is kept.",
)
@kb_option
@json_option
def command(days: int | None, kb: Path | None, as_json: bool) -> None:
    """Show the questions without a good answer, those asked most often and most lately first."""
    store = FeedbackStore(kb_folder(kb))
    since = "" if days is None else str((datetime.now(UTC) - timedelta(days=days - 1)).date())
    missed = missed_questions(store, since=since)
    asked = {status.value: 0 for status in Status}
    for day in store.questions.days(since=since):
        asked[day.status] += day.times
    if as_json:
        say_json(
            {"since": since or None, "asked": asked, "gaps": [asdict(each) | {"times": each.times} for each in missed]}
        )
        return
    say(_asked_line(asked))
    for each in missed[:_LISTED]:
        say(f"{each.weight:7.1f}  {one_line(each.question)}")
        say(styled(f"         {_told(each)}", dim=True))
    if len(missed) > _LISTED:
        say(f"         and {len(missed) - _LISTED} more: --json shows all")


def _asked_line(asked: dict[str, int]) -> str:
    total = sum(asked.values())
    if not total:
        return "no question was recorded; a server records them (`faq serve`), unless record_questions says no"
    shares = ", ".join(f"{asked[status]} {status.value.replace('_', ' ')}" for status in Status)
    return f"{total} questions: {shares}"


def _told(missed: Missed) -> str:
    parts = [
        f"{missed.no_answer} without answer" if missed.no_answer else "",
        f"{missed.ambiguous} ambiguous and nothing opened" if missed.ambiguous else "",
        *(f"{count} against {record_id}" for record_id, count in missed.against.items()),
        *(f"{count} opened {record_id}" for record_id, count in missed.chosen.items()),
        f"last {missed.last[:10]}",
    ]
    return ", ".join(filter(None, parts))
