"""Small talk in other words than those listed, told by likeness; only where nothing stored is near the text.

A multinomial logistic regression over the bundled encoder's query vectors: one row of coefficients for each kind of
talk, one for questions. `tools/fit_talk.py` fits it on the word lists beside this file and on real questions.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from faqkb.kb.answers import Talk
from faqkb.kb.conversation.leaning import length_in_words

WEIGHTS_FILE = "talk.npz"
ENCODER = "multilingual-e5-small-faq"
"""What the encoder's id begins with for which the weights hold."""
QUESTION = "question_asked"
"""The class of what is no small talk."""
LEAST = 0.7
"""Probability from which a text is taken for talk: 6 of 1,000 real questions have it, most of them talk."""
_NOT_BY_LIKENESS = {QUESTION, Talk.ACKNOWLEDGED}  # `do you have a fine` is like `fine`
_WORDS = 14  # of a text that is listened to: longer ones ask


def heard_in(text: str, vector: npt.NDArray[np.float32], encoder_id: str) -> Talk | None:
    """Return the kind of talk that a text is like, by its query vector, `NOT_HELPED` included.

    None for a question, or another encoder.
    """
    if not encoder_id.startswith(ENCODER) or length_in_words(text.casefold()) > _WORDS:
        return None
    coefficients, intercepts, kinds = talk_weights()
    odds = coefficients @ vector + intercepts
    shares = np.exp(odds - odds.max())
    best = int(shares.argmax())
    is_sure = shares[best] >= LEAST * shares.sum()
    return Talk(kinds[best]) if is_sure and kinds[best] not in _NOT_BY_LIKENESS else None


@lru_cache(maxsize=1)
def talk_weights() -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], list[str]]:
    """Return coefficients of shape (kinds, dim), intercepts of shape (kinds,), and the kinds."""
    with files("faqkb.kb.conversation").joinpath(WEIGHTS_FILE).open("rb") as file, np.load(file) as stored:
        coefficients: npt.NDArray[np.float32] = stored["coefficients"].astype(np.float32)
        return coefficients, stored["intercepts"].astype(np.float32), stored["kinds"].tolist()
