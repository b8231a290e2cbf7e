"""Text to vectors, with ONNX Runtime and tokenizers only. The one module that knows either."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from faqkb.kb import limits
from faqkb.kb.errors import ModelDamaged
from faqkb.kb.index.late_interaction import quantise
from faqkb.kb.index.passages import Kind
from faqkb.kb.model.files import MODEL_FILE, ModelManifest, read_manifest, verify_files
from faqkb.kb.model.verified import verify_once
from faqkb.kb.prepared.table import RowTable
from faqkb.kb.prepared.tokenizer import PreparedTokenizer, Tokens, cut_ids
from faqkb.kb.vectors import Embedding, Matrix, TokenCodes

_LAST_READ = 8  # texts whose tokens are kept
_MANY = 32  # texts from which on loading the graph once more, 50 ms, is worth it
_MIN_PIECE_SHARE = 0.5  # a cut at a line or sentence end may shorten a piece to this share of its tokens
_STOPS = "\n。！？；"
_STOPS_BEFORE_SPACE = ".!?;"


@dataclass(frozen=True, slots=True)
class Encoded:
    """Vectors of some texts."""

    vectors: Matrix
    """Shape (texts, dim), in the order given."""
    tokens: tuple[TokenCodes, ...]
    """Token vectors of each text."""
    truncated: tuple[int, ...]
    """Indexes of the texts that were longer than the encoder takes; their ends were not read."""


class Encoder:
    """A prepared model, loaded. Safe to use from any number of threads."""

    def __init__(self, folder: Path, *, threads: int | None = None) -> None:
        """Load the model of a folder made by `faq model prepare`.

        `threads` is how many cores one call may use; by default all, at most four: one short text gains no more.
        Their bytes are checked when they are not those checked before. Raises ModelMissing or ModelDamaged.
        """
        self.manifest: ModelManifest = read_manifest(folder)
        self.folder = folder
        verify_once(folder, self.manifest)
        self._verified: list[tuple[int, int, int]] = []
        self._tokenizer = PreparedTokenizer(folder, self.manifest.vocabulary)
        self._table = RowTable(folder, self.manifest.vocabulary)
        self._threads = threads or min(os.cpu_count() or 1, 4)
        self._session = _load_session(folder / MODEL_FILE, self._threads)
        self._max_tokens = self.manifest.max_tokens
        # More texts at once than cores are no faster, and a long one takes 40 MB while it runs.
        # A question is asked for its vector, and then for where its tokens stand.
        self._tokens = lru_cache(maxsize=_LAST_READ)(partial(_read, self._tokenizer))
        self._slots = threading.BoundedSemaphore(os.cpu_count() or 1)

    def verify(self) -> None:
        """Check the sha256 of the model's files, once while they are the same files. Raises ModelDamaged."""
        stamps = [(self.folder / name).stat() for name in sorted(self.manifest.files)]
        now = [(stamp.st_ino, stamp.st_size, stamp.st_mtime_ns) for stamp in stamps]
        if now != self._verified:
            verify_files(self.folder, self.manifest)
            self._verified = now

    @property
    def id(self) -> str:
        """Names the exact weights: equal ids give equal vectors."""
        return self.manifest.id

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self.manifest.dim

    def reading_much(self) -> AbstractContextManager[None]:
        """Read many texts faster while this lasts; the tokens are the same. Costs 0.3 s and 125 MB once it is much."""
        return self._tokenizer.much()

    def encode_query(self, text: str) -> Embedding:
        """Embed one question; what is longer than the encoder takes is cut at its end."""
        tokens = self._tokens(text, self.manifest.query_prefix)
        return self._run(tokens, min(limits.QUERY_TOKENS, self._max_tokens), self._session)

    def encode_passages(
        self,
        texts: Sequence[str],
        kinds: Sequence[Kind],
        progress: Callable[[int], None] = lambda done: None,
    ) -> Encoded:
        """Embed passages, one row each, in the order given.

        Stored questions take the query prompt, answers the passage prompt (E5 report, arXiv 2402.05672; a question
        found by a question is the symmetric case). Each text runs alone: int8 activations are scaled per call, so a
        vector in a batch would depend on its neighbours, and an incremental build would differ from a fresh one. The
        cores are filled by running the longest texts first on one thread each: with more, runs wait for each other's
        threads (many passages then take a fifth longer).
        Raises ModelDamaged when the model gives anything but unit vectors.
        """
        tokens = [self._tokens(text, self._prompt(kind)) for text, kind in zip(texts, kinds, strict=True)]
        vectors = np.empty((len(texts), self.dim), dtype=np.float32)
        codes: dict[int, TokenCodes] = {}
        order = sorted(range(len(tokens)), key=lambda at: (-len(tokens[at].ids), at))
        run = partial(self._run, session=self._for_many if len(texts) >= _MANY else self._session)
        with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
            for done, (at, embedding) in enumerate(
                zip(order, pool.map(run, (tokens[at] for at in order), repeat(self._max_tokens)), strict=True)
            ):
                vectors[at] = embedding.vector
                codes[at] = quantise(embedding.tokens)
                progress(done + 1)
        return Encoded(
            vectors,
            tokens=tuple(codes[at] for at in range(len(texts))),
            truncated=tuple(at for at, text in enumerate(tokens) if len(text.ids) > self._max_tokens),
        )

    def count_tokens(self, text: str) -> int:
        """Return how many tokens a text is, without prompt and special tokens."""
        return len(self._tokenizer.encode(text, special=False).ids)

    def token_spans(self, text: str, kind: Kind) -> tuple[range, ...]:
        """Return the characters of each token whose vector `encode_passages` gives, in the same order."""
        prompt = self._prompt(kind)
        tokens = self._tokens(text, prompt)
        spans = (tokens.offset(at) for at in tokens.own if at < self._max_tokens - 1)
        own = tuple(range(max(start - len(prompt), 0), end - len(prompt)) for start, end in spans)
        return own or (range(len(text)),)

    def split(self, text: str, max_tokens: int) -> tuple[str, ...]:
        """Cut a text into pieces of at most `max_tokens` tokens, at a line or sentence end where one is near.

        The pieces in order are the text, but for white space at the cuts. An empty text gives no piece.
        """
        offsets = self._tokenizer.encode(text, special=False).offsets
        pieces: list[str] = []
        first = 0
        while first < len(offsets):
            last = min(first + max_tokens, len(offsets))
            if last < len(offsets):
                last = _soft_break(text, offsets, first, last)
            start = offsets[first][0]
            end = offsets[last][0] if last < len(offsets) else len(text)
            pieces.append(text[start:end].strip())
            first = last
        return tuple(piece for piece in pieces if piece)

    def _prompt(self, kind: Kind) -> str:
        return self.manifest.passage_prefix if kind is Kind.ANSWER else self.manifest.query_prefix

    @cached_property
    def _for_many(self) -> Any:
        """The graph on one thread a run."""
        return self._session if self._threads == 1 else _load_session(self.folder / MODEL_FILE, 1)

    def _run(self, text: _Tokens, max_tokens: int, session: Any) -> Embedding:
        ids = cut_ids(text.ids, max_tokens)
        feed = self._table.feed(ids)
        with self._slots:
            (vector,), (of_tokens,) = session.run(["sentence_embedding", "token_embeddings"], feed)
        is_shaped = vector.shape == (self.dim,) and of_tokens.shape == (len(ids), self.dim)
        if not is_shaped or not abs(float(vector @ vector) - 1.0) < 1e-3:  # NaN fails this too
            raise ModelDamaged(f"{self.folder}: the encoder gave no unit vector; run `faq model prepare` again")
        own = of_tokens[[at for at in text.own if at < len(ids) - 1]]
        return Embedding(vector, own / np.linalg.norm(own, axis=1, keepdims=True) if len(own) else vector[None, :])


class _Tokens:
    """A tokenised text with its prompt."""

    def __init__(self, encoding: Tokens, prompt_chars: int) -> None:
        self._offsets = encoding.offsets
        self.ids = encoding.ids
        # Special tokens have no characters.
        self.own = [at for at, (start, end) in enumerate(self._offsets) if end > max(start, prompt_chars)]
        """Places of the tokens that are the text's own: neither prompt nor special."""

    def offset(self, at: int) -> tuple[int, int]:
        """Return first and last character, the prompt counted."""
        return self._offsets[at]


def _read(tokenizer: PreparedTokenizer, text: str, prompt: str) -> _Tokens:
    return _Tokens(tokenizer.encode(prompt + text), len(prompt))


def _soft_break(text: str, offsets: list[tuple[int, int]], first: int, last: int) -> int:
    """Return the token to cut before: after the last line or sentence end in the piece's second half, else `last`."""
    earliest = first + int((last - first) * _MIN_PIECE_SHARE)
    for cut in range(last, earliest, -1):
        if _ends_sentence(text[offsets[cut - 1][0] : offsets[cut][0]]):
            return cut
    return last


def _ends_sentence(token: str) -> bool:
    """Say whether a token, with the white space after it, ends a line or sentence; `train.py` does not."""
    if any(stop in token for stop in _STOPS):
        return True
    return token[-1:].isspace() and any(stop in token for stop in _STOPS_BEFORE_SPACE)


def _load_session(path: Path, threads: int) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Every new input shape would otherwise keep its own memory (microsoft/onnxruntime #9313, #11627).
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    options.log_severity_level = 3
    try:
        # Adding and normalising in one operator is slower: `SLOW_FUSION` in `quantize.py`.
        return onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"], disabled_optimizers=["SkipLayerNormFusion"]
        )
    except Exception as error:  # onnxruntime's exceptions share no base class of their own
        raise ModelDamaged(f"{path}: not a model ({error}); run `faq model prepare` again") from error
