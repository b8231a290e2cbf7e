"""Labels that a document teaches: a letter before each question, a pair of letters that takes turns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from faqkb.ingest.page.model import Kind, OwnLabels, Page
from faqkb.ingest.styles.labels import Mark, Side, read_label, read_mark
from faqkb.ingest.styles.words import counts_parts

_REPEATS = 2  # a mark that comes once teaches nothing
_SHARE = 0.5  # of the headings of a level that carry the mark
_TURNS = 0.8  # of the first letter's lines that the second one follows next
_COLONS = ":："
_TEXTS = {Kind.PARAGRAPH, Kind.HTML}


def learn_labels(page: Page) -> OwnLabels:
    """Return the labels that this document uses and nobody else knows."""
    headings = [block for block in page.blocks if block.kind is Kind.HEADING]
    counted = {word for level in range(1, 7) for word in _counting([b.text for b in headings if b.level == level])}
    marks = list(_marks(page))
    asks, answers = _turns([mark.word for mark in marks if _is_letter(mark)])
    return OwnLabels(frozenset(counted | asks), frozenset(answers), frozenset(_bare_letters(marks)))


def _is_letter(mark: Mark) -> bool:
    return len(mark.word) == 1 and bool(mark.stop) and (bool(mark.number) or mark.stop in _COLONS)


def _marks(page: Page) -> Iterator[Mark]:
    """Yield what may be a label, of each line of text and each heading."""
    for block in page.blocks:
        if block.kind is Kind.HEADING:
            mark = read_mark(block.source)
            if mark:
                yield mark
        elif block.kind in _TEXTS:
            yield from filter(None, (read_mark(line.text) for line in page.text_lines(block)))


def _counting(titles: Sequence[str]) -> set[str]:
    """Return the words that count the headings of a level: `P1:`, `P2:`."""
    marks = [mark for mark in map(read_mark, titles) if mark and mark.number and mark.stop]
    found = Counter(mark.word for mark in marks)
    common = (word for word, times in found.items() if times >= max(_REPEATS, _SHARE * len(titles)))
    return {
        word
        for word in common
        if not _is_known(word) and _counts_from_one([mark.number for mark in marks if mark.word == word])
    }


def _counts_from_one(numbers: Sequence[str]) -> bool:
    """Whether numbers begin at 0 or 1 and differ: `E1001` is the name of an error."""
    first = "".join(char if char.isdecimal() else " " for char in numbers[0]).split()[:1]
    return bool(first) and int(first[0]) <= 1 and len(set(numbers)) == len(numbers)


def _is_known(word: str) -> bool:
    return counts_parts(word) or read_label(f"{word}:") is not None


def _turns(words: Sequence[str]) -> tuple[set[str], set[str]]:
    """Return the letters that take turns with another one, first those that ask: `P`, `R`, `P`, `R`."""
    counts = Counter(words)
    followed: Counter[tuple[str, str]] = Counter(pairwise(words))
    asks: set[str] = set()
    answers: set[str] = set()
    for (first, second), times in followed.most_common(4):
        even = min(counts[first], counts[second]) >= _REPEATS and times >= _TURNS * max(counts[first], counts[second])
        starts = words.index(first) < words.index(second) if first != second else False
        if even and starts and _side(first) is not Side.ANSWER and _side(second) is not Side.QUESTION:
            asks.add(first)
            answers.add(second)
    return {word for word in asks if _side(word) is None}, {word for word in answers if _side(word) is None}


def _side(word: str) -> Side | None:
    label = read_label(f"{word}:")
    return label.side if label else None


def _bare_letters(marks: Sequence[Mark]) -> set[str]:
    """Return `q` and `a` where several lines carry them with a number and no stop, as in `Q1 How` and `A1 So`."""
    found = {letter: [mark for mark in marks if mark.number and mark.word == letter] for letter in ("q", "a")}
    asked = {mark.number for mark in found["q"]}
    answered = {mark.number for mark in found["a"]}
    if len(asked & answered) >= _REPEATS:
        return {"q", "a"}
    stopped = sum(bool(mark.stop) for mark in found["q"])
    return {"q"} if stopped >= _REPEATS and len(asked) == len(found["q"]) else set()
