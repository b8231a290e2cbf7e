"""Records and checks as JSON in their rows."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from faqkb.kb.checks import Check, Signature, evidence_of, is_check_id
from faqkb.kb.errors import SnapshotDamaged
from faqkb.kb.foreign.html import is_allowed_address, sanitise
from faqkb.kb.records import LISTS, Record, Source, Target

_NOT_STORED = (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError)
"""What Python raises for a row that no writer of ours stores."""
_dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""Made once: of a short record, making it costs as much as using it."""


def dump_record(record: Record) -> str:
    """Return a record as its row holds it."""
    targets = [asdict(target) for target in record.targets]
    return _dump(record.to_json() | {"targets": targets})


def load_record(text: str) -> Record:
    """Return the record of a row, with nothing active in its HTML, whoever wrote it. Raises SnapshotDamaged."""
    try:
        return _record(json.loads(text))
    except _NOT_STORED as error:
        raise _damaged("record", error) from error


def _record(fields: dict[str, Any]) -> Record:
    source = Source(**fields.pop("source"))
    lists: dict[str, Any] = {name: _texts(fields.pop(name)) for name in LISTS}
    targets = _targets(fields.pop("targets"), fields["answer"])
    _check_texts([*fields.values(), source.path, source.anchor or ""])
    if not isinstance(source.line, int):
        raise TypeError(f"got line {source.line!r:.60}, expected a number")
    fields["answer_html"] = sanitise(fields["answer_html"])
    return Record(**fields, **lists, source=source, targets=targets)


def dump_check(check: Check) -> str:
    """Return a check as its row holds it, without its script."""
    fields = asdict(check)
    del fields["script"]
    fields["evidence"] = check.evidence and check.evidence.to_json()
    return _dump(fields)


def load_check(text: str, script: bytes) -> Check:
    """Return the check of a row and its script. Raises SnapshotDamaged."""
    try:
        return _check(json.loads(text), script)
    except _NOT_STORED as error:
        raise _damaged("check", error) from error


def _check(fields: dict[str, Any], script: bytes) -> Check:
    recorded = fields.pop("evidence")
    evidence = None if recorded is None else evidence_of(recorded)
    limit, titles = float(fields.pop("limit_seconds")), dict(fields.pop("titles"))
    signatures = tuple(
        Signature(known["error"], _texts(known["words"]), _texts(known["answers"]))
        for known in fields.pop("signatures")
    )
    lists: dict[str, Any] = {
        name: _texts(fields.pop(name)) for name in ("answers", "reads", "writes", "needs", "dependencies")
    }
    _check_texts([*fields.values(), *titles, *titles.values(), *(known.error for known in signatures)])
    if not is_check_id(fields["id"]):
        raise ValueError(f"its id is {fields['id'][:60]!r}")
    return Check(
        **fields,
        **lists,
        limit_seconds=limit,
        titles=titles,
        signatures=signatures,
        script=bytes(script),
        evidence=evidence,
    )


def _damaged(what: str, error: Exception) -> SnapshotDamaged:
    return SnapshotDamaged(f"records.sqlite holds a {what} that is none ({error}); run `faq ingest` to build it again")


def _targets(value: Any, answer: str) -> tuple[Target, ...]:
    """Return the targets of an answer. Raises ValueError, TypeError where they do not follow one another within it."""
    if value == []:
        return ()
    targets = tuple(Target(**fields) for fields in value)
    _check_texts(text for target in targets for text in (target.address, target.before, target.after))
    bounds = [0, *(bound for target in targets for bound in (target.start, target.end)), len(answer)]
    if not all(is_allowed_address(target.address) for target in targets):
        raise ValueError("a target of its Markdown is no address to follow")
    if not all(type(bound) is int for bound in bounds) or bounds != sorted(bounds):
        raise ValueError("the targets of its Markdown are out of order or outside of the answer")
    return targets


def _texts(value: Any) -> tuple[str, ...]:
    if value == []:  # as nearly all are
        return ()
    if not isinstance(value, list):
        raise TypeError(f"got {value!r:.60}, expected a list")
    _check_texts(value)
    return tuple(value)


def _check_texts(values: Iterable[Any]) -> None:
    for kind in set(map(type, values)) - {str}:
        raise TypeError(f"got {kind.__name__}, expected text")
