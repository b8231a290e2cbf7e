"""Makes the live snapshot of a knowledge base older than it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from faqkb.kb.checksums import file_sha256
from faqkb.kb.model.files import FileEntry
from faqkb.kb.snapshot.manifest import MANIFEST_FILE, canonical, read_manifest
from faqkb.kb.snapshot.published import DAYS_FILE, current_snapshot


def age(folder: Path, days: int) -> None:
    """Turn the live snapshot into one that was published so many days earlier, and all before it too."""
    name = current_snapshot(folder)
    snapshot = folder / "snapshots" / name
    manifest = read_manifest(snapshot / MANIFEST_FILE, name)
    created = datetime.fromisoformat(manifest.created) - timedelta(days)
    files = dict(manifest.files)
    if DAYS_FILE in files:
        path = snapshot / DAYS_FILE
        older = np.frombuffer(path.read_bytes(), dtype="<i4") - days
        path.write_bytes(older.astype("<i4").tobytes())
        files[DAYS_FILE] = FileEntry(file_sha256(path), path.stat().st_size)
    aged = replace(manifest, created=created.isoformat(timespec="microseconds"), files=files)
    (snapshot / MANIFEST_FILE).write_bytes(canonical(aged.to_json()))
    snapshot.rename(snapshot.with_name(aged.name))
    (folder / "current").write_text(f"{aged.name}\n")
