"""Whether a model's files are the bytes that its manifest promises, and of a kind that a library may read.

Reading 80 MB takes an eighth of a cold answer, so what proved right is remembered in the user's own cache, beside what
the file system says of the file: any write through it changes that. A block that rots on the disk changes nothing
there; the server at its start and `faq doctor` read every byte.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from faqkb.kb.errors import ModelDamaged
from faqkb.kb.foreign.models import ForeignModel, check_onnx, check_steps, check_tokenizer
from faqkb.kb.model.files import MODEL_FILE, FileEntry, ModelManifest, user_cache, verify_file
from faqkb.kb.prepared.names import PIECES_FILE, SCORES_FILE, TOKENIZER_FILE

_LOOKED = 2  # raised when a file is looked at for more than before
_SETTLED_NS = 2_000_000_000  # two writes nearer than a tick of the file system's clock can leave the same time
# The table needs none: it is read row by row.
_CHECKS = {
    MODEL_FILE: check_onnx,
    TOKENIZER_FILE: check_steps,
    PIECES_FILE: check_tokenizer,
    SCORES_FILE: check_tokenizer,
}


def verify_once(folder: Path, manifest: ModelManifest) -> None:
    """Check every file of a prepared folder, unless it is the very one that was checked before. Raises ModelDamaged."""
    for name, entry in sorted(manifest.files.items()):
        path = folder / name
        memory = _memory_of(path, entry)
        if memory.is_of_this_file:
            continue
        verify_file(path, entry)
        if not memory.is_of_these_bytes:
            _look(path, name)
        memory.keep()


def _look(path: Path, name: str) -> None:
    if name not in _CHECKS:
        return
    try:
        _CHECKS[name](path)
    except ForeignModel as error:
        raise ModelDamaged(f"{path}: {error}; use a model that `faq model prepare` made") from error


def _memory_of(path: Path, entry: FileEntry) -> Memory:
    try:
        return Memory(path, entry, looked=_LOOKED)
    except OSError as error:
        raise ModelDamaged(f"{path}: {error.strerror}; run `faq model prepare` again") from error


class Memory:
    """What is known of one file, taken before its bytes are read. Raises OSError where the file is not there."""

    def __init__(self, path: Path, entry: FileEntry, *, looked: int = 0) -> None:
        """Take a file, what it should be, and for how much it is looked at beside its hash: a number that grows."""
        self._path = path
        self._entry = entry
        self._looked = looked
        self._stamp = self._now()
        self._stored = self._read()

    @property
    def is_of_this_file(self) -> bool:
        """Whether the file was checked, and is as it was then."""
        return self._stored == self._stamp

    @property
    def is_of_these_bytes(self) -> bool:
        """Whether the bytes that the entry promises were looked at: a new link to a file changes its time."""
        return all(self._stored.get(name) == self._stamp[name] for name in ("sha256", "looked"))

    def _read(self) -> dict[str, Any]:
        try:
            stored = json.loads(self._place().read_bytes())
        except (OSError, ValueError):
            return {}
        return stored if isinstance(stored, dict) else {}

    def keep(self) -> None:
        """Remember that the file is right; where that cannot be written, it is read again the next time.

        A write sets the time of the content, and that of the file; a new link sets the latter alone.
        """
        if self._now() != self._stamp or time.time_ns() - self._stamp["mtime_ns"] < _SETTLED_NS:
            return
        place = self._place()
        beside = place.with_name(f"{place.name}.{os.getpid()}")
        try:
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            beside.write_text(json.dumps(self._stamp), encoding="ascii")
            beside.replace(place)
        except OSError:
            return

    def _now(self) -> dict[str, Any]:
        found = self._path.stat()
        return {
            **{"device": found.st_dev, "inode": found.st_ino, "size": found.st_size},
            **{"mtime_ns": found.st_mtime_ns, "ctime_ns": found.st_ctime_ns},
            **{"sha256": self._entry.sha256, "looked": self._looked},
        }

    def _place(self) -> Path:
        return user_cache() / "verified" / f"{self._stamp['device']:x}-{self._stamp['inode']:x}.json"
