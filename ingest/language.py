"""The language of records: by what the author declared, the path, the script, a detector, and their neighbours.

A script is evidence: what is written in Han is Chinese in a folder `fr/` too. Latin letters are not, so there the
path is believed before the detector, and a document's own language before a guess from four words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from operator import itemgetter
from pathlib import PurePosixPath

from faqkb.kb.language.codes import UNDETERMINED, ending_language, folder_language, language_of_tag
from faqkb.kb.language.detection import detect_language
from faqkb.kb.language.detector import LATIN_LANGUAGES, language_shares
from faqkb.kb.language.latin import plain_words
from faqkb.kb.language.scripts import CYRILLIC, LATIN, script_language

_UNTOLD = frozenset([LATIN, CYRILLIC, ""])  # of scripts: which do not tell the language
_PROSE_CHARS = 1_000  # of an answer tell its language
_TELLING_WORDS = 5  # in Latin letters, or a text is a name and a command, which every language has
_SHORT_TEXT = 60  # characters of question and answer in another script than Latin
_PLAIN_WORDS = 8  # from which on a text speaks for itself against its document
_PLAINLY_NOT = 0.01  # how likely the document's language then is at most
_MIN_MAJORITY = 0.6  # of the records of a document; a file of two languages has none
_MIN_RECORDS = 3  # or a neighbour's mistake is everybody's
_ENDING = re.compile(r"[._-]([a-z]{2,3}(?:[-_](?:hans|hant))?(?:[-_][a-z]{2})?)$", re.IGNORECASE)
_SENTENCE = 2  # hyphens in a file's name before an ending make a sentence of it: `is-it-for-de.md`
_FAMILIES = (("zh", "ja"), ("ru", "uk", "bg", "be", "mk", "sr", "kk"), ("ar", "fa", "ur"))
"""Languages of one script, where a short text may be in any of them."""
_OTHER_SCRIPTS = frozenset(
    [*chain.from_iterable(_FAMILIES), "ko", "el", "he", "th", "hi", "ka", "hy", "bn", "ta", "te"]
)
"""Languages that are not written in Latin letters."""


def language_of(question: str, prose: str, *, declared: str = "", path: str = "") -> str:
    """Return the language of a record, an ISO 639-1 code or `und`, e.g. `zh`.

    `declared` is what front matter or a comment says (`lang: pt-BR`), `path` the document's path. What was declared
    holds; the path holds unless the text is in another script.
    """
    return languages_of([(question, prose)], declared=declared, path=path)[0]


def languages_of(pairs: Sequence[tuple[str, str]], *, declared: str = "", path: str = "") -> list[str]:
    """Return the language of each record of a document, given as question and prose of the answer, in their order.

    As `language_of`; where neither says it, a record in Latin letters follows its document's majority unless its own
    text plainly says otherwise.
    """
    told = language_of_tag(declared)
    if told:
        return [told] * len(pairs)
    named = path_language(path)
    alone = [_detected(question, prose, named) for question, prose in pairs]
    return alone if named else _after_the_majority(pairs, alone)


def path_language(path: str) -> str:
    """Return the language that a path names, e.g. `zh` of `docs/zh_CN/FAQ.md`, `pt` of `faq-pt-BR.md`; else empty.

    The end of the file's name is nearer to the text than its folders, and the innermost folder nearer than others.
    """
    pure = PurePosixPath(path.replace("\\", "/"))
    stem = pure.name.removesuffix(pure.suffix)
    match = _ENDING.search(stem)
    endings = [ending_language(match[1])] if match and stem[: match.start()].count("-") < _SENTENCE else []
    folders = [folder_language(folder) for folder in reversed(pure.parent.parts)]
    return next(filter(None, (*endings, folder_language(stem), *folders)), "")


def _detected(question: str, prose: str, named: str) -> str:
    """Return the language of a question and its answer, `named` where the letters do not speak against it."""
    whole = _whole(question, prose)
    asked, script = script_language(question), script_language(whole)
    if named and _may_be(named, script if asked in _UNTOLD else asked, whole):
        return named
    if asked in _UNTOLD or {asked, script} == {"zh", "ja"}:  # a question without kana, an answer with them
        return detect_language(whole)
    return asked  # an error message in Latin letters may be explained in another language; this is the question


def _whole(question: str, prose: str) -> str:
    return f"{question}\n{prose[:_PROSE_CHARS]}"


def _may_be(language: str, script: str, text: str) -> bool:
    """Whether a text in some script, as `script_language` tells it, can be in a language that its path names."""
    if not script:
        return False
    if script == LATIN:
        return language not in _OTHER_SCRIPTS or len(plain_words(text)) < _TELLING_WORDS
    if script == CYRILLIC:
        return language in _FAMILIES[1]
    return script == language or (script, language) == ("zh", "ja")


def _after_the_majority(pairs: Sequence[tuple[str, str]], alone: Sequence[str]) -> list[str]:
    """Return the languages with those of short texts taken from their document."""
    told = [language for language in alone if language != UNDETERMINED]
    most, count = max(sorted(Counter(told).items()), key=itemgetter(1), default=("", 0))
    if len(told) < _MIN_RECORDS or count < _MIN_MAJORITY * len(told):
        return list(alone)
    return [
        most if language not in {most, UNDETERMINED} and _follows(_whole(*pair), language, most) else language
        for pair, language in zip(pairs, alone, strict=True)
    ]


def _follows(text: str, language: str, most: str) -> bool:
    """Whether a text that looks like another language is too short to be believed against its document's."""
    if language in _OTHER_SCRIPTS:
        is_short = len(text) < _SHORT_TEXT
        return is_short and any(language in family and most in family for family in _FAMILIES)
    words = plain_words(text)
    if most in _OTHER_SCRIPTS or most not in LATIN_LANGUAGES:
        return len(words) < _TELLING_WORDS
    return len(words) < _PLAIN_WORDS or language_shares(" ".join(words), LATIN_LANGUAGES)[most] > _PLAINLY_NOT
