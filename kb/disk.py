"""The only place that writes to disk: every write is synced, every failure is one sentence.

A rename is durable only after the folder itself is synced (etcd-io/etcd #6368, python-atomicwrites #12).
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import shutil
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from faqkb.kb.errors import Busy, StorageFailed

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2  # linux/fcntl.h, linux/fs.h
_NO_EXCHANGE = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP})
_NO_LINKS = frozenset({errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EMLINK})


PRIVATE = 0o600  # of a file that its owner alone may read
TEMPORARY_PREFIX = ".tmp-"  # names that no reader looks at; whoever holds the writer's lock may remove them
LEFT_SECONDS = 3_600  # after which a temporary file is of a writer that was killed; they are there for milliseconds


@contextmanager
def storage_errors(path: Path, *, outcome: str = "nothing was published") -> Iterator[None]:
    """Turn an `OSError` into `StorageFailed`, naming the path, the cause and what became of it."""
    try:
        yield
    except OSError as error:
        cause = error.strerror or str(error)
        raise StorageFailed(
            f"{error.filename or path}: {cause}; {outcome}, {_way_out(error.errno)} and try again"
        ) from error


def _way_out(number: int | None) -> str:
    return "check the disk" if number == errno.EIO else "free space or fix permissions"


def sync_folder(folder: Path) -> None:
    """Make the entries of a folder survive a power loss."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_file(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write a new file and sync it; the folder is synced by the caller once all files are in."""
    write_pieces(path, (content,), mode)


def write_pieces(path: Path, pieces: Iterable[bytes], mode: int = 0o644) -> None:
    """Write a new file piece by piece and sync it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        for piece in pieces:
            view = memoryview(piece)
            while view:
                view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_regular(path: Path, most_bytes: int) -> bytes:
    """Return a file's content. Raises OSError, also for a pipe, a device and more bytes than it can have.

    A folder may come from elsewhere: nobody waits for what its names stand for, or reads it for ever.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            number = errno.EISDIR if stat.S_ISDIR(status.st_mode) else errno.EINVAL
            raise OSError(number, os.strerror(number) if number == errno.EISDIR else "not a regular file", str(path))
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise OSError(errno.EFBIG, f"more than {most_bytes:,} bytes", str(path))
    return content


def link_or_copy(source: Path, target: Path) -> None:
    """Hard-link a file that never changes, or copy it where the file system is another one or has no links."""
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        write_file(target, source.read_bytes())


def replace_file(path: Path, content: bytes, mode: int | None = None) -> None:
    """Replace a small file atomically: readers see the old content or the new, never a mixture.

    `mode` is what the new one has, whatever the umask; without it what any new file has.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.unlink(missing_ok=True)
    if mode is None:
        write_file(temporary, content)
    else:
        write_file(temporary, content, PRIVATE)
        temporary.chmod(mode)
    temporary.replace(path)
    sync_folder(path.parent)


def install_file(temporary: Path, path: Path) -> None:
    """Give a finished file its name, unless another process was first; its temporary name goes either way.

    A link, not a rename, which would replace what the other process already uses.
    """
    try:
        with suppress(FileExistsError):
            os.link(temporary, path)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if not path.exists():  # without links there is no better way; two at the same instant leave the later one
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def make_folders(folder: Path) -> None:
    """Make a folder where there is none, and those above it, so that all of them survive a power loss."""
    if not folder.is_dir():
        make_folders(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


def rename_folder(source: Path, target: Path) -> None:
    """Rename a folder and make the rename durable."""
    source.rename(target)
    sync_folder(target.parent)


def exchange_folders(one: Path, other: Path) -> bool:
    """Give two folders each other's name in one step; False where this system or file system cannot."""
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)  # Linux, glibc 2.28 and later
    if call is None:
        return False
    if call(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        for parent in {one.parent, other.parent}:
            sync_folder(parent)
        return True
    number = ctypes.get_errno()
    if number in _NO_EXCHANGE:
        return False
    raise OSError(number, os.strerror(number), str(other))


def replace_folder(work: Path, folder: Path) -> None:
    """Give a finished folder the name of a former one, in one step where the system can: no reader finds neither."""
    if not folder.exists() or not any(folder.iterdir()):
        rename_folder(work, folder)  # over an empty folder, in one step
        return
    if exchange_folders(work, folder):
        remove_folder(work)
        return
    former = work.with_name(f"{work.name}-former")
    rename_folder(folder, former)
    try:
        rename_folder(work, folder)
    except BaseException:
        rename_folder(former, folder)
        raise
    remove_folder(former)


def remove_folder(folder: Path) -> None:
    """Remove a folder; it is renamed first, so that a kill or a power loss leaves no half of it under its own name."""
    if folder.is_symlink() or not folder.is_dir():
        folder.unlink()
        return
    if folder.name.startswith(TEMPORARY_PREFIX):
        shutil.rmtree(folder)
        return
    doomed = folder.with_name(f"{TEMPORARY_PREFIX}{folder.name}")
    if doomed.is_dir():  # of one who was killed while it removed the same
        shutil.rmtree(doomed)
    rename_folder(folder, doomed)
    shutil.rmtree(doomed)


@contextmanager
def writer_lock(path: Path, *, subject: str) -> Iterator[None]:
    """Hold the one writer's lock of a folder; the system drops it when the process dies.

    The folder is made where there is none. Raises Busy at once when another process holds the lock.
    """
    with storage_errors(path):
        make_folders(path.parent)
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except PermissionError:
            # Of another user, who made it once: it can be held all the same.
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Busy(
                f"{subject} is being written by another process (lock {path}); try again when it is done"
            ) from error
        yield
    finally:
        os.close(descriptor)


def remove_leftovers(folder: Path) -> list[str]:
    """Remove the temporary files and folders of writers that were killed; return a line for each that cannot be.

    A file of two names was installed already: it is as young as the last write to what it became.
    """
    kept = []
    for path in sorted(folder.glob(f"{TEMPORARY_PREFIX}*")):
        try:
            status = path.lstat()
            is_installed = stat.S_ISREG(status.st_mode) and status.st_nlink > 1
            if is_installed or abs(time.time() - status.st_mtime) > LEFT_SECONDS:
                remove_folder(path)
        except OSError as error:
            kept.append(not_removed(path, error))
    return kept


def not_removed(path: Path, error: OSError) -> str:
    """Return what to tell of something that should go and cannot."""
    return f"{path} is not removed ({error.strerror or error}); remove it as its owner"


def lock_shared(path: Path) -> int:
    """Mark a file as being read; returns the descriptor that holds the mark until it is closed."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a pipe opens only once somebody writes to it
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def is_being_read(path: Path) -> bool:
    """Say whether some process holds the file with `lock_shared`."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def not_stored(path: Path, cause: str) -> StorageFailed:
    """Return the error of a file that could not be written."""
    return StorageFailed(f"{path}: {cause}; nothing was stored, free space or fix permissions and try again")


def not_read(path: Path, cause: str) -> StorageFailed:
    """Return the error of a file that could not be read."""
    return StorageFailed(f"{path}: {cause}; it was not read and is as it was, check the disk and your permissions")
