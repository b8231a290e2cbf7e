"""FAQ Markdown to records."""

from faqkb.ingest.checks import checks_of, read_scripts
from faqkb.ingest.document import parse_document
from faqkb.ingest.report import Document, FileReport, Ingested, ScriptReport, Skipped, Warned
from faqkb.ingest.sources import read_sources

__all__ = [
    "Document",
    "FileReport",
    "Ingested",
    "ScriptReport",
    "Skipped",
    "Warned",
    "checks_of",
    "parse_document",
    "read_scripts",
    "read_sources",
]
