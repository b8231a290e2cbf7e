"""Opens what a question is asked against: a snapshot's encoder, indexes and weights, each checked first."""

from __future__ import annotations

from contextlib import ExitStack
from threading import Lock
from weakref import WeakValueDictionary

from faqkb.kb.errors import ModelDamaged, ModelMissing, RankingDamaged, SnapshotDamaged
from faqkb.kb.fusion import Ranking, parse_ranking
from faqkb.kb.index.coarse import CoarseIndex
from faqkb.kb.index.dense import FaissIndex
from faqkb.kb.index.late_interaction import TokenIndex
from faqkb.kb.index.places import Places
from faqkb.kb.index.postings import PostingsFile
from faqkb.kb.index.wordings import classifier_from
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.retrieval.ranking import Indexes
from faqkb.kb.snapshot.manifest import REPAIR_MODEL
from faqkb.kb.snapshot.published import (
    COARSE_FILE,
    INDEX_FILE,
    PACKING_FILE,
    PLACES_FILE,
    POSTINGS_FILE,
    RANKING_FILE,
    RECORDS_FILE,
    WORDINGS_FILE,
    SnapshotFiles,
)
from faqkb.kb.store.store import Store
from faqkb.kb.vectors import Packing


class SharedEncoders:
    """The models that the knowledge bases of one process have in common, each loaded once.

    What is shared is what the manifests promise, file by file, not what a model calls itself: a base that came from
    elsewhere cannot put its own model in place of another's. A model goes when the last that uses it does.
    """

    def __init__(self) -> None:
        self._loading = Lock()
        self._by_content: WeakValueDictionary[tuple[str, ...], Encoder] = WeakValueDictionary()

    def open(self, files: SnapshotFiles, threads: int | None) -> Encoder:
        """Return the snapshot's model, loaded now or before. Raises SnapshotDamaged."""
        content = tuple(f"{path} {files.manifest.files[path].sha256}" for path in files.model_paths)
        with self._loading:
            encoder = self._by_content.get((*content, str(threads)))
            if encoder is None:
                encoder = self._by_content[*content, str(threads)] = open_encoder(files, threads)
            return encoder


def open_encoder(files: SnapshotFiles, threads: int | None) -> Encoder:
    """Load the snapshot's own model; what is wrong with it is mended by building the snapshot again.

    Raises SnapshotDamaged.
    """
    try:
        return Encoder(files.model_folder, threads=threads)
    except (ModelMissing, ModelDamaged) as error:
        what = str(error).partition(";")[0]
        raise SnapshotDamaged(f"{what}; {REPAIR_MODEL}") from error


def open_indexes(files: SnapshotFiles, dim: int, ranking: Ranking) -> Indexes:
    """Open everything a query is ranked against, each file as long as the others say. Raises SnapshotDamaged."""
    counts = files.manifest
    vectors = _open_vectors(files, dim)
    places = Places.from_bytes(files.read_verified(PLACES_FILE), counts.passages, counts.records)
    wordings = classifier_from(files.read_verified(WORDINGS_FILE), counts.records, dim)
    packing = Packing.from_bytes(files.read_verified(PACKING_FILE), dim)
    with ExitStack() as opened:
        store = Store(files.folder / RECORDS_FILE)
        opened.callback(store.close)
        postings = PostingsFile(files.folder / POSTINGS_FILE, counts.records)
        opened.callback(postings.close)
        tokens = TokenIndex([files.folder / path for path in files.token_paths], packing)
        opened.callback(tokens.close)
        places.check_tokens(tokens.rows)
        opened.pop_all()
    return Indexes(vectors, tokens, places, store.words(postings), wordings, store, ranking)


def _open_vectors(files: SnapshotFiles, dim: int) -> FaissIndex:
    rows, content = files.manifest.passages, files.read_if_there(COARSE_FILE)
    coarse = None if content is None else CoarseIndex.from_bytes(content, dim, rows)
    return FaissIndex.from_bytes(files.read_verified(INDEX_FILE), dim, rows, coarse)


def read_ranking(files: SnapshotFiles) -> Ranking:
    """Return the snapshot's own weights and thresholds. Raises SnapshotDamaged."""
    try:
        return parse_ranking(files.read_verified(RANKING_FILE), str(files.folder / RANKING_FILE))
    except RankingDamaged as error:
        raise SnapshotDamaged(str(error)) from error
