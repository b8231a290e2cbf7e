"""`faq export --format kb`: the live snapshot as one file."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

from faqkb.faq.bootstrap import build_if_missing
from faqkb.faq.console import say_note
from faqkb.kb.disk import TEMPORARY_PREFIX, storage_errors, sync_folder
from faqkb.kb.errors import ExportRefused
from faqkb.kb.snapshot.archive import is_archive, pack_snapshot
from faqkb.kb.snapshot.published import open_current


def export_knowledge_base(kb: Path, target: Path) -> None:
    """Write the live snapshot into a file, which is the former one until the new one is whole.

    Raises ExportRefused, StorageFailed, and what open_current raises.
    """
    with storage_errors(target):
        if target.exists() and not (target.is_file() and is_archive(target)):
            raise ExportRefused(f"{target}: holds something else than an exported knowledge base; name a new file")
    build_if_missing(kb)
    files = open_current(kb)
    try:
        with storage_errors(target):
            beside = target.with_name(f"{TEMPORARY_PREFIX}{target.name}-{uuid.uuid4().hex[:8]}")
            try:
                with beside.open("xb") as to:
                    pack_snapshot(files, to)
                    to.flush()
                    os.fsync(to.fileno())
                    size = to.tell()
                beside.replace(target)
            finally:
                beside.unlink(missing_ok=True)
            sync_folder(target.absolute().parent)
    finally:
        files.close()
    say_note(
        f"wrote {files.manifest.records} records, {size / 1e6:.1f} MB, into {target}, without keys and feedback;"
        f" `faq import {target.name}` reads it"
    )
