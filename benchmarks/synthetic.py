"""An encoder that makes vectors up: knowledge bases of a million records without a day of encoding.

The first texts are embedded as always. Of every other text the vector is that of an embedded text which begins alike,
with noise; the vector of each token is that of the same token in an embedded text, with noise. So places, sizes, words
and the number of candidates are those of real texts; how well the right record is found is not, and is not measured.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from faqkb.kb.index.passages import Kind
from faqkb.kb.model.encoder import Encoded, Encoder
from faqkb.kb.vectors import Matrix, TokenCodes

EMBEDDED = 2_500  # texts that are really embedded: those of the first 1,200 records of the crowd
LIKENESS = 0.97  # cosine of a made-up vector and the one it comes from; of the crowd's questions: 0.95 to 0.99
BEGINNING = 24  # characters that two texts of one kin share
TOKEN_NOISE = 6  # of 127, at most; a token's own numbers deviate by 21
SAMPLES = 8  # vectors kept of each token
_NOISE_ROWS = 1 << 16


class SyntheticEncoder(Encoder):
    """Embeds the first texts, makes up the vectors of all others; the same texts in the same order give the same."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        chance = np.random.default_rng(19)
        self._embedded: dict[tuple[str, Kind], tuple[int, TokenCodes]] = {}
        self._vectors = np.empty((0, self.dim), np.float32)
        self._kin: dict[tuple[str, Kind], list[int]] = defaultdict(list)
        self._of_token: dict[str, list[int]] = defaultdict(list)
        self._codes = np.empty((0, self.dim), np.int8)
        self._token_noise = chance.integers(-TOKEN_NOISE, TOKEN_NOISE + 1, (_NOISE_ROWS, self.dim), dtype=np.int8)
        noise = chance.standard_normal((_NOISE_ROWS, self.dim), dtype=np.float32)
        self._noise = noise / np.linalg.norm(noise, axis=1, keepdims=True)

    def encode_passages(
        self, texts: Sequence[str], kinds: Sequence[Kind], progress: Callable[[int], None] = lambda done: None
    ) -> Encoded:
        """Return vectors, as an encoder does."""
        asked = list(dict.fromkeys(zip(texts, kinds, strict=True)))
        fresh = [one for one in asked if one not in self._embedded][: max(0, EMBEDDED - len(self._embedded))]
        if fresh:
            self._learn(fresh, super().encode_passages(*zip(*fresh, strict=True), progress))
        vectors = np.empty((len(texts), self.dim), np.float32)
        tokens = []
        for at, (text, kind) in enumerate(zip(texts, kinds, strict=True)):
            known = self._embedded.get((text, kind))
            vectors[at] = self._vectors[known[0]] if known else self._made_up(text, kind)
            tokens.append(known[1] if known else self._made_up_tokens(text, kind))
            progress(at + 1)
        return Encoded(vectors, tuple(tokens), truncated=())

    def _learn(self, texts: Sequence[tuple[str, Kind]], encoded: Encoded) -> None:
        rows, first = [self._codes], len(self._codes)
        for at, ((text, kind), codes) in enumerate(zip(texts, encoded.tokens, strict=True), len(self._vectors)):
            self._embedded[text, kind] = (at, codes)
            self._kin[text[:BEGINNING], kind].append(at)
            for row, span in enumerate(self.token_spans(text, kind)):
                samples = self._of_token[text[span.start : span.stop]]
                if len(samples) < SAMPLES:
                    samples.append(first + row)
            rows.append(np.clip(codes, TOKEN_NOISE - 127, 127 - TOKEN_NOISE).astype(np.int8))
            first += len(codes)
        self._vectors = np.concatenate([self._vectors, encoded.vectors])
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
