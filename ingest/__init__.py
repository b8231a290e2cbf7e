"""FAQ Markdown to records, and a report of what was read and what was not.

Knows nothing of vectors, of Flask, or of how a knowledge base lies on disk.
"""

from faqkb.ingest.checks import checks_of, read_scripts
from faqkb.ingest.document import parse_document
from faqkb.ingest.explained import Explained, Proposed, explain_document
from faqkb.ingest.known.cache import ReadingCache
from faqkb.ingest.known.memory import ReadingMemory
from faqkb.ingest.parsers import usable_cores
from faqkb.ingest.readings.orders import Order
from faqkb.ingest.readings.proposals import READINGS
from faqkb.ingest.reports.report import Document, FileReport, Ingested, ScriptReport, Skipped, Warned
from faqkb.ingest.sources import Means, explain_file, read_sources
from faqkb.ingest.stamp import Stamp, content_stamp

__all__ = [
    "READINGS",
    "Document",
    "Explained",
    "FileReport",
    "Ingested",
    "Means",
    "Order",
    "Proposed",
    "ReadingCache",
    "ReadingMemory",
    "ScriptReport",
    "Skipped",
    "Stamp",
    "Warned",
    "checks_of",
    "content_stamp",
    "explain_document",
    "explain_file",
    "parse_document",
    "read_scripts",
    "read_sources",
    "usable_cores",
]
