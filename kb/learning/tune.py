"""Learn from what a maintainer has, and keep only what proves better on queries held out.

DIR/tuned/ranking.json   weights and thresholds
DIR/tuned/model/         the fine-tuned encoder
Both survive every ingest, and are what `faq ingest` uses where they are there.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from faqkb.kb.building.build import build_snapshot
from faqkb.kb.evaluation.queries import queries_sha256
from faqkb.kb.fusion import PARTS, Ranking
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.learning.attempt import Attempt, Key, Truth, attempt_of, truths
from faqkb.kb.learning.examples import collect_examples, collect_lessons, tuning_set
from faqkb.kb.learning.fitting import (
    LEFT_OUT,
    Example,
    Thresholds,
    Values,
    Weights,
    calibration_of,
    choose_thresholds,
    fit_weights,
    weights_of,
)
from faqkb.kb.learning.lessons import Split, place_of
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.snapshot.tuned import keep_model, keep_ranking, tuned_model

_FOLDS = 5
_RIDGE = 0.02  # a few dozen queries move the weights a little, a thousand as far as they want
_OUT_OF_SCOPE = 20  # fewer cannot tell where choices and answers should begin
_EPOCHS = 4

Progress = Callable[[str], None]


def tune_ranking(folder: Path, split: Split, progress: Progress = lambda line: None) -> Attempt:
    """Fit weights and thresholds anew; when accepted, publish a snapshot with them.

    Of a thousand queries it takes a minute: `progress` is told before it begins.
    Raises what KnowledgeBase.open and build_snapshot raise.
    """
    with closing(KnowledgeBase.open(folder)) as knowledge:
        asked = len(split.learned) + len(split.held_out)
        progress(f"asking {asked} queries, and fitting what ranks their answers …")
        learned = collect_lessons(folder, knowledge, split.learned)
        fitted = fit_ranking(learned, knowledge, split)
        if split.crossed:
            before, after = truths(learned, knowledge.ranking), _crossed(learned, knowledge, split)
        else:
            judged = collect_lessons(folder, knowledge, split.held_out)
            before, after = truths(judged, knowledge.ranking), truths(judged, fitted)
        attempt = attempt_of("ranking", before, after)
        if attempt.accepted:
            _publish(folder, knowledge, knowledge.encoder, fitted)
    return attempt


def _crossed(learned: Sequence[Example], knowledge: KnowledgeBase, split: Split) -> dict[Key, Truth]:
    """Return how well each query is predicted by what was learned, weights and thresholds, without it."""
    found: dict[Key, Truth] = {}
    folds = _folds(learned)
    for fold in range(_FOLDS):
        others = [example for example, own in zip(learned, folds, strict=True) if own != fold]
        own = [example for example, own in zip(learned, folds, strict=True) if own == fold]
        found |= truths(own, fit_ranking(others, knowledge, split))
    return found


def _folds(examples: Sequence[Example]) -> list[int]:
    """Return which fold each example belongs to: all that was asked in the same words to one."""
    in_order = sorted({example.query for example in examples}, key=place_of)
    fold = {query: at % _FOLDS for at, query in enumerate(in_order)}
    return [fold[example.query] for example in examples]


def tune_encoder(folder: Path, split: Split, source: str | None, progress: Progress) -> Attempt:
    """Fine-tune the encoder, fit the ranking to it; when accepted, publish a snapshot with both.

    `source` is the model to start from, as for `faq model prepare`. Takes about a second for each query and one or two
    minutes beside. Raises KbError without the libraries, and what tune_ranking raises.
    """
    from faqkb.kb.model.loaded import quiet_libraries  # noqa: PLC0415
    from faqkb.kb.model.prepare import prepare_model  # noqa: PLC0415 - knows torch

    with closing(KnowledgeBase.open(folder)) as knowledge, tempfile.TemporaryDirectory(prefix="faq-tune-") as scratch:
        trained, prepared, trial = (Path(scratch) / name for name in ("trained", "prepared", "trial"))
        with quiet_libraries():
            _train(knowledge, split, source, trained, progress)
        languages = knowledge.encoder.manifest.languages
        encoder = Encoder(prepare_model(str(trained), languages=languages, folder=prepared, progress=progress))
        build_snapshot(trial, tuple(knowledge.all_records()), encoder, checks=knowledge.checks())
        held_out, learning = ([lesson.labelled for lesson in own] for own in (split.held_out, split.learned))
        before = truths(collect_examples(knowledge, held_out), knowledge.ranking)
        with closing(KnowledgeBase.open(trial)) as other:
            fitted = fit_ranking(collect_examples(other, learning), other, split, prior=knowledge.ranking)
            attempt = attempt_of("encoder", before, truths(collect_examples(other, held_out), fitted))
        if attempt.accepted:
            keep_model(folder, prepared)
            _publish(folder, knowledge, Encoder(tuned_model(folder)), fitted)
    return attempt


def _train(knowledge: KnowledgeBase, split: Split, source: str | None, target: Path, progress: Progress) -> None:
    """Write a sentence-transformers model that has learned the queries."""
    from faqkb.kb.learning.train_encoder import train_adapter  # noqa: PLC0415
    from faqkb.kb.model.assemble import apply_adapter  # noqa: PLC0415 - knows torch
    from faqkb.kb.model.loaded import load_source, model_prefixes  # noqa: PLC0415
    from faqkb.kb.model.source import find_source  # noqa: PLC0415

    found = find_source(source)
    model = load_source(found)
    adapter = train_adapter(
        model,
        model_prefixes(model, found.name),
        [tuning_set(knowledge, [lesson.labelled for lesson in split.learned])],
        epochs=_EPOCHS,
        progress=lambda done, steps, loss: progress(f"fine-tuning: step {done} of {steps}, loss {loss:.2f}"),
    )
    model = load_source(found)
    apply_adapter(model, adapter)
    model.save(str(target))


def fit_ranking(
    learned: Sequence[Example], knowledge: KnowledgeBase, split: Split, *, prior: Ranking | None = None
) -> Ranking:
    """Return the ranking of a knowledge base that fits best, drawn towards `prior`, by default the one that it has.

    Its thresholds move only with enough queries of which somebody says that nothing answers them.
    """
    prior = prior or knowledge.ranking
    start = weights_of(prior)
    weights = fit_weights(learned, ridge=_RIDGE, prior=start)
    thresholds = Thresholds(prior.answered_above, prior.ambiguous_above)
    told = [example for example in learned if example.source != LEFT_OUT and not example.or_none]
    if sum(not example.in_scope for example in told) >= _OUT_OF_SCOPE:
        confidences = [calibration_of(prior).confidences(own) for own in _predicted(told, start)]
        thresholds = choose_thresholds(told, confidences)
    queries = [lesson.labelled for lesson in split.learned]
    return replace(
        prior,
        weights=dict(zip(PARTS, weights.of_parts.tolist(), strict=True)),
        intercept=weights.intercept,
        answered_above=thresholds.answered_above,
        ambiguous_above=thresholds.ambiguous_above,
        encoder=knowledge.encoder.manifest.source,
        queries=len(queries),
        queries_sha256=queries_sha256(queries),
    )


def _predicted(examples: Sequence[Example], prior: Weights) -> list[Values]:
    """Return the shares of every example's candidates by weights that were fitted without it."""
    found: dict[int, Values] = {}
    folds = _folds(examples)
    for fold in range(_FOLDS):
        others = [example for example, own in zip(examples, folds, strict=True) if own != fold]
        weights = fit_weights(others, ridge=_RIDGE, prior=prior)
        found |= {at: weights.shares(examples[at]) for at, own in enumerate(folds) if own == fold}
    return [found[at] for at in range(len(examples))]


def _publish(folder: Path, knowledge: KnowledgeBase, encoder: Encoder, ranking: Ranking) -> None:
    keep_ranking(folder, ranking)
    records = tuple(knowledge.all_records())
    build_snapshot(folder, records, encoder, checks=knowledge.checks(), pictures=knowledge.pictures())
