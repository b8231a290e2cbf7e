"""Which language a text is in, as far as its script tells; and which records say the same in another one."""

from __future__ import annotations

import unicodedata

UNDETERMINED = "und"  # ISO 639-3: no letters to tell from
_MIN_HAN_SHARE = 0.15  # of the letters: Chinese technical text is full of Latin names
_SCRIPTS = {
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "HANGUL": "ko",
    "CYRILLIC": "ru",
    "ARABIC": "ar",
    "HEBREW": "he",
    "GREEK": "el",
    "THAI": "th",
    "DEVANAGARI": "hi",
}


def detect_language(text: str) -> str:
    """Return `zh`, `en`, `ja`, … by the script most letters are in; Latin letters count as `en`."""
    counts: dict[str, int] = {}
    for char in text:
        if char.isalpha():
            # Tangut has 6,145 letters without a name.
            name = unicodedata.name(char, "").partition(" ")[0]
            script = "zh" if "一" <= char <= "鿿" else _SCRIPTS.get(name, "en")
            counts[script] = counts.get(script, 0) + 1
    letters = sum(counts.values())
    if not letters:
        return UNDETERMINED
    if counts.get("ja", 0) >= _MIN_HAN_SHARE / 3 * letters and counts.get("ja", 0) > 1:
        return "ja"
    if counts.get("zh", 0) >= _MIN_HAN_SHARE * letters:
        return "zh"
    return max(sorted(counts), key=counts.__getitem__)


# Names of language folders in documentation trees: `docs/zh_CN/FAQ/…` beside `docs/en/FAQ/…`.
_LANGUAGE_FOLDERS = frozenset(
    [
        "zh",
        "en",
        "ja",
        "ko",
        "ru",
        "ar",
        "he",
        "el",
        "th",
        "hi",
        "de",
        "fr",
        "es",
        "pt",
        "it",
        "zh_cn",
        "zh-cn",
        "zh_tw",
        "zh-tw",
        "en_us",
        "en-us",
        "cn",
    ]
)


def twin_key(record_id: str) -> str:
    """Return the record id without the language folders in its path: equal for a record and its translation."""
    *folders, label = record_id.split("/")
    return "/".join((*(folder for folder in folders if folder.casefold() not in _LANGUAGE_FOLDERS), label))
