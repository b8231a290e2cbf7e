"""A peer: txtai with a hybrid index (dense and BM25). Runs in .venv-txtai; its commands are peer_commands.py's."""

from __future__ import annotations

import peer_commands
from txtai import Embeddings

PROMPTS = {"query": "query: ", "data": "passage: "}


class Txtai:
    """txtai's embeddings database."""

    def __init__(self, *, model: str = "", folder: str = "") -> None:
        """Start with a model, or load the index of a folder."""
        if folder:
            self._embeddings = Embeddings()
            self._embeddings.load(folder)
        else:
            self._embeddings = Embeddings(path=model, instructions=PROMPTS, hybrid=True, content=True)

    def build(self, texts: list[str]) -> None:
        """Index texts; an earlier index is forgotten."""
        self._embeddings.index(texts)

    def save(self, folder: str) -> None:
        """Write the index."""
        self._embeddings.save(folder)

    def search(self, question: str) -> object:
        """Return the three best texts."""
        return self._embeddings.search(question, 3)


if __name__ == "__main__":
    peer_commands.main(Txtai)
