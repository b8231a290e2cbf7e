"""Opens the live snapshot of a knowledge base in Milvus, without one on this machine."""

from __future__ import annotations

import threading
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from faqkb.kb.errors import KbError, KnowledgeBaseMissing, ModelMissing, RankingDamaged, SnapshotDamaged
from faqkb.kb.fusion import parse_ranking
from faqkb.kb.index.places import Places
from faqkb.kb.index.postings import PostingsFile
from faqkb.kb.index.wordings import classifier_from
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.milvus.address import KINDS, MilvusAddress
from faqkb.kb.milvus.client import Milvus
from faqkb.kb.milvus.parts import Part, Parts, blocks_of, texts_of
from faqkb.kb.milvus.publishing import list_stored, roll_back
from faqkb.kb.milvus.records import MilvusChecks, MilvusRecords, MilvusStore
from faqkb.kb.milvus.tokens import MilvusTokens
from faqkb.kb.milvus.vectors import MilvusPassages, MilvusVectors
from faqkb.kb.milvus.words import MilvusWords
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.pictures import FOLDER, Picture, sha256_of
from faqkb.kb.retrieval.ranking import Indexes
from faqkb.kb.snapshot.days import Days
from faqkb.kb.snapshot.manifest import Manifest, parse_manifest, time_of
from faqkb.kb.snapshot.published import SnapshotSummary

_LOAD_SECONDS = 60.0  # that somebody who opens waits for what is not in memory


class MilvusSnapshot:
    """A published snapshot in Milvus."""

    def __init__(self, parts: Parts, manifest: Manifest) -> None:
        self._parts = parts
        self.manifest = manifest
        self.name = manifest.name

    def pictures(self) -> tuple[Picture, ...]:
        """Raise KbError: there are no files of them here."""
        raise KbError("the pictures lie in Milvus, not in files; export from the machine that publishes")

    def picture(self, name: str) -> bytes | None:
        """Return a picture's bytes after its sha256 held, None where there is none. Raises SnapshotDamaged."""
        first = 0
        for path, entry in sorted(self.manifest.files.items()):
            if not path.startswith(f"{FOLDER}/"):
                continue
            if path == f"{FOLDER}/{name}":
                blocks = range(first, first + blocks_of(entry.size))
                content = b"".join(self._parts.blocks(Part.PICTURES, blocks))
                if sha256(content).hexdigest() != sha256_of(name):
                    raise SnapshotDamaged(f"picture {name} is damaged in Milvus; run `faq ingest` to store it again")
                return content
            first += blocks_of(entry.size)
        return None

    @cached_property
    def days(self) -> Days:
        """Since when each record reads as it does. Raises SnapshotDamaged, MilvusAway."""
        content = self._parts.read(Part.DAYS) or None
        return Days.from_bytes(content, self.manifest.records, self.manifest.created)

    def close(self) -> None:
        """Nothing is held: the writer keeps the five newest snapshots."""


class MilvusBase:
    """A knowledge base in Milvus, as servers and commands open it. The connection is made at first use, and kept."""

    def __init__(self, address: MilvusAddress, model: Path) -> None:
        """Take the folder of the prepared model: a snapshot in Milvus is asked with the one it was made with."""
        self.address = address
        self._model = model
        self._milvus: Milvus | None = None
        self._lock = threading.Lock()

    def live_name(self) -> str:
        """Return the name of the live snapshot. Raises KnowledgeBaseMissing, MilvusAway, MilvusMissing."""
        target = self._connected().target(self.address.live_alias)
        name = None if target is None else self.address.snapshot_of(target)
        if name is None:
            raise KnowledgeBaseMissing(
                f"Milvus at {self.address.uri} holds no knowledge base {self.address.base}; run `faq ingest PATH` with"
                ' store = "milvus" on the machine that has the content'
            )
        return name

    def open(
        self, *, before: KnowledgeBase | None = None, threads: int | None = None, remembered: int = 0
    ) -> KnowledgeBase:
        """Open the live snapshot; the encoder of `before` is shared when it is the same.

        Raises KnowledgeBaseMissing, SnapshotDamaged, SnapshotUnsupported, ModelMissing, MilvusAway, MilvusMissing.
        """
        milvus, name = self._connected(), self.live_name()
        for kind in KINDS:  # milvus-lite, and an operator, may have taken them out of memory
            milvus.load(self.address.collection(name, kind), _LOAD_SECONDS)
        parts = Parts.of(milvus, self.address.collection(name, "parts"))
        manifest = parse_manifest(parts.read(Part.MANIFEST), Path(str(self.address)))
        if manifest.name != name:
            raise SnapshotDamaged(f"{name}: its manifest in Milvus is of {manifest.name}; run `faq ingest`")
        shared = before.encoder if before and before.encoder.id == manifest.encoder else None
        encoder = shared or self._encoder(manifest, threads)
        return KnowledgeBase(
            MilvusSnapshot(parts, manifest), self._indexes(parts, manifest, encoder.dim), encoder, remembered=remembered
        )

    def snapshots(self) -> tuple[SnapshotSummary, ...]:
        """Return the whole snapshots, oldest first; what stands in them is read of none. Raises MilvusAway."""
        return tuple(
            SnapshotSummary(each.name, each.current, _created(each.name), None, None, "")
            for each in list_stored(self._connected())
        )

    def roll_back(self, name: str) -> None:
        """Make a snapshot the live one, for every server that follows. Raises SnapshotNotFound, MilvusAway."""
        roll_back(self._connected(), name)

    def close(self) -> None:
        """Let go of the connection."""
        with self._lock:
            if self._milvus is not None:
                self._milvus.close()
                self._milvus = None

    def _connected(self) -> Milvus:
        with self._lock:
            if self._milvus is None:
                self._milvus = Milvus(self.address)
            return self._milvus

    def _encoder(self, manifest: Manifest, threads: int | None) -> Encoder:
        encoder = Encoder(self._model, threads=threads)
        if encoder.id != manifest.encoder:
            raise ModelMissing(
                f"{self._model}: another model than the snapshot's (got {encoder.id}, expected {manifest.encoder}); run"
                " `faq model prepare` here, or copy the folder and name it by FAQ_MODEL"
            )
        return encoder

    def _indexes(self, parts: Parts, manifest: Manifest, dim: int) -> Indexes:
        milvus, name = parts.milvus, manifest.name
        at = {kind: self.address.collection(name, kind) for kind in ("passages", "tokens", "records")}
        places = Places.from_bytes(parts.read(Part.PLACES), manifest.passages, manifest.records)
        records = MilvusRecords(milvus, at["records"], manifest.records, parts)
        passages = MilvusPassages(milvus, at["passages"], manifest.passages)
        names = texts_of(parts.read(Part.NAMES), "the list of names")
        postings = PostingsFile(parts.source(Part.POSTINGS), manifest.records)
        try:
            ranking = parse_ranking(parts.read(Part.RANKING), str(self.address))
        except RankingDamaged as error:
            raise SnapshotDamaged(str(error)) from error
        return Indexes(
            MilvusVectors(milvus, at["passages"], dim, manifest.passages),
            MilvusTokens(milvus, at["tokens"], dim, places),
            places,
            MilvusWords(parts.read(Part.VOCABULARY), names, postings),
            classifier_from(parts.read(Part.WORDINGS), manifest.records, dim),
            MilvusStore(records, passages, MilvusChecks(parts.read(Part.CHECKS))),
            ranking,
        )


def _created(snapshot: str) -> str:
    """Return when a snapshot was made, ISO 8601; empty where its name does not say so."""
    at = time_of(snapshot)
    return at.isoformat() if at else ""
