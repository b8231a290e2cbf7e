"""`faq feedback`: what readers ask in vain, and how they judge the answers."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from faqkb.faq.config import kb_folder
from faqkb.faq.console import one_line, say, say_json, styled
from faqkb.faq.options import examples, json_option, kb_option
from faqkb.kb.feedback.events import AskedInVain, RecordVotes, to_json
from faqkb.kb.feedback.log import FeedbackStore

_LISTED = 20  # of each list; more is for `--json`


@click.command("feedback", epilog=examples("faq feedback", "faq feedback --export > events.jsonl"))
@click.option("--export", is_flag=True, help="Write every event as JSON Lines, oldest first.")
@kb_option
@json_option
def command(export: bool, kb: Path | None, as_json: bool) -> None:
    """Show what readers ask in vain, most asked first, and the votes on each record."""
    if export and as_json:
        raise click.UsageError("--export writes JSON Lines, --json one document; give one of them")
    store = FeedbackStore(kb_folder(kb))
    if export:
        for event in store.events():
            say_json(to_json(event))
        return
    vain, without_text, votes = store.asked_in_vain(), store.unanswered_without_text(), store.votes()
    if as_json:
        say_json(
            {
                "unanswered": [asdict(question) for question in vain],
                "unanswered_without_text": without_text,
                "votes": [asdict(record) for record in votes],
            }
        )
        return
    if not (vain or without_text or votes):
        say("no feedback yet")
    _show_vain(vain, without_text)
    _show_votes(votes)


def _show_vain(vain: tuple[AskedInVain, ...], without_text: int) -> None:
    if vain or without_text:
        say(styled("Asked in vain:", bold=True))
    for asked in vain[:_LISTED]:
        say(f"{asked.times:5}  {one_line(asked.question)}  {styled(f'last {asked.last[:10]}', dim=True)}")
        for note in asked.notes[-3:]:
            say(styled(f"         note: {one_line(note)}", dim=True))
    if without_text:
        say(f"{without_text:5}  without the words, as the reader's browser asked")
    _say_left_out(len(vain))


def _show_votes(votes: tuple[RecordVotes, ...]) -> None:
    if votes:
        say(styled("Votes, most against first:", bold=True))
    for record in votes[:_LISTED]:
        reasons = ", ".join(f"{tag} {count}" for tag, count in record.reasons.items())
        say(f"{record.not_helpful:5} against, {record.helpful} for  {record.record_id}{reasons and f'  ({reasons})'}")
    _say_left_out(len(votes))


def _say_left_out(count: int) -> None:
    if count > _LISTED:
        say(f"       and {count - _LISTED} more: --json shows all")
