"""Prepare a model, once: prune its vocabulary, write it as ONNX, quantise, verify, write the manifest.

The result is cached. Two at once: the second waits for the first and finds it done. A killed run leaves a temporary
folder that the next one removes, never a folder with a manifest.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from faqkb.kb.checksums import file_sha256
from faqkb.kb.disk import sync_folder
from faqkb.kb.errors import KbError, ModelDamaged, ModelMissing, ModelRefused, StorageFailed
from faqkb.kb.model.bundled import BundledModel
from faqkb.kb.model.files import (
    DEFAULT_LANGUAGES,
    FILES,
    FILES_OF_PIECES,
    MANIFEST_FILE,
    MODEL_FILE,
    MODEL_FORMAT,
    FileEntry,
    ModelManifest,
    default_folder,
    model_id,
    read_manifest,
    verify_files,
)
from faqkb.kb.model.languages import parse_languages
from faqkb.kb.model.loaded import LoadedModel, load_source, quiet_libraries, without_advice
from faqkb.kb.model.quantize import quantize_onnx
from faqkb.kb.model.source import FullPrecision, ModelSource, find_source
from faqkb.kb.model.verify import sample_texts, verify_prepared
from faqkb.kb.model.vocabulary import prune_vocabulary, write_tokenizer
from faqkb.kb.prepared.tokenizer import PreparedTokenizer, cut_ids

EXPORTED_FILE = "exported.onnx"
NEEDED_GIGABYTES = 1.2  # of the bundled weights in full precision, twice, and what becomes of them
FULL_BYTES = 4 << 20  # fewer free bytes than this: a write failed for lack of space

RECIPE = 5  # raised when the same source would give other files
Progress = Callable[[str], None]


def silent(line: str) -> None:
    """Drop a progress line."""


@dataclass(frozen=True, slots=True)
class _Job:
    source: ModelSource
    languages: tuple[str, ...]
    folder: Path
    progress: Progress

    @property
    def origin(self) -> str:
        """What the files are made from and how; a model made in another way is made again."""
        return _origin(self.source)


def prepare_model(
    source: str | None = None,
    *,
    languages: Sequence[str] = DEFAULT_LANGUAGES,
    folder: Path | None = None,
    progress: Progress = silent,
) -> Path:
    """Return a folder with the prepared model, making it when it is not there yet.

    `source`: None for the bundled weights, a sentence-transformers folder, or a hub name.
    Raises ConfigError (languages), KbError (libraries missing), ModelMissing (no such source), ModelRefused (not
    faithful), StorageFailed (disk).
    """
    wanted = parse_languages(languages)
    found = find_source(source)
    job = _Job(found, wanted, folder or default_folder(wanted, name=found.name), progress)
    if _is_prepared(job):
        return job.folder
    with _storage_errors(job.folder), _lock(job):
        if not _is_prepared(job):  # else another process did it while this one waited
            _prepare(job)
    return job.folder


def is_outdated(manifest: ModelManifest) -> bool:
    """Say whether a prepared model is the bundled one of another version of this package."""
    bundled = find_source(None)
    return manifest.name == bundled.name and manifest.source != _origin(bundled)


def is_bundled(manifest: ModelManifest) -> bool:
    """Say whether a prepared model is the bundled one of this version of this package."""
    bundled = find_source(None)
    return (manifest.name, manifest.source) == (bundled.name, _origin(bundled))


def _origin(source: ModelSource) -> str:
    return f"{source.origin} recipe {RECIPE}"


def _is_prepared(job: _Job) -> bool:
    try:
        manifest = read_manifest(job.folder)
        if (manifest.source, manifest.languages) != (job.origin, job.languages):
            return False
        verify_files(job.folder, manifest)
    except ModelMissing:
        return False
    except ModelDamaged as error:
        job.progress(f"preparing again: {error}")
        return False
    return True


def _prepare(job: _Job) -> None:
    started = time.monotonic()
    _remove_leftovers(job.folder)
    with (
        tempfile.TemporaryDirectory(prefix=f"{job.folder.name}.tmp-", dir=job.folder.parent) as name,
        quiet_libraries() if job.source.location else without_advice(),
    ):
        workshop = Path(name)
        with _library_errors(job, workshop):
            manifest = _make_files(job, workshop)
        _publish(workshop, job.folder, manifest)
    job.progress(f"model ready in {time.monotonic() - started:.0f} s: {job.folder}")


def _make_files(job: _Job, workshop: Path) -> ModelManifest:
    """Write the files of a prepared model into the workshop and return their manifest."""
    with _stage(job, f"loading {job.source.name}"):
        model = _open(job.source)
        texts = sample_texts(model.prefixes)
        expected, prefixes, max_tokens = model.embed(texts), model.prefixes, model.max_tokens
    with _stage(job, f"keeping the vocabulary of {', '.join(job.languages)}"):
        vocabulary = prune_vocabulary(model.tokenizer(), job.languages)
        write_tokenizer(workshop, vocabulary.tokenizer)
    if not vocabulary.pruned:
        job.progress("every piece of the vocabulary was kept")
    with _stage(job, "writing it as ONNX"):
        exported = workshop / EXPORTED_FILE
        model.write_onnx(exported, vocabulary.kept)
    del model  # half a gigabyte that the quantiser can use
    with _stage(job, "quantising to int8"):
        tokenizer = PreparedTokenizer(workshop, len(vocabulary.kept))
        sample = [cut_ids(tokenizer.encode(text).ids, max_tokens) for text in texts]
        quantize_onnx(exported, workshop / MODEL_FILE, sample)
    with _stage(job, f"verifying on {len(texts)} texts"):
        cosine = verify_prepared(workshop, texts, expected, max_tokens=max_tokens, vocabulary=len(vocabulary.kept))
    names = [*FILES, *(name for name in FILES_OF_PIECES if (workshop / name).exists())]
    files = {name: _entry(workshop / name) for name in names}
    return ModelManifest(
        format=MODEL_FORMAT,
        id=model_id(job.source.name, files),
        name=job.source.name,
        source=job.origin,
        dim=expected.shape[1],
        max_tokens=max_tokens,
        query_prefix=prefixes.query,
        passage_prefix=prefixes.passage,
        languages=job.languages,
        vocabulary=len(vocabulary.kept),
        verified_cosine=round(cosine, 6),
        files=files,
    )


def _publish(workshop: Path, folder: Path, manifest: ModelManifest) -> None:
    """Move the files into the folder, the manifest last: without one the folder is not a model."""
    folder.mkdir(exist_ok=True)
    (folder / MANIFEST_FILE).unlink(missing_ok=True)
    (workshop / MANIFEST_FILE).write_text(manifest.to_json(), encoding="utf-8")
    for name in (*sorted(manifest.files), MANIFEST_FILE):
        with (workshop / name).open("rb") as file:
            os.fsync(file.fileno())
        (workshop / name).replace(folder / name)
    sync_folder(folder)


def _entry(path: Path) -> FileEntry:
    return FileEntry(file_sha256(path), path.stat().st_size)


def _open(source: ModelSource) -> FullPrecision:
    return BundledModel() if source.location is None else LoadedModel(load_source(source), source.name)


@contextmanager
def _stage(job: _Job, title: str) -> Iterator[None]:
    started = time.monotonic()
    job.progress(f"{title} …")
    yield
    job.progress(f"{title}: {time.monotonic() - started:.1f} s")


@contextmanager
def _lock(job: _Job) -> Iterator[None]:
    """Hold the lock file beside the folder; wait, and say so, while another process prepares it."""
    job.folder.parent.mkdir(parents=True, exist_ok=True)
    with job.folder.with_name(f"{job.folder.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            job.progress("another process prepares this model: waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _remove_leftovers(folder: Path) -> None:
    """Remove the workshops of killed runs; the lock is ours, so nobody works in them."""
    for beside in list(folder.parent.iterdir()):
        if beside.name.startswith(f"{folder.name}.tmp-"):
            shutil.rmtree(beside)


@contextmanager
def _library_errors(job: _Job, workshop: Path) -> Iterator[None]:
    """Turn what the libraries raise, each something of its own, into a full disk or a model that cannot be prepared."""
    try:
        yield
    except (KbError, OSError):
        raise
    except Exception as error:
        # Some leave the half-written file behind, the others only say so.
        if shutil.disk_usage(workshop).free < FULL_BYTES or os.strerror(errno.ENOSPC) in str(error):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
        reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise ModelRefused(f"{job.source.name}: cannot be prepared ({reason:.300}); use another model") from error


@contextmanager
def _storage_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageFailed(
            f"{folder}: cannot write the model ({error}); free some space (preparing takes "
            f"about {NEEDED_GIGABYTES} GB) or give another folder"
        ) from error
