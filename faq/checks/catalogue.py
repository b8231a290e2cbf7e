"""Which checks there are: those of the knowledge base, or of the content that one would be built from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from faqkb.faq.config import content_paths
from faqkb.kb.check_header import parse_check
from faqkb.kb.checks import Check
from faqkb.kb.disk import read_regular
from faqkb.kb.errors import CheckMalformed, CheckUnknown, KnowledgeBaseMissing
from faqkb.kb.limits import CHECK_BYTES
from faqkb.kb.snapshot.published import RECORDS_FILE, open_current
from faqkb.kb.store.store import Store

NO_CHECKS = "this knowledge base has no checks; `faq check new ID` writes one to start from"


def all_checks(kb: Path) -> tuple[Check, ...]:
    """Return the checks of the live snapshot, by id; where there is none yet, those of the configured content.

    Those of the sample are offered only where a first question would build a knowledge base from it.
    Neither a model nor a search index is read. Raises SnapshotDamaged, SnapshotUnsupported.
    """
    try:
        files = open_current(kb)
    except KnowledgeBaseMissing:
        return _content_checks()
    try:
        files.verify(RECORDS_FILE)
        store = Store(files.folder / RECORDS_FILE)
        try:
            return store.checks.all()
        finally:
            store.close()
    finally:
        files.close()


def find_check(name: str, kb: Path) -> Check:
    """Return the check of an id, or of a script's path, which ends in `.py`. Raises CheckUnknown, CheckMalformed."""
    if name.endswith(".py"):
        return _read(Path(name))
    return named_check(name, all_checks(kb))


def named_check(name: str, found: Sequence[Check]) -> Check:
    """Return the check of an id among those found. Raises CheckUnknown."""
    checks = {check.id: check for check in found}
    if not checks:
        raise CheckUnknown(
            f"no check is called {name[:60]!r} (got {name[:60]!r}, expected a script's path): {NO_CHECKS}"
        )
    if name not in checks:
        known = ", ".join(checks)
        raise CheckUnknown(
            f"no check is called {name[:60]!r} (got {name[:60]!r}, expected one of {known}); see `faq check list`"
        )
    return checks[name]


def _read(path: Path) -> Check:
    try:
        return parse_check(read_regular(path, CHECK_BYTES), path.stem)
    except OSError as error:
        raise CheckMalformed(f"{path}: {error.strerror or error}; name a check script") from error


def _content_checks() -> tuple[Check, ...]:
    from faqkb.ingest import checks_of, read_scripts  # noqa: PLC0415 - parsing Markdown comes with it

    return tuple(sorted(checks_of(read_scripts(content_paths())), key=lambda check: check.id))
