"""Measures what each part of the ranking is worth; writes the tables and the picture of docs/quality.md.

    python tools/quality_report.py [SHARED] [--dry-run]

SHARED is the folder of test data (default: `shared` beside the checkout). Every figure of a `ranking` set is predicted
by weights fitted on the other sets, with and without a part; brackets hold the 95% interval over resamples of the
queries. The encoder without its adapter is prepared for the occasion. Takes about twenty minutes.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from fit_ranking import (
    BY_KIND,
    EVERYDAY,
    QUESTIONS,
    TECHNICAL,
    Learned,
    cross_validate,
    figures_by_kind,
    fit_all,
    learn,
    learn_words,
    outcome_of,
    swapped,
)
from quality_sets import OWN_QUERIES, ROOT, crowd, quality_sets, read_set

from faqkb.kb.building.build import build_snapshot
from faqkb.kb.bundled.weights import find_bundled_weights, read_bundled_weights
from faqkb.kb.evaluation.outcome import Outcome
from faqkb.kb.evaluation.plots import draw_plots
from faqkb.kb.evaluation.queries import Asked, Evaluation, LabelledQuery, evaluate, report
from faqkb.kb.fusion import PARTS, default_ranking
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.learning.examples import collect_examples
from faqkb.kb.learning.fitting import Example, Weights
from faqkb.kb.model.assemble import assemble_e5
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.model.files import default_folder
from faqkb.kb.model.loaded import quiet_libraries
from faqkb.kb.model.prepare import prepare_model
from faqkb.kb.records import Filter, Record

LATE = {"late", "late_baseline"}
COSINE = {"cosine", "cosine_baseline"}
BASELINES = {part for part in PARTS if part.endswith("baseline")}
WITHOUT = {
    "everything": set(),
    "without late interaction but for its standing": LATE,
    "without pooled vectors": COSINE,
    "without the cohort's baselines": BASELINES,
    "without the number of wordings": {"alternates"},
    "without the length of the query": {"brevity"},
    "without the classifier of wordings": {"wordings"},
    "without opposites and numbers": {"conflicts"},
    "without the standing among candidates": {"standing"},
}
CROWD = 10_000  # records of the largest knowledge base measured
FIGURES = ("recall@1", "recall@3", "near auroc", "auroc", "ece", "coverage_at_90_precision")
SET_FIGURES = ("recall@1", "ece", "answered_precision", "answered_coverage", "shown_right", *BY_KIND)
UNSEEN_PRODUCTS = ("jinspect", "keynest", "marlinmq", "quillpress", "lumenbox", "hearthkit")
UNSEEN_EVERYDAY = ("library", "hospital", "museum", "railway")
DOCUMENT = ROOT / "docs" / "quality.md"


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared", nargs="?", type=Path, default=ROOT.parent / "shared")
    parser.add_argument("--dry-run", action="store_true", help="print, write nothing")
    chosen = parser.parse_args()
    encoder = Encoder(default_folder())
    learned = learn_sets(chosen.shared, encoder)
    evaluations = list(predicted(learned))
    tables = {
        "ablation": "\n".join(ablation(chosen.shared, learned)),
        "sets": "\n".join(by_set(chosen.shared, encoder, learned, evaluations)),
        "unseen": "\n".join(unseen(chosen.shared, encoder)),
        "words": "\n".join(words(chosen.shared, encoder, fit_all(learned))),
    }
    for name, table in tables.items():
        print(f"{name}\n{table}\n")
    if not chosen.dry_run:
        text = DOCUMENT.read_text(encoding="utf-8")
        for name, table in tables.items():
            text = re.sub(f"(<!-- {name} -->\n).*?(<!-- end -->)", rf"\g<1>{table}\n\g<2>", text, flags=re.DOTALL)
        DOCUMENT.write_text(text, encoding="utf-8")
        draw(evaluations)


def learn_sets(shared: Path, encoder: Encoder) -> list[Learned]:
    """Put every `ranking` set's queries to its knowledge base."""
    sets = [learn(own, encoder) for own in quality_sets(shared) if own.use == "ranking"]
    return [*sets, *learn_words(encoder)]


def ablation(shared: Path, learned: Sequence[Learned]) -> Iterator[str]:
    """Yield the rows of the table: the question sets, with and without each part."""
    yield f"| | {' | '.join(f'zh {name}' for name in FIGURES[:1])} | en recall@1 | {' | '.join(FIGURES[1:])} |"
    yield f"| --- {'| --- ' * (len(FIGURES) + 1)}|"
    for name, parts in WITHOUT.items():
        yield ablation_row(name, [without(own, parts) for own in learned])
    with unadapted_encoder() as encoder:
        plain = learn_sets(shared, encoder)
    yield ablation_row("without the adapter", plain)
    yield ablation_row(
        "without adapter and late interaction but for its standing", [without(own, LATE) for own in plain]
    )


def without(own: Learned, parts: set[str]) -> Learned:
    """Return a set's examples with some parts at 0, where no weight matters."""
    kept = np.array([part not in parts for part in PARTS], dtype=np.float64)

    def masked(examples: Sequence[Example]) -> tuple[Example, ...]:
        return tuple(replace(example, parts=example.parts * kept) for example in examples)

    return replace(own, examples=masked(own.examples), small=masked(own.small), talk=masked(own.talk))


def ablation_row(name: str, learned: Sequence[Learned]) -> str:
    """Return one row: figures over the question sets, each predicted by weights fitted on the others."""
    asked = [entry for own in predicted(learned) if own.snapshot in QUESTIONS for entry in own.asked]
    by_language = {
        language: [own.outcome for own in asked if own.query.language == language] for language in ("zh", "en")
    }
    cells = [cell(report(outcomes), "recall@1") for outcomes in by_language.values()]
    together = report([own.outcome for own in asked])
    near = report([own.outcome for own in asked if own.outcome.in_scope or own.query.kind == "near"])
    together["near auroc"], together["intervals"]["near auroc"] = near["auroc"], near["intervals"]["auroc"]
    return f"| {name} | {' | '.join([*cells, *(cell(together, figure) for figure in FIGURES[1:])])} |"


def cell(figures: Mapping[str, object], name: str) -> str:
    """Return a figure with its interval."""
    low, high = figures["intervals"][name]  # type: ignore[index]
    return f"{figures[name]:.3f} [{low:.2f}, {high:.2f}]"


def predicted(learned: Sequence[Learned]) -> Iterator[Evaluation]:
    """Yield what each set's queries get from weights fitted on the other sets, with the default thresholds."""
    shares = cross_validate(learned)
    for own in (own for own in learned if own.examples):
        outcomes = [
            outcome_of(example, own_shares, default_ranking())
            for example, own_shares in zip(own.examples, shares[own.name], strict=True)
        ]
        asked = [Asked(query, outcome, None, 0.0) for query, outcome in zip(own.queries, outcomes, strict=True)]
        yield Evaluation(own.name, tuple(asked), ())


Pairs = Sequence[tuple[LabelledQuery, Outcome]]


def by_set(
    shared: Path, encoder: Encoder, learned: Sequence[Learned], evaluations: Sequence[Evaluation]
) -> Iterator[str]:
    """Yield the rows of the table: every set, as a knowledge base never seen."""
    yield from set_head()
    sets = {evaluation.snapshot: pairs_of(evaluation) for evaluation in evaluations}
    for own in (own for own in learned if own.examples):
        yield set_row(own.name, own.records, sets[own.name])
    yield crowded_row(shared, encoder, learned)
    for title, names in (("technical", TECHNICAL), ("everyday", EVERYDAY), ("all", tuple(sets))):
        records = sum(own.records for own in learned if own.name in names)
        yield set_row(f"**{title}**", records, [each for name in names for each in sets[name]])


def pairs_of(evaluation: Evaluation) -> Pairs:
    """Return each query with what it got."""
    return [(asked.query, asked.outcome) for asked in evaluation.asked]


def unseen(shared: Path, encoder: Encoder) -> Iterator[str]:
    """Yield the rows of the table: FAQs whose authors saw none of the others, each alone and all together."""
    yield from set_head()
    sets = [own for own in quality_sets(shared) if own.use == "unseen"]
    alone = {own.name: asked_alone(own.records, own.queries, encoder) for own in sets}
    for own in sets:
        yield set_row(own.name, len(own.records), alone[own.name])
    for title, names in (("products", UNSEEN_PRODUCTS), ("everyday", UNSEEN_EVERYDAY)):
        records = sum(len(own.records) for own in sets if own.name in names)
        yield set_row(f"**{title}, each alone**", records, [each for name in names for each in alone[name]])
    others = [own for own in quality_sets(shared) if own.name in {*TECHNICAL, *EVERYDAY} - {"paddleclas"}]
    records = [replace(record, id=f"{own.name}/{record.id}") for own in (*sets, *others) for record in own.records]
    queries = [
        replace(query, relevant=tuple(f"{own.name}/{record}" for record in query.relevant))
        for own in sets
        for query in own.queries
    ]
    yield set_row("**all in one crowd**", len(records), asked_alone(records, queries, encoder))


def asked_alone(records: Sequence[Record], queries: Sequence[LabelledQuery], encoder: Encoder) -> Pairs:
    """Return what queries get from a knowledge base as it comes."""
    with opened(records, encoder) as knowledge:
        return pairs_of(evaluate(knowledge, queries))


def crowded_row(shared: Path, encoder: Encoder, learned: Sequence[Learned]) -> str:
    """Return the row of the development queries over ten thousand records, 138 of them theirs."""
    own = next(each for each in quality_sets(shared) if each.name == "paddleclas")
    everything = (*own.records, *crowd(shared, CROWD - len(own.records)))
    weights = fit_all([other for other in learned if other.name != own.name])
    with opened(everything, encoder) as knowledge:
        examples = collect_examples(knowledge, own.queries)
    outcomes = [outcome_of(example, weights.shares(example), default_ranking()) for example in examples]
    return set_row("paddleclas in a crowd", len(everything), list(zip(own.queries, outcomes, strict=True)))


def set_head() -> Iterator[str]:
    """Yield the head of a table of sets."""
    yield f"| | records | queries | near | {' | '.join(SET_FIGURES)} |"
    yield f"| --- {'| --- ' * (len(SET_FIGURES) + 3)}|"


def set_row(name: str, records: int, asked: Pairs) -> str:
    """Return one row."""
    figures = figures_by_kind(asked)
    values = ("-" if figures[each] is None else f"{figures[each]:.2f}" for each in SET_FIGURES)
    near = sum(query.kind == "near" for query, _ in asked)
    return f"| {name} | {records} | {len(asked)} | {near} | {' | '.join(values)} |"


def words(shared: Path, encoder: Encoder, weights: Weights) -> Iterator[str]:
    """Yield the rows of the table: swapped words, controls, and highlighted sentences."""
    guard = PARTS.index("conflicts")
    blind = Weights(np.where(np.arange(len(PARTS)) == guard, 0.0, weights.of_parts), weights.intercept)
    yield "| | cases | with the guard | without |"
    yield "| --- | --- | --- | --- |"
    for name, title in (
        ("swaps", "the right one of two records that differ in a word"),
        ("controls", "a symptom and its cure"),
    ):
        cases = swapped(name, encoder)[1::2]
        for kind in sorted({kind for kind, _ in cases}):
            own = [example for each, example in cases if each == kind]
            shares = [np.mean([right_first(one, example) for example in own]) for one in (weights, blind)]
            yield f"| {title}, {kind} | {len(own)} | {shares[0]:.3f} | {shares[1]:.3f} |"
    for title, name in (("the sentence that answers", "highlights"), ("the same, unseen FAQs", "unseen/highlights")):
        right, cases = highlighted(name, shared, encoder)
        yield f"| {title} | {cases} | {right / cases:.3f} | |"


def right_first(weights: Weights, example: Example) -> bool:
    """Say whether the right record is surer."""
    return bool(example.right[weights.shares(example).argmax()])


def highlighted(name: str, shared: Path, encoder: Encoder) -> tuple[int, int]:
    """Return how many highlights overlap the sentence that a person marked by half at least, and of how many."""
    lines = (OWN_QUERIES / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    cases = [json.loads(line) for line in lines]
    right = 0
    for own in sorted({case["kb"] for case in cases}):
        asked = {case["record"] for case in cases if case["kb"] == own}  # no other record has a say in a highlight
        own_records = [record for record in read_set(shared, own).records if record.id in asked]
        records = {record.id: replace(record, tags=(str(at),)) for at, record in enumerate(own_records)}
        with opened(list(records.values()), encoder) as knowledge:
            for case in (case for case in cases if case["kb"] == own):
                record = records[case["record"]]
                mark = knowledge.search(case["query"], filter=Filter(tags=record.tags))[0].highlight
                spans = [(span["start"], span["end"]) for span in case["spans"]]
                right += any(overlaps(mark.start, mark.end, *span) for span in spans)
    return right, len(cases)


def overlaps(start: int, end: int, other_start: int, other_end: int) -> bool:
    """Say whether two spans share half of the shorter one."""
    return min(end, other_end) - max(start, other_start) >= 0.5 * min(end - start, other_end - other_start)


@contextmanager
def opened(records: Sequence[Record], encoder: Encoder) -> Iterator[KnowledgeBase]:
    """Build a knowledge base of some records and open it for a while."""
    with tempfile.TemporaryDirectory() as folder:
        build_snapshot(Path(folder), records, encoder)
        with closing(KnowledgeBase.open(Path(folder))) as knowledge:
            yield knowledge


@contextmanager
def unadapted_encoder() -> Iterator[Encoder]:
    """Prepare the bundled weights without their adapter."""
    with tempfile.TemporaryDirectory() as scratch:
        with quiet_libraries():
            assemble_e5(read_bundled_weights(find_bundled_weights())).save(f"{scratch}/e5")
        yield Encoder(prepare_model(f"{scratch}/e5", folder=Path(scratch) / "prepared"))


def draw(evaluations: Sequence[Evaluation]) -> None:
    """Draw the reliability diagram and the risk-coverage curve of all sets."""
    asked = tuple(entry for evaluation in evaluations for entry in evaluation.asked)
    draw_plots(Evaluation("", asked, ()), ROOT / "docs")


if __name__ == "__main__":
    main()
