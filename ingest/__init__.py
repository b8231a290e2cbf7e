"""FAQ Markdown to records."""

from ingest.document import parse_document
from ingest.report import Document, FileReport, Ingested, Skipped, Warned
from ingest.sources import read_sources

__all__ = ["Document", "FileReport", "Ingested", "Skipped", "Warned", "parse_document", "read_sources"]
