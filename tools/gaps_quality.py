"""How well questions without an answer are put together: pairs of clinc150, of a bank's FAQ, and of our own sets.

    python tools/gaps_quality.py

Printed for each threshold: of the pairs put together, the share that ask the same; of the pairs that ask the same, the
share put together; and how many pairs of near questions, each of which was written to differ from the others of its
set, are put together. `TOGETHER` in `kb/gaps/communities.py` is chosen by this.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import quality_sets

from faqkb.faq.bootstrap import encoder_folder
from faqkb.kb.gaps.communities import centred, communities
from faqkb.kb.index.marks import marks_of
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.vectors import Matrix

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
THRESHOLDS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75)
_INTENTS, _SINGLE, _STORED = 60, 80, 200
Labelled = Sequence[tuple[str, str]]


def main() -> None:
    """Print the table."""
    encoder = Encoder(encoder_folder(ROOT / "build" / "none"))
    chosen = random.Random(7)
    sets = {"clinc150": clinc(chosen), "esun": esun(chosen)}
    encoded = {name: (labelled, vectors(encoder, labelled, stored)) for name, (labelled, stored) in sets.items()}
    near = [(labelled, vectors(encoder, labelled, stored)) for labelled, stored in near_questions()]
    for threshold in THRESHOLDS:
        for name, (labelled, matrix) in encoded.items():
            right, put, same = pairs(labelled, matrix, threshold)
            told = (
                f"of {put} pairs together {right / max(put, 1):.3f} ask the same, of {same} that do {right / same:.3f}"
            )
            print(f"{threshold:.2f} {name}: {told}")
        put = sum(pairs(labelled, matrix, threshold)[1] for labelled, matrix in near)
        total = sum(len(labelled) * (len(labelled) - 1) // 2 for labelled, _ in near)
        print(f"{threshold:.2f} near questions: {put} of {total} pairs together")


def pairs(labelled: Labelled, matrix: Matrix, threshold: float) -> tuple[int, int, int]:
    """Return how many pairs are together and ask the same, are together, and ask the same."""
    marks = [marks_of(text) for text, _ in labelled]
    found = communities(matrix, [1.0] * len(labelled), marks, together=threshold)
    together = [(one, other) for rows in found for one, other in combinations(rows, 2)]
    right = sum(labelled[one][1] == labelled[other][1] for one, other in together)
    labels = [label for _, label in labelled]
    same = sum(labels.count(label) * (labels.count(label) - 1) // 2 for label in set(labels))
    return right, len(together), same


def vectors(encoder: Encoder, labelled: Labelled, stored: Sequence[str]) -> Matrix:
    """Return the vectors of questions, what stored ones have in common taken out."""
    centre = np.mean([encoder.encode_query(text).vector for text in stored[:_STORED]], axis=0)
    return centred(np.array([encoder.encode_query(text).vector for text, _ in labelled]), centre)


def clinc(chosen: random.Random) -> tuple[Labelled, Sequence[str]]:
    """Return one to eight sentences of each of 60 intents and 80 of none; stored are sentences of the other intents."""
    found = json.loads((SHARED / "data/public/clinc150/data_full.json").read_text(encoding="utf-8"))
    intents = sorted({intent for _, intent in found["test"]})
    chosen.shuffle(intents)
    asked, others = intents[:_INTENTS], set(intents[_INTENTS:])
    labelled = [
        (text, intent)
        for intent in asked
        for text in chosen.sample(
            [text for text, own in found["test"] if own == intent], chosen.choice([1, 1, 2, 4, 8])
        )
    ]
    labelled += [(text, text) for text, _ in chosen.sample(found["oos_test"], _SINGLE)]
    return labelled, chosen.sample([text for text, intent in found["train"] if intent in others], _STORED)


def esun(chosen: random.Random) -> tuple[Labelled, Sequence[str]]:
    """Return up to four wordings of each of 120 items of a Chinese FAQ; stored are the others."""
    path = SHARED / "data/public/esun_faq/pid_map_content.json"
    items = list(json.loads(path.read_text(encoding="utf-8")).items())
    chosen.shuffle(items)
    labelled = [(text, key) for key, own in items[:120] for text in sorted({each["question"] for each in own})[:4]]
    return labelled, [own[0]["question"] for _, own in items[120:]]


def near_questions() -> Iterator[tuple[Labelled, Sequence[str]]]:
    """Yield the near questions of each of our own sets, each with a label of its own."""
    for name in quality_sets.own_sets():
        own = quality_sets.read_set(SHARED, name)
        texts = [query.query for query in own.queries if query.kind == "near"]
        yield [(text, text) for text in texts], [record.question for record in own.records]


if __name__ == "__main__":
    main()
