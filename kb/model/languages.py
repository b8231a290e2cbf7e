"""Which characters a language uses: the table behind `faq model prepare --languages`."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence

from faqkb.kb.errors import ConfigError

ALL_LANGUAGES = "all"
Ranges = tuple[tuple[int, int], ...]  # first and last code point of each

# Letters of any text about computing: Latin with its accents, Greek (formulas), Roman numerals and letter-like signs.
COMMON: Ranges = (
    (0x0000, 0x03FF),
    (0x1D00, 0x1DBF),
    (0x1E00, 0x1FFF),
    (0x2000, 0x2BFF),
    (0x2C60, 0x2C7F),
    (0x3000, 0x303F),
    (0xA700, 0xA7FF),
    (0xAB30, 0xAB6F),
    (0xFB00, 0xFB06),
    (0xFE00, 0xFE2F),
    (0xFF00, 0xFF64),
    (0xFFE0, 0xFFEF),
    (0x1D400, 0x1D7FF),
)
HAN: Ranges = (
    (0x2E80, 0x2FDF),
    (0x3100, 0x312F),
    (0x3190, 0x31FF),
    (0x3200, 0x33FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)
CYRILLIC: Ranges = ((0x0400, 0x052F), (0x1C80, 0x1C8F), (0x2DE0, 0x2DFF), (0xA640, 0xA69F))
ARABIC: Ranges = ((0x0600, 0x06FF), (0x0750, 0x077F), (0x08A0, 0x08FF), (0xFB50, 0xFDFF), (0xFE70, 0xFEFE))
DEVANAGARI: Ranges = ((0x0900, 0x097F), (0x1CD0, 0x1CFF), (0xA8E0, 0xA8FF))
KANA: Ranges = ((0x3040, 0x30FF), (0x31F0, 0x31FF), (0xFF65, 0xFF9F), (0x1B000, 0x1B16F))
HANGUL: Ranges = ((0x1100, 0x11FF), (0x3130, 0x318F), (0xA960, 0xA97F), (0xAC00, 0xD7FF), (0xFFA0, 0xFFDC))
LATIN: Ranges = ()  # in COMMON

SCRIPTS: dict[str, Ranges] = {
    "zh": HAN,
    "ja": HAN + KANA,
    "ko": HANGUL + HAN,
    **dict.fromkeys(("be", "bg", "kk", "ky", "mk", "mn", "ru", "sr", "tg", "uk"), CYRILLIC),
    **dict.fromkeys(("ar", "fa", "ps", "ug", "ur"), ARABIC),
    **dict.fromkeys(("hi", "mr", "ne", "sa"), DEVANAGARI),
    "bn": ((0x0980, 0x09FF),),
    "pa": ((0x0A00, 0x0A7F),),
    "gu": ((0x0A80, 0x0AFF),),
    "ta": ((0x0B80, 0x0BFF),),
    "te": ((0x0C00, 0x0C7F),),
    "kn": ((0x0C80, 0x0CFF),),
    "ml": ((0x0D00, 0x0D7F),),
    "si": ((0x0D80, 0x0DFF),),
    "th": ((0x0E00, 0x0E7F),),
    "lo": ((0x0E80, 0x0EFF),),
    "my": ((0x1000, 0x109F), (0xA9E0, 0xA9FF), (0xAA60, 0xAA7F)),
    "ka": ((0x10A0, 0x10FF), (0x1C90, 0x1CBF), (0x2D00, 0x2D2F)),
    "am": ((0x1200, 0x139F), (0x2D80, 0x2DDF)),
    "km": ((0x1780, 0x17FF), (0x19E0, 0x19FF)),
    "hy": ((0x0530, 0x058F), (0xFB13, 0xFB17)),
    "he": ((0x0590, 0x05FF), (0xFB1D, 0xFB4F)),
    **dict.fromkeys(("cs", "da", "de", "el", "en", "es", "fi", "fr", "hu", "id", "it", "ms", "nl", "no"), LATIN),
    **dict.fromkeys(("pl", "pt", "ro", "sk", "sv", "sw", "tl", "tr", "vi"), LATIN),
}


def parse_languages(languages: Sequence[str]) -> tuple[str, ...]:
    """Return the languages sorted and without repeats, `("all",)` when `all` is among them.

    Raises ConfigError naming a code that the table does not have.
    """
    wanted = sorted({language.strip().lower() for language in languages if language.strip()})
    if ALL_LANGUAGES in wanted:
        return (ALL_LANGUAGES,)
    unknown = [language for language in wanted if language not in SCRIPTS]
    if unknown or not wanted:
        raise ConfigError(
            f"languages: got {', '.join(unknown) or 'none'}, expected some of {', '.join(sorted(SCRIPTS))}; "
            f"or {ALL_LANGUAGES!r} to keep every piece"
        )
    return tuple(wanted)


def piece_speaker(languages: Sequence[str]) -> Callable[[str], bool]:
    """Return the test whether a piece is made only of characters that the languages, or all of them, use."""
    allowed = COMMON + tuple(span for language in languages for span in SCRIPTS[language])
    known: dict[str, bool] = {}

    def used(character: str) -> bool:
        point = ord(character)
        # Punctuation, symbols and emoji belong to every language; letters, marks and digits to their script.
        return unicodedata.category(character)[0] in "PSZC" or any(first <= point <= last for first, last in allowed)

    def speaks(piece: str) -> bool:
        for character in piece:
            if character not in known:
                known[character] = used(character)
        return all(known[character] for character in piece)

    return speaks
