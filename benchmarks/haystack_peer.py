"""A peer: Haystack's document store in memory with its embedding retriever, all three parts in one pipeline's order.

Runs in .venv-haystack; its commands are peer_commands.py's.
"""

from __future__ import annotations

from pathlib import Path

import peer_commands
from haystack import Document
from haystack.components.retrievers.in_memory import InMemoryEmbeddingRetriever
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder,
    SentenceTransformersTextEmbedder,
)

DOCUMENTS, MODEL = "documents.json", "model.txt"


class Haystack:
    """Haystack's embedders, store and retriever."""

    def __init__(self, *, model: str = "", folder: str = "") -> None:
        """Start with a model, or load the documents of a folder."""
        self._model = model or Path(folder, MODEL).read_text(encoding="utf-8")
        if folder:
            self._hold(InMemoryDocumentStore.load_from_disk(str(Path(folder, DOCUMENTS))))
            self._questions = SentenceTransformersTextEmbedder(model=self._model, prefix="query: ", progress_bar=False)
            self._questions.warm_up()
        else:
            self._passages = SentenceTransformersDocumentEmbedder(
                model=self._model, prefix="passage: ", progress_bar=False
            )
            self._passages.warm_up()

    def build(self, texts: list[str]) -> None:
        """Index texts; an earlier index is forgotten."""
        self._hold(InMemoryDocumentStore(embedding_similarity_function="cosine"))
        documents = [Document(id=str(at), content=text) for at, text in enumerate(texts)]
        self._store.write_documents(self._passages.run(documents)["documents"])

    def save(self, folder: str) -> None:
        """Write the documents with their vectors."""
        Path(folder).mkdir(exist_ok=True)
        Path(folder, MODEL).write_text(self._model, encoding="utf-8")
        self._store.save_to_disk(str(Path(folder, DOCUMENTS)))

    def search(self, question: str) -> object:
        """Return the three best texts."""
        embedding = self._questions.run(question)["embedding"]
        return [(one.content, one.score) for one in self._retriever.run(embedding, top_k=3)["documents"]]

    def _hold(self, store: InMemoryDocumentStore) -> None:
        self._store = store
        self._retriever = InMemoryEmbeddingRetriever(store)


if __name__ == "__main__":
    peer_commands.main(Haystack)
