"""Which pieces of the tokenizer a browser gets: what people ask with in some languages, and all that the records hold.

A word whose piece is left out is split into shorter ones that are there. How many pieces cover how much of questions
that had no part in the choice: docs/decisions/meaning-in-the-browser.md.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from faqkb.kb.bundled.tokenizer import SPECIAL
from faqkb.kb.bundled.weights import BundledWeights
from faqkb.kb.text import simplify

SPACE = "▁"
_HAN_PIECES = 14_000
_ENGLISH_PIECES = 20_000
_OTHER_PIECES = 12_000  # of any other language
_NUMBER = re.compile(r"[0-9.,:/%+\-]{1,3}")
_NAME = re.compile(r"[A-Z]{1,4}|[A-Za-z]*[a-z][A-Z][A-Za-z]*")  # an acronym, or `iPhone`: no dictionary has them
_CAPITALISED = 0.2  # times as often as in small letters, of a word: the first in a sentence
_BATCH = 4_096
_MASK = len(SPECIAL) - 1  # the first ids are special, and so is the last piece

Speaks = Callable[[str], bool]
"""Says whether a piece holds only what a language is written with."""


def asking_pieces(
    weights: BundledWeights, tokenizer: Any, languages: Mapping[str, Speaks], english: Mapping[str, int]
) -> tuple[int, ...]:
    """Return the ids of the pieces that questions in some languages are made of, ascending.

    `tokenizer` is that of the weights; `english` says how often English uses each word.
    """
    kept = {*range(_MASK), len(weights.pieces) - 1} | {
        at for at, piece in enumerate(weights.pieces) if _is_basic(piece.text)
    }
    by_score = sorted(range(_MASK, len(weights.pieces) - 1), key=lambda at: (-weights.pieces[at].score, at))
    kept.add(by_score[-1])  # an unknown character costs its score and a bit
    for language, speaks in sorted(languages.items()):
        if language == "en":
            kept.update(_english_pieces(tokenizer, english))
            kept.update(
                at for at, piece in enumerate(weights.pieces) if _NAME.fullmatch(piece.text.removeprefix(SPACE))
            )
        else:
            wanted = _is_simplified_han if language == "zh" else speaks
            most = _HAN_PIECES if language == "zh" else _OTHER_PIECES
            kept.update(islice((at for at in by_score if wanted(weights.pieces[at].text)), most))
    return tuple(sorted(kept))


def pieces_of(tokenizer: Any, texts: Sequence[str]) -> frozenset[int]:
    """Return the ids of the pieces that texts are made of."""
    return frozenset(at for ids in _encoded(tokenizer, texts) for at in ids)


def _encoded(tokenizer: Any, texts: Sequence[str]) -> Iterable[Sequence[int]]:
    for start in range(0, len(texts), _BATCH):
        yield from (
            each.ids for each in tokenizer.encode_batch(texts[start : start + _BATCH], add_special_tokens=False)
        )


def _english_pieces(tokenizer: Any, english: Mapping[str, int]) -> list[int]:
    used: Counter[int] = Counter()
    words = sorted(english)
    for form, share in ((str, 1.0), (str.capitalize, _CAPITALISED)):
        for word, ids in zip(words, _encoded(tokenizer, list(map(form, words))), strict=True):
            for at in ids:
                used[at] += share * english[word]  # type: ignore[assignment]
    return [at for at, _ in sorted(used.items(), key=lambda entry: (-entry[1], entry[0]))[:_ENGLISH_PIECES]]


def _is_basic(piece: str) -> bool:
    """Say whether any text may hold a piece: numbers, signs, and the one or two letters that words are split into."""
    bare = piece.removeprefix(SPACE)
    short = len(bare) <= 2 and bare.isascii()
    return short or bool(_NUMBER.fullmatch(bare)) or (len(bare) == 1 and not bare.isalpha())


def _is_simplified_han(piece: str) -> bool:
    return any("\u3400" <= char <= "\u9fff" for char in piece) and simplify(piece) == piece
