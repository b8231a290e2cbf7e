"""The language of a question and its answer; the script of a text is told by `kb.language`."""

from __future__ import annotations

from faqkb.kb.language import UNDETERMINED, detect_language

_LATIN = "en"
_PROSE_CHARS = 1_000  # of an answer tell its language
_HAN_PER_WORD = 0.5  # Chinese full of English names has at least one Han character for two of them


def language_of(question: str, prose: str) -> str:
    """Return the language of the question; an error message in Latin letters may be asked about in another one."""
    asked = detect_language(question)
    if asked not in {_LATIN, UNDETERMINED}:
        return asked
    return "zh" if _is_mixed_chinese(question) else detect_language(f"{question}\n{prose[:_PROSE_CHARS]}")


def _is_mixed_chinese(text: str) -> bool:
    han = sum("一" <= char <= "鿿" for char in text)
    words = "".join(char if char.isascii() and char.isalpha() else " " for char in text).split()
    return han > 1 and han >= _HAN_PER_WORD * len(words)
