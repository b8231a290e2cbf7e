"""Writes what was read in files of others without their text: `python tools/hash_gold.py FOLDER… [--out tests/gold]`.

A FOLDER holds MANIFEST.tsv (name, repo, path, commit, licence, copyright, note), files/NAME, the text, and
gold/NAME.json, a list of records with `question`, `answer_starts` and `answer_ends`. Of each file, tests/gold/NAME.json
says where it comes from, the SHA-256 of the text, and of each record

    line      where the question is in the text, null when that is not clear
    question  the hash of its letters
    starts    how many of the answer's first letters are compared, and their hash
    ends      the same for its last letters

A hash is the first 16 hexadecimal digits of the SHA-256 of letters and digits in lower case (`normal` in
tools/gold.py). `licence` is null where nobody looked it up, `commit` where it is not known; `excerpt` says that the
text is not all of the file at that commit, or not unchanged. The same input makes the same files, byte for byte.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from gold import EDGE_CHARS, Expected, digest, normal  # noqa: E402

COMMIT = re.compile(r"[0-9a-f]{40}")
CHANGED = re.compile(r"Excerpt|Whole file (but for|\((package host replaced|copy is))")  # how a note begins


def rows(folder: Path) -> Iterator[dict[str, str]]:
    """Yield the lines of the folder's manifest."""
    with (folder / "MANIFEST.tsv").open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)


def hashed(row: Mapping[str, str], text: str, records: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """Return what is kept of a file."""
    places = lines_of(text, records)
    return {
        "repository": row["repo"],
        "path": row["path"],
        "commit": row["commit"] if COMMIT.fullmatch(row["commit"]) else None,
        "licence": licence_of(row["licence"]),
        "excerpt": bool(CHANGED.match(row["note"])),
        "sha256": digest(text),
        "records": [_hashed_record(record, line) for record, line in zip(records, places, strict=True)],
    }


def _hashed_record(record: Mapping[str, str], line: int | None) -> dict[str, Any]:
    expected = Expected.of_text(record)
    return {"line": line, "question": expected.question, "starts": expected.first, "ends": expected.last}


def licence_of(remark: str) -> str | None:
    """Return the licence's name; None for a remark that it was not seen."""
    name = remark.partition(" (")[0].strip()
    return name if name and " " not in name else None


def lines_of(text: str, records: Sequence[Mapping[str, str]]) -> list[int | None]:
    """Return the line of each question: of the places it stands in, the one that its answer follows soonest."""
    parts = [normal(line) for line in text.splitlines()]
    ends = list(accumulate(map(len, parts)))
    letters = "".join(parts)
    taken: set[int] = set()
    places: list[int | None] = []
    for record in records:
        at = _place(letters, record, taken)
        if at is not None:
            taken.add(at)
        places.append(None if at is None else 1 + sum(end <= at for end in ends))
    return places


def _place(letters: str, record: Mapping[str, str], taken: set[int]) -> int | None:
    """Return where the question begins, no place twice."""
    question, begins = normal(record["question"]), normal(record["answer_starts"])[:EDGE_CHARS]
    found = [one.start() for one in re.finditer(f"(?={re.escape(question)})", letters)] if question else []
    found = [at for at in found if at not in taken]
    followed = [(letters.find(begins, at + len(question)) - at, at) for at in found if begins]
    followed = [one for one in followed if one[0] >= 0]
    if followed:
        return min(followed)[1]
    return found[0] if len(found) == 1 else None


def written(document: Mapping[str, Any]) -> str:
    """Return the document as JSON, one record a line."""
    head = json.dumps({key: value for key, value in document.items() if key != "records"}, indent=1)
    records = ",\n".join(f"  {json.dumps(one)}" for one in document["records"])
    listed = f"[\n{records}\n ]" if records else "[]"
    return head.removesuffix("\n}") + ',\n "records": ' + listed + "\n}\n"


def main(arguments: Sequence[str]) -> int:
    """Write the files; return 0."""
    parser = argparse.ArgumentParser(description="Write hand-read gold without the text of the files.")
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--out", type=Path, default=ROOT / "tests" / "gold")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    for folder in options.folders:
        for row in rows(folder):
            text = (folder / "files" / row["name"]).read_text(encoding="utf-8")
            records = json.loads((folder / "gold" / f"{row['name']}.json").read_text(encoding="utf-8"))
            target = options.out / f"{row['name']}.json"
            target.write_text(written(hashed(row, text, records)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
