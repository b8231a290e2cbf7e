"""Measures the search of an exported site beside the server's own; writes the table of docs/static-site.md.

    python tools/site_quality.py [SHARED] [--fit] [--dry-run]

SHARED is the folder of test data (default: `shared` beside the checkout). The site's own JavaScript is run in the
system's Chromium, and searches by words and by meaning (`make site-runtime` first). How long an answer by meaning takes
is printed to standard error. `--fit` first fits its weights and thresholds (server/site/ranking.json) on the `encoder`
sets of `tools/quality_sets.py`; none of what is reported is among them.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from playwright.sync_api import Page, sync_playwright
from quality_sets import ROOT, QualitySet, quality_sets, read_set, small_talk

from faqkb.ingest import read_sources
from faqkb.kb.answers import Status
from faqkb.kb.building.build import build_snapshot
from faqkb.kb.evaluation.outcome import Outcome
from faqkb.kb.evaluation.queries import LabelledQuery, evaluate, letters, read_queries, report
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.learning.fitting import (
    Calibration,
    Example,
    Thresholds,
    Values,
    Weights,
    choose_thresholds,
    fit_calibration,
    fit_weights,
)
from faqkb.kb.limits import CHOICES
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.model.files import default_folder
from faqkb.kb.records import Record
from faqkb.server.site.build import search_index
from faqkb.server.site.meaning import FOLDER, MeaningSearch, browser_encoder
from faqkb.server.site.runtime import default_package, runtime_files

SITE = ROOT / "server" / "site"
RANKING = SITE / "ranking.json"
DOCUMENT = ROOT / "docs" / "static-site.md"
REPORTED = ("dolphinscheduler", "juicefs", "open_webui", "react")
CANDIDATES = 60  # of one query that are fitted on
RIDGE = 1e-3
TALK_WEIGHT = 0.025  # of a line of small talk, which each of twenty sets gets
WINDOW = 0.1  # of confidence
FOLDS = 5  # of sets: what calibrates and chooses thresholds was predicted by weights fitted on the others
FIGURES = ("recall@1", "recall@3", "mrr", "auroc", "ece", "answered_precision", "answered_coverage", "shown_right")
FIGURES += ("false_answers", "false_choices")
SCRIPTS = "assets/site"  # where an exported site has them, below another name
WORDS, MEANING = "site, words", "site, meaning"
SAME = ("server", MEANING)  # whose first records are compared
# Both calls return plain values: an answer for each question, and what every candidate is judged by.
ANSWERS = """async ([content, questions]) => {
  const { Index } = await import("./ranking.js");
  const index = new Index(content);
  return questions.map((question) => {
    const { status, hits, shown } = index.answer(question);
    return { status, shown: shown.length, hits: hits.map(({ position, confidence }) => [position, confidence]) };
  });
}"""
JUDGED = """async ([content, questions, most]) => {
  const { Index } = await import("./ranking.js");
  const index = new Index(content);
  return questions.map((question) =>
    index.candidates(question).sort((one, other) => other.parts[3] - one.parts[3]).slice(0, most)
      .map(({ position, parts }) => [position, parts]));
}"""


# The same of the search by meaning, whose files are served beside the scripts, and how long each answer took.
MEANT = """async ([address, questions]) => {
  const manifest = await (await fetch(new URL("manifest.json", address))).json();
  const worker = new Worker(new URL("worker.js", address), { type: "module" });
  const reply = (sent) => new Promise((resolve, reject) => {
    worker.onerror = reject;
    worker.onmessage = ({ data }) => {
      if (data.failed !== undefined) reject(new Error(data.failed));
      if (data.ready || data.answer) resolve(data.answer);
    };
    worker.postMessage(sent);
  });
  await reply({ manifest });
  const found = [];
  for (const [number, question] of questions.entries()) {
    const started = performance.now();
    const { status, hits, shown } = await reply({ number, question });
    const ms = performance.now() - started;
    const told = hits.map(({ position, confidence }) => [position, confidence]);
    found.push({ status, shown: shown.length, hits: told, ms });
  }
  worker.terminate();
  return found;
}"""


def main() -> None:
    """Fit when asked to, measure, and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared", nargs="?", type=Path, default=ROOT.parent / "shared")
    parser.add_argument("--fit", action="store_true", help="fit the weights of server/site/ranking.json first")
    parser.add_argument("--dry-run", action="store_true", help="print the table, write no document")
    chosen = parser.parse_args()
    with scripts_in_chromium() as served:
        if chosen.fit:
            RANKING.write_text(fitted(served.page, chosen.shared), encoding="utf-8")
        table = "\n".join(rows(served, chosen.shared))
    print(table)
    if not chosen.dry_run:
        text = DOCUMENT.read_text(encoding="utf-8")
        marked = re.sub(r"(<!-- quality -->\n).*?(<!-- end -->)", rf"\g<1>{table}\n\g<2>", text, flags=re.DOTALL)
        DOCUMENT.write_text(marked, encoding="utf-8")


class Served(NamedTuple):
    """A page that can import the site's scripts, and the folder that these are served from."""

    page: Page
    folder: Path
    """Of a site: the scripts lie two folders down, as in an exported one."""


@contextmanager
def scripts_in_chromium() -> Iterator[Served]:
    """Lend a page with the site's scripts, served from a free port."""
    with tempfile.TemporaryDirectory() as folder:
        scripts = Path(folder) / SCRIPTS
        shutil.copytree(SITE, scripts)
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=folder))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
                page = browser.new_page()
                page.goto(f"http://127.0.0.1:{server.server_port}/{SCRIPTS}/")
                yield Served(page, Path(folder))
                browser.close()
        finally:
            server.shutdown()
            server.server_close()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def reported_sets(shared: Path) -> Iterator[QualitySet]:
    """Yield what is reported: the development queries, four FAQs never fitted on, and our own content."""
    yield next(quality_sets(shared))
    for name in REPORTED:
        yield read_set(shared, name)
    content = tuple(read_sources([ROOT / "content"]).records)
    yield QualitySet("content", "ranking", content, read_queries(ROOT / "docs" / "queries.jsonl"))


def rows(served: Served, shared: Path) -> Iterator[str]:
    """Yield the table: each set and language, searched by the server, by the site's words, and by its encoder."""
    encoder = Encoder(default_folder())
    for_browser = browser_encoder(("en", "zh"), ())
    yield f"| set | queries | searched by | {' | '.join(FIGURES)} |"
    yield f"| --- | --- | --- {'| --- ' * len(FIGURES)}|"
    together: dict[str, list[Outcome]] = {"server": [], WORDS: [], MEANING: []}
    same = 0
    for own in reported_sets(shared):
        found = {WORDS: site_outcomes(served.page, own)}
        with built(own, encoder) as knowledge:
            found["server"] = list(evaluate(knowledge, own.queries).outcomes)
            found[MEANING] = meaning_outcomes(
                served, own, MeaningSearch(knowledge, runtime_files(default_package()), for_browser)
            )
        for language in sorted({query.language for query in own.queries}):
            chosen = [at for at, query in enumerate(own.queries) if query.language == language]
            for who in together:
                yield row(f"{own.name}, {language}", who, [found[who][at] for at in chosen])
        for who, outcomes in found.items():
            together[who] += outcomes
        same += sum(
            one.ranked[:1] == other.ranked[:1] for one, other in zip(*(found[who] for who in SAME), strict=True)
        )
    for who, outcomes in together.items():
        yield row("**all**", who, outcomes)
    print(f"by meaning, {same} of {len(together[MEANING])} first records are the server's", file=sys.stderr)


def row(name: str, who: str, outcomes: Sequence[Outcome]) -> str:
    """Return one row; a figure about no query is a dash."""
    figures = report(outcomes)
    cells = ("-" if figures["intervals"][each] is None else f"{figures[each]:.2f}" for each in FIGURES)
    return f"| {name} | {len(outcomes)} | {who} | {' | '.join(cells)} |"


@contextmanager
def built(own: QualitySet, encoder: Encoder) -> Iterator[KnowledgeBase]:
    """Lend a knowledge base of a set's records, with the ranking that is shipped."""
    with tempfile.TemporaryDirectory() as folder:
        build_snapshot(Path(folder), own.records, encoder)
        with closing(KnowledgeBase.open(Path(folder))) as knowledge:
            yield knowledge


def meaning_outcomes(served: Served, own: QualitySet, search: MeaningSearch) -> list[Outcome]:
    """Return what the site's search by meaning gives; say how long it took."""
    files = [*search.lasting(), *((f"{SCRIPTS}/{path}", content) for path, content in search.scripts(len(own.records)))]
    for path, content in files:
        place = served.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    address = f"{served.page.url}{FOLDER}/"
    found = served.page.evaluate(MEANT, [address, [query.query for query in own.queries]])
    times = np.array([each["ms"] for each in found])
    p50, p95 = np.percentile(times, (50, 95))
    print(f"{own.name}: first answer {times[0]:.0f} ms, p50 {p50:.0f}, p95 {p95:.0f}", file=sys.stderr, flush=True)
    return outcomes_of(found, own)


def site_outcomes(page: Page, own: QualitySet) -> list[Outcome]:
    """Return what the site's search gives."""
    found = page.evaluate(ANSWERS, [search_index(own.records), [query.query for query in own.queries]])
    return outcomes_of(found, own)


def outcomes_of(found: Sequence[Mapping[str, Any]], own: QualitySet) -> list[Outcome]:
    """Return the outcomes of a set's queries, from what the scripts answered."""
    return [
        Outcome(
            ranked=tuple(own.records[position].id for position, _ in each["hits"]),
            relevant=relevant(query, own.records),
            status=Status(each["status"]),
            confidence=each["hits"][0][1] if each["hits"] else 0.0,
            choices=each["shown"] if each["status"] == "ambiguous" else 0,
        )
        for query, each in zip(own.queries, found, strict=True)
    ]


def relevant(query: LabelledQuery, records: Sequence[Record]) -> frozenset[str]:
    """Return the ids of the records that answer a query."""
    wanted = {*query.relevant, *map(letters, query.relevant)}
    found = {each.id for each in records if not wanted.isdisjoint({each.id, each.question, letters(each.question)})}
    return frozenset(found or query.relevant)


def fitted(page: Page, shared: Path) -> str:
    """Return the content of ranking.json, fitted on the `encoder` sets."""
    sets = [own for own in quality_sets(shared) if own.use == "encoder"]
    examples = [examples_of(page, own) for own in sets]
    everything = [example for own in examples for example in own]
    nothing = Weights(np.zeros(everything[0].parts.shape[1]), 0.0)  # as many weights as the scripts have parts
    held_out: list[Example] = []
    shares: list[Values] = []
    for fold in range(FOLDS):
        weights = fit_weights(
            [e for at, own in enumerate(examples) if at % FOLDS != fold for e in own], ridge=RIDGE, prior=nothing
        )
        for own in examples[fold::FOLDS]:
            held_out += own
            shares += [weights.shares(example) for example in own]
    calibration = fit_calibration(held_out, shares)
    confidences = [calibration.confidences(own) for own in shares]
    answered = choose_thresholds(held_out, confidences).answered_above
    weights = fit_weights(everything, ridge=RIDGE, prior=nothing)
    thresholds = Thresholds(answered, choices_above(held_out, confidences, answered))
    return ranking_json(weights, calibration, thresholds, len(everything))


def choices_above(examples: Sequence[Example], confidences: Sequence[Values], answered: float) -> float:
    """Return the lowest confidence at which choices hold a right record half of the time.

    The server offers choices to at most one in ten questions that nothing answers; words alone tell those from others
    so badly that this rule would offer next to none.
    """
    best = np.array([own.max() for own in confidences])
    shown = [
        example.right[np.argsort(-own)[:CHOICES]].any() for example, own in zip(examples, confidences, strict=True)
    ]
    weight = np.array([example.weight for example in examples])
    for at in np.arange(0.02, answered, 0.01):
        chosen = weight * ((best >= at) & (best < at + WINDOW))  # those at the threshold, not those far above it
        if chosen @ np.array(shown) >= chosen.sum() / 2:
            return round(float(at), 2)
    return answered


def ranking_json(weights: Weights, calibration: Calibration, thresholds: Thresholds, queries: int) -> str:
    """Return the weights as the site's search reads them."""
    fields = {
        "weights": [round(float(each), 4) for each in weights.of_parts],
        "intercept": round(weights.intercept, 4),
        "slope": round(calibration.slope, 4),
        "offset": round(calibration.offset, 4),
        "answered_above": thresholds.answered_above,
        "ambiguous_above": thresholds.ambiguous_above,
        "queries": queries,
    }
    return json.dumps(fields, indent=1) + "\n"


def examples_of(page: Page, own: QualitySet) -> list[Example]:
    """Return a set's queries, and small talk, as examples; one that no record shares a word with teaches nothing."""
    asked = [(query, 1.0) for query in own.queries] + [(query, TALK_WEIGHT) for query in small_talk()]
    judged = page.evaluate(JUDGED, [search_index(own.records), [query.query for query, _ in asked], CANDIDATES])
    examples = []
    for (query, weight), candidates in zip(asked, judged, strict=True):
        if candidates:
            answers = relevant(query, own.records)
            parts = np.array([values for _, values in candidates])
            right = np.array([own.records[position].id in answers for position, _ in candidates])
            examples.append(Example(parts, right, in_scope=bool(answers), weight=weight))
    return examples


if __name__ == "__main__":
    main()
