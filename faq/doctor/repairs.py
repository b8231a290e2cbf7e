"""What can be put right without asking: nothing that somebody wrote is removed, and every whole snapshot stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from faqkb.faq.progress import staged
from faqkb.kb.disk import PRIVATE, storage_errors, writer_lock
from faqkb.kb.errors import KbError
from faqkb.kb.feedback.file import FEEDBACK_FILE
from faqkb.kb.feedback.runs import CHECK_RUNS_FILE
from faqkb.kb.keys.file import KEYS_FILE
from faqkb.kb.snapshot.published import open_current, snapshot_names, verified
from faqkb.kb.snapshot.publishing import go_back, remove_damaged, remove_leftovers


def repair(folder: Path) -> Iterator[str]:
    """Yield a line for each thing that was put right, or that could not be."""
    steps: tuple[Callable[[Path], Iterator[str]], ...] = (_model, _leftovers, _snapshots, _private)
    for step in steps:
        try:
            yield from step(folder)
        except KbError as error:
            yield f"not repaired: {error}"


def _model(folder: Path) -> Iterator[str]:
    """Prepare the model anew where it is missing or damaged."""
    from faqkb.kb.model.prepare import prepare_model  # noqa: PLC0415 - slow to import

    with staged() as told:
        prepare_model(progress=told)
    yield from ()


def _leftovers(folder: Path) -> Iterator[str]:
    """Remove what killed writers left."""
    if snapshot_names(folder):
        with writer_lock(folder / "lock", subject=str(folder)):
            yield from remove_leftovers(folder)


def _snapshots(folder: Path) -> Iterator[str]:
    """Make the newest whole snapshot the live one where that is not whole; then remove the damaged ones."""
    if not snapshot_names(folder):
        return
    if not _is_live_whole(folder):
        yield f"{go_back(folder)}, the newest whole snapshot, is live again"
    yield from remove_damaged(folder)


def _is_live_whole(folder: Path) -> bool:
    try:
        verified(open_current(folder))
    except KbError:
        return False
    return True


def _private(folder: Path) -> Iterator[str]:
    """Take the files of feedback and keys from the eyes of others."""
    for path in (folder / KEYS_FILE, folder / FEEDBACK_FILE, folder / CHECK_RUNS_FILE):
        with storage_errors(path, outcome="it is as it was"):
            if path.exists() and path.stat().st_mode & 0o777 & ~PRIVATE:
                path.chmod(PRIVATE)
                yield f"{path}: for its owner alone now"
