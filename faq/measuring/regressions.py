"""What a change does to questions with known answers: the gate of `faq eval`, the preview of `faq ingest --dry-run`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from faqkb.faq.bootstrap import build, encoder_folder
from faqkb.faq.console import say
from faqkb.faq.measuring.showing import short_line
from faqkb.faq.progress import counted
from faqkb.kb.building.trial import trial_copy
from faqkb.kb.evaluation.queries import Asked, Evaluation, LabelledQuery, evaluate
from faqkb.kb.evaluation.regression import Change, changes
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.model.encoder import Encoder

if TYPE_CHECKING:
    from faqkb.ingest import Ingested

QUESTIONS_FILE = "questions.jsonl"
"""Real questions with known answers, at the top of a folder of content."""


def questions_among(paths: Sequence[Path]) -> Path | None:
    """Return the file of real questions of some content, None where there is none."""
    found = [path / QUESTIONS_FILE for path in paths if (path / QUESTIONS_FILE).is_file()]
    return found[0] if found else None


def asked_of(knowledge: KnowledgeBase, queries: Sequence[LabelledQuery]) -> Evaluation:
    """Ask every query, the progress told."""
    with counted("asking queries") as told:
        return evaluate(knowledge, queries, told)


def previewed_changes(folder: Path, queries: Sequence[LabelledQuery], ingested: Ingested) -> tuple[Change, ...]:
    """Return which queries would be answered otherwise if this were published to a knowledge base.

    It is published to a copy, which is removed again; what is embedded already is not embedded again.
    Raises what KnowledgeBase.open and build_snapshot raise.
    """
    with closing(KnowledgeBase.open(folder)) as live, trial_copy(folder, live.name) as copy:
        build(ingested, copy, Encoder(encoder_folder(folder)))
        with closing(KnowledgeBase.open(copy, before=live)) as changed:
            return changes(asked_of(live, queries), asked_of(changed, queries))


def show_changes(found: Sequence[Change], asked: int) -> None:
    """Print which questions are answered otherwise, the worse ones first."""
    worse = sum(change.worse for change in found)
    say(f"questions: {len(found)} of {asked} answered otherwise, {worse} of them worse")
    for change in sorted(found, key=lambda each: not each.worse):
        say(f"  {'worse' if change.worse else 'other'}  {short_line(change.now.query.query)}")
        say(f"         {told(change.before)} -> {told(change.now)}")


def told(asked: Asked) -> str:
    """Return in a few words what a query got."""
    outcome = asked.outcome
    first = f" {outcome.ranked[0]}" if outcome.ranked and outcome.status.value != "no_answer" else ""
    return f"{outcome.status.value}{first} ({outcome.confidence:.2f})"
