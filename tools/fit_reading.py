"""Fits the weights by which readings compete: `python tools/fit_reading.py [--more FOLDER]… [--write] [--show]`.

Gold are our own fixtures, the hand-read files and cases of SHARED (FAQ_SHARED, else `shared` beside the checkout) where
it is there, and with `--more` the cases in FOLDER and the files that tests/gold tells of, as FOLDER/files/NAME. Each
candidate of each document is an example: is it a question of the gold? The weights are the logistic regression's that
lies nearest to both the examples and EXPECTED, what one would say without any (a Gaussian prior).

The figures printed are of projects left out: each project is read by weights fitted to all others. `--write` then fits
to all of them and writes ingest/readings/weights.json.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
HASHES = ROOT / "tests" / "gold"
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "tools"))

from gold import GoldFile, cases, fixtures, hash_of, hashed_gold, normal, not_here, shared_gold  # noqa: E402

from faqkb.ingest.document import read_document  # noqa: E402
from faqkb.ingest.page.markdown import Budget  # noqa: E402
from faqkb.ingest.page.model import Page  # noqa: E402
from faqkb.ingest.page.text import readable  # noqa: E402
from faqkb.ingest.readings.choice import chosen_of, judge  # noqa: E402
from faqkb.ingest.readings.features import Features, Place, answer_of  # noqa: E402
from faqkb.ingest.readings.orders import FREE  # noqa: E402
from faqkb.ingest.readings.proposals import Candidate  # noqa: E402
from faqkb.ingest.readings.scoring import PATH  # noqa: E402
from faqkb.ingest.readings.tree import Section  # noqa: E402
from faqkb.ingest.rendering import render_answer  # noqa: E402
from faqkb.ingest.styles.footnotes import with_footnotes  # noqa: E402
from faqkb.ingest.styles.spans import Span  # noqa: E402

PRIOR_WIDTH = 0.7  # of the Gaussian around what is expected: how far the examples may move a weight
STEPS = 60

# What one would say without any example.
EXPECTED = {
    "heading": -2.6, "mark": 1.8, "ends": 0.7, "words": 0.6, "label": 2.5, "answered": 2.0,
    "label_answered": 5.0, "trouble": 0.6,
    "guide": -2.0, "long": 0.6, "prose": -1.5, "group_asks": 2.0, "group_label": 1.0, "group_answered": 0.5,
    "group_trouble": 0.9, "group_guide": -1.6, "group_size": 0.2, "group_large_asks": 0.8, "alone": -0.2,
    "announced": 1.2, "named": 0.8, "outside": -1.0, "above_asks": -2.5, "above_words": -0.5, "above_trouble": 0.2,
    "above_guide": -0.6, "level_asks": 0.8, "children_ask": -3.0, "children_label": -2.0, "own_text": -1.5,
    "among_labels": 1.5, "beyond_labels": -1.5, "beside": 1.0, "signed": -1.0, "closing": -5.0, "part": -2.0,
    "group_part": -1.5, "children_part": 2.5, "title_asks": 2.5, "own_text_sure": 6.0, "holds_labels": -4.0,
    "above_asks_too": -1.0, "group_mark": 1.0, "text_asks": -3.0, "style_run-in line": -4.0, "parts": -1.0,
    "text": 0.5, "no_content": -1.0, "leaf": 0.3, "group_text": 0.3, "group_leaf": 0.3, "stating": 3.0,
    "stating_named": 0.6, "title": -2.5, "only": 1.0, "file": -2.5, "file_question": 10.0, "covers": 0.8,
    "distinct": 0.5, "under_aside": -1.5, "style_labels": -2.2, "style_answers": -2.2, "style_details": -2.4,
    "style_inner details": -3.0, "style_bold": -3.2, "style_quotes": -4.0, "style_table": -1.2,
    "style_other table": -4.5, "style_definitions": -3.0, "style_items": -3.6, "style_bold line": -3.2,
    "style_arrow line": -2.0, "style_asking line": -2.5, "own_text_asks": 1.0, "own_text_labels": 2.0,
    "style_questions": -4.2,
}  # fmt: skip


@dataclass(slots=True)
class Example:
    """A document, its candidates and which of them the gold has."""

    gold: GoldFile
    root: Section
    place: Place
    features: list[Features] = field(default_factory=list)
    right: list[bool] = field(default_factory=list)


def examples_of(gold: GoldFile) -> Iterator[Example]:
    """Yield the document as one that somebody names, and as one found in a folder."""
    for by_hand in (True, False):
        source, _ = readable(gold.source.read_text(encoding="utf-8"))
        reading = read_document(source, Budget(gold.name, len(source)), by_hand=by_hand)
        example = Example(gold, reading.root, reading.place)
        _label(example, [o for v in reading.verdicts.values() for option in v.options for o in option.candidates])
        yield example


def _label(example: Example, candidates: Sequence[Candidate]) -> None:
    """A candidate is right when it asks what the gold asks, and ends where the gold ends, if any candidate does."""
    page = example.root.region.page
    edges = {one.question: one for one in example.gold.records}
    whole: dict[str, list[bool]] = defaultdict(list)
    for candidate in candidates:
        question = hash_of(normal(candidate.span.name.question))
        if question in edges:
            whole[question].append(edges[question].is_answer(text_of(example.gold, page, candidate.span)))
    seen: dict[str, int] = defaultdict(int)
    for candidate in candidates:
        question = hash_of(normal(candidate.span.name.question))
        right = question in edges
        if right:
            right = whole[question][seen[question]] or not any(whole[question])
            seen[question] += 1
            if not right and candidate.features.get("heading"):
                continue  # answered by all below it or by its own text: which one is no fault of its words
        example.features.append(candidate.features)
        example.right.append(right)


_texts: dict[str, str] = {}


def text_of(gold: GoldFile, page: Page, span: Span) -> str:
    """Return the letters of an answer as a reader sees it; the cases' are compared as written."""
    answer = with_footnotes(answer_of(page, span), page.footnotes)
    if gold.kind in {"cases", "fixtures"}:
        return normal(answer)
    if answer not in _texts:
        rendered = render_answer(answer, page.references, Budget(page.path, len(page.source)), None)
        _texts[answer] = normal(rendered.text) if rendered else ""
    return _texts[answer]


def fit(examples: Sequence[Example]) -> dict[str, float]:
    """Return the weights: Newton's method on the log posterior."""
    names = sorted(EXPECTED)
    rows = [[float(features.get(name, 0.0)) for name in names] for one in examples for features in one.features]
    x = np.array(rows)
    y = np.array([float(right) for one in examples for right in one.right])
    weight = np.concatenate([np.full(len(one.right), _worth(one)) for one in examples])
    expected = np.array([EXPECTED[name] for name in names])
    w = expected.copy()

    def loss(w: np.ndarray) -> float:
        z = x @ w
        return float(weight @ (np.logaddexp(0, z) - y * z) + ((w - expected) ** 2).sum() / 2 / PRIOR_WIDTH**2)

    for _ in range(STEPS):
        p = 1 / (1 + np.exp(-np.clip(x @ w, -30, 30)))
        gradient = x.T @ (weight * (y - p)) - (w - expected) / PRIOR_WIDTH**2
        hessian = (x * (weight * p * (1 - p))[:, None]).T @ x + np.eye(len(names)) / PRIOR_WIDTH**2
        step = np.linalg.solve(hessian, gradient)
        while loss(w + step) > loss(w) and np.abs(step).max() > 1e-6:
            step /= 2  # Newton's step goes too far where nearly all is decided
        w = w + step
        if np.abs(step).max() < 1e-4:
            break
    return dict(zip(names, np.round(w, 3).tolist(), strict=True))


def _worth(example: Example) -> float:
    """Return the weight of each candidate of a document: a long file counts more than a short one, but not as much.

    What our own fixtures promise counts three times.
    """
    own = 3.0 if example.gold.kind == "fixtures" else 1.0
    return own * float(min(3.0, 12 / max(len(example.right), 1) ** 0.75))


@dataclass(slots=True)
class Score:
    """Counts over documents."""

    gold: int = 0
    found: int = 0
    questions: int = 0
    boundaries: int = 0

    def add(self, other: Score) -> None:
        """Add the counts of another one."""
        self.gold += other.gold
        self.found += other.found
        self.questions += other.questions
        self.boundaries += other.boundaries

    def line(self) -> str:
        """Return recall, precision and both F1."""
        recall, precision = self.questions / max(self.gold, 1), self.questions / max(self.found, 1)
        f1, edge_f1 = (2 * n / max(self.gold + self.found, 1) for n in (self.questions, self.boundaries))
        return (
            f"gold {self.gold:5d}  found {self.found:5d}  recall {recall:.3f}  precision {precision:.3f}"
            f"  F1 {f1:.3f}  boundaries F1 {edge_f1:.3f}"
        )


def score(example: Example, weights: dict[str, float], show: list[str]) -> Score:
    """Return how a document is read by the weights."""
    page = example.root.region.page
    chosen = chosen_of(example.root, judge(example.root, example.place, defaultdict(lambda: FREE), weights))
    found = [(normal(one.span.name.question), text_of(example.gold, page, one.span), one.span.line) for one in chosen]
    found += [(normal(pair.question), normal(pair.answer), 1) for pair in page.front.pairs]
    found = [one for one in found if one[1]]
    result = Score(gold=len(example.gold.records), found=len(found))
    for expected in example.gold.records:
        match = next((one for one in found if expected.is_question(one[0])), None)
        if match is None:
            show.append(f"  missed {expected.label[:90]}")
            continue
        found.remove(match)
        result.questions += 1
        same = expected.is_answer(match[1])
        result.boundaries += same
        show += [] if same else [f"  edges of {expected.label[:60]}: {match[1][:50]!r} … {match[1][-50:]!r}"]
    show += [f"  invented, line {line}: {question[:90]}" for question, _, line in found]
    return result


def gold_files(shared: Path, folders: Sequence[Path]) -> list[GoldFile]:
    """Return all that is fitted to; a line to standard error says how many hand-read files FOLDERS lack."""
    files = [
        *shared_gold(shared),
        *cases(shared / "data" / "cases"),
        *fixtures(ROOT / "tests" / "fixtures" / "markdown"),
        *cases(ROOT / "tests" / "fixtures" / "cases"),
    ]
    more = [gold for folder in folders for gold in (*hashed_gold(HASHES, folder), *cases(folder))]
    if folders and (line := not_here(HASHES, more)):
        print(line, file=sys.stderr)
    return files + more


def main() -> int:
    """Run the script; the exit status."""
    parser = argparse.ArgumentParser(description="Fit the weights by which readings compete.")
    parser.add_argument("--shared", default=os.environ.get("FAQ_SHARED", str(ROOT.parent / "shared")))
    parser.add_argument("--more", action="append", default=[], type=Path, help="folder with cases or files/")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--show", action="store_true", help="name what differs")
    options = parser.parse_args()
    files = gold_files(Path(options.shared), options.more)
    examples = [example for gold in files for example in examples_of(gold)]
    by_project: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        by_project[example.gold.project].append(example)
    total = {"named by hand": Score(), "found in a folder": Score()}
    kinds: dict[str, Score] = defaultdict(Score)
    for project, left_out in sorted(by_project.items()):
        weights = fit([one for one in examples if one.gold.project != project])
        for i, example in enumerate(left_out):
            show: list[str] = []
            result = score(example, weights, show)
            total["found in a folder" if i % 2 else "named by hand"].add(result)
            kinds[example.gold.kind].add(result)
            if options.show and show and i % 2 == 0:
                print(example.gold.name, result.line(), *show, sep="\n")
    for name, result in [*total.items(), *sorted(kinds.items())]:
        print(f"left out, {name:20} {result.line()}")
    weights = fit(examples)
    fitted = Score()
    for example in examples:
        fitted.add(score(example, weights, []))
    print(f"fitted,   {'all':20} {fitted.line()}")
    if options.write:
        document = {"made_by": "python tools/fit_reading.py --write", "projects": len(by_project), "weights": weights}
        PATH.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
