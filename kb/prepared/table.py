"""The embedding table of a prepared model: a row of int8 for each token id, read from its file when a text holds it.

The table is two thirds of a model, of which a question needs a score of rows: 1 microsecond each from the page cache.
As part of the graph it took 140 ms of every start and its whole size in memory. It is read, not mapped: a file that was
cut short is an error then, and not the end of the process.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from faqkb.kb.errors import ModelDamaged
from faqkb.kb.prepared.names import TABLE_FILE

ROWS = "table_rows"  # an input of the graph


class RowTable:
    """Rows by token id. Safe to use from any number of threads."""

    def __init__(self, folder: Path, rows: int) -> None:
        """Open the table of a prepared folder, of so many rows. Raises ModelDamaged."""
        self._path = folder / TABLE_FILE
        try:
            file = os.open(self._path, os.O_RDONLY)
        except OSError as error:
            raise self._damaged(str(error.strerror)) from error
        weakref.finalize(self, os.close, file)
        self._file = file
        size = os.fstat(file).st_size
        self.width = size // rows
        """Numbers in a row."""
        if not size or size % rows:
            raise self._damaged(f"{size:,} bytes are no {rows:,} rows")

    def feed(self, ids: Sequence[int]) -> dict[str, NDArray[Any]]:
        """Return what the graph takes for a text of these tokens. Raises ModelDamaged."""
        tokens = np.asarray([ids], dtype=np.int64)
        return {"input_ids": tokens, "attention_mask": np.ones_like(tokens), ROWS: self.rows(ids)}

    def rows(self, ids: Sequence[int]) -> NDArray[np.int8]:
        """Return the rows of a text's tokens, shape (1, tokens, width). Raises ModelDamaged."""
        width = self.width
        try:
            content = b"".join([os.pread(self._file, width, width * each) for each in ids])
        except OSError as error:
            raise self._damaged(str(error.strerror)) from error
        if len(content) != width * len(ids):
            raise self._damaged("it was cut short")
        return np.frombuffer(content, dtype=np.int8).reshape(1, len(ids), width)

    def _damaged(self, what: str) -> ModelDamaged:
        return ModelDamaged(f"{self._path}: {what}; run `faq model prepare` again")
