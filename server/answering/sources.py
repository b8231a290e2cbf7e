"""Where the snapshots of a knowledge base are opened from: a folder of this machine, or elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.retrieval.opening import SharedEncoders
from faqkb.kb.snapshot.published import SnapshotSummary, current_snapshot, list_snapshots
from faqkb.kb.snapshot.publishing import rollback


class KnowledgeSource(Protocol):
    """What a server follows; any number of threads may ask."""

    def live_name(self) -> str:
        """Return the name of the live snapshot. Raises what `open` raises."""

    def open(
        self, *, before: KnowledgeBase | None = None, threads: int | None = None, remembered: int = 0
    ) -> KnowledgeBase:
        """Open the live snapshot, sharing with `before`, an opened earlier one, what is the same.

        Raises KnowledgeBaseMissing, SnapshotDamaged, SnapshotUnsupported, and what the store raises when it is away.
        """

    def snapshots(self) -> tuple[SnapshotSummary, ...]:
        """Return the snapshots that there are, oldest first. Raises what the store raises when it is away."""

    def roll_back(self, name: str) -> None:
        """Make an earlier snapshot the live one.

        Raises SnapshotNotFound, SnapshotDamaged, SnapshotUnsupported, Busy, StorageFailed, and what the store raises
        when it is away.
        """

    def close(self) -> None:
        """Let go of connections; nothing is opened afterwards."""


class FolderSource:
    """The snapshots of a folder."""

    def __init__(self, folder: Path, encoders: SharedEncoders | None = None) -> None:
        """Take the folder, and the models that other knowledge bases of this process have loaded."""
        self.folder = folder.resolve()
        self._encoders = encoders

    def live_name(self) -> str:
        """Return the name of the live snapshot. Raises KnowledgeBaseMissing, SnapshotDamaged."""
        return current_snapshot(self.folder)

    def open(
        self, *, before: KnowledgeBase | None = None, threads: int | None = None, remembered: int = 0
    ) -> KnowledgeBase:
        """Open the live snapshot, all of it verified. Raises what `KnowledgeBase.open` raises."""
        return KnowledgeBase.open(
            self.folder,
            verify_model=True,
            threads=threads,
            before=before,
            remembered=remembered,
            encoders=self._encoders,
        )

    def snapshots(self) -> tuple[SnapshotSummary, ...]:
        """Return the snapshots of the folder, oldest first."""
        return list_snapshots(self.folder)

    def roll_back(self, name: str) -> None:
        """Make a snapshot the live one after all of its files held."""
        rollback(self.folder, name)

    def close(self) -> None:
        """Nothing is held."""
