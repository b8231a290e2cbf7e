"""The one place that knows py3langid: how likely each language is, from the text alone.

Its model takes half a second to load and some 50 MB, so nothing here is loaded before it is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from threading import Lock
from typing import Any

LATIN_LANGUAGES = (
    *("cs", "da", "de", "en", "es", "fi", "fr", "hu", "id", "it", "nl", "no", "pl", "pt", "ro", "sk", "sv", "tr", "vi"),
)
"""What a text in Latin letters can be in. The fewer, the rarer is a question of three words taken for another one."""
CYRILLIC_LANGUAGES = ("bg", "ru", "uk")
"""What one in Cyrillic letters can be in that no letter tells apart."""


_LOADING = Lock()  # of two readers who ask in French at once, the second waits instead of loading it again


def language_shares(text: str, languages: tuple[str, ...]) -> Mapping[str, float]:
    """Return how likely each language of one of the tables above is, 0..1, together 1."""
    with _LOADING:
        identifier = _identifiers()[languages]
    shares: dict[str, float] = dict(identifier.rank(text))
    return shares


@cache
def _identifiers() -> Mapping[tuple[str, ...], Any]:
    """Return a detector for each table.

    The library's own way to choose languages, `set_languages`, keeps the columns of all 142 beside the chosen ones.
    """
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415

    whole = LanguageIdentifier.from_model_file(MODEL_FILE)
    found: dict[tuple[str, ...], Any] = {}
    for languages in (LATIN_LANGUAGES, CYRILLIC_LANGUAGES):
        columns = [at for at, code in enumerate(whole.nb_classes) if code in languages]
        found[languages] = LanguageIdentifier(
            whole.nb_ptc[:, columns].copy(),
            whole.nb_pc[columns].copy(),
            [whole.nb_classes[at] for at in columns],
            whole.tk_nextmove,
            whole.tk_output,
            norm_probs=True,
            tk_row=whole.tk_row,
        )
    return found
