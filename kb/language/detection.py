"""Which language a text is in: by its script first, by a detector where the script does not tell."""

from __future__ import annotations

from functools import lru_cache

from faqkb.kb.language.codes import UNDETERMINED
from faqkb.kb.language.detector import CYRILLIC_LANGUAGES, language_shares
from faqkb.kb.language.latin import latin_language
from faqkb.kb.language.scripts import CYRILLIC, LATIN, script_language


@lru_cache(maxsize=256)  # a question is looked at by the ranking, the words around its answer and the conversation
def detect_language(text: str) -> str:
    """Return `zh`, `en`, `fr`, … of a text, `und` where it has no letters; English where nothing says otherwise."""
    script = script_language(text)
    if script == LATIN:
        return latin_language(text)
    if script == CYRILLIC:
        return _cyrillic_language(text)
    return script or UNDETERMINED


_RUSSIAN_READERS = 3.0  # to one of the others: `Обязателен ли Kubernetes?` is as likely Bulgarian by its letters


def _cyrillic_language(text: str) -> str:
    shares = {**language_shares(text, CYRILLIC_LANGUAGES)}
    shares["ru"] *= _RUSSIAN_READERS
    return max(sorted(shares), key=shares.__getitem__)
