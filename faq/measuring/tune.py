"""`faq tune`: learn from a maintainer's own labelled queries."""

from __future__ import annotations

from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path

import click

from faqkb.faq.bootstrap import build_if_missing
from faqkb.faq.config import kb_folder
from faqkb.faq.console import one_line, say, say_json, say_note
from faqkb.faq.options import examples, json_option, kb_option
from faqkb.kb.errors import ConfigError
from faqkb.kb.evaluation.queries import read_queries
from faqkb.kb.learning.tune import ENCODER_QUERIES, Attempt, Split, split_queries, tune_encoder, tune_ranking
from faqkb.kb.snapshot.published import current_snapshot
from faqkb.kb.snapshot.tuned import forget_tuning


@click.command("tune", epilog=examples("faq tune --queries queries.jsonl --no-encoder", "faq tune --reset"))
@click.option("--queries", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Labelled queries.")
@click.option(
    "--encoder/--no-encoder",
    default=None,
    help="Fine-tune the encoder too; by default where faqkb[model] is installed.",
)
@click.option("--source", metavar="NAME", help="The model to fine-tune, as for `faq model prepare`.")
@click.option("--reset", is_flag=True, help="Forget what was learned; the next ingest uses the defaults.")
@kb_option
@json_option
def command(
    queries: Path | None, encoder: bool | None, source: str | None, reset: bool, kb: Path | None, as_json: bool
) -> None:
    """Refit ranking and confidence to labelled queries, and fine-tune the encoder.

    FILE is as for `faq eval`, with 20 queries or more. From a hundred on, two fifths are held out; fewer are each
    judged by what was learned from the others. What is learned is kept only if it predicts them better, by more than
    chance, and survives every ingest.
    """
    folder = kb_folder(kb)
    if reset:
        say("forgotten; run `faq ingest`" if forget_tuning(folder) else "nothing was learned yet")
        return
    if queries is None:
        raise ConfigError(
            "no queries to learn from (got none, expected --queries FILE); name a file of labelled queries"
        )
    build_if_missing(folder)
    split = split_queries(read_queries(queries))
    attempts = [tune_ranking(folder, split)]
    if _trains_encoder(encoder, split):
        attempts.append(tune_encoder(folder, split, source, say_note))
    if as_json:
        say_json(
            {
                "learned": len(split.learned),
                "held_out": len(split.held_out),
                "attempts": [asdict(attempt) | {"accepted": attempt.accepted} for attempt in attempts],
                "snapshot": current_snapshot(folder),
            }
        )
        return
    _show_all(folder, split, attempts)


def _show_all(folder: Path, split: Split, attempts: list[Attempt]) -> None:
    judged = "each judged by what the others taught" if split.crossed else f"{len(split.held_out)} held out"
    say(f"{len(split.learned)} queries learned from, {judged}")
    for attempt in attempts:
        _show(attempt)
    if not any(attempt.accepted for attempt in attempts):
        say("nothing was published: what goes wrong is mended by words, not by weights; `faq improve --queries FILE`")
        say("gives the words of these queries to the records that answer them, as a patch")
    else:
        say(f"published {current_snapshot(folder)}")


def _trains_encoder(wanted: bool | None, split: Split) -> bool:
    """Return whether the encoder is to be trained. Raises ConfigError where that was asked for in vain."""
    if wanted and split.crossed:
        raise ConfigError(
            f"too few queries to fine-tune the encoder (got {len(split.learned)}, expected {ENCODER_QUERIES}); leave"
            " out --encoder"
        )
    return not split.crossed and (find_spec("sentence_transformers") is not None if wanted is None else wanted)


def _show(attempt: Attempt) -> None:
    before, after = attempt.before, attempt.after
    verdict = "kept" if attempt.accepted else "not kept: no query that it did not see was predicted surely better"
    say(
        f"{attempt.what}: right first {before.right_first:.3f} -> {after.right_first:.3f}, log-likelihood"
        f" {before.log_likelihood:.3f} -> {after.log_likelihood:.3f}, gained [{attempt.gained[0]:.3f},"
        f" {attempt.gained[1]:.3f}]: {verdict}"
    )
    for change in attempt.changes:
        say(f"  {'right now' if change.now_right else 'wrong now'}  {one_line(change.query)}")
