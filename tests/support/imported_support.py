"""What tests of import share: a file of another system to Markdown on disk, and what `faq ingest` reads there."""

from __future__ import annotations

from pathlib import Path

from faqkb.ingest import read_sources
from faqkb.ingest.imported.layout import Layout, lay_out
from faqkb.ingest.imported.recognise import read_collection
from faqkb.kb.records import Record

SAMPLES = Path(__file__).parents[1] / "fixtures" / "imported"


def imported(content: bytes, name: str, folder: Path, form: str | None = None) -> tuple[Layout, dict[str, Record]]:
    """Return what became of a file, and the records that ingest reads in the Markdown, by id."""
    layout = lay_out(read_collection(content, name, form), name)
    for written in layout.files:
        path = folder / written.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(written.text, encoding="utf-8")
    if not layout.files:
        return layout, {}
    return layout, {record.id: record for record in read_sources([folder]).records}


def sample(name: str, folder: Path) -> tuple[Layout, dict[str, Record]]:
    """Return the same of a sample among the fixtures."""
    return imported((SAMPLES / name).read_bytes(), name, folder)


def told(record: Record) -> tuple[object, ...]:
    """Return what comes back of a record from every format."""
    return (record.id, record.question, record.answer, set(record.alternates), set(record.tags), set(record.versions))
