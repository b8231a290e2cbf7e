"""Makes a new SQLite file, which has its name only once it is whole."""

from __future__ import annotations

import errno
import os
import sqlite3
import uuid
from contextlib import closing
from pathlib import Path

from faqkb.kb.disk import PRIVATE, TEMPORARY_PREFIX, install_file, write_file

_VERSIONS = slice(18, 20)  # of the header: 1 for a rollback journal, 2 for a log beside the file
_WRITE_AHEAD = b"\2\2"  # Source: sqlite.org/fileformat2.html, 1.3.3


def make_database(path: Path, schema: str, *, is_write_ahead: bool) -> None:
    """Make a file with some tables, which its owner alone may read. Raises OSError where the disk does not take it.

    SQLite builds it in memory, and it is written as any other file of ours: on a full disk SQLite itself leaves the
    tables in a log beside an empty file, without a word when it closes. Two processes that turn one new file to a log
    at once can fail each other whatever the timeout, so each makes its own and the first to name it wins.
    """
    content = _new_content(schema, is_write_ahead=is_write_ahead)
    temporary = path.with_name(f"{TEMPORARY_PREFIX}{uuid.uuid4().hex}.sqlite")
    try:
        write_file(temporary, content, PRIVATE)  # SQLite gives what it writes beside it the same mode
        if temporary.read_bytes() != content:
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(temporary))
        install_file(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _new_content(schema: str, *, is_write_ahead: bool) -> bytes:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.executescript(f"BEGIN; {schema} COMMIT;")
        content = bytearray(connection.serialize())
    if is_write_ahead:
        content[_VERSIONS] = _WRITE_AHEAD
    return bytes(content)
