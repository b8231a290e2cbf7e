"""Learn from a maintainer's own labelled queries, and keep only what proves better on queries held out.

DIR/tuned/ranking.json   weights and thresholds
DIR/tuned/model/         the fine-tuned encoder
Both survive every ingest, and are what `faq ingest` uses where they are there.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from faqkb.kb.building.build import build_snapshot
from faqkb.kb.errors import ContentError
from faqkb.kb.evaluation.bootstrap import Interval, bootstrap_intervals
from faqkb.kb.evaluation.queries import LabelledQuery, queries_sha256
from faqkb.kb.fusion import PARTS, Ranking
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.learning.examples import collect_examples, tuning_set
from faqkb.kb.learning.fitting import (
    Example,
    Thresholds,
    Values,
    Weights,
    calibration_of,
    choose_thresholds,
    fit_weights,
    weights_of,
)
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.snapshot.tuned import keep_model, keep_ranking, tuned_model

MIN_QUERIES = 20  # fewer say more about chance than about the knowledge base
ENCODER_QUERIES = 100  # fewer teach an encoder nothing, and are too few to hold some of them out
_HELD_OUT = 0.4  # of the queries, chosen by their text, so that the same ones are held out every time
_FOLDS = 5
_RIDGE = 0.02  # a few dozen queries move the weights a little, a thousand as far as they want
_OUT_OF_SCOPE = 20  # fewer cannot tell where choices and answers should begin
_EPOCHS = 4
_GAIN = 0.01  # mean log-likelihood of the held-out queries that a new state must gain

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Score:
    """How well held-out queries were predicted."""

    log_likelihood: float
    """Mean over queries of the natural logarithm of what was given to the truth; higher is better, 0 is perfect."""
    right_first: float
    """Share of in-scope queries whose first record is right."""


@dataclass(frozen=True, slots=True)
class Change:
    """A query whose first record became right, or wrong."""

    query: str
    now_right: bool


@dataclass(frozen=True, slots=True)
class Attempt:
    """One thing that was tried."""

    what: str
    """`ranking` or `encoder`."""
    before: Score
    after: Score
    gained: Interval
    """95% interval of the log-likelihood gained, over resamples of the queries."""
    changes: tuple[Change, ...] = ()
    """Among the queries that it was judged by, each predicted without itself."""

    @property
    def accepted(self) -> bool:
        """Whether queries that were not learned from were predicted better, by more than chance, and none fewer right.

        A gain that may be chance is none: few queries would be kept for their luck.
        """
        gained = self.after.log_likelihood - self.before.log_likelihood
        return gained > _GAIN and self.gained[0] > 0 and self.after.right_first >= self.before.right_first


@dataclass(frozen=True, slots=True)
class Split:
    """Queries to learn from, and queries to judge by."""

    learned: tuple[LabelledQuery, ...]
    held_out: tuple[LabelledQuery, ...]

    @property
    def crossed(self) -> bool:
        """Whether there are too few to hold some out: each is judged by what was learned from others, in turn."""
        return not self.held_out


def split_queries(queries: Sequence[LabelledQuery]) -> Split:
    """Split queries by a hash of their text; fewer than a hundred are not split. Raises ContentError for too few."""
    if len(queries) < MIN_QUERIES or not any(query.relevant for query in queries):
        raise ContentError(
            f"too few queries to learn from (got {len(queries)}, expected at least {MIN_QUERIES}, some with an answer);"
            " add queries, with out-of-scope ones among them"
        )
    in_order = sorted(queries, key=lambda query: hashlib.sha256(query.query.encode()).digest())
    held_out = round(len(in_order) * _HELD_OUT) if len(in_order) >= ENCODER_QUERIES else 0
    return Split(tuple(in_order[held_out:]), tuple(in_order[:held_out]))


def tune_ranking(folder: Path, split: Split) -> Attempt:
    """Fit weights and thresholds anew; when accepted, publish a snapshot with them.

    Raises what KnowledgeBase.open and build_snapshot raise.
    """
    with closing(KnowledgeBase.open(folder)) as knowledge:
        ranking = knowledge.ranking
        learned = collect_examples(knowledge, split.learned)
        fitted = fit_ranking(learned, split, ranking, knowledge.encoder.manifest.source)
        judged = learned if split.crossed else collect_examples(knowledge, split.held_out)
        prior = weights_of(ranking)
        after = _predicted(learned, prior) if split.crossed else _shares(judged, weights_of(fitted))
        attempt = attempt_of("ranking", _truths(judged, _shares(judged, prior)), _truths(judged, after))
        if attempt.accepted:
            _publish(folder, knowledge, knowledge.encoder, fitted)
    return attempt


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
        held_out = collect_examples(knowledge, split.held_out)
        before = _truths(held_out, _shares(held_out, weights_of(knowledge.ranking)))
        with closing(KnowledgeBase.open(trial)) as other:
            learned = collect_examples(other, split.learned)
            fitted = fit_ranking(learned, split, knowledge.ranking, encoder.manifest.source)
            judged = collect_examples(other, split.held_out)
            attempt = attempt_of("encoder", before, _truths(judged, _shares(judged, weights_of(fitted))))
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
        [tuning_set(knowledge, split.learned)],
        epochs=_EPOCHS,
        progress=lambda done, steps, loss: progress(f"fine-tuning: step {done} of {steps}, loss {loss:.2f}"),
    )
    model = load_source(found)
    apply_adapter(model, adapter)
    model.save(str(target))


def fit_ranking(learned: Sequence[Example], split: Split, prior: Ranking, encoder: str) -> Ranking:
    """Return the ranking that fits best, drawn towards `prior`; its thresholds move only with enough queries."""
    start = weights_of(prior)
    weights = fit_weights(learned, ridge=_RIDGE, prior=start)
    thresholds = Thresholds(prior.answered_above, prior.ambiguous_above)
    if sum(not example.in_scope for example in learned) >= _OUT_OF_SCOPE:
        confidences = [calibration_of(prior).confidences(own) for own in _predicted(learned, start)]
        thresholds = choose_thresholds(learned, confidences)
    return replace(
        prior,
        weights=dict(zip(PARTS, weights.of_parts.tolist(), strict=True)),
        intercept=weights.intercept,
        answered_above=thresholds.answered_above,
        ambiguous_above=thresholds.ambiguous_above,
        encoder=encoder,
        queries=len(split.learned),
        queries_sha256=queries_sha256(split.learned),
    )


def _predicted(examples: Sequence[Example], prior: Weights) -> list[Values]:
    """Return the shares of every example's candidates by weights that were fitted without it."""
    found: dict[int, Values] = {}
    for fold in range(_FOLDS):
        others = [example for at, example in enumerate(examples) if at % _FOLDS != fold]
        weights = fit_weights(others, ridge=_RIDGE, prior=prior)
        found |= {at: weights.shares(examples[at]) for at in range(fold, len(examples), _FOLDS)}
    return [found[at] for at in range(len(examples))]


@dataclass(frozen=True, slots=True)
class Truth:
    """How well one query was predicted."""

    log_likelihood: float
    """Of what is true of it; what was given to a record that was not found is a millionth."""
    right: bool | None
    """Whether its first record answers it; None for one out of scope."""


def attempt_of(what: str, before: Mapping[str, Truth], after: Mapping[str, Truth]) -> Attempt:
    """Return what came of predicting the same queries anew; those that found no record one time are left out."""
    queries = sorted(before.keys() & after.keys())
    gained = np.array([after[each].log_likelihood - before[each].log_likelihood for each in queries])

    def mean(weights: Values) -> Mapping[str, Values]:
        return {"gained": weights @ gained / weights.sum(axis=1)}

    interval = bootstrap_intervals(mean, len(queries))["gained"] or (0.0, 0.0)
    changes = tuple(
        Change(each, now_right=bool(after[each].right)) for each in queries if before[each].right != after[each].right
    )
    one, other = (_score([own[each] for each in queries]) for own in (before, after))
    return Attempt(what, one, other, interval, changes)


def _score(truths: Sequence[Truth]) -> Score:
    right = [truth.right for truth in truths if truth.right is not None]
    return Score(float(np.mean([truth.log_likelihood for truth in truths])), float(np.mean(right)) if right else 0.0)


def _shares(examples: Sequence[Example], weights: Weights) -> list[Values]:
    return [weights.shares(example) for example in examples]


def _truths(examples: Sequence[Example], shares: Sequence[Values]) -> dict[str, Truth]:
    """Return how well each query was predicted, by the shares of its candidates."""
    found = {}
    for example, own in zip(examples, shares, strict=True):
        truth = float(own[example.right].sum()) if example.in_scope else 1.0 - float(own.sum())
        right = bool(example.right[own.argmax()]) if example.in_scope else None
        found[example.query] = Truth(float(np.log(max(truth, 1e-6))), right)
    return found


def _publish(folder: Path, knowledge: KnowledgeBase, encoder: Encoder, ranking: Ranking) -> None:
    keep_ranking(folder, ranking)
    records = tuple(knowledge.all_records())
    build_snapshot(folder, records, encoder, checks=knowledge.checks(), pictures=knowledge.pictures())
