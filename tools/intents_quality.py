"""Chatbots of 150 intents of 15 wordings each (clinc150): the right intent first, by which part of the ranking.

    python tools/intents_quality.py [SHARED]

The intents teach the shipped ranking nothing but through two chatbots of 30 of them, so the weights are nearly unseen.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from pathlib import Path

import numpy as np
from quality_sets import intent_record

from faqkb.kb.building.build import build_snapshot
from faqkb.kb.evaluation.queries import LabelledQuery
from faqkb.kb.fusion import PARTS
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.learning.examples import collect_examples
from faqkb.kb.learning.fitting import Example
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.model.files import default_folder

ROOT = Path(__file__).resolve().parents[1]
EACH = 5  # queries of one intent, of its 30
WORDINGS = PARTS.index("wordings")


def main() -> None:
    """Build, ask and print."""
    shared = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared"
    data = json.loads((shared / "data/public/clinc150/data_full.json").read_text(encoding="utf-8"))
    chosen = random.Random(15)
    intents = sorted({intent for _, intent in data["train"]})
    records = [intent_record(name, [text for text, own in data["train"] if own == name], chosen) for name in intents]
    queries = [
        LabelledQuery(text, (name,), "en")
        for name in intents
        for text in chosen.sample([text for text, own in data["test"] if own == name], EACH)
    ]
    with tempfile.TemporaryDirectory() as folder:
        build_snapshot(Path(folder), records, Encoder(default_folder()))
        knowledge = KnowledgeBase.open(Path(folder))
        examples = collect_examples(knowledge, queries)
        weights = np.array([knowledge.ranking.weights[part] for part in PARTS])
    others = weights.copy()
    others[WORDINGS] = 0
    alone = np.zeros_like(weights)
    alone[WORDINGS] = 1
    ranked = sum(bool(example.right[0]) for example in examples)
    print(f"{'as shipped':<24} {ranked / len(queries):.3f} of {len(queries)} first right")
    for name, own in (
        ("all parts, one sum", weights),
        ("all but the classifier", others),
        ("the classifier alone", alone),
    ):
        print(f"{name:<24} {right_first(examples, own) / len(queries):.3f} of {len(queries)} first right")


def right_first(examples: tuple[Example, ...], weights: np.ndarray) -> int:
    """Return for how many queries the candidate with the highest score is right."""
    return sum(bool(example.right[int(np.argmax(example.parts @ weights))]) for example in examples)


if __name__ == "__main__":
    main()
