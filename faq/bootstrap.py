"""From nothing to a knowledge base: the model, then the records, each made when it is missing."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from faqkb.faq.config import CONFIG_FILE, milvus_address, read_config
from faqkb.faq.console import say_note
from faqkb.faq.progress import counted, staged
from faqkb.faq.trust.bases import remember_own
from faqkb.kb.disk import TEMPORARY_PREFIX
from faqkb.kb.errors import (
    Busy,
    ConfigError,
    KnowledgeBaseMissing,
    ModelMissing,
    ModelOutdated,
    SnapshotDamaged,
    SnapshotNotFound,
    SnapshotUnsupported,
)
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.model.files import FOLDER_VARIABLE, default_folder, read_manifest, user_cache
from faqkb.kb.snapshot.published import current_snapshot, entries, open_current
from faqkb.kb.snapshot.publishing import go_back
from faqkb.kb.snapshot.tuned import whole_tuned_model

if TYPE_CHECKING:
    from faqkb.ingest import Ingested, Order, ReadingMemory
    from faqkb.kb.building.build import Published
    from faqkb.kb.milvus.opening import MilvusBase

_LEVELS = 6  # of headings
_READINGS = "readings"  # in the user's cache folder
_LARGE_BYTES = 500_000  # reads in two seconds
_WAIT_SECONDS = 600  # for another process that builds the first snapshot; a first build takes two minutes here


def open_or_build(folder: Path) -> KnowledgeBase:
    """Open a knowledge base; where there is none yet, build one first, but in Milvus, where it has to be.

    Raises what KnowledgeBase.open and MilvusBase.open raise.
    """
    base = milvus_base(folder)
    if base is not None:
        return base.open()
    build_if_missing(folder)
    return KnowledgeBase.open(folder)


def milvus_base(folder: Path) -> MilvusBase | None:
    """Return the knowledge base in Milvus, None where it lies in files; `folder` may hold a model of its own.

    Raises ConfigError, and what preparing the model raises.
    """
    address = milvus_address()
    if address is None:
        return None
    from faqkb.kb.milvus.opening import MilvusBase  # noqa: PLC0415 - not where the records lie in files

    return MilvusBase(address, encoder_folder(folder))


def build_if_missing(folder: Path) -> None:
    """Where there is no knowledge base yet, build one from the configured content, saying so."""
    try:
        current_snapshot(folder)
    except KnowledgeBaseMissing:
        if all(path.name.startswith(TEMPORARY_PREFIX) for path in entries(folder)):
            _build(folder)
            return
        # A kill between the two steps that publish the first one, or somebody removed the file.
        try:
            name = go_back(folder)
        except Busy:
            _wait_for_snapshot(folder)
            return
        say_note(f"{folder} has snapshots but no file `current`: {name}, the newest whole one, is live again")


def _build(folder: Path) -> None:
    """Build a knowledge base from the configured content; waits when another process already does."""
    from faqkb.faq.config import content_paths  # noqa: PLC0415 - parsing Markdown is not on the path of every question

    paths = content_paths()
    say_note(f"no knowledge base in {folder} yet: building one from {', '.join(map(str, paths))}")
    ingested = read_content(paths)
    try:
        published = publish(ingested, folder)
    except Busy:
        _wait_for_snapshot(folder)
        return
    say_note(f"published {published.snapshot}: {published.records} records, {published.passages} passages")


def read_content(paths: Sequence[Path], memory: ReadingMemory | None = None, *, follow_links: bool = False) -> Ingested:
    """Read content as faq.toml says, with as many processes as there are cores, showing how far it is.

    `memory` is that of earlier readings, else the one on the disk.
    Raises ConfigError, and what read_sources raises.
    """
    from faqkb.ingest import Means, read_sources, usable_cores  # noqa: PLC0415

    with counted("reading files") as told:
        means = Means(_announce, told, memory or known_readings(), usable_cores())
        return read_sources(paths, reading_orders(), means, follow_links=follow_links)


def known_readings() -> ReadingMemory:
    """Return what earlier readings left in the user's cache folder."""
    from faqkb.ingest import ReadingCache, ReadingMemory  # noqa: PLC0415

    return ReadingMemory(ReadingCache(user_cache() / _READINGS))


def _announce(path: Path, size: int) -> None:
    """Say what takes long to read before it does."""
    if size > _LARGE_BYTES:
        say_note(f"reading {path} ({size / 1e6:.1f} MB)")


def reading_orders() -> list[tuple[str, Order]]:
    """Return how faq.toml says that files are to be read, each with the pattern of their paths. Raises ConfigError."""
    from faqkb.ingest import READINGS, Order  # noqa: PLC0415

    orders = []
    for files, reading, level in read_config().readings:
        if reading not in READINGS or not 0 <= level <= _LEVELS:
            raise ConfigError(
                f"{CONFIG_FILE}: [[read]] of {files}: no such reading (got {reading} of level {level}, expected one of"
                f" {', '.join(READINGS)}, level 1 to {_LEVELS}); correct it"
            )
        orders.append((files, Order(reading, level)))
    return orders


def publish(ingested: Ingested, folder: Path, encoder: Encoder | None = None) -> Published:
    """Embed records and publish them with their checks, showing how far it is.

    `encoder` is one that is loaded already. Where the store is Milvus, the snapshot is stored there too. Raises what
    build_snapshot raises, MilvusAway and MilvusMissing.
    """
    published = build(ingested, folder, encoder or Encoder(encoder_folder(folder)))
    try:
        remember_own(folder)
    except OSError as error:
        say_note(f"{error.filename}: {error.strerror}; you will be asked before a check of {folder} runs")
    _push(folder, published.snapshot)
    return published


def build(ingested: Ingested, folder: Path, encoder: Encoder) -> Published:
    """Embed records and write a snapshot with their checks, showing how far it is.

    Raises what build_snapshot raises.
    """
    from faqkb.kb.building.build import build_snapshot  # noqa: PLC0415 - not on the path of every question

    with counted("embedding passages") as told:
        return build_snapshot(
            folder, ingested.records, encoder, told, checks=ingested.checks, pictures=ingested.pictures
        )


def _push(folder: Path, snapshot: str) -> None:
    """Where the store is Milvus, store a published snapshot there and make it live, saying so.

    Raises ConfigError, MilvusAway, MilvusMissing.
    """
    address = milvus_address()
    if address is None:
        return
    from faqkb.kb.milvus.client import Milvus  # noqa: PLC0415 - not where the records lie in files
    from faqkb.kb.milvus.publishing import push_snapshot  # noqa: PLC0415

    milvus = Milvus(address)
    try:
        with counted("storing passages in Milvus") as told:
            is_new = push_snapshot(folder, snapshot, milvus, told)
    finally:
        milvus.close()
    say_note(f"{snapshot} is live in Milvus: {address}" if is_new else f"{snapshot} was live in Milvus already")


def encoder_folder(folder: Path) -> Path:
    """Return the model to ingest with: the fine-tuned, the prepared, the snapshot's own one, else one made now.

    One of another version is made anew, but what `FAQ_MODEL` names is used as it is. Raises ModelDamaged.
    """
    tuned = whole_tuned_model(folder)
    if tuned is not None:
        return tuned
    prepared = default_folder()
    try:
        manifest = read_manifest(prepared)
    except ModelMissing:
        return _own_model(folder) or _prepared_now()
    except ModelOutdated:
        if FOLDER_VARIABLE in os.environ:
            raise
        return _prepared_now()
    from faqkb.kb.model.prepare import is_outdated  # noqa: PLC0415

    return _prepared_now() if is_outdated(manifest) and FOLDER_VARIABLE not in os.environ else prepared


def _prepared_now() -> Path:
    from faqkb.kb.model.prepare import prepare_model  # noqa: PLC0415

    say_note("preparing the embedding model, once (half a minute):")
    with staged() as told:
        return prepare_model(progress=told)


def _own_model(folder: Path) -> Path | None:
    try:
        files = open_current(folder)
    except (KnowledgeBaseMissing, SnapshotDamaged, SnapshotNotFound, SnapshotUnsupported):
        return None
    files.close()
    return files.model_folder


def _wait_for_snapshot(folder: Path) -> None:
    say_note("another process is building it: waiting")
    deadline = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < deadline:
        try:
            current_snapshot(folder)
        except KnowledgeBaseMissing:
            time.sleep(0.2)
        else:
            return
    raise Busy(f"{folder}: another process has been building it for {_WAIT_SECONDS} s; look whether it still runs")


def ingest_paths(paths: Sequence[Path]) -> tuple[Path, ...]:
    """Return what to ingest: the paths given, else the configured content."""
    from faqkb.faq.config import content_paths  # noqa: PLC0415

    return tuple(paths) or content_paths()
