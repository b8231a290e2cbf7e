"""The labelled queries that the encoder's adapter and the ranking are learned from and measured on.

Every set is a knowledge base with queries that have answers in it and queries that have none, `near` ones about the
very thing that the FAQ is about and `far` ones. `use` says what a set may teach: `encoder` sets train the adapter
(`tools/train_adapter.py`); `ranking` sets fit weights, confidence and thresholds (`tools/fit_ranking.py`), and what is
reported of one of them was predicted by weights fitted on the others; `unseen` sets teach nothing.
"""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from faqkb.ingest import read_sources
from faqkb.kb.evaluation.queries import LabelledQuery, letters
from faqkb.kb.language.detection import detect_language
from faqkb.kb.records import Record, Source

ROOT = Path(__file__).resolve().parents[1]
OWN_QUERIES = ROOT / "tests" / "quality"
PADDLECLAS = "PaddlePaddle+PaddleClas"
_INTENT_SENTENCES = 15  # training sentences an intent record has as alternates
_ANSWER_CHARS = 3_000


@dataclass(frozen=True, slots=True)
class QualitySet:
    """One knowledge base and the queries put to it."""

    name: str
    use: str
    """`encoder`, `ranking` or `unseen`."""
    records: tuple[Record, ...]
    queries: tuple[LabelledQuery, ...]


def quality_sets(shared: Path) -> Iterator[QualitySet]:
    """Yield every set; `shared` is the folder of test data."""
    yield _paddleclas(shared)
    for name in own_sets():
        yield read_set(shared, name)
    yield from _public_sets(shared / "data/public", random.Random(1))


def small_talk() -> tuple[LabelledQuery, ...]:
    """Return what people and robots type into any search box, and no FAQ answers."""
    lines = (OWN_QUERIES / "small_talk.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(LabelledQuery(entry["query"], (), entry["lang"]) for entry in map(json.loads, lines))


def own_sets() -> dict[str, Any]:
    """Return what `sets.json` says of each set of our own queries: its use and its files."""
    entries: dict[str, Any] = json.loads((OWN_QUERIES / "sets.json").read_text(encoding="utf-8"))
    return entries


def read_set(shared: Path, name: str) -> QualitySet:
    """Return one set of our own queries with its knowledge base."""
    entry = own_sets()[name]
    if "faq" in entry:  # written for this project, so it lies beside its queries
        path = OWN_QUERIES / entry["faq"]
        records = read_sources([path]).records
        return QualitySet(name, entry["use"], tuple(records), _by_id(_read(path.with_suffix(".jsonl")), records))
    records = read_sources([shared / "data/corpora" / file for file in entry["files"]]).records
    return QualitySet(name, entry["use"], tuple(records), _read(OWN_QUERIES / f"{name}.jsonl"))


def crowd(shared: Path, size: int) -> list[Record]:
    """Return records that answer none of the development queries: other projects' FAQs, then banking sentences."""
    others = [record for own in quality_sets(shared) if own.name != "paddleclas" for record in own.records]
    sentences = [text for text, _ in _rows(shared / "data/public/banking77/train.csv")]
    found = [replace(record, id=f"crowd/{at}") for at, record in enumerate(others)]
    found += [_record(f"crowd/sentence {at}", text, "") for at, text in enumerate(sentences)]
    return found[:size]


def tagged_pairs(cases: Sequence[Mapping[str, Any]]) -> list[Record]:
    """Return the two records of every swap case, tagged so that a query can be put to its own two."""
    return [
        replace(_record(f"{at}/{side}", case[side]["question"], case[side]["answer"]), tags=(f"pair {at}",))
        for at, case in enumerate(cases)
        for side in ("right", "wrong")
    ]


def _read(path: Path) -> tuple[LabelledQuery, ...]:
    entries = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return tuple(
        LabelledQuery(entry["query"], tuple(entry["relevant"]), entry["lang"], entry.get("kind")) for entry in entries
    )


def _by_id(queries: Sequence[LabelledQuery], records: Sequence[Record]) -> tuple[LabelledQuery, ...]:
    """Return queries that name the records that answer them by id instead of by question."""
    ids: dict[str, list[str]] = {}
    for record in records:
        ids.setdefault(letters(record.question), []).append(record.id)
    return tuple(
        replace(query, relevant=tuple(record for text in query.relevant for record in ids[letters(text)]))
        for query in queries
    )


def _paddleclas(shared: Path) -> QualitySet:
    """Return the development queries over the five Chinese PaddleClas files."""
    records = read_sources(sorted((shared / "data/corpora" / PADDLECLAS).glob("docs__zh_CN__FAQ__*.md"))).records
    dev = shared / "data/dev"
    asked = [
        *_read(dev / "paddleclas_queries.jsonl"),
        *_read(dev / "oos.jsonl"),
        *_read(OWN_QUERIES / "paddleclas.jsonl"),
    ]
    return QualitySet("paddleclas", "ranking", tuple(records), _by_id(asked, records))


def _public_sets(public: Path, chosen: random.Random) -> Iterator[QualitySet]:
    yield from _clinc(public / "clinc150/data_full.json", chosen)
    yield _banking(public / "banking77", chosen)
    yield _stackfaq(public / "stackfaq/stackExchange-FAQ.json", chosen)
    yield from _esun(public / "esun_faq")


def _clinc(path: Path, chosen: random.Random) -> Iterator[QualitySet]:
    """Yield two chatbots of 30 intents each; out of scope are the set's own such queries and other intents'."""
    data = json.loads(path.read_text(encoding="utf-8"))
    intents = sorted({intent for _, intent in data["train"]})
    chosen.shuffle(intents)
    for number in range(2):
        own = intents[number * 30 : number * 30 + 30]
        records, queries = [], []
        for intent in own:
            records.append(intent_record(intent, [text for text, name in data["train"] if name == intent], chosen))
            asked = chosen.sample([text for text, name in data["test"] if name == intent], 7)
            queries += [LabelledQuery(text, (intent,), "en") for text in asked]
        outside = chosen.sample([text for text, _ in data["oos_test"]], 100)
        outside += chosen.sample([text for text, name in data["test"] if name not in own], 30)
        queries += [LabelledQuery(text, (), "en") for text in outside]
        yield QualitySet(f"clinc {number + 1}", "ranking", tuple(records), tuple(queries))


def _banking(folder: Path, chosen: random.Random) -> QualitySet:
    """Return a bank's chatbot of 40 of the 77 intents; out of scope are other intents' queries."""
    train, test = (_rows(folder / f"{name}.csv") for name in ("train", "test"))
    own = chosen.sample(sorted({name for _, name in train}), 40)
    records, queries = [], []
    for intent in own:
        records.append(intent_record(intent, [text for text, name in train if name == intent], chosen))
        asked = chosen.sample([text for text, name in test if name == intent], 6)
        queries += [LabelledQuery(text, (intent,), "en") for text in asked]
    outside = chosen.sample([text for text, name in test if name not in own], 60)
    queries += [LabelledQuery(text, (), "en") for text in outside]
    return QualitySet("banking", "encoder", tuple(records), tuple(queries))


def _rows(path: Path) -> list[tuple[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [(row["text"], row["category"]) for row in csv.DictReader(file)]


def _stackfaq(path: Path, chosen: random.Random) -> QualitySet:
    """Return two thirds of the threads as records, rephrasings as queries; those of the rest are out of scope."""
    pairs = json.loads(path.read_text(encoding="utf-8"))["root"]["qapair"]
    records, queries = [], []
    for number, pair in enumerate(pairs):
        rephrasings = [text for text in pair["rephr"] if text and len(text) > 3]
        stored = number % 3 != 0
        if stored:
            records.append(_record(str(number), _first(pair["question"])[:500], _first(pair["answer"])))
        asked = chosen.sample(rephrasings, min(len(rephrasings), 3 if stored else 1))
        queries += [LabelledQuery(text, (str(number),) if stored else (), "en") for text in asked]
    return QualitySet("stackfaq", "encoder", tuple(records), tuple(queries))


def _esun(folder: Path) -> Iterator[QualitySet]:
    """Yield two halves of a bank's FAQ in traditional Chinese that share no item.

    The first has the items that our own queries ask for, the second the rest, with the contest's labelled queries.
    """
    items = json.loads((folder / "pid_map_content.json").read_text(encoding="utf-8"))
    lines = (folder / "faq_queries_labelled.jsonl").read_text(encoding="utf-8").splitlines()
    labelled = [json.loads(line) for line in lines]
    records = {
        key: _record(key, first["question"], "\n".join(first["answers"]), [other["question"] for other in others])
        for key, (first, *others) in items.items()
    }
    own = _read(OWN_QUERIES / "esun.jsonl")
    asked = {item for query in own for item in query.relevant}
    yield QualitySet("esun own", "encoder", tuple(records[key] for key in records if key in asked), own)
    queries = [LabelledQuery(entry["query"], tuple(entry["relevant"]), "zh") for entry in labelled]
    yield QualitySet("esun", "ranking", tuple(records[key] for key in records if key not in asked), tuple(queries))


def _first(value: Any) -> str:
    return str(value if isinstance(value, str) else value[0])


def intent_record(intent: str, sentences: list[str], chosen: random.Random) -> Record:
    """Return an intent as a record of one question and fourteen more wordings, of its sentences."""
    first, *others = chosen.sample(sentences, _INTENT_SENTENCES)
    return _record(intent, first, "", others)


def _record(key: str, question: str, answer: str, alternates: list[str] | None = None) -> Record:
    answer = answer[:_ANSWER_CHARS]
    return Record(
        id=key,
        question=question,
        alternates=tuple(alternates or ()),
        answer=answer,
        answer_text=answer,
        answer_html="",
        section=(),
        source=Source(path=f"{key}.md", line=1, anchor=""),
        language=detect_language(question),
        tags=(),
        checks=(),
    )
