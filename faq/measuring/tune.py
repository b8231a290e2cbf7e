"""`faq tune`: learn from a maintainer's own labelled queries."""

from __future__ import annotations

from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path

import click

from faqkb.faq.bootstrap import build_if_missing
from faqkb.faq.config import kb_folder
from faqkb.faq.console import say, say_json, say_note
from faqkb.faq.options import examples, json_option, kb_option
from faqkb.kb.errors import ConfigError
from faqkb.kb.evaluation.queries import read_queries
from faqkb.kb.learning.tune import Attempt, split_queries, tune_encoder, tune_ranking
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

    FILE is as for `faq eval`. Two fifths of the queries are held out; what is learned from the rest is kept only if it
    predicts them better, and survives every ingest.
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
    if find_spec("sentence_transformers") is not None if encoder is None else encoder:
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
    say(f"{len(split.learned)} queries learned from, {len(split.held_out)} held out")
    for attempt in attempts:
        _show(attempt)


def _show(attempt: Attempt) -> None:
    before, after = attempt.before, attempt.after
    verdict = "kept" if attempt.accepted else "not kept: the held-out queries were not predicted better"
    say(
        f"{attempt.what}: right first {before.right_first:.3f} -> {after.right_first:.3f}, log-likelihood"
        f" {before.log_likelihood:.3f} -> {after.log_likelihood:.3f}: {verdict}"
    )
