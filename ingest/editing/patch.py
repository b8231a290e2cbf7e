"""Changed files as a unified diff that `git apply` and `patch -p1` take, byte for byte in each file's own encoding."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

_NO_END = b"\n\\ No newline at end of file\n"
_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/+@=,~ ")


def unified_diff(name: str, before: bytes, after: bytes) -> bytes:
    """Return the diff of one file, empty where nothing changed; `name` is its path, with forward slashes."""
    if before == after:
        return b""
    old, new = quoted(f"a/{name}"), quoted(f"b/{name}")
    rows = difflib.diff_bytes(difflib.unified_diff, _lines(before), _lines(after), old, new, lineterm=b"\n")
    return b"".join(_ended(rows))


def quoted(name: str) -> bytes:
    """Return a path as git writes it: in quotes, with escapes, where it holds more than plain letters."""
    content = name.encode("utf-8", "surrogateescape")
    if set(content) <= _PLAIN:
        return content + (b"\t" if b" " in content else b"")  # else the name would end at the blank
    escaped = b"".join(bytes([byte]) if byte in _PLAIN else b"\\%03o" % byte for byte in content)
    return b'"%s"' % escaped


def _lines(content: bytes) -> Sequence[bytes]:
    """Return lines as git counts them: each ends with a line feed, whatever stands before it."""
    return list(_kept(content))


def _kept(content: bytes) -> Iterator[bytes]:
    *whole, rest = content.split(b"\n")
    yield from (line + b"\n" for line in whole)
    if rest:
        yield rest


def _ended(rows: Iterator[bytes]) -> Iterator[bytes]:
    for row in rows:
        yield row if row.endswith(b"\n") else row + _NO_END
