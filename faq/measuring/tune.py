"""`faq tune`: learn from what a maintainer has: labelled queries, votes, accepted gaps, other words of records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from faqkb.faq.bootstrap import build_if_missing
from faqkb.faq.config import kb_folder
from faqkb.faq.console import one_line, say, say_json, say_note
from faqkb.faq.measuring.lessons import found_lessons
from faqkb.faq.options import examples, json_option, kb_option
from faqkb.faq.progress import staged
from faqkb.kb.errors import ConfigError
from faqkb.kb.learning.attempt import Attempt
from faqkb.kb.learning.lessons import (
    ENCODER_LESSONS,
    OWN_SOURCES,
    Lesson,
    Source,
    Split,
    counts,
    split_lessons,
    told_counts,
)
from faqkb.kb.learning.tune import tune_encoder, tune_ranking
from faqkb.kb.snapshot.published import current_snapshot
from faqkb.kb.snapshot.tuned import forget_tuning

_LISTED = 30  # changed queries of one attempt; `--json` has all


@click.command(
    "tune",
    epilog=examples(
        "faq tune", "faq tune --from votes", "faq tune --queries queries.jsonl --no-encoder", "faq tune --reset"
    ),
)
@click.option("--queries", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Labelled queries.")
@click.option(
    "--from",
    "sources",
    multiple=True,
    type=click.Choice([source.value for source in OWN_SOURCES]),
    help="Learn from these (again for several); by default from all of them, and with --queries from none.",
)
@click.option(
    "--encoder/--no-encoder",
    default=None,
    help="Fine-tune the encoder to --queries too; by default where faqkb[model] is installed.",
)
@click.option("--source", metavar="NAME", help="The model to fine-tune, as for `faq model prepare`.")
@click.option("--reset", is_flag=True, help="Forget what was learned; the next ingest uses the defaults.")
@kb_option
@json_option
def command(
    queries: Path | None,
    sources: tuple[str, ...],
    encoder: bool | None,
    source: str | None,
    reset: bool,
    kb: Path | None,
    as_json: bool,
) -> None:
    """Refit ranking and confidence to what readers and maintainers said; the encoder too, to labelled queries.

    Learned from are votes on answers, questions asked in vain that are other words of a record now (gaps), all other
    words of records (wordings), and with --queries a file as for `faq eval`; the last two together 20 or more. From a
    hundred on, two fifths are held out; fewer are each judged by what was learned from the others. What is learned is
    kept only if it predicts them better, by more than chance, and makes none of these sources worse. It survives every
    ingest.
    """
    folder = kb_folder(kb)
    if reset:
        say("forgotten; run `faq ingest`" if forget_tuning(folder) else "nothing was learned yet")
        return
    build_if_missing(folder)
    wanted = [Source(name) for name in sources] or ([] if queries else list(OWN_SOURCES))
    lessons = found_lessons(folder, queries, wanted)
    split = split_lessons(lessons)
    labelled = tuple(lesson for lesson in lessons if lesson.source is Source.QUERIES)
    trains = _trains_encoder(encoder, labelled)
    with staged() as told:
        attempts = [tune_ranking(folder, split, told)]
    if trains:
        attempts.append(tune_encoder(folder, split_lessons(labelled), source, say_note))
    if as_json:
        say_json(_document(folder, lessons, split, attempts))
        return
    _show_all(folder, lessons, split, attempts)


def _document(folder: Path, lessons: Sequence[Lesson], split: Split, attempts: Sequence[Attempt]) -> dict[str, Any]:
    return {
        "sources": counts(lessons),
        "learned": len(split.learned),
        "held_out": len(split.held_out),
        "attempts": [asdict(attempt) | {"accepted": attempt.accepted} for attempt in attempts],
        "published": any(attempt.accepted for attempt in attempts),
        "snapshot": current_snapshot(folder),
    }


def _show_all(folder: Path, lessons: Sequence[Lesson], split: Split, attempts: Sequence[Attempt]) -> None:
    judged = "each judged by what the others taught" if split.crossed else f"{len(split.held_out)} held out"
    say(f"{len(split.learned)} queries learned from, {judged}; in all {told_counts(lessons)}")
    for attempt in attempts:
        _show(attempt)
    if any(attempt.accepted for attempt in attempts):
        say(f"published {current_snapshot(folder)}: weights and confidence; no record and no word was changed")
        return
    say("nothing was published: what goes wrong is mended by words, not by weights; `faq improve --queries FILE`")
    say("gives the words of labelled queries to the records that answer them, as a patch, and so does `faq improve`")
    say("with what was asked in vain")


def _trains_encoder(wanted: bool | None, labelled: Sequence[Lesson]) -> bool:
    """Return whether the encoder is to be trained. Raises ConfigError where that was asked for in vain."""
    enough = len(labelled) >= ENCODER_LESSONS
    if wanted and not enough:
        raise ConfigError(
            f"too few queries to fine-tune the encoder (got {len(labelled)}, expected {ENCODER_LESSONS}); leave"
            " out --encoder"
        )
    return enough and (find_spec("sentence_transformers") is not None if wanted is None else wanted)


def _show(attempt: Attempt) -> None:
    before, after = attempt.before, attempt.after
    verdict = "kept" if attempt.accepted else "not kept: no query that it did not see was predicted surely better"
    say(
        f"{attempt.what}: right first {before.right_first:.3f} -> {after.right_first:.3f}, answered right"
        f" {before.answered_right:.3f} -> {after.answered_right:.3f}, of answers right {before.answered_precision:.3f}"
        f" -> {after.answered_precision:.3f}, log-likelihood {before.log_likelihood:.3f} -> {after.log_likelihood:.3f},"
        f" gained [{attempt.gained[0]:.3f}, {attempt.gained[1]:.3f}]: {verdict}"
    )
    for change in attempt.changes[:_LISTED]:
        words = f"{one_line(change.query)}  ({change.source}: {change.before} -> {change.now})"
        say(f"  {'better' if change.now_right else 'worse '}  {words}")
    if len(attempt.changes) > _LISTED:
        say(f"  and {len(attempt.changes) - _LISTED} more: --json shows all")
