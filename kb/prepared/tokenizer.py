"""Text to tokens, with the pieces that occur in the text.

A `tokenizers.Tokenizer` of 137,000 pieces takes 0.33 s and 125 MB: half of a cold answer, a quarter of a server. In
the likeliest split of a text (Unigram, Kudo 2018, arXiv 1804.10959) stand only pieces that are part of it, so a
Tokenizer of those alone, made for this one text, gives the same tokens. The pieces are looked up in a table that is
there in 50 ms. That costs 0.15 ms a question; who reads much takes all pieces at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from tokenizers import AddedToken, Tokenizer, models

from faqkb.kb.errors import ModelDamaged
from faqkb.kb.prepared.names import PIECES_FILE, SCORES_FILE, TOKENIZER_FILE

MUCH = 40_000  # characters; to make a Tokenizer of all pieces takes as long as to read so many without
_LONG = 500  # characters of a text from which it pays to know how long the pieces are that begin alike
_ALIKE = 4  # characters
_PANICS = "pyo3_runtime"  # module of the library's panics, which nothing can import
_LED = "▁"  # begins a word in pieces


@dataclass(frozen=True, slots=True)
class Tokens:
    """A text as the encoder reads it."""

    ids: list[int]
    offsets: list[tuple[int, int]]
    """First and last character of each token; special ones have none."""


def cut_ids(ids: list[int], most: int) -> list[int]:
    """Return the ids of a text that is too long without those of its end; the special token that closes it stays."""
    return ids if len(ids) <= most else [*ids[: most - 1], ids[-1]]


class PreparedTokenizer:
    """The tokenizer of a prepared folder. Safe to use from any number of threads."""

    def __init__(self, folder: Path, pieces: int) -> None:
        """Read the tokenizer of a prepared folder, of so many pieces. Raises ModelDamaged."""
        self._path = folder / TOKENIZER_FILE
        with _panics_told(self._path):
            self._given = _read_tokenizer(self._path)
            self._pieces = _Pieces(folder, pieces, self._given) if (folder / PIECES_FILE).exists() else None
        self._whole: _Vocabulary | None = None
        self._is_much = False
        self._read = 0

    def encode(self, text: str, *, special: bool = True) -> Tokens:
        """Return the tokens of a text, the special ones around them unless they are not wanted. Raises ModelDamaged."""
        with _panics_told(self._path):
            return self._encoded(text, special=special)

    def _encoded(self, text: str, *, special: bool) -> Tokens:
        if self._pieces is None:
            found = self._given.encode(text, add_special_tokens=special)
            return Tokens(found.ids, found.offsets)
        tokens = (self._whole or self._vocabulary_for(self._pieces, text)).encode(text)
        return self._pieces.surrounded(tokens) if special else tokens

    @contextmanager
    def much(self) -> Iterator[None]:
        """Take all pieces at once if much is read while this lasts: five times as fast then, for 0.3 s and 125 MB."""
        self._is_much, self._read = True, 0
        try:
            yield
        finally:
            self._is_much, self._whole = False, None

    def _vocabulary_for(self, pieces: _Pieces, text: str) -> _Vocabulary:
        if self._is_much:
            self._read += len(text)
            if self._read > MUCH:
                self._whole = pieces.all()
                return self._whole
        return pieces.within(text)


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    """A Tokenizer of some of the pieces, and which they are of all."""

    tokenizer: Tokenizer
    ids: Mapping[int, int]

    def encode(self, text: str) -> Tokens:
        found = self.tokenizer.encode(text, add_special_tokens=False)
        return Tokens([self.ids[each] for each in found.ids], found.offsets)


class _Pieces:
    """Every piece of a Unigram tokenizer with its score, by token id."""

    def __init__(self, folder: Path, count: int, given: Tokenizer) -> None:
        self._texts, self._scores = _read_pieces(folder, count)
        self._ids = dict(zip(self._texts, range(count), strict=True))
        self._longest = max(map(len, self._texts))
        # Not of `given`, which numbers added tokens by the one piece that it has.
        described = json.loads((folder / TOKENIZER_FILE).read_bytes())
        model = described["model"]
        unknown = model["vocab"][model["unk_id"]][0]
        if unknown not in self._ids or len(self._ids) != count or "" in self._ids:
            raise _damaged(folder / PIECES_FILE, "not the pieces of this tokenizer")
        self._unknown = self._ids[unknown]
        # An unknown character costs the lowest score and a bit: that piece belongs to every text.
        self._always = {self._unknown, int(self._scores.argmin())}
        self._normalizer, self._pre_tokenizer = given.normalizer, given.pre_tokenizer
        self._added = [_Added.of(token) for token in described["added_tokens"]]
        around = given.encode("a")
        own = around.special_tokens_mask.index(0)
        self._before, self._after = around.ids[:own], around.ids[own + 1 :]

    def surrounded(self, tokens: Tokens) -> Tokens:
        """Return the tokens of a text between the special ones of the model."""
        none = (0, 0)
        return Tokens(
            [*self._before, *tokens.ids, *self._after],
            [*(none for _ in self._before), *tokens.offsets, *(none for _ in self._after)],
        )

    def all(self) -> _Vocabulary:
        """Return every piece."""
        return self._of(range(len(self._texts)), self._added)

    def within(self, text: str) -> _Vocabulary:
        """Return the pieces that a text can be split into."""
        added = [each for each in self._added if each.token.normalized or each.text in text]
        for each in added:
            text = text.replace(each.text, " ")
        found = self._always | {self._ids[each.text] for each in added if each.text in self._ids}
        if self._normalizer is not None:
            text = self._normalizer.normalize_str(text)
        words = (
            {text} if self._pre_tokenizer is None else {word for word, _ in self._pre_tokenizer.pre_tokenize_str(text)}
        )
        longest, otherwise = ({}, self._longest) if len(text) <= _LONG else (self._longest_alike, _ALIKE - 1)
        for word in words:
            found.update(self._within_word(word if word.startswith(_LED) else _LED + word, longest, otherwise))
        return self._of(sorted(found), added)

    def _within_word(self, word: str, longest: Mapping[str, int], otherwise: int) -> Iterator[int]:
        ids, end = self._ids, len(word)
        for start in range(end):
            reach = start + longest.get(word[start : start + _ALIKE], otherwise)
            for stop in range(start + 1, min(end, reach) + 1):
                found = ids.get(word[start:stop])
                if found is not None:
                    yield found

    @cached_property
    def _longest_alike(self) -> Mapping[str, int]:
        """How long the pieces are that begin with the same four characters; others have three at most."""
        longest: dict[str, int] = {}
        for piece in self._texts:
            if len(piece) >= _ALIKE:
                begin = piece[:_ALIKE]
                longest[begin] = max(len(piece), longest.get(begin, 0))
        return longest

    def _of(self, some: Sequence[int], added: Iterable[_Added]) -> _Vocabulary:
        pieces = [(self._texts[each], score) for each, score in zip(some, self._scores[some].tolist(), strict=True)]
        tokenizer = Tokenizer(models.Unigram(pieces, unk_id=some.index(self._unknown), byte_fallback=False))
        if self._normalizer is not None:
            tokenizer.normalizer = self._normalizer
        if self._pre_tokenizer is not None:
            tokenizer.pre_tokenizer = self._pre_tokenizer
        ids = dict(enumerate(some))
        for each in added:
            ids[each.add_to(tokenizer)] = each.id
        return _Vocabulary(tokenizer, ids)


@dataclass(frozen=True, slots=True)
class _Added:
    """A token that is found in a text before it is split into words."""

    token: AddedToken
    id: int

    @classmethod
    def of(cls, described: Mapping[str, Any]) -> _Added:
        """Take one as tokenizer.json describes it."""
        flags = {name: bool(described[name]) for name in ("single_word", "lstrip", "rstrip", "normalized", "special")}
        return cls(AddedToken(described["content"], **flags), described["id"])

    @property
    def text(self) -> str:
        """What it is in a text."""
        return self.token.content

    def add_to(self, tokenizer: Tokenizer) -> int:
        """Have a tokenizer find it; return the id that it has there."""
        (tokenizer.add_special_tokens if self.token.special else tokenizer.add_tokens)([self.token])
        return cast(int, tokenizer.token_to_id(self.text))  # None for unknown ones, and it was added just now


@contextmanager
def _panics_told(path: Path) -> Iterator[None]:
    """Tell what the library gives up on as what it is: its panics are no Exception, and would end a server's thread.

    A pattern of a tokenizer that has too many ways to fit is one.
    """
    try:
        yield
    except BaseException as error:
        if type(error).__module__ != _PANICS:
            raise
        raise _damaged(path, f"the tokenizer gave up ({error})") from error


def _read_tokenizer(path: Path) -> Tokenizer:
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises bare Exception for every unreadable file
        raise _damaged(path, f"not a tokenizer ({error})") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _read_pieces(folder: Path, count: int) -> tuple[list[str], NDArray[np.float64]]:
    path = folder / PIECES_FILE
    try:
        texts = path.read_bytes().decode("utf-8").split("\n")
        scores = np.frombuffer((folder / SCORES_FILE).read_bytes(), dtype="<f8")
    except (OSError, ValueError) as error:
        raise _damaged(path, str(error)) from error
    if not len(texts) == len(scores) == count or not np.isfinite(scores).all():
        raise _damaged(path, f"{len(texts):,} pieces and {len(scores):,} scores, the manifest says {count:,}")
    return texts, scores


def _damaged(path: Path, what: str) -> ModelDamaged:
    return ModelDamaged(f"{path}: {what}; run `faq model prepare` again")
