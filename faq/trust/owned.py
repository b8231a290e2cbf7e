"""Whether a file that was found, not named, may decide anything: only one of this user's, in a folder of its own."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def refusal(path: Path) -> str | None:
    """Return why a found file is not believed, None where it is. Raises OSError.

    It is somebody else's when its owner is another user (root aside), or when anybody may write it or its folder.
    """
    if not hasattr(os, "getuid"):
        return None
    file, folder = path.stat(), path.parent.stat()
    if file.st_uid not in {0, os.getuid()}:
        return f"it belongs to another user (uid {file.st_uid})"
    if file.st_mode & stat.S_IWOTH:
        return "every user may write it"
    if folder.st_mode & stat.S_IWOTH:
        return f"every user may write into {path.parent}"
    return None
