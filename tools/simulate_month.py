"""A month of traffic, what a maintainer accepts of it, and what that is worth on questions never seen.

    python tools/simulate_month.py [--sets NAME,…] [--seed N]

The labelled paraphrases of each record are halved: one half is asked of a real server (each a few times, over thirty
days by its clock), the other half is only measured. Readers open the right record where it is offered, vote against a
wrong answer, and do nothing else. `faq gaps` puts together what was missed; the maintainer accepts a gap for the record
that the labels of its wordings name most, where it is among the nearest or can be told, and rejects what has none.
`faq improve` writes the patch, git applies it, `faq ingest` publishes. Measured before and after: recall@1 of the half
that was not asked, and the questions that went from right to wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import select
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import quality_sets

from faqkb.ingest import read_sources
from faqkb.kb.building.build import build_snapshot
from faqkb.kb.evaluation.queries import LabelledQuery
from faqkb.kb.feedback.questions import folded
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.model.encoder import Encoder

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
SETS = (
    *("jinspect", "keynest", "marlinmq", "quillpress", "lumenbox", "hearthkit", "library", "hospital", "museum"),
    *("railway", "city_bank", "water_company", "zh_clinic", "swim_centre", "housing_estate", "driving_school"),
    *("dolphinscheduler", "juicefs", "open_webui", "react", "chatgpt_web", "magento"),
)
"""Those that the encoder was not trained on."""
_RESAMPLES = 2_000


@dataclass(slots=True)
class Outcome:
    """What came of one set."""

    name: str
    before: list[bool] = field(default_factory=list)
    """Of each measured question, whether the right record was first."""
    after: list[bool] = field(default_factory=list)
    regressed: list[str] = field(default_factory=list)
    """Of all questions, asked ones too, those that were right and are wrong."""
    gaps: int = 0
    accepted: int = 0
    wordings: int = 0


def main() -> None:
    """Simulate a month over each set, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    outcomes = []
    for name in given.sets.split(","):
        with tempfile.TemporaryDirectory() as folder:
            outcomes.append(simulate(name, Path(folder), random.Random(f"{given.seed} {name}")))
        print(row(outcomes[-1].name, [outcomes[-1]]), flush=True)
    print(row("all", outcomes))
    for outcome in outcomes:
        for question in outcome.regressed:
            print(f"was right, is wrong: {outcome.name}: {question}")


def simulate(name: str, folder: Path, chosen: random.Random) -> Outcome:
    """Return what a month brings to one set; everything is made below a folder."""
    own = quality_sets.read_set(SHARED, name)
    files = copied(folder, name)
    publish(folder, files)
    traffic, measured = halves([query for query in own.queries if query.relevant], chosen)
    nowhere = [query for query in own.queries if not query.relevant]
    outcome = Outcome(name)
    right_before = first_right(folder, [*traffic, *measured])
    outcome.before = [right_before[query.query] for query in measured]
    ask_a_month(folder, [*traffic, *nowhere], chosen)
    accept(folder, files, {folded(query.query): query.relevant for query in traffic}, outcome)
    publish(folder, files)
    right_after = first_right(folder, [*traffic, *measured])
    outcome.after = [right_after[query.query] for query in measured]
    outcome.regressed = [text for text, is_right in right_before.items() if is_right and not right_after[text]]
    return outcome


def halves(queries: Sequence[LabelledQuery], chosen: random.Random) -> tuple[list[LabelledQuery], list[LabelledQuery]]:
    """Return the paraphrases of each record in two halves; of an odd number the larger half is asked."""
    by_record: dict[str, list[LabelledQuery]] = {}
    for query in queries:
        by_record.setdefault(query.relevant[0], []).append(query)
    traffic: list[LabelledQuery] = []
    measured: list[LabelledQuery] = []
    for own in by_record.values():
        chosen.shuffle(own)
        if len(own) > 1:
            traffic += own[: (len(own) + 1) // 2]
            measured += own[(len(own) + 1) // 2 :]
    return traffic, measured


def copied(folder: Path, name: str) -> list[str]:
    """Copy the FAQ of a set; returns the names of its files."""
    entry = quality_sets.own_sets()[name]
    own = [quality_sets.OWN_QUERIES / entry["faq"]] if "faq" in entry else []
    for path in own or [SHARED / "data/corpora" / file for file in entry["files"]]:
        shutil.copyfile(path, folder / path.name)
    return [path.name for path in own] or [Path(file).name for file in entry["files"]]


def publish(folder: Path, files: Sequence[str]) -> None:
    """Ingest the FAQ."""
    build_snapshot(folder / "kb", read_sources([folder / file for file in files]).records, encoder())


def encoder() -> Encoder:
    """Return the default model."""
    from faqkb.faq.bootstrap import encoder_folder  # noqa: PLC0415

    global _ENCODER  # noqa: PLW0603
    _ENCODER = _ENCODER or Encoder(encoder_folder(ROOT / "build" / "none"))
    return _ENCODER


_ENCODER: Encoder | None = None


def first_right(folder: Path, queries: Sequence[LabelledQuery]) -> dict[str, bool]:
    """Return of each question whether the right record comes first, whatever the confidence."""
    with closing(KnowledgeBase.open(folder / "kb")) as knowledge:
        found = {query.query: knowledge.search(query.query, limit=1) for query in queries}
        wanted = {query.query: query.relevant for query in queries}
        return {text: bool(hits) and hits[0].record.id in wanted[text] for text, hits in found.items()}


def ask_a_month(folder: Path, queries: Sequence[LabelledQuery], chosen: random.Random) -> None:
    """Ask a server every question one to four times, as readers do who press no button but the record they want."""
    asked = [query for query in queries for _ in range(chosen.randint(1, 4))]
    chosen.shuffle(asked)
    with served(folder / "kb") as url:
        for query in asked:
            answer = post(f"{url}/api/v1/ask", {"question": query.query})
            judge(url, answer, query)


def judge(url: str, answer: dict, query: LabelledQuery) -> None:
    """Open the right record where it is offered; vote against an answer that is wrong."""
    token = answer["answer_token"]
    shown = [hit["id"] for hit in answer["answers"]] or [near["id"] for near in answer["no_answer"]["suggestions"]]
    if answer["status"] == "answered" and answer["answers"][0]["id"] not in query.relevant:
        post(f"{url}/api/v1/feedback", {"answer_token": token, "helpful": False, "tags": ["not_my_question"]})
    elif answer["status"] != "answered":
        for record_id in shown:
            if record_id in query.relevant:
                post(f"{url}/api/v1/clicks", {"answer_token": token, "record_id": record_id})
                return


def accept(folder: Path, files: Sequence[str], labels: dict[str, tuple[str, ...]], outcome: Outcome) -> None:
    """Accept what a maintainer would who knows the records, and apply the patch."""
    found = json.loads(faq(folder, "gaps", "--json").stdout)["gaps"]
    accepted, rejected = [], []
    for gap in found:
        wanted = Counter(record for each in gap["wordings"] for record in labels.get(folded(each["question"]), ())[:1])
        if wanted:
            accepted.append(f"{gap['id']}={wanted.most_common(1)[0][0]}")
            outcome.wordings += len(gap["wordings"])
        else:
            rejected.append(gap["id"])
    outcome.gaps, outcome.accepted = len(found), len(accepted)
    options = ["--accept", ",".join(accepted), "--reject", ",".join(rejected)]
    options += [part for file in files for part in ("--content", file)]
    patch = faq(folder, "improve", *options).stdout
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    subprocess.run(["git", "apply", "-"], cwd=folder, input=patch, text=True, check=True)


def faq(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command over the simulated knowledge base."""
    command = [sys.executable, "-m", "faqkb", *arguments, "--kb", "kb"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Run a server over a knowledge base; yields its address."""
    command = [sys.executable, "-m", "faqkb", "serve", "--kb", str(folder), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=folder)
    assert process.stdout is not None
    try:
        select.select([process.stdout], [], [], 60)
        yield next(word for word in process.stdout.readline().split() if word.startswith("http://"))
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()


def post(url: str, body: dict) -> dict:
    """Send JSON; returns what comes back, empty for 204."""
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as reply:
        content = reply.read()
    return json.loads(content) if content else {}


def row(name: str, outcomes: Sequence[Outcome]) -> str:
    """Return a line of the table: recall@1 before and after, the rise with its 95% interval."""
    before = np.array([right for outcome in outcomes for right in outcome.before], dtype=float)
    after = np.array([right for outcome in outcomes for right in outcome.after], dtype=float)
    resampled = np.random.default_rng(1).integers(0, len(before), (_RESAMPLES, len(before)))
    low, high = np.percentile((after - before)[resampled].mean(axis=1), [2.5, 97.5])
    counts = f"{sum(o.accepted for o in outcomes)} of {sum(o.gaps for o in outcomes)}"
    worse = sum(len(outcome.regressed) for outcome in outcomes)
    rise = (after - before).mean()
    return (
        f"| {name} | {len(before)} | {before.mean():.3f} | {after.mean():.3f} | {100 * rise:+.1f}"
        f" [{100 * low:+.1f}, {100 * high:+.1f}] | {counts} | {sum(o.wordings for o in outcomes)} | {worse} |"
    )


if __name__ == "__main__":
    os.environ.setdefault("PYTHONPATH", str(ROOT))
    main()
