"""Whose a file is: one that decides who may come in, or what is learned, counts only if it is ours."""

from __future__ import annotations

import os
from pathlib import Path

_ROOT = 0


def foreign_owner(path: Path) -> int | None:
    """Return the user id of a file's owner where that is somebody else, None where we may trust it.

    Ours are our own user's and root's; for root, who works on other users' folders, also those of the folder's owner.
    Raises OSError.
    """
    owner, me = path.stat().st_uid, os.geteuid()
    if owner in {me, _ROOT} or (me == _ROOT and owner == path.parent.stat().st_uid):
        return None
    return owner
