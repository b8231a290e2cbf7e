"""How often `faq lint` is right on real FAQs: its findings against the judgements of somebody who read each place.

    python tools/lint_precision.py ../shared/data [--unjudged]

`tests/quality/lint_judgements.jsonl` has a line for each judged finding: where it is, its rule, a hash of what it says
(nothing of the text itself), and a verdict. `right`: a maintainer would want to know. `wrong`: not. `moot`: the target
of a link was not copied along with the FAQ, so nobody can tell. `half` says what the finding was seen for: `tune` are
the projects that rules and thresholds were set on, `judge` the other projects, and `bank` a bank's 1,624 questions, on
which nothing was set but the last step of `near-duplicate` (docs/lint.md).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from faqkb.faq.bootstrap import encoder_folder
from faqkb.faq.linting.meaning import embed, find_by_meaning
from faqkb.ingest.linted.findings import Finding
from faqkb.ingest.linting.run import Against, find_by_reading, read_files, without_silenced
from faqkb.kb.model.encoder import Encoder

JUDGEMENTS = Path(__file__).resolve().parents[1] / "tests" / "quality" / "lint_judgements.jsonl"
_DIGITS = 12  # of a hash: enough for some hundreds


@dataclass(frozen=True, slots=True)
class Place:
    """What names a finding without quoting it."""

    path: str
    line: int
    rule: str
    says: str
    """Hash of what it says."""


def place_of(finding: Finding) -> Place:
    """Return what names a finding."""
    digest = hashlib.sha256(finding.what.encode()).hexdigest()[:_DIGITS]
    return Place(finding.path, finding.line, finding.rule, digest)


def found_in(data: Path) -> Iterator[Finding]:
    """Yield what is found in each project of the corpora, and in the bank's answers, each for itself."""
    encoder = Encoder(encoder_folder(Path("/nonexistent")))
    with chdir(data / "corpora"):
        for project in sorted(path for path in Path().iterdir() if path.is_dir()):
            yield from _found([project], encoder)
    answers = json.loads((data / "public" / "esun_faq" / "pid_map_content.json").read_text(encoding="utf-8"))
    with TemporaryDirectory() as folder, chdir(folder):
        Path("bank.md").write_text("\n".join(_bank(answers)), encoding="utf-8")
        yield from _found([Path("bank.md")], encoder)


def _bank(answers: dict[str, list[dict[str, object]]]) -> Iterator[str]:
    """Yield the bank's questions and answers as Markdown."""
    yield "# 常見問題\n"
    for entries in answers.values():
        for entry in entries:
            texts = entry["answers"]
            yield f"## {entry['question']}\n\n" + "\n\n".join(texts if isinstance(texts, list) else []) + "\n"


def _found(paths: Sequence[Path], encoder: Encoder) -> list[Finding]:
    read = read_files(paths)
    found = list(find_by_reading(read, Against()))
    if any(linted.records for linted in read.files):
        found += find_by_meaning(read.files, embed(read.files, encoder, lambda done, of: None))
    return without_silenced(found, read.files)


def main(arguments: Sequence[str]) -> int:
    """Print how many judged findings are right, by half and rule; 1 where fewer than 9 of 10 are."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--unjudged", action="store_true", help="print the findings that nobody judged")
    given = parser.parse_args(arguments)
    lines = [json.loads(line) for line in JUDGEMENTS.read_text(encoding="utf-8").splitlines()]
    judged = {Place(line["path"], line["line"], line["rule"], line["says"]): line for line in lines}
    counts: Counter[tuple[str, str, str]] = Counter()
    unjudged = 0
    for finding in found_in(given.data):
        line = judged.get(place_of(finding))
        if line is not None:
            counts[line["half"], finding.rule, line["verdict"]] += 1
        else:
            unjudged += 1
            if given.unjudged:
                print(f"{finding.path}:{finding.line}: {finding.rule}: {finding.what}")
    total = Counter[str]()
    for half, rule in sorted({key[:2] for key in counts}):
        right, wrong, moot = (counts[half, rule, verdict] for verdict in ("right", "wrong", "moot"))
        total.update({f"{half} right": right, f"{half} wrong": wrong, "right": right, "wrong": wrong, "moot": moot})
        print(f"{half:6} {rule:20} {right:3} right {wrong:3} wrong {moot:3} moot")
    for half in ("tune", "judge", "bank"):
        right, wrong = total[f"{half} right"], total[f"{half} wrong"]
        print(f"{half:6} {right} of {right + wrong} right")
    share = total["right"] / max(total["right"] + total["wrong"], 1)
    print(f"all    {total['right']} of {total['right'] + total['wrong']} right ({share:.3f}), {total['moot']} moot")
    sys.stderr.write(f"{unjudged} findings that nobody judged\n")
    return 0 if share >= 0.9 else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
