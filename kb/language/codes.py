"""Languages as people write them down, `zh_CN` or `pt-BR` or `cn`, and what a record id is without them."""

from __future__ import annotations

import re
from functools import lru_cache

UNDETERMINED = "und"  # ISO 639-3: no letters to tell from
CODES = frozenset(
    [
        *("af", "am", "ar", "az", "be", "bg", "bn", "bs", "ca", "cs", "cy", "da", "de", "el", "en", "es", "et", "eu"),
        *("fa", "fi", "fr", "ga", "gl", "gu", "he", "hi", "hr", "hu", "hy", "id", "is", "it", "ja", "ka", "kk", "km"),
        *("kn", "ko", "lo", "lt", "lv", "mk", "ml", "mn", "mr", "ms", "my", "ne", "nl", "no", "pa", "pl", "pt", "ro"),
        *("ru", "si", "sk", "sl", "sq", "sr", "sv", "sw", "ta", "te", "th", "tl", "tr", "uk", "ur", "uz", "vi", "zh"),
    ]
)
"""The ISO 639-1 codes that a record may have."""
_ALIASES = {"cn": "zh", "jp": "ja", "kr": "ko", "ua": "uk", "cz": "cs", "in": "id", "iw": "he", "nb": "no", "nn": "no"}
_NAMES = {
    "chinese": "zh",
    "english": "en",
    "french": "fr",
    "german": "de",
    "italian": "it",
    "japanese": "ja",
    "korean": "ko",
    "portuguese": "pt",
    "russian": "ru",
    "spanish": "es",
    "中文": "zh",
    "简体中文": "zh",
    "繁體中文": "zh",
    "日本語": "ja",
    "한국어": "ko",
}
_THREE_LETTERS = {
    **{"zho": "zh", "chi": "zh", "eng": "en", "fra": "fr", "fre": "fr", "deu": "de", "ger": "de", "spa": "es"},
    **{"por": "pt", "ita": "it", "jpn": "ja", "kor": "ko", "rus": "ru", "ara": "ar", "nld": "nl", "pol": "pl"},
    **{"tur": "tr", "vie": "vi", "ind": "id", "ukr": "uk", "swe": "sv", "ces": "cs", "fas": "fa", "heb": "he"},
}
# BCP 47 or a locale of POSIX: language, perhaps script, perhaps region, perhaps encoding. The scripts are named, or
# `no-code` would be Norwegian.
_TAG = re.compile(r"([a-z]{2,3})(?:[-_](?:hans|hant|latn|cyrl|arab))?(?:[-_]([a-z]{2}|\d{3}))?(?:[.@].*)?", re.ASCII)
# What folders and files are called for other reasons: `docs/in`, `ca` of certificates, `ml` of machine learning. They
# name a language only with one of its regions, `id_ID` and not `id-db`.
_OTHER_MEANINGS = {
    **{"am": "et", "be": "by", "ca": "es", "fa": "ir", "ga": "ie", "id": "id", "in": "id", "is": "is", "it": "it"},
    **{"ml": "in", "mk": "mk", "mr": "in", "ms": "my", "my": "mm", "ne": "np", "no": "no", "si": "lk", "ta": "in"},
    **{"te": "in", "tl": "ph"},
}
_FOLDERS_KEPT = 1_000  # records of one folder ask for it again and again
_OF_OLD = frozenset(["it"])  # Italian is far more often meant than information technology, as a folder


def language_of_tag(tag: str) -> str:
    """Return the ISO 639-1 code of a tag, e.g. `zh` of `zh_CN` or `zh-Hant-TW`; empty where it names no language."""
    wanted = tag.strip().strip("\"'").casefold()
    if wanted in _NAMES:
        return _NAMES[wanted]
    match = _TAG.fullmatch(wanted)
    if not match:
        return ""
    code = _THREE_LETTERS.get(match[1], match[1])
    code = _ALIASES.get(code, code)
    return code if code in CODES else ""


@lru_cache(_FOLDERS_KEPT)
def folder_language(name: str) -> str:
    """Return the language that a folder's name is, e.g. `zh` of `zh_CN` or `cn`; empty where it names none."""
    return "it" if name.casefold() in _OF_OLD else ending_language(name)


def ending_language(ending: str) -> str:
    """Return the language that the end of a file's name is, e.g. `pt` of `pt-BR`; empty where it names none."""
    wanted = ending.casefold()
    match = _TAG.fullmatch(wanted)
    if match and (len(match[1]) == 3 or _OTHER_MEANINGS.get(match[1], match[2]) != match[2]):
        return ""
    return language_of_tag(wanted)


def twin_key(record_id: str) -> str:
    """Return the record id without the language folders in its path: equal for a record and its translation."""
    *folders, label = record_id.split("/")
    return "/".join((*(folder for folder in folders if not folder_language(folder)), label))
