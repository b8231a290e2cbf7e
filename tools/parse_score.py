"""Scores the parser against hand-read FAQ files: `make parse-score`.

    python tools/parse_score.py [SHARED] [--files FOLDER]… [--show]

SHARED (else FAQ_SHARED, else `shared` beside the checkout) holds data/gold/*.json, data/corpora/ and seed/. Questions
are compared whole, answers by their first and last 20 characters; only letters, digits and Han characters count.
`--files` adds the files of more projects that tests/gold tells of, where they are as FOLDER/files/NAME; each set has a
total of its own. Exits with 1 when SHARED's is below the targets. `--show` prints what differs.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "tools"))

from gold import Expected, GoldFile, hashed_gold, normal, not_here, shared_gold  # noqa: E402

from faqkb.ingest import parse_document  # noqa: E402
from faqkb.kb.records import Record  # noqa: E402

QUESTION_TARGET = 0.97
BOUNDARY_TARGET = 0.95
HASHES = ROOT / "tests" / "gold"


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
    told: int = 0
    """Questions of which the gold tells section, anchor, number and links."""

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
        silent = self.gold and not self.told
        counts = (self.sections, self.anchors, self.numbers, self.links)
        agreed = ("    -" if silent else f"{count:5d}" for count in counts)
        return (
            f"{name:62.62} {self.gold:5d} {self.found:5d}  {precision:.3f}  {recall:.3f}  {self.question_f1:.3f}"
            f"  {self.boundary_f1:.3f} {' '.join(agreed)}"
        )


HEADER = f"{'file':62} {'gold':>5} {'found':>5}  prec.  recall Q-F1   A-F1   sect. anch. num.  links"


def score_file(gold: GoldFile, show: list[str]) -> Score:
    """Return the score of one file; differences are added to `show`."""
    records = parse_document(gold.source.read_text(encoding="utf-8"), gold.name).records
    total = Score(gold=len(gold.records), found=len(records), told=sum(bool(one.details) for one in gold.records))
    left = list(records)
    for expected in gold.records:
        record = next((r for r in left if expected.is_question(normal(r.question))), None)
        if record is None:
            show.append(f"{gold.source.name}: not found: {expected.label}")
            continue
        left.remove(record)
        total += _compare(expected, record, show)
    show += (f"{gold.source.name}:{record.source.line}: invented: {record.question}" for record in left)
    return total


def _compare(gold: Expected, record: Record, show: list[str]) -> Score:
    agreed = {"boundaries": gold.is_answer(normal(record.answer_text))}
    if details := gold.details:
        agreed |= {
            "sections": list(map(normal, details["section"])) == list(map(normal, record.section)),
            "anchors": details["anchor"] in {record.source.anchor, None},  # null: none on the question itself
            "numbers": not details.get("number") or record.id.rpartition("/")[2] == details["number"],
            "links": details["links"] == count_links(record.answer_html),
        }
    where = f"{record.source.path}:{record.source.line}: {record.question[:40]}"
    show += (f"{where}: {name} differ" for name, same in agreed.items() if not same)
    return Score(questions=1, **{name: int(same) for name, same in agreed.items()})


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


def _f1(hits: int, gold: int, found: int) -> float:
    return 2 * hits / (gold + found) if gold + found else 1.0


def main(arguments: Sequence[str]) -> int:
    """Print the table; return 0 when the targets are met, 1 when not, 2 when there is nothing to score."""
    parser = argparse.ArgumentParser(description="Score the parser against hand-read FAQ files.")
    parser.add_argument("shared", nargs="?", type=Path, default=os.environ.get("FAQ_SHARED", ROOT.parent / "shared"))
    parser.add_argument("--files", action="append", default=[], type=Path, help="folder with files of more projects")
    parser.add_argument("--show", action="store_true", help="print what differs")
    options = parser.parse_args(arguments)
    more = list(hashed_gold(HASHES, *options.files))
    if options.files and (line := not_here(HASHES, more)):
        print(f"parse-score: {line}", file=sys.stderr)
    show: list[str] = []
    scores = {_row(gold): score_file(gold, show) for gold in shared_gold(Path(options.shared))}
    others = {_row(gold): score_file(gold, show) for gold in more}
    if not scores and not others:
        print(f"parse-score: no gold files in {options.shared}/data/gold; name a folder that has them", file=sys.stderr)
        return 2
    print(HEADER)
    total = print_set(scores, "")
    print_set(others, " of more projects")
    if options.show:
        print("\n".join(show))
    return 0 if not scores or passes(scores, total) else 1


def print_set(scores: Mapping[str, Score], name: str) -> Score:
    """Print a row for each file of a set and their total, and return that."""
    for row, score in scores.items():
        print(score.line(row))
    total = sum(scores.values(), Score())
    if scores:
        print(total.line(f"total of {len(scores)} files{name}"))
    return total


def _row(gold: GoldFile) -> str:
    return "seed" if gold.project == "seed" else f"{gold.project}__{gold.name}"


def passes(scores: Mapping[str, Score], total: Score) -> bool:
    """Whether the total reaches the targets and the seed is perfect."""
    seeds = [score for row, score in scores.items() if row == "seed"]
    perfect = all(score.question_f1 == score.boundary_f1 == 1.0 for score in seeds)
    return perfect and total.question_f1 >= QUESTION_TARGET and total.boundary_f1 >= BOUNDARY_TARGET


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
