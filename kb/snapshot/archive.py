"""A snapshot as one file, to hand to somebody: a plain tar of its files, `manifest.json` first.

The same snapshot gives the same bytes. What is read is held to the one way to write it: every header follows from the
manifest, so there is no link, no other name and no second file of a name, and nothing is compressed, so the length of
the whole is known before the first file is written.
"""

from __future__ import annotations

import hashlib
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from faqkb.kb import disk, limits
from faqkb.kb.errors import ArchiveRefused, SnapshotDamaged
from faqkb.kb.foreign.paths import inside
from faqkb.kb.model.files import FileEntry
from faqkb.kb.pictures import FOLDER as PICTURES
from faqkb.kb.snapshot.manifest import MANIFEST_FILE, MOST_BYTES, Manifest, canonical, parse_manifest
from faqkb.kb.snapshot.published import SnapshotFiles

_BLOCK = 512
_END = bytes(2 * _BLOCK)
_PIECE = 1 << 20
_REMEDY = "ask for it again, made with `faq export --format kb FILE`"


def is_archive(path: Path) -> bool:
    """Return whether a file begins as an archive does."""
    with path.open("rb") as file:
        return file.read(len(MANIFEST_FILE) + 1) == f"{MANIFEST_FILE}\0".encode()


def pack_snapshot(files: SnapshotFiles, to: BinaryIO) -> None:
    """Write a snapshot as one file, each of its files after its sha256 held. Raises SnapshotDamaged, OSError."""
    manifest = canonical(files.manifest.to_json())
    to.write(_header(MANIFEST_FILE, len(manifest)) + manifest + _padding(len(manifest)))
    for path, entry in sorted(files.manifest.files.items()):
        to.write(_header(path, entry.size))
        digest = hashlib.sha256()
        with (files.folder / path).open("rb") as file:
            for piece in _pieces(file, entry.size):
                digest.update(piece)
                to.write(piece)
        files.check_hash(path, digest.hexdigest())
        to.write(_padding(entry.size))
    to.write(_END)


def unpack_snapshot(archive: Path, folder: Path) -> Manifest:
    """Write what an archive holds as the one snapshot of a new folder, and make it current; returns its manifest.

    Every file is the one that the manifest promises; what is in them is for whoever opens the snapshot to judge.
    Raises ArchiveRefused, SnapshotUnsupported, StorageFailed.
    """
    try:
        file = archive.open("rb")
    except OSError as error:
        raise ArchiveRefused(f"{archive}: {error.strerror}; name the file of an exported knowledge base") from error
    with file, disk.storage_errors(folder):
        content = _read_manifest(file, archive)
        try:
            manifest = parse_manifest(content, archive)
        except SnapshotDamaged as error:
            raise ArchiveRefused(f"{str(error).partition(';')[0]}; {_REMEDY}") from error
        _check_sizes(archive, manifest, len(content))
        snapshot = folder / "snapshots" / manifest.name
        snapshot.mkdir(parents=True)
        disk.write_file(snapshot / MANIFEST_FILE, content)
        for path, entry in sorted(manifest.files.items()):
            _unpack_file(file, archive, inside(snapshot, path), (path, entry))
        if file.read(len(_END) + 1) != _END:
            raise _refused(archive, "it does not end where its manifest says")
        disk.write_file(folder / "current", f"{manifest.name}\n".encode())
    return manifest


def _read_manifest(file: BinaryIO, archive: Path) -> bytes:
    block = file.read(_BLOCK)
    try:
        size = tarfile.TarInfo.frombuf(block, "ascii", "strict").size
        is_ours = 0 < size <= MOST_BYTES and block == _header(MANIFEST_FILE, size)
    except (tarfile.TarError, UnicodeDecodeError, ValueError):
        is_ours = False
    if not is_ours:
        raise _refused(
            archive,
            f"it is no exported knowledge base (expected {MANIFEST_FILE} first; of what another system exported,"
            " --to DIR makes Markdown)",
        )
    content = file.read(size)
    _skip_padding(file, size, archive)
    return content


def _check_sizes(archive: Path, manifest: Manifest, manifest_bytes: int) -> None:
    sizes = [manifest_bytes, *(entry.size for entry in manifest.files.values())]
    expected = sum(_BLOCK + size + len(_padding(size)) for size in sizes) + len(_END)
    got = archive.stat().st_size
    if got != expected:
        raise _refused(archive, f"it was cut short or added to (got {got:,} bytes, expected {expected:,})")
    pictures = [entry.size for path, entry in manifest.files.items() if path.startswith(f"{PICTURES}/")]
    if len(pictures) > limits.PICTURES or sum(pictures) > limits.PICTURES_BYTES:
        raise _refused(archive, f"it holds {len(pictures)} pictures of {sum(pictures):,} bytes, more than are kept")


def _unpack_file(file: BinaryIO, archive: Path, target: Path, promised: tuple[str, FileEntry]) -> None:
    path, entry = promised
    if file.read(_BLOCK) != _header(path, entry.size):
        raise _refused(archive, f"{path} is not where its manifest says, or is no plain file")
    target.parent.mkdir(exist_ok=True)
    digest = hashlib.sha256()
    with target.open("xb") as to:
        for piece in _pieces(file, entry.size):
            digest.update(piece)
            to.write(piece)
        to.flush()
        os.fsync(to.fileno())
    if digest.hexdigest() != entry.sha256:
        raise _refused(archive, f"{path} is not what its manifest says (got sha256 {digest.hexdigest()[:12]})")
    _skip_padding(file, entry.size, archive)


def _header(path: str, size: int) -> bytes:
    """Return the one header that a file of ours has: nobody's, of no time."""
    info = tarfile.TarInfo(path)
    info.size = size
    try:
        return info.tobuf(tarfile.USTAR_FORMAT, "ascii", "strict")
    except ValueError as error:  # longer than a tar can say: 100 characters, 8 GB
        raise ArchiveRefused(f"{path[:80]!r} of {size:,} bytes cannot be handed over ({error}); {_REMEDY}") from error


def _padding(size: int) -> bytes:
    return bytes(-size % _BLOCK)


def _skip_padding(file: BinaryIO, size: int, archive: Path) -> None:
    padding = _padding(size)
    if file.read(len(padding)) != padding:
        raise _refused(archive, "something stands between its files")


def _pieces(file: BinaryIO, size: int) -> Iterator[bytes]:
    """Yield so many bytes, fewer where the file ends: its hash tells."""
    while size and (piece := file.read(min(size, _PIECE))):
        yield piece
        size -= len(piece)


def _refused(archive: Path, what: str) -> ArchiveRefused:
    return ArchiveRefused(f"{archive}: {what}; nothing was imported, {_REMEDY}")
