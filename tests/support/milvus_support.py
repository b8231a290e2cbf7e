"""A knowledge base in milvus-lite: Milvus in a file, of this process alone."""

from __future__ import annotations

from pathlib import Path

from faqkb.kb.milvus.address import MilvusAddress
from faqkb.kb.milvus.client import Milvus
from faqkb.kb.milvus.publishing import push_snapshot
from faqkb.kb.snapshot.published import current_snapshot

CONFIDENCE_TOLERANCE = 1e-4  # of answers from Milvus against those from files: sums of float32 in another order


def stored_in_lite(folder: Path, file: Path) -> Milvus:
    """Store the live snapshot of a knowledge base in a file of milvus-lite; return the connection."""
    milvus = Milvus(MilvusAddress(str(file)))
    push_snapshot(folder, current_snapshot(folder), milvus)
    return milvus
