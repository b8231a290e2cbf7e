"""The bundled encoder as files for a reader's browser: its layers, and the pieces that questions are made of.

Neither depends on the records, so a browser keeps them while the records change; the pieces that some records hold
beside them come with these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from faqkb.kb import limits
from faqkb.kb.bundled.adapter import ADAPTER_FILE, bundled_adapter, read_adapter
from faqkb.kb.bundled.array_file import array_file
from faqkb.kb.bundled.four_bit import four_bit_model, table_rows
from faqkb.kb.bundled.pieces import Speaks, asking_pieces, pieces_of
from faqkb.kb.bundled.tokenizer import build_tokenizer
from faqkb.kb.bundled.weights import checked_weights
from faqkb.kb.text import clean, simplify


class BrowserEncoder:
    """The bundled encoder for questions in some languages."""

    def __init__(self, languages: Mapping[str, Speaks], english: Mapping[str, int]) -> None:
        """Choose the pieces for languages by their codes; `english` says how often English uses each word.

        Raises ModelMissing, ModelDamaged.
        """
        self._weights = checked_weights()
        self._tokenizer = build_tokenizer(self._weights)
        self.pieces = asking_pieces(self._weights, self._tokenizer, languages, english)
        """Their ids in the published tokenizer, ascending."""

    def layers(self) -> bytes:
        """Return the ONNX file: rows of the table of tokens in, a vector and token vectors out."""
        adapter = read_adapter(bundled_adapter(), ADAPTER_FILE)
        return four_bit_model(self._weights, adapter, limits.QUERY_TOKENS)

    def table(self) -> bytes:
        """Return the file of the pieces, their scores and their rows of the table of tokens."""
        return array_file({"pieces": self.texts(self.pieces)}, self.rows(self.pieces))

    def beside(self, texts: Sequence[str]) -> tuple[int, ...]:
        """Return the ids of the pieces that texts are made of, without those of the file of pieces, ascending."""
        return tuple(sorted(pieces_of(self._tokenizer, [simplify(clean(text)) for text in texts]) - {*self.pieces}))

    def texts(self, kept: Sequence[int]) -> list[str]:
        """Return the text of pieces."""
        return [self._weights.pieces[at].text for at in kept]

    def rows(self, kept: Sequence[int]) -> dict[str, NDArray[Any]]:
        """Return scores and rows of the table of tokens of pieces."""
        scores = np.array([self._weights.pieces[at].score for at in kept], np.float32)
        return {"scores": scores, **table_rows(self._weights, kept)}
