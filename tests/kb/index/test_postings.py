"""The lexical index: BM25 as it is written down, however much of it is left out."""

from __future__ import annotations

import itertools
import math
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from faqkb.kb.errors import SnapshotDamaged
from faqkb.kb.index import postings
from faqkb.kb.index.postings import Occurrences, Postings, PostingsFile, build_postings

_RANDOM = random.Random(7)
# A few words that nearly every record holds, and many that hardly any does, as in any language.
_VOCABULARY = [f"w{number}" for number in range(800)]
_WEIGHTS = [1 / (1 + number) for number in range(800)]
RECORDS = [_RANDOM.choices(_VOCABULARY, _WEIGHTS, k=_RANDOM.randint(3, 60)) for _ in range(3_000)]


def occurrences(words: Sequence[Sequence[str]]) -> Occurrences:
    return Occurrences.of(dict(enumerate(words)), len(words))


@pytest.fixture(scope="module")
def built() -> Postings:
    return build_postings(occurrences(RECORDS))


@pytest.fixture(scope="module")
def index(built: Postings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostingsFile]:
    path = tmp_path_factory.mktemp("index") / "postings.bin"
    path.write_bytes(built.content)
    opened = PostingsFile(path, len(RECORDS))
    yield opened
    opened.close()


def bm25(asked: Sequence[str], allowed: set[int] | None = None) -> list[tuple[int, float]]:
    """Return what the formula says of every record, worked out the long way."""
    average = sum(map(len, RECORDS)) / len(RECORDS)
    holders = Counter(word for own in RECORDS for word in set(own))
    scores: dict[int, float] = {}
    for position, own in enumerate(RECORDS):
        counts = Counter(own)
        for word in set(asked) & set(own) if allowed is None or position in allowed else ():
            idf = max(math.log((len(RECORDS) - holders[word] + 0.5) / (holders[word] + 0.5)), 1e-6)
            often = counts[word]
            gain = idf * often * 2.2 / (often + 1.2 * (0.25 + 0.75 * len(own) / average))
            scores[position] = scores.get(position, 0.0) + gain
    return sorted(scores.items(), key=lambda one: (-one[1], one[0]))


def questions() -> Iterator[list[str]]:
    chance = random.Random(11)
    for _ in range(60):
        yield list(dict.fromkeys(chance.choices(_VOCABULARY, [1 / (1 + number / 20) for number in range(800)], k=9)))


@pytest.mark.parametrize("costly", [1, 100, 10**9])
@pytest.mark.parametrize("is_filtered", [False, True])
def test_the_best_records_are_those_of_the_formula(
    built: Postings, index: PostingsFile, monkeypatch: pytest.MonkeyPatch, costly: int, is_filtered: bool
) -> None:
    """However soon it stops reading words that cannot matter."""
    monkeypatch.setattr(postings, "_COSTLY", costly)
    allowed = set(range(0, len(RECORDS), 7)) if is_filtered else None
    mask = np.isin(np.arange(len(RECORDS)), list(allowed)) if allowed else None
    for asked in questions():
        entries = [built.entries[word] for word in asked if word in built.entries]
        got, want = index.best(entries, 10, mask), bm25(asked, allowed)[:10]
        assert [score for _, score in got] == pytest.approx([score for _, score in want], rel=1e-5)
        clear = [position for (position, score), (_, other) in itertools.pairwise(want) if score > other + 1e-5]
        assert set(clear) <= {position for position, _ in got}


def test_which_record_holds_a_word_is_known(built: Postings, index: PostingsFile) -> None:
    for word in ("w0", "w3", "w700"):
        holders = {position for position in range(len(RECORDS)) if index.holds(built.entries[word], position)}
        assert holders == {position for position, own in enumerate(RECORDS) if word in own}


def test_the_same_words_give_the_same_bytes(built: Postings) -> None:
    assert build_postings(occurrences([list(own) for own in RECORDS])) == built


def test_no_records_and_no_words_find_nothing(tmp_path: Path) -> None:
    for name, words in (("none", []), ("empty", [[], []])):
        nothing = build_postings(occurrences(words))
        (tmp_path / name).write_bytes(nothing.content)
        with closing(PostingsFile(tmp_path / name, len(words))) as index:
            assert index.best([], 10) == []


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("no postings of", lambda content: content[:-1]),
        ("no postings of", lambda content: content[:8]),
        ("beyond the", lambda content: content[: 4 * len(RECORDS)] + b"\xff" * (len(content) - 4 * len(RECORDS))),
    ],
)
def test_what_was_never_stored_is_refused(
    built: Postings, tmp_path: Path, what: str, change: Callable[[bytes], bytes]
) -> None:
    (tmp_path / "p").write_bytes(change(built.content))
    with pytest.raises(SnapshotDamaged, match=what), closing(PostingsFile(tmp_path / "p", len(RECORDS))) as index:
        index.best([built.entries["w3"]], 10)


def test_entries_of_another_index_and_a_file_cut_short_are_refused(built: Postings, tmp_path: Path) -> None:
    (tmp_path / "p").write_bytes(built.content)
    with closing(PostingsFile(tmp_path / "p", len(RECORDS))) as index:
        with pytest.raises(SnapshotDamaged, match="no postings"):
            index.best([postings.Entry(index.count - 1, 2, 1.0)], 10)
        (tmp_path / "p").write_bytes(b"")
        with pytest.raises(SnapshotDamaged, match="cut short"):
            index.best([built.entries["w3"]], 10)


def test_records_that_move_go_and_come_give_the_index_of_a_fresh_start(built: Postings, index: PostingsFile) -> None:
    chance = random.Random(3)
    order = chance.sample(range(len(RECORDS)), 2_000)
    now: list[list[str]] = []
    moved = np.full(len(RECORDS), -1)
    new: dict[int, list[str]] = {}
    for position, before in enumerate(order):
        if position % 50:
            now.append(RECORDS[before])
            moved[before] = position
        else:
            now.append(["w1", "new", "w1", f"only{position}"])
            new[position] = now[-1]
    before = index.occurrences(built.entries)
    assert build_postings(before.moved(moved, len(now)).joined(Occurrences.of(new, len(now)))) == build_postings(
        occurrences(now)
    )


def test_an_index_of_other_words_is_refused(built: Postings, index: PostingsFile) -> None:
    few = dict(list(built.entries.items())[:-1])
    with pytest.raises(SnapshotDamaged, match="its words"):
        index.occurrences(few)
