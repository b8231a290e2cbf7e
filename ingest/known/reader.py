"""Which reader this is: another one makes other records of the same Markdown, so it does not use what this one made."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path

_ROOT = Path(__file__).parents[2]
FOLDERS = ("ingest", "kb", "kb/foreign", "kb/language", "kb/store")
"""All that the reading of a document and the keeping of it are made of; `ingest` with all its rooms."""
LIBRARIES = ("markdown-it-py", "mdit-py-plugins", "nh3", "py3langid", "pyyaml")
_MADE = frozenset({".pyc", ".so"})


@cache
def reader_fingerprint() -> str:
    """Return 64 hex digits that are others when the reader, what it has learned, or a library below it is another.

    A hundred small files are read for it, in 10 ms.
    """
    digest = hashlib.sha256(f"{sys.version_info[:2]} {[version(library) for library in LIBRARIES]}".encode())
    for path in _sources():
        content = path.read_bytes()
        digest.update(f"{path.relative_to(_ROOT).as_posix()} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def _sources() -> Iterator[Path]:
    for name in FOLDERS:
        folder = _ROOT / name
        found = folder.rglob("*") if name == "ingest" else folder.glob("*")
        yield from sorted(path for path in found if path.is_file() and path.suffix not in _MADE)
