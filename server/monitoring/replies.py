"""The documents of the addresses for what watches the server, as models."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from faqkb.server.reference.reply_parts import Reply, SnapshotName

FileState = Literal["ok", "failing"]


class HealthDocument(Reply):
    """The process answers."""

    status: Literal["ok"]
    keys: FileState = Field(description="`failing`: those known before count on, and the log says why.")
    feedback: FileState = Field(description="`failing`: what came last was not kept, and the log says why.")


class RefusedSnapshot(Reply):
    """A newer snapshot that is not served."""

    snapshot: str
    reason: str


class ReadyDocument(Reply):
    """What answers."""

    status: Literal["ready"]
    snapshot: SnapshotName
    records: int = Field(ge=0)
    refused: RefusedSnapshot | None
