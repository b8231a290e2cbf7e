"""Terms that are spelled in two ways: GitHub and Github, e-mail and email."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from faqkb.ingest.linted.findings import Finding, Place
from faqkb.ingest.linted.reading import Linted
from faqkb.ingest.page.markdown import read_inline
from faqkb.ingest.page.model import Kind

# A word that is part of no path, address, name of code or file. Disjoint from what it must not touch.
_WORD = re.compile(
    r"(?<![\w./@:\\#$%&=+~*<-])[A-Za-z][A-Za-z0-9]*+(?:-[A-Za-z0-9]++)*+(?![./@:\\=+(*<>-]{0,3}[\w/\\(])"
)
_SHORTEST = 4  # letters of a term
_TEXTS = {Kind.PARAGRAPH, Kind.HEADING, Kind.SUMMARY, Kind.TERM}
# Chinese words that are one word with two characters for one of its sounds; the first is the one of the standard.
_HAN_PAIRS = (("登录", "登陆"), ("账号", "帐号"), ("账户", "帐户"), ("阈值", "阀值"), ("内存", "內存"))


@dataclass(slots=True)
class _Spelling:
    """One way to spell a term."""

    text: str
    first: Place
    count: int = 1


@dataclass(slots=True)
class _Terms:
    """All spellings of each term."""

    by_key: dict[str, dict[str, _Spelling]] = field(default_factory=dict)

    def note(self, key: str, text: str, place: Place) -> None:
        spellings = self.by_key.setdefault(key, {})
        text = next((known for known in spellings if _is_start(known, text)), text)
        if text in spellings:
            spellings[text].count += 1
        else:
            spellings[text] = _Spelling(text, place)


def two_spellings(files: Sequence[Linted]) -> Iterator[Finding]:
    """Yield each spelling of a term that is not the usual one, where it first stands."""
    terms = _Terms()
    for linted in files:
        for text, line in _texts_of(linted):
            place = Place(linted.name, line)
            for found in _WORD.finditer(text):
                word = found[0]
                key = word.casefold().replace("-", "")
                if len(key) >= _SHORTEST:
                    terms.note(key, word, place)
            for usual, other in _HAN_PAIRS:
                for each in (usual, other):
                    for _ in range(text.count(each)):
                        terms.note(usual, each, place)
    for spellings in terms.by_key.values():
        yield from _compared(list(spellings.values()))


def _texts_of(linted: Linted) -> Iterator[tuple[str, int]]:
    """Yield (text, line) of what is prose: no code, no address."""
    for block in linted.page.blocks:
        if block.kind not in _TEXTS:
            continue
        line = block.line
        for token in read_inline(block.source, linted.page.references):
            if token.type in {"softbreak", "hardbreak"}:
                line += 1
            elif token.type == "text":
                yield token.content, line


def _compared(spellings: Sequence[_Spelling]) -> Iterator[Finding]:
    if len(spellings) < 2:
        return
    usual = max(spellings, key=lambda one: (_is_name(one.text), one.count, one.text))
    for one in spellings:
        if one is not usual and _differs(one.text, usual.text):
            yield Finding(
                one.first.path,
                one.first.line,
                "two-spellings",
                f"“{one.text}” ({_times(one)}) is “{usual.text}” elsewhere ({_times(usual)})",
                "choose one",
                other=usual.first,
            )


def _times(one: _Spelling) -> str:
    return f"{one.count} times" if one.count > 1 else "once"


def _is_start(one: str, other: str) -> bool:
    """Whether two spellings differ in the capital with which a sentence starts."""
    return one[1:] == other[1:] and one[0].casefold() == other[0].casefold() and not (_is_name(one) or _is_name(other))


def _is_name(text: str) -> bool:
    """Whether capitals inside a word say how its owner spells it: GitHub, macOS, PyTorch."""
    return any(map(str.isupper, text[1:])) and not text.isupper() and "-" not in text


def _differs(text: str, usual: str) -> bool:
    """Whether two spellings are no matter of where a word stands in a sentence."""
    if not text.isascii():
        return True
    if text.isupper() or usual.isupper():
        return False
    if text.casefold() == usual.casefold():
        return _is_name(usual)
    if _is_name(usual) and text.islower():  # `worker-server` is a program, `WorkerServer` a class
        return False
    parts = max((text, usual), key=lambda one: one.count("-")).split("-")
    return all(len(part) > 1 and part.isalpha() for part in parts) or parts[0].casefold() == "e"
