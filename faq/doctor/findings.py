"""Everything that is looked at: each thing is told, whatever is wrong with the others."""

from __future__ import annotations

import platform
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from faqkb.kb.disk import PRIVATE, TEMPORARY_PREFIX
from faqkb.kb.errors import KbError
from faqkb.kb.feedback.file import FEEDBACK_FILE
from faqkb.kb.feedback.log import FeedbackStore
from faqkb.kb.feedback.runs import CHECK_RUNS_FILE, RunStore
from faqkb.kb.keys.file import KEYS_FILE
from faqkb.kb.keys.ring import KeyStore
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.model.files import default_folder, read_manifest, verify_files
from faqkb.kb.snapshot.manifest import is_name
from faqkb.kb.snapshot.published import current_snapshot, entries, open_snapshot, snapshot_names, verified
from faqkb.kb.snapshot.tuned import ranking_file, tuned_model, tuned_ranking, whole_tuned_model

_PACKAGES = ("faqkb", "numpy", "faiss-cpu", "onnxruntime", "tokenizers", "markdown-it-py", "nh3", "flask", "waitress")
_PROBE = "self test"  # any text: the question is whether the encoder runs


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    ok: bool
    what: str
    detail: str


def look_at(folder: Path) -> Iterator[Finding]:
    """Yield what is installed, prepared and stored, in that order."""
    yield from _packages()
    yield _looked("model", _model)
    yield _looked("knowledge base", lambda: f"{current_snapshot(folder)} is live")
    names = snapshot_names(folder)
    for name in names:
        yield _looked(f"snapshot {name}", _snapshot_of(folder, name))
    for path in entries(folder):
        if path.name not in names and not path.name.startswith(TEMPORARY_PREFIX):
            what = "a link or a file" if is_name(path.name) else "no snapshot"
            yield Finding(False, f"snapshots/{path.name}", f"{path}: {what}, which nothing reads; remove it")
    if ranking_file(folder).exists():
        yield _looked("tuned ranking", lambda: f"{tuned_ranking(folder).encoder}: what `faq tune` learned")
    if tuned_model(folder).is_dir():
        yield _looked("tuned model", lambda: f"{whole_tuned_model(folder)}: what `faq tune` learned")
    yield _looked("keys", lambda: _keys(folder))
    yield _looked("feedback", lambda: _feedback(folder))
    if (folder / CHECK_RUNS_FILE).exists():
        yield _looked("check runs", lambda: _check_runs(folder))
    yield _looked("answers", lambda: _answers(folder))


def _looked(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(True, what, look())
    except KbError as error:
        return Finding(False, what, str(error))
    except OSError as error:
        told = f"{error.filename or what}: {error.strerror or error}; check the disk and your permissions"
        return Finding(False, what, told)


def _packages() -> Iterator[Finding]:
    yield Finding(True, "python", f"{platform.python_version()} on {platform.machine()}")
    for name in _PACKAGES:
        try:
            yield Finding(True, name, version(name))
        except PackageNotFoundError:
            yield Finding(False, name, "not installed; run `pip install faqkb`")


def _model() -> str:
    return _whole_model(default_folder())


def _whole_model(folder: Path) -> str:
    manifest = read_manifest(folder)
    verify_files(folder, manifest)
    return f"{manifest.id} in {folder}"


def _snapshot_of(folder: Path, name: str) -> Callable[[], str]:
    def look() -> str:
        return f"{verified(open_snapshot(folder, name)).records} records, every file as published"

    return look


def _keys(folder: Path) -> str:
    store = KeyStore(folder)
    store.verify()
    return _private(folder / KEYS_FILE, f"{len(store.read())} keys")


def _feedback(folder: Path) -> str:
    store = FeedbackStore(folder)
    store.verify()
    return _private(folder / FEEDBACK_FILE, f"{sum(1 for _ in store.events())} events")


def _check_runs(folder: Path) -> str:
    store = RunStore(folder)
    store.verify()
    return _private(folder / CHECK_RUNS_FILE, f"{len(store.runs())} results of checks")


def _private(path: Path, told: str) -> str:
    """Return what is told of a file that its owner alone may read. Raises KbError where others may."""
    if path.exists() and stat.S_IMODE(path.stat().st_mode) & ~PRIVATE:
        raise KbError(f"{path}: others may read it; run `chmod 600 {path}`, or `faq doctor --repair`")
    return told


def _answers(folder: Path) -> str:
    """Open the live snapshot the way a question does, and ask it."""
    knowledge = KnowledgeBase.open(folder)
    try:
        answer = knowledge.ask(_PROBE)
    finally:
        knowledge.close()
    return f"{folder} answers from {knowledge.record_count} records in {answer.took_ms:.0f} ms"
