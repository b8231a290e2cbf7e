"""An encoder for tests that build many small knowledge bases: every one embeds the same 168 questions of the cohort."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from faqkb.kb.index.late_interaction import TokenCodes
from faqkb.kb.index.passages import Kind
from faqkb.kb.model.encoder import Encoded, Encoder


class RememberingEncoder(Encoder):
    """The encoder itself, but a passage that it has embedded before is not embedded again.

    Its vector would be the same, alone and in company: tests/kb/model/test_encoder.py holds an encoder to that.
    """

    def encode_passages(
        self, texts: Sequence[str], kinds: Sequence[Kind], progress: Callable[[int], None] = lambda done: None
    ) -> Encoded:
        known: dict[tuple[str, Kind], tuple[np.ndarray, TokenCodes, bool]] = self.__dict__.setdefault("_known", {})
        wanted = list(zip(texts, kinds, strict=True))
        fresh = list(dict.fromkeys(each for each in wanted if each not in known))
        encoded = super().encode_passages([text for text, _ in fresh], [kind for _, kind in fresh])
        for at, each in enumerate(fresh):
            known[each] = encoded.vectors[at], encoded.tokens[at], at in encoded.truncated
        progress(len(wanted))
        found = [known[each] for each in wanted]
        return Encoded(
            np.array([vector for vector, _, _ in found], dtype=np.float32).reshape(len(found), self.dim),
            tokens=tuple(tokens for _, tokens, _ in found),
            truncated=tuple(at for at, (_, _, is_cut) in enumerate(found) if is_cut),
        )
