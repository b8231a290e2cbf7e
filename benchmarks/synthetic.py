"""An encoder that makes vectors up: knowledge bases of a million records without a day of encoding.

The texts of some records are embedded as always. Of every other text the vector is that of an embedded text which
begins alike, with noise; the vector of each token is that of the same token in an embedded text, with noise. So places,
sizes, words and the number of candidates are those of real texts. How well the right record is found is not, and is
not measured.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from faqkb.kb.index.cohort import cohort_questions
from faqkb.kb.index.passages import Kind, passages_of
from faqkb.kb.model.encoder import Encoded, Encoder
from faqkb.kb.records import Record
from faqkb.kb.vectors import Matrix, TokenCodes

LIKENESS = 0.97  # cosine of a made-up vector and the one it comes from; of the crowd's questions: 0.95 to 0.99
BEGINNING = 24  # characters that two texts of one kin share
TOKEN_NOISE = 6  # of 127, at most; a token's own numbers deviate by 21
SAMPLES = 8  # vectors kept of each token
_NOISE_ROWS = 1 << 16


class SyntheticEncoder(Encoder):
    """Embeds the texts of the records given, and the cohort's; makes up the vectors of all others.

    The same records give the same vectors, in whichever order texts are embedded.
    """

    def __init__(self, folder: Path, records: Sequence[Record]) -> None:
        """Load the model and embed the records' texts (20 ms each)."""
        super().__init__(folder)
        chance = np.random.default_rng(19)
        self._embedded: dict[tuple[str, Kind], tuple[int, TokenCodes]] = {}
        self._kin: dict[tuple[str, Kind], list[int]] = defaultdict(list)
        self._of_token: dict[str, list[int]] = defaultdict(list)
        self._token_noise = chance.integers(-TOKEN_NOISE, TOKEN_NOISE + 1, (_NOISE_ROWS, self.dim), dtype=np.int8)
        noise = chance.standard_normal((_NOISE_ROWS, self.dim), dtype=np.float32)
        self._noise = noise / np.linalg.norm(noise, axis=1, keepdims=True)
        of_records = (entry for at, record in enumerate(records) for entry in passages_of(record, at, self.split))
        self._learn(list(dict.fromkeys((entry.text, entry.kind) for entry in (*cohort_questions(), *of_records))))

    def encode_passages(
        self, texts: Sequence[str], kinds: Sequence[Kind], progress: Callable[[int], None] = lambda done: None
    ) -> Encoded:
        """Return vectors, as an encoder does."""
        vectors = np.empty((len(texts), self.dim), np.float32)
        tokens = []
        for at, (text, kind) in enumerate(zip(texts, kinds, strict=True)):
            known = self._embedded.get((text, kind))
            vectors[at] = self._vectors[known[0]] if known else self._made_up(text, kind)
            tokens.append(known[1] if known else self._made_up_tokens(text, kind))
            progress(at + 1)
        return Encoded(vectors, tuple(tokens), truncated=())

    @property
    def embedded(self) -> int:
        """Number of texts whose vectors are the model's own."""
        return len(self._embedded)

    def _learn(self, texts: Sequence[tuple[str, Kind]]) -> None:
        encoded = super().encode_passages([text for text, _ in texts], [kind for _, kind in texts])
        rows, first = [], 0
        for at, ((text, kind), codes) in enumerate(zip(texts, encoded.tokens, strict=True)):
            self._embedded[text, kind] = (at, codes)
            self._kin[text[:BEGINNING], kind].append(at)
            for row, span in enumerate(self.token_spans(text, kind)):
                samples = self._of_token[text[span.start : span.stop]]
                if len(samples) < SAMPLES:
                    samples.append(first + row)
            rows.append(np.clip(codes, TOKEN_NOISE - 127, 127 - TOKEN_NOISE).astype(np.int8))
            first += len(codes)
        self._vectors = encoded.vectors
        self._codes = np.concatenate(rows)

    def _made_up(self, text: str, kind: Kind) -> Matrix:
        number = zlib.crc32(text.encode())
        kin = self._kin.get((text[:BEGINNING], kind)) or range(len(self._vectors))
        noise = self._noise[number % _NOISE_ROWS]
        vector = self._vectors[kin[number % len(kin)]]
        across = noise - (noise @ vector) * vector
        across /= np.linalg.norm(across)
        return np.asarray(LIKENESS * vector + np.sqrt(1 - LIKENESS**2) * across, np.float32)

    def _made_up_tokens(self, text: str, kind: Kind) -> TokenCodes:
        number = zlib.crc32(text.encode())
        rows = []
        for at, span in enumerate(self.token_spans(text, kind)):
            samples = self._of_token.get(text[span.start : span.stop]) or range(len(self._codes))
            rows.append(samples[(number + at * 7919) % len(samples)])
        noise = np.arange(number, number + len(rows)) % _NOISE_ROWS
        return np.asarray(self._codes[rows] + self._token_noise[noise], np.int8)
