"""What one file was read as: in memory, and as the bytes that a process hands to another or to the disk.

One JSON line for the report and the pictures, one for each record.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from faqkb.ingest.reports.report import Coverage, Document, FileReport, Skipped, Warned
from faqkb.kb.errors import KbError, SnapshotDamaged
from faqkb.kb.store.rows import dump_record, load_record

_TYPES: Mapping[type, Mapping[str, tuple[type, ...]]] = {
    Skipped: {"line": (int,), "reason": (str,), "text": (str,)},
    Warned: {"line": (int,), "message": (str,)},
    Coverage: {"headings": (int,), "headings_read": (int,), "asking_unread": (int,), "text": (int, float)},
    FileReport: {"path": (str,), "style": (str,), "records": (int,), "encoding": (str,), "error": (str,)},
}


class ReadingDamaged(KbError):
    """The bytes are no reading that we wrote."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A document, and the pictures that it asked for with what was found: by line and address."""

    document: Document
    pictures: Mapping[tuple[int, str], str | None]


def dump_reading(reading: Reading) -> bytes:
    """Return a reading as bytes."""
    pictures = [[line, address, found] for (line, address), found in reading.pictures.items()]
    head = {"report": asdict(reading.document.report), "pictures": pictures}
    lines = [json.dumps(head, separators=(",", ":")), *map(dump_record, reading.document.records)]
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def load_reading(content: bytes) -> Reading:
    """Return the reading of some bytes, with nothing active in its HTML, whoever wrote them. Raises ReadingDamaged."""
    try:
        head, *lines = content.decode("utf-8", "surrogatepass").split("\n")
        fields = json.loads(head)
        document = Document(tuple(map(load_record, lines)), _report(fields["report"]))
        reading = Reading(document, {_asked(line, address): found for line, address, found in fields["pictures"]})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, SnapshotDamaged) as error:
        raise ReadingDamaged(f"no reading that was kept ({error}); read the file again") from error
    if any(record.source.path != document.report.path for record in document.records):
        raise ReadingDamaged("a reading with records of another file; read the file again")
    return reading


def _asked(line: Any, address: Any) -> tuple[int, str]:
    if type(line) is not int or type(address) is not str:
        raise TypeError(f"got {line!r:.20} and {address!r:.60}, expected a line and an address")
    return line, address


def _report(fields: dict[str, Any]) -> FileReport:
    own = {name: fields[name] for name in _TYPES[FileReport]}
    return FileReport(
        **_checked(FileReport, own),
        skipped=tuple(Skipped(**_checked(Skipped, each)) for each in fields["skipped"]),
        warnings=tuple(Warned(**_checked(Warned, each)) for each in fields["warnings"]),
        coverage=Coverage(**_checked(Coverage, fields["coverage"])),
    )


def _checked(kind: type, fields: dict[str, Any]) -> dict[str, Any]:
    for name, types in _TYPES[kind].items():
        if type(fields[name]) not in types:
            raise TypeError(f"got {name} {fields[name]!r:.60} of a {kind.__name__}")
    return fields
