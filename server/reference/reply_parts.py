"""The parts of replies that several protocols send, as models; see `server/api/replies.py`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Confidence = Annotated[
    float, Field(ge=0, le=1, description="Calibrated probability that the record answers the question.")
]
SnapshotName = Annotated[str, Field(description="Name of the snapshot that answered, as in X-KB-Generation.")]


class Reply(BaseModel):
    """No field but those named."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class FollowUpDocument(Reply):
    """What a reader may ask or do next, for a button below the answer."""

    kind: Literal["check", "related", "topic"] = Field(
        description="A check that proves the answer, another record found, or a question under the same heading."
    )
    id: str = Field(description="Of the record, or of the check.")
    text: str
    url: str = Field(description="Path of the record's page, or of the script.")
