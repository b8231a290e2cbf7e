"""Scores the parser against hand-read FAQ files: `make parse-score`.

    python tools/parse_score.py [SHARED] [--show]

SHARED (else FAQ_SHARED, else `shared` beside the checkout) holds data/gold/*.json, data/corpora/ and seed/. Questions
are compared whole, answers by their first and last 20 characters; only letters, digits and Han characters count.
Exits with 1 below the targets. `--show` prints what differs.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from faqkb.ingest import parse_document  # noqa: E402
from faqkb.kb.records import Record  # noqa: E402

QUESTION_TARGET = 0.97
BOUNDARY_TARGET = 0.95
EDGE_CHARS = 20  # compared at either end of an answer
SEED = "seed.json"


@dataclass(frozen=True, slots=True)
class Score:
    """Counts for one file or for all."""

    gold: int = 0
    """Questions in the hand-read file."""
    found: int = 0
    questions: int = 0
    """Found and equal."""
    boundaries: int = 0
    """Of these, answers with both ends right."""
    sections: int = 0
    anchors: int = 0
    numbers: int = 0
    links: int = 0

    def __add__(self, other: Score) -> Score:
        return Score(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    @property
    def question_f1(self) -> float:
        """F1 of the questions."""
        return _f1(self.questions, self.gold, self.found)

    @property
    def boundary_f1(self) -> float:
        """F1 of the answers whose both ends are right."""
        return _f1(self.boundaries, self.gold, self.found)

    def line(self, name: str) -> str:
        """Return one row of the table."""
        precision = self.questions / self.found if self.found else float(not self.gold)
        recall = self.questions / self.gold if self.gold else 1.0
        agreed = (f"{count:5d}" for count in (self.sections, self.anchors, self.numbers, self.links))
        return (
            f"{name:62.62} {self.gold:5d} {self.found:5d}  {precision:.3f}  {recall:.3f}  {self.question_f1:.3f}"
            f"  {self.boundary_f1:.3f} {' '.join(agreed)}"
        )


HEADER = f"{'file':62} {'gold':>5} {'found':>5}  prec.  recall Q-F1   A-F1   sect. anch. num.  links"


def score_file(gold_file: Path, source: Path, show: list[str]) -> Score:
    """Return the score of one file; differences are added to `show`."""
    gold = json.loads(gold_file.read_text(encoding="utf-8"))
    records = parse_document(source.read_text(encoding="utf-8"), source.name).records
    total = Score(gold=len(gold), found=len(records))
    left = list(records)
    for expected in gold:
        record = next((r for r in left if normal(r.question) == normal(expected["question"])), None)
        if record is None:
            show.append(f"{source.name}: not found: {expected['question']}")
            continue
        left.remove(record)
        total += _compare(expected, record, show)
    show += (f"{source.name}:{record.source.line}: invented: {record.question}" for record in left)
    return total


def _compare(gold: dict[str, Any], record: Record, show: list[str]) -> Score:
    answer = normal(record.answer_text)
    begins, ends = normal(gold["answer_starts"])[:EDGE_CHARS], normal(gold["answer_ends"])[-EDGE_CHARS:]
    agreed = {
        "boundaries": answer.startswith(begins) and answer.endswith(ends),
        "sections": list(map(normal, gold["section"])) == list(map(normal, record.section)),
        "anchors": gold["anchor"] in {record.source.anchor, None},  # null: none on the question itself
        "numbers": not gold.get("number") or record.id.rpartition("/")[2] == gold["number"],
        "links": gold["links"] == count_links(record.answer_html),
    }
    where = f"{record.source.path}:{record.source.line}: {record.question[:40]}"
    show += (f"{where}: {name} differ" for name, same in agreed.items() if not same)
    return Score(questions=1, **{name: int(same) for name, same in agreed.items()})


def normal(text: str) -> str:
    """Return only the letters, digits and Han characters, in lower case."""
    return "".join(char for char in unicodedata.normalize("NFKC", text).casefold() if char.isalnum())


class _Links(HTMLParser):
    count = 0
    _address = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._address = (tag == "a" and dict(attrs).get("href")) or ""
        self.count += bool(self._address)

    def handle_data(self, data: str) -> None:
        self.count -= bool(self._address) and unquote(data) == unquote(self._address)
        self._address = ""


def count_links(html: str) -> int:
    """Return how many links the HTML holds, addresses that stand bare in the text left out, as in the gold parses."""
    parser = _Links()
    parser.feed(html)
    return parser.count


def pairs(shared: Path) -> Iterator[tuple[Path, Path]]:
    """Yield (gold file, source file) for each gold file whose source is there."""
    for gold_file in sorted((shared / "data" / "gold").glob("*.json")):
        if gold_file.name == SEED:
            yield gold_file, shared / "seed" / "faq_2021_s1.md"
            continue
        project, _, name = gold_file.name.removesuffix(".json").partition("__")
        source = shared / "data" / "corpora" / project / name
        if source.is_file():
            yield gold_file, source


def _f1(hits: int, gold: int, found: int) -> float:
    return 2 * hits / (gold + found) if gold + found else 1.0


def main(arguments: Sequence[str]) -> int:
    """Print the table; return 0 when the targets are met, 1 when not, 2 when there is nothing to score."""
    parser = argparse.ArgumentParser(description="Score the parser against hand-read FAQ files.")
    parser.add_argument("shared", nargs="?", type=Path, default=os.environ.get("FAQ_SHARED", ROOT.parent / "shared"))
    parser.add_argument("--show", action="store_true", help="print what differs")
    options = parser.parse_args(arguments)
    show: list[str] = []
    scores = {gold: score_file(gold, source, show) for gold, source in pairs(Path(options.shared))}
    if not scores:
        print(f"parse-score: no gold files in {options.shared}/data/gold; name a folder that has them", file=sys.stderr)
        return 2
    print(HEADER)
    for gold, score in scores.items():
        print(score.line(gold.name.removesuffix(".json")))
    total = sum(scores.values(), Score())
    print(total.line(f"total of {len(scores)} files"))
    if options.show:
        print("\n".join(show))
    return 0 if passes(scores, total) else 1


def passes(scores: dict[Path, Score], total: Score) -> bool:
    """Whether the total reaches the targets and the seed is perfect."""
    seeds = [score for gold, score in scores.items() if gold.name == SEED]
    perfect = all(score.question_f1 == score.boundary_f1 == 1.0 for score in seeds)
    return perfect and total.question_f1 >= QUESTION_TARGET and total.boundary_f1 >= BOUNDARY_TARGET


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
