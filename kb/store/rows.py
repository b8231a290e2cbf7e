"""Records and checks as JSON in their rows."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from faqkb.kb.checks import Check, Signature
from faqkb.kb.records import Record, Source


def dump_record(record: Record) -> str:
    """Return a record as its row holds it."""
    return json.dumps(record.to_json(), ensure_ascii=False, separators=(",", ":"))


def load_record(text: str) -> Record:
    """Return the record of a row."""
    fields = json.loads(text)
    fields["source"] = Source(**fields["source"])
    for name in ("alternates", "section", "tags", "checks"):
        fields[name] = tuple(fields[name])
    return Record(**fields)


def dump_check(check: Check) -> str:
    """Return a check as its row holds it, without its script."""
    fields = asdict(check)
    del fields["script"]
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


def load_check(text: str, script: bytes) -> Check:
    """Return the check of a row and its script."""
    fields = json.loads(text)
    fields["signatures"] = [Signature(**_with_tuples(known)) for known in fields["signatures"]]
    return Check(**_with_tuples(fields), script=bytes(script))


def _with_tuples(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}
