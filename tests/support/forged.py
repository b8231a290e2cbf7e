"""A knowledge base that somebody changed and sealed again: every hash in it holds."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from server_support import make_record

from faqkb.kb.building.build import build_snapshot
from faqkb.kb.check_header import parse_check
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.model.files import FileEntry
from faqkb.kb.snapshot.manifest import Manifest, canonical
from faqkb.kb.snapshot.published import current_snapshot

SCRIPT = b'''# /// script
# [tool.faq-check]
# id = "disk"
# title = "Looks at the disk"
# answers = ["faq/Q1"]
# ///
"""Says nothing."""
'''
QUESTION = "How do I reset the device?"


def honest(folder: Path, encoder: Encoder) -> Path:
    """Publish two records and a check; returns the folder."""
    records = [
        make_record("faq/Q1", QUESTION, "Hold the button for ten seconds.", checks=("disk",)),
        make_record("faq/Q2", "Is it waterproof?", "No, keep it dry."),
    ]
    build_snapshot(folder, records, encoder, checks=[parse_check(SCRIPT, "disk")])
    return folder


def reseal(kb: Path, change: Callable[[Path], object], **more: FileEntry) -> None:
    """Change the files of the live snapshot, and make manifest and name fit; `more` is only said to be there."""
    folder = kb / "snapshots" / current_snapshot(kb)
    change(folder)
    fields = json.loads((folder / "manifest.json").read_bytes())
    found = [path for path in folder.rglob("*") if path.is_file() and path.name != "manifest.json"]
    found.append(folder / "model" / "manifest.json")
    files = {path.relative_to(folder).as_posix(): entry_of(path.read_bytes()) for path in found}
    counts = fields["counts"]
    manifest = Manifest(
        fields["format"], fields["created"], fields["encoder"], counts["records"], counts["passages"], files | more
    )
    (folder / "manifest.json").write_bytes(canonical(manifest.to_json()))
    folder.rename(folder.with_name(manifest.name))
    (kb / "current").write_text(f"{manifest.name}\n", encoding="ascii")


def entry_of(content: bytes) -> FileEntry:
    return FileEntry(hashlib.sha256(content).hexdigest(), len(content))


def with_statements(*statements: str) -> Callable[[Path], None]:
    """Return a change that runs statements on the records."""

    def change(folder: Path) -> None:
        rewrite(folder / "records.sqlite", *statements)

    return change


def rewrite(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.executescript(statement)
        connection.commit()


def with_field(table: str, field: str, value: object, where: str) -> str:
    """Return a statement that gives the stored JSON of a row another value."""
    text = json.dumps(value).replace("'", "''")
    return f"UPDATE {table} SET json = json_set(json, '$.{field}', json('{text}')) WHERE {where};"
