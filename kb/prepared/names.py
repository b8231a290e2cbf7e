"""Files of a prepared model that are read in parts."""

from __future__ import annotations

TABLE_FILE = "table.i8"
TOKENIZER_FILE = "tokenizer.json"
PIECES_FILE = "pieces.txt"
SCORES_FILE = "scores.f64"
