"""Fits what tells small talk in other words than the listed ones; writes kb/conversation/talk.npz.

    python tools/fit_talk.py [SHARED]

Learned from: the phrases of kb/conversation/talk.txt and the remarks of follow_ups.txt, as they are and as people type
them; 3,000 real questions of tests/quality; the last turns of the `tune` half of the dialogues that are questions, and
the words of which questions are made that say nothing alone.
The `report` half stays out of it. Takes a minute; two runs write the same file.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

import numpy as np
from dialogue_quality import read_dialogues
from quality_sets import OWN_QUERIES, ROOT
from sklearn.linear_model import LogisticRegression

from faqkb.kb.answers import Talk
from faqkb.kb.conversation.likeness import QUESTION, WEIGHTS_FILE
from faqkb.kb.conversation.word_lists import read_word_lists
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.model.files import default_folder

PHRASES = 400  # of a kind; those of who wants a person are made of verbs and nouns, and are many more
QUESTIONS = 3_000
LEANING_TIMES = 3  # each follow-up counts so often: they are few, and short as small talk is
STRENGTH = 30.0  # 1 / regularisation; chosen on the `tune` half
ENDINGS = ("!", ".", "?", " please", "", " pls")


def main() -> None:
    """Fit and write."""
    chance = random.Random(1)
    examples = [*phrases(chance), *questions(chance)]
    encoder = Encoder(default_folder())
    vectors = np.stack([encoder.encode_query(text).vector for text, _ in examples])
    fitted = LogisticRegression(C=STRENGTH, max_iter=3_000).fit(vectors, [kind for _, kind in examples])
    np.savez_compressed(
        ROOT / "kb" / "conversation" / WEIGHTS_FILE,
        coefficients=fitted.coef_.astype(np.float16),
        intercepts=fitted.intercept_.astype(np.float32),
        kinds=np.array(fitted.classes_, dtype=np.str_),
    )
    print(f"{len(examples)} examples of {len(fitted.classes_)} kinds")


def phrases(chance: random.Random) -> Iterator[tuple[str, str]]:
    """Yield phrases with their kinds, half of the English ones also as people type them."""
    talk, remarks = read_word_lists("talk.txt"), read_word_lists("follow_ups.txt")
    lists = {kind.value: talk[kind] for kind in Talk if kind in talk} | {Talk.NOT_HELPED.value: remarks["repairs"]}
    for kind, own in lists.items():
        for phrase in chance.sample(own, min(PHRASES, len(own))):
            yield phrase, kind
            if phrase.isascii() and chance.random() < 1 / 2:
                yield phrase.capitalize() + chance.choice(ENDINGS), kind


def questions(chance: random.Random) -> Iterator[tuple[str, str]]:
    """Yield questions that were asked of FAQs, and follow-ups."""
    sets = (path for path in sorted(OWN_QUERIES.glob("*.jsonl")) if path.stem not in {"small_talk", "dialogues"})
    asked = [json.loads(line).get("query") for path in sets for line in path.read_text("utf-8").splitlines()]
    known = sorted({query for query in asked if query})
    for query in chance.sample(known, min(QUESTIONS, len(known))):
        yield query, QUESTION
    talk = {"small_talk", "repair"}
    turns = [own.turns[-1] for own in read_dialogues() if own.half == "tune" and own.kind not in talk]
    for text in (*turns, *read_word_lists("follow_ups.txt")["empty"]) * LEANING_TIMES:
        yield text, QUESTION


if __name__ == "__main__":
    main()
