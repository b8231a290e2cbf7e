"""A month of traffic, what a maintainer accepts of it, and what that is worth on questions never asked before.

    python tools/simulate_month.py [--sets NAME,…] [--seed N]

The labelled paraphrases of each record are halved: one half is asked of a real server, each a few times, the other half
is only measured. Readers open the right record where it is offered, vote against a wrong answer, and do nothing else.
`faq gaps` puts together what was missed; the maintainer accepts a gap for the record that its wordings are labelled
with most, and rejects what has none. `faq improve` writes the patch, git applies it, and it is ingested. Where a
question of the first half that was right is wrong then, the maintainer takes back what was accepted for the record that
is first now, or that was.

Measured before and after: recall@1 of the half that was not asked, of all of it and of the records for which a gap was
accepted, and what went from right to wrong of either half.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import re
import select
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
from faqkb.ingest.editing.wordings import heading_text
from faqkb.kb.building.build import build_snapshot
from faqkb.kb.evaluation.queries import LabelledQuery
from faqkb.kb.feedback.questions import folded
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.model.encoder import Encoder

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
SETS = (
    *("clinc", "banking", "esun", "stackfaq"),
    *("jinspect", "keynest", "marlinmq", "quillpress", "lumenbox", "hearthkit", "library", "hospital", "museum"),
    *("railway", "city_bank", "water_company", "zh_clinic", "swim_centre", "housing_estate", "driving_school"),
    *("dolphinscheduler", "juicefs", "open_webui", "react", "chatgpt_web", "magento"),
)
"""Public ones, of which banking and stackfaq taught the encoder; our own that taught it nothing."""
_RESAMPLES = 2_000


@dataclass(frozen=True, slots=True)
class Case:
    """A FAQ, and what is asked of it."""

    name: str
    files: dict[str, bytes]
    """Markdown, by name."""
    queries: tuple[LabelledQuery, ...]


@dataclass(slots=True)
class Outcome:
    """What came of one set."""

    name: str
    before: list[bool] = field(default_factory=list)
    """Of each measured question, whether the right record was first."""
    after: list[bool] = field(default_factory=list)
    hard: list[bool] = field(default_factory=list)
    """Of each measured question, whether another wording for its record was a gap that the maintainer accepted."""
    worse_known: list[str] = field(default_factory=list)
    """Questions asked during the month that were right and are wrong."""
    worse: list[str] = field(default_factory=list)
    """The same of the measured ones."""
    gaps: int = 0
    accepted: int = 0
    wordings: int = 0
    taken_back: int = 0


def main() -> None:
    """Simulate a month over each set, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    outcomes = []
    for name in given.sets.split(","):
        with tempfile.TemporaryDirectory() as folder:
            outcomes.append(simulate(case_of(name), Path(folder), random.Random(f"{given.seed} {name}")))
        print(row(name, outcomes[-1:]), flush=True)
    print(row("all", outcomes))
    for outcome in outcomes:
        for kind, questions in (("asked", outcome.worse_known), ("measured", outcome.worse)):
            for question in questions:
                print(f"was right, is wrong ({kind}): {outcome.name}: {question}")


def case_of(name: str) -> Case:
    """Return a set by its name."""
    if name in MADE:
        return MADE[name](random.Random(name))
    entry = quality_sets.own_sets()[name]
    own = [quality_sets.OWN_QUERIES / entry["faq"]] if "faq" in entry else []
    paths = own or [SHARED / "data/corpora" / file for file in entry["files"]]
    return Case(name, {path.name: path.read_bytes() for path in paths}, quality_sets.read_set(SHARED, name).queries)


def simulate(case: Case, folder: Path, chosen: random.Random) -> Outcome:
    """Return what a month brings to one set; everything is made below a folder."""
    restore(folder, case)
    publish(folder, case)
    traffic, measured = halves([query for query in case.queries if query.relevant], chosen)
    nowhere = [query for query in case.queries if not query.relevant]
    outcome = Outcome(case.name)
    right = {query.query: query.relevant for query in traffic}
    before = first_hits(folder, [*traffic, *measured])
    ask_a_month(folder, [*traffic, *nowhere], chosen)
    accepted, rejected = decisions(folder, traffic, outcome)
    hard = set(accepted.values())
    while True:
        improve(folder, case, accepted, rejected)
        publish(folder, case)
        after = first_hits(folder, [*traffic, *measured])
        worse = worse_of(traffic, before, after)
        to_blame = blamed(worse, after, right, set(accepted.values()))
        kept = {gap: record for gap, record in accepted.items() if record not in to_blame}
        if len(kept) == len(accepted):
            break
        outcome.taken_back += len(accepted) - len(kept)
        accepted, rejected = kept, []
        restore(folder, case)
        publish(folder, case)  # gaps are those of the content as it was
    outcome.before = [before[query.query] in query.relevant for query in measured]
    outcome.hard = [bool(hard.intersection(query.relevant)) for query in measured]
    outcome.after = [after[query.query] in query.relevant for query in measured]
    outcome.worse_known, outcome.worse = worse, worse_of(measured, before, after)
    return outcome


def blamed(
    worse: Sequence[str], after: dict[str, str], right: dict[str, tuple[str, ...]], accepted: set[str]
) -> set[str]:
    """Return the records whose new wordings made questions wrong: those first now, else those that were."""
    first = {after[text] for text in worse}
    return first & accepted | {each for text in worse if after[text] not in accepted for each in right[text]}


def worse_of(queries: Sequence[LabelledQuery], before: dict[str, str], after: dict[str, str]) -> list[str]:
    """Return the questions that were right and are wrong."""
    found = (query for query in queries if before[query.query] in query.relevant)
    return [query.query for query in found if after[query.query] not in query.relevant]


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


def restore(folder: Path, case: Case) -> None:
    """Write the files as they were."""
    for name, content in case.files.items():
        (folder / name).write_bytes(content)


def publish(folder: Path, case: Case) -> None:
    """Ingest the FAQ."""
    build_snapshot(folder / "kb", read_sources([folder / name for name in case.files]).records, encoder())


def encoder() -> Encoder:
    """Return the default model."""
    from faqkb.faq.bootstrap import encoder_folder  # noqa: PLC0415

    global _ENCODER  # noqa: PLW0603
    _ENCODER = _ENCODER or Encoder(encoder_folder(ROOT / "build" / "none"))
    return _ENCODER


_ENCODER: Encoder | None = None


def first_hits(folder: Path, queries: Sequence[LabelledQuery]) -> dict[str, str]:
    """Return of each question which record comes first, whatever the confidence."""
    with closing(KnowledgeBase.open(folder / "kb")) as knowledge:
        found = {query.query: knowledge.search(query.query, limit=1) for query in queries}
        return {text: hits[0].record.id if hits else "" for text, hits in found.items()}


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


def decisions(folder: Path, traffic: Sequence[LabelledQuery], outcome: Outcome) -> tuple[dict[str, str], list[str]]:
    """Return what a maintainer accepts who knows the records, a record for each gap, and what is rejected."""
    labels = {folded(query.query): query.relevant for query in traffic}
    found = json.loads(faq(folder, "gaps", "--json").stdout)["gaps"]
    accepted, rejected = {}, []
    for gap in found:
        wanted = Counter(record for each in gap["wordings"] for record in labels.get(folded(each["question"]), ())[:1])
        if wanted:
            accepted[gap["id"]] = wanted.most_common(1)[0][0]
            outcome.wordings += len(gap["wordings"])
        else:
            rejected.append(gap["id"])
    outcome.gaps, outcome.accepted = len(found), len(accepted)
    return accepted, rejected


def improve(folder: Path, case: Case, accepted: dict[str, str], rejected: Sequence[str]) -> None:
    """Write the patch of what is accepted, and apply it."""
    options = [part for name in case.files for part in ("--content", name)]
    told = ",".join(f"{gap}={record}" for gap, record in accepted.items())
    done = faq(folder, "improve", "--accept", told, "--reject", ",".join(rejected), *options)
    if done.stdout:
        subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
        subprocess.run(["git", "apply", "-"], cwd=folder, input=done.stdout, text=True, check=True)


def faq(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command over the simulated knowledge base."""
    command = [sys.executable, "-m", "faqkb", *arguments, "--kb", "kb"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode > 1:
        raise RuntimeError(done.stderr)
    return done


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


def clinc(chosen: random.Random) -> Case:
    """Return 30 intents of a chatbot, each a record of one sentence; ten more sentences of each are asked."""
    found = json.loads((SHARED / "data/public/clinc150/data_full.json").read_text(encoding="utf-8"))
    intents = chosen.sample(sorted({intent for _, intent in found["test"]}), 30)
    texts = {intent: [text for text, own in found["test"] if own == intent][:11] for intent in intents}
    answers = {intent: f"This is about {intent.replace('_', ' ')}." for intent in intents}
    return made("clinc", texts, answers, [text for text, _ in chosen.sample(found["oos_test"], 30)])


def banking(chosen: random.Random) -> Case:
    """Return 40 intents of a bank's chatbot in the same way."""
    with (SHARED / "data/public/banking77/test.csv").open(encoding="utf-8", newline="") as file:
        rows = [(line["text"], line["category"]) for line in csv.DictReader(file)]
    intents = sorted({intent for _, intent in rows})
    chosen.shuffle(intents)
    texts = {intent: [text for text, own in rows if own == intent][:11] for intent in intents[:40]}
    answers = {intent: f"This is about {intent.replace('_', ' ')}." for intent in texts}
    outside = chosen.sample([text for text, own in rows if own in set(intents[40:])], 30)
    return made("banking", texts, answers, outside)


def esun(chosen: random.Random) -> Case:
    """Return 80 items of a bank's FAQ in Chinese, each a record of its first wording; its others are asked."""
    path = SHARED / "data/public/esun_faq/pid_map_content.json"
    items = json.loads(path.read_text(encoding="utf-8"))
    wordings = {key: list(dict.fromkeys(each["question"] for each in own)) for key, own in items.items()}
    keys = chosen.sample(sorted(key for key, texts in wordings.items() if len(texts) >= 3), 80)
    others = chosen.sample(sorted(set(wordings) - set(keys)), 30)
    answers = {key: " ".join(items[key][0]["answers"]) for key in keys}
    return made("esun", {key: wordings[key][:11] for key in keys}, answers, [wordings[key][0] for key in others])


def stackfaq(chosen: random.Random) -> Case:
    """Return two thirds of a set of threads as records; their rephrasings are asked."""
    path = SHARED / "data/public/stackfaq/stackExchange-FAQ.json"
    pairs = json.loads(path.read_text(encoding="utf-8"))["root"]["qapair"]
    texts, answers, outside = {}, {}, []
    for number, pair in enumerate(pairs):
        question, answer = (each if isinstance(each, str) else each[0] for each in (pair["question"], pair["answer"]))
        rephrasings = [text for text in pair["rephr"] if text and len(text) > 3]
        if number % 3:
            texts[str(number)], answers[str(number)] = [question[:500], *rephrasings], answer[:2_000]
        else:
            outside += rephrasings[:1]
    return made("stackfaq", texts, answers, chosen.sample(outside, 30))


def made(name: str, texts: dict[str, list[str]], answers: dict[str, str], outside: Sequence[str]) -> Case:
    """Return a FAQ in which the first text of each is its question, and the others ask for it."""
    plain = re.compile(r"[^\w\s.,;:?！？，。；：、%/-]")
    parts = [
        f"## {heading_text(own[0])}\n<!-- faq: id=r{key} -->\n\n{' '.join(plain.sub(' ', answers[key]).split())}\n"
        for key, own in texts.items()
    ]
    content = "\n".join(["# FAQ\n", *parts]).encode()
    queries = [
        LabelledQuery(text, (f"{name}/r{key}",), "") for key, own in texts.items() for text in dict.fromkeys(own[1:])
    ]
    return Case(name, {f"{name}.md": content}, (*queries, *(LabelledQuery(text, (), "") for text in outside)))


MADE = {"clinc": clinc, "banking": banking, "esun": esun, "stackfaq": stackfaq}


def row(name: str, outcomes: Sequence[Outcome]) -> str:
    """Return a line of the table: recall@1 before and after and the rise, of all questions and of hard records."""
    every = [right for outcome in outcomes for right in zip(outcome.before, outcome.after, strict=True)]
    marks = [is_hard for outcome in outcomes for is_hard in outcome.hard]
    hard = [right for right, is_hard in zip(every, marks, strict=True) if is_hard]
    accepted, gaps, wordings, back = (
        sum(getattr(outcome, part) for outcome in outcomes) for part in ("accepted", "gaps", "wordings", "taken_back")
    )
    worse, known = (sum(len(getattr(outcome, part)) for outcome in outcomes) for part in ("worse", "worse_known"))
    counts = f"{accepted} of {gaps} | {wordings} | {back} | {known} | {worse}"
    return f"| {name} | {measured(every)} | {measured(hard)} | {counts} |"


def measured(pairs: Sequence[tuple[bool, bool]]) -> str:
    """Return how many questions, recall@1 before and after, the rise in points with its interval over resamples."""
    if not pairs:
        return "0 | - | - | -"
    before, after = np.array(pairs, dtype=float).T
    resampled = np.random.default_rng(1).integers(0, len(before), (_RESAMPLES, len(before)))
    low, high = 100 * np.percentile((after - before)[resampled].mean(axis=1), [2.5, 97.5])
    rise = 100 * (after - before).mean()
    return f"{len(before)} | {before.mean():.3f} | {after.mean():.3f} | {rise:+.1f} [{low:+.1f}, {high:+.1f}]"


if __name__ == "__main__":
    os.environ.setdefault("PYTHONPATH", str(ROOT))
    main()
