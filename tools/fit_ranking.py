"""Fits weights, confidence and thresholds; writes kb/ranking.json and says what to expect of them.

    python tools/fit_ranking.py [SHARED] [--model FOLDER] [--dry-run]

SHARED is the folder of test data (default: `shared` beside the checkout). Uses the `ranking` sets of
`tools/quality_sets.py`, none of which the encoder was trained on. What is printed of a set was predicted by weights
fitted on the other sets: a knowledge base never seen. Each set is fitted whole and with three and eight of its records,
since a small knowledge base must be calibrated too.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from quality_sets import OWN_QUERIES, ROOT, QualitySet, quality_sets, small_talk, tagged_pairs

from faqkb.kb.answers import Status
from faqkb.kb.building.build import build_snapshot
from faqkb.kb.evaluation.metrics import to_columns
from faqkb.kb.evaluation.outcome import Outcome
from faqkb.kb.evaluation.queries import LabelledQuery, figures_of, queries_sha256
from faqkb.kb.fusion import PARTS, Ranking
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.learning.examples import collect_examples, example_of
from faqkb.kb.learning.fitting import Example, Values, Weights, choose_thresholds, fit_calibration, fit_weights
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.model.files import default_folder
from faqkb.kb.records import Filter, Record

RIDGE = 1e-3
SMALL = (3, 8)  # records of the small variants
TALK_WEIGHT = 0.1  # of a line of small talk
NEAR_WEIGHT = 0.4  # of a near query: then one of nine questions is one, as in FAQs whose near queries were not so hard
SMALL_WEIGHT = 0.25  # of a query to a small variant
# The development queries are other people's; of the chatbots' there are three times as many as of all questions.
SET_WEIGHTS = {"paddleclas": 2.0, "clinc": 0.15, "swaps": 0.3, "controls": 0.3}
# Thresholds are chosen on FAQs; what a chatbot of intents needs differs, and it has `min_confidence`.
TECHNICAL = ("paddleclas", "dolphinscheduler", "juicefs", "open_webui", "react", "chatgpt_web", "magento")
EVERYDAY = ("city_bank", "water_company", "zh_clinic", "swim_centre", "housing_estate", "driving_school")
QUESTIONS = (*TECHNICAL, *EVERYDAY)
FIGURES = ("recall@1", "recall@3", "recall@10", "ece", "answered_precision", "answered_coverage", "shown_right")
KINDS = ("near", "far")
OUTSIDE = ("auroc", "false_answers", "false_choices")  # told for each of KINDS
BY_KIND = tuple(f"{kind} {name}" for kind in KINDS for name in OUTSIDE)


@dataclass(frozen=True, slots=True)
class Learned:
    """A set's queries as examples."""

    name: str
    records: int
    examples: tuple[Example, ...]
    queries: tuple[LabelledQuery, ...]
    """Of each example."""
    small: tuple[Example, ...]
    """Queries against three and eight of the records: as many answered as not."""
    talk: tuple[Example, ...]
    """Small talk, which no record answers."""


def main() -> None:
    """Fit, write and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared", nargs="?", type=Path, default=ROOT.parent / "shared")
    parser.add_argument("--model", type=Path, help="another prepared model than the default")
    parser.add_argument("--dry-run", action="store_true", help="write nothing")
    chosen = parser.parse_args()
    encoder = Encoder(chosen.model or default_folder())
    sets = [own for own in quality_sets(chosen.shared) if own.use == "ranking"]
    learned = [*(learn(own, encoder) for own in sets), *learn_words(encoder)]
    predicted = cross_validate(learned)
    ranking = fit_ranking(learned, predicted, encoder.manifest.source, [query for own in sets for query in own.queries])
    print(ranking.to_json())
    report(learned, predicted, ranking)
    if not chosen.dry_run:
        (ROOT / "kb" / "ranking.json").write_text(ranking.to_json(), encoding="utf-8")


def learn(own: QualitySet, encoder: Encoder) -> Learned:
    """Put a set's queries to its knowledge base, whole and small."""
    weight = SET_WEIGHTS.get(own.name.split()[0], 1.0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        examples = _examples(own.records, own.queries, encoder, folder)
        talk = _examples(own.records, small_talk(), encoder, folder)
        small = [example for size in SMALL for example in _examples(*cut(own, size), encoder, folder)]
    return Learned(
        own.name,
        len(own.records),
        tuple(
            replace(example, weight=weight * _kind_weight(query))
            for example, query in zip(examples, own.queries, strict=True)
        ),
        own.queries,
        tuple(replace(example, weight=weight * SMALL_WEIGHT) for example in small),
        tuple(replace(example, weight=weight * TALK_WEIGHT) for example in talk),
    )


def _kind_weight(query: LabelledQuery) -> float:
    return NEAR_WEIGHT if query.kind == "near" else 1.0


def learn_words(encoder: Encoder) -> Iterator[Learned]:
    """Yield every other swap case and control as sets without queries of their own: the rest is reported."""
    for name in ("swaps", "controls"):
        weight = SET_WEIGHTS[name]
        cases = tuple(replace(example, weight=weight) for _, example in swapped(name, encoder)[::2])
        yield Learned(name, 2 * len(cases), (), (), cases, ())


def swapped(name: str, encoder: Encoder) -> list[tuple[str, Example]]:
    """Return (kind, example) of each swap case, put to a knowledge base of its own two records."""
    cases = [json.loads(line) for line in (OWN_QUERIES / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
    with tempfile.TemporaryDirectory() as folder:
        build_snapshot(Path(folder), tagged_pairs(cases), encoder)
        with closing(KnowledgeBase.open(Path(folder))) as knowledge:
            hits = [
                knowledge.ask_ranked(case["query"], filter=Filter(tags=(f"pair {at}",)))[1]
                for at, case in enumerate(cases)
            ]
            return [
                (case["kind"], example_of(knowledge, own, {f"{at}/right"}))
                for at, (case, own) in enumerate(zip(cases, hits, strict=True))
            ]


def cut(own: QualitySet, size: int) -> tuple[Sequence[Record], Sequence[LabelledQuery]]:
    """Return a few of a set's records, the queries they answer, and as many that they do not."""
    chosen = random.Random(own.name)
    few = chosen.sample(own.records, min(size, len(own.records)))
    ids = {record.id for record in few}
    queries = [replace(query, relevant=tuple(sorted(ids & set(query.relevant)))) for query in own.queries]
    inside = [query for query in queries if query.relevant]
    outside = [query for query in queries if not query.relevant]
    return few, [*inside, *chosen.sample(outside, min(len(inside), len(outside)))]


def _examples(
    records: Sequence[Record], queries: Sequence[LabelledQuery], encoder: Encoder, folder: Path
) -> tuple[Example, ...]:
    build_snapshot(folder, records, encoder)
    with closing(KnowledgeBase.open(folder)) as knowledge:
        return collect_examples(knowledge, queries)


def fit_ranking(
    learned: Sequence[Learned],
    predicted: Mapping[str, Sequence[Values]],
    encoder: str,
    queries: Sequence[LabelledQuery],
) -> Ranking:
    """Return weights fitted on everything, and thresholds chosen on what each set's queries got from the others'."""
    questions = [own for own in learned if own.name in QUESTIONS]
    examples = [
        replace(example, weight=_kind_weight(query))  # of every set alike
        for own in questions
        for example, query in zip(own.examples, own.queries, strict=True)
    ]
    shares = [own_shares for own in questions for own_shares in predicted[own.name]]
    calibration = fit_calibration(examples, shares)
    thresholds = choose_thresholds(examples, [calibration.confidences(own_shares) for own_shares in shares])
    weights = fit_all(learned)
    return Ranking(
        weights=dict(zip(PARTS, weights.of_parts.round(4).tolist(), strict=True)),
        intercept=round(weights.intercept, 4),
        slope=round(calibration.slope, 4),
        offset=round(calibration.offset, 4),
        answered_above=thresholds.answered_above,
        ambiguous_above=thresholds.ambiguous_above,
        encoder=encoder,
        queries=len(queries),
        queries_sha256=queries_sha256(queries),
    )


def fit_all(learned: Sequence[Learned]) -> Weights:
    """Return the weights fitted on sets, whole and small."""
    return fit_weights([example for own in learned for example in (*own.examples, *own.small, *own.talk)], ridge=RIDGE)


def cross_validate(learned: Sequence[Learned]) -> Mapping[str, list[Values]]:
    """Return the shares of each set's candidates by weights fitted on the other sets."""
    found = {}
    for own in learned:
        weights = fit_all([other for other in learned if other is not own])
        found[own.name] = [weights.shares(example) for example in own.examples]
    return found


def report(learned: Sequence[Learned], predicted: Mapping[str, Sequence[Values]], ranking: Ranking) -> None:
    """Print the cross-validated figures of each set, and of all."""
    print(f"{'set':18}{'n':>5}{'near':>5}" + "".join(f"{_short(name):>11}" for name in (*FIGURES, *BY_KIND)))
    asked = {own.name: list(asked_of(own, predicted[own.name], ranking)) for own in learned if own.examples}
    for name, own in asked.items():
        for language in sorted({query.language for query, _ in own}):
            _print_row(f"{name} {language}", [each for each in own if each[0].language == language])
    for title, members in (("technical", TECHNICAL), ("everyday", EVERYDAY), ("all", tuple(asked))):
        _print_row(title, [each for name in members for each in asked[name]])


def asked_of(own: Learned, predicted: Sequence[Values], ranking: Ranking) -> Iterator[tuple[LabelledQuery, Outcome]]:
    """Yield each query of a set with what it gets."""
    for query, example, shares in zip(own.queries, own.examples, predicted, strict=True):
        yield query, outcome_of(example, shares, ranking)


def figures_by_kind(asked: Sequence[tuple[LabelledQuery, Outcome]]) -> dict[str, float | None]:
    """Return the figures of some queries; those of OUTSIDE for near and far ones, each against all in scope."""
    figures = figures_of(to_columns([outcome for _, outcome in asked]))
    for kind in KINDS:
        outcomes = [outcome for query, outcome in asked if outcome.in_scope or query.kind == kind]
        has_any = any(not outcome.in_scope for outcome in outcomes)
        of_kind = figures_of(to_columns(outcomes)) if has_any else {}
        figures |= {f"{kind} {name}": of_kind.get(name) for name in OUTSIDE}
    return figures


def _short(name: str) -> str:
    return name.replace("answered", "ans").replace("precision", "prec").replace("coverage", "cov").replace("false_", "")


def _print_row(name: str, asked: Sequence[tuple[LabelledQuery, Outcome]]) -> None:
    figures = figures_by_kind(asked)
    values = "".join(
        f"{'-':>11}" if figures[each] is None else f"{figures[each]:11.3f}" for each in (*FIGURES, *BY_KIND)
    )
    print(f"{name:18}{len(asked):5}{sum(query.kind == 'near' for query, _ in asked):5}{values}")


def outcome_of(example: Example, shares: Values, ranking: Ranking) -> Outcome:
    """Return what a query would get with these shares, calibration and thresholds."""
    order = np.argsort(-shares, kind="stable")
    relevant = {str(at) for at in np.flatnonzero(example.right)}
    best = ranking.confidence(float(shares[order[0]]))
    status = Status.NO_ANSWER
    if best >= ranking.answered_above:
        status = Status.ANSWERED
    elif best >= ranking.ambiguous_above and len(order) > 1:
        status = Status.AMBIGUOUS
    return Outcome(
        ranked=tuple(str(at) for at in order[:20]),
        relevant=frozenset(relevant or ({"not a candidate"} if example.in_scope else ())),
        status=status,
        confidence=best,
        choices=min(3, len(order)) if status is Status.AMBIGUOUS else 0,
    )


if __name__ == "__main__":
    main()
