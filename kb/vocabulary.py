"""Tokenize one text without loading a tokenizer's whole vocabulary.

Loading 137,000 pieces takes 0.2 s, more than all else a single `faq ask` does. Yet only pieces that are part of the
text can become its tokens. So the pieces also lie in a small SQLite file: this looks up the parts of one text, builds
the very same tokenizer with those pieces only, and gives exactly the ids that the whole one gives (held by tests).
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from kb.errors import ModelDamaged

_SCHEMA = """
CREATE TABLE frame (tokenizer TEXT NOT NULL, ids TEXT NOT NULL, longest INTEGER NOT NULL);
CREATE TABLE pieces (piece TEXT PRIMARY KEY, id INTEGER NOT NULL, score REAL NOT NULL) WITHOUT ROWID;
"""


def write_vocabulary(
    path: Path, *, frame: str, frame_ids: tuple[int, ...], pieces: dict[int, tuple[str, float]]
) -> None:
    """Write the file that `tokenize_text` reads.

    `frame` is a tokenizer.json with only the pieces that every text needs, `frame_ids` their ids in the whole
    vocabulary; `pieces` are the others with their scores, by id.
    """
    longest = max((len(piece) for piece, _ in pieces.values()), default=0)
    rows = sorted((piece, number, score) for number, (piece, score) in pieces.items())
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript(_SCHEMA)
        database.execute("INSERT INTO frame VALUES (?, ?, ?)", (frame, json.dumps(frame_ids), longest))
        database.executemany("INSERT INTO pieces VALUES (?, ?, ?)", rows)


def tokenize_text(path: Path, text: str) -> list[int]:
    """Return the token ids of a text, special tokens included, nothing cut off.

    Costs about a millisecond for a question and grows with the text: for many texts load the whole tokenizer.
    Raises ModelDamaged when the file cannot be read.
    """
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as database:
            frame, frame_ids, longest = database.execute("SELECT tokenizer, ids, longest FROM frame").fetchone()
            document = json.loads(frame)
            parts = _parts(document, text, longest)
            found = database.execute(
                "SELECT piece, score, id FROM pieces WHERE piece IN (SELECT value FROM json_each(?)) ORDER BY id",
                (json.dumps(sorted(parts)),),
            ).fetchall()
    except (sqlite3.Error, ValueError, TypeError) as error:
        raise ModelDamaged(f"{path}: not a vocabulary ({error}); run `faq model prepare` again") from error
    document["model"]["vocab"] += [[piece, score] for piece, score, _ in found]
    ids = [*json.loads(frame_ids), *(number for *_, number in found)]
    return [ids[small] for small in Tokenizer.from_str(json.dumps(document)).encode(text).ids]


def _parts(frame: dict[str, Any], text: str, longest: int) -> set[str]:
    """Return every part of the text, as the tokenizer normalises and splits it, that is short enough for a piece."""
    tokenizer = Tokenizer.from_str(json.dumps(frame))
    for token in frame["added_tokens"]:
        text = text.replace(token["content"], " ")  # the tokenizer takes these out before it normalises
    if tokenizer.normalizer is not None:
        text = tokenizer.normalizer.normalize_str(text)
    words = [text]
    if tokenizer.pre_tokenizer is not None:
        words = [word for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(text)]
    return {
        word[start:end]
        for word in set(words)
        for start in range(len(word))
        for end in range(start + 1, min(start + longest, len(word)) + 1)
    }
