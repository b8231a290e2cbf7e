"""A prepared model on disk: where it lies, its manifest, and whether its bytes are still the ones written."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from faqkb.kb import disk
from faqkb.kb.checksums import file_sha256
from faqkb.kb.errors import ModelDamaged, ModelMissing, ModelOutdated
from faqkb.kb.foreign.paths import expanded
from faqkb.kb.prepared.names import PIECES_FILE, SCORES_FILE, TABLE_FILE, TOKENIZER_FILE

MODEL_FORMAT = 2  # raised when an older reader could no longer use the files
MODEL_FILE = "model.onnx"
FILES = (MODEL_FILE, TABLE_FILE, TOKENIZER_FILE)
FILES_OF_PIECES = (PIECES_FILE, SCORES_FILE)  # of a Unigram tokenizer, beside the others
MANIFEST_FILE = "manifest.json"
_MANIFEST_BYTES = 1_000_000  # has 2 kB
BUNDLED_NAME = "multilingual-e5-small-faq"  # the published weights with our adapter
DEFAULT_LANGUAGES = ("zh", "en")
FOLDER_VARIABLE = "FAQ_MODEL"  # environment: a prepared folder to use instead of the one in the user's cache


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file as the manifest promises it."""

    sha256: str
    """64 hex digits."""
    size: int
    """Bytes."""


@dataclass(frozen=True, slots=True)
class ModelManifest:
    """What a prepared model is and how to feed it."""

    format: int
    id: str
    """`<name>-<12 hex digits>`; equal ids mean equal files, so vectors of equal ids may be compared."""
    name: str
    """E.g. `multilingual-e5-small`."""
    source: str
    """What it was made from; the same source and languages need no second preparation."""
    dim: int
    """Numbers in one embedding."""
    max_tokens: int
    """Longest input in tokens, special tokens included."""
    query_prefix: str
    passage_prefix: str
    languages: tuple[str, ...]
    """The languages whose vocabulary was kept, sorted, or `("all",)`."""
    vocabulary: int
    """Pieces the tokenizer knows."""
    verified_cosine: float
    """Lowest cosine to the source model over the verification sample."""
    files: dict[str, FileEntry]
    """Every file of the folder but the manifest, by name."""

    def to_json(self) -> str:
        """Return the manifest as the text of manifest.json: same input, same bytes."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=2, sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, text: str) -> ModelManifest:
        """Parse manifest.json.

        Raises ModelDamaged when it is not JSON or a field is missing or of the wrong type, ModelOutdated when it is of
        another format.
        """
        try:
            document = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ModelDamaged(f"{MANIFEST_FILE} is not JSON ({error}); run `faq model prepare` again") from error
        return cls(**_typed_fields(document))


def model_id(name: str, files: Mapping[str, FileEntry]) -> str:
    """Return `<name>-<12 hex digits of the files' hashes>`."""
    listing = "".join(f"{file}:{files[file].sha256}\n" for file in sorted(files))
    return f"{name}-{hashlib.sha256(listing.encode()).hexdigest()[:12]}"


def default_folder(languages: Sequence[str] = DEFAULT_LANGUAGES, *, name: str = BUNDLED_NAME) -> Path:
    """Return the folder of a prepared model: `FAQ_MODEL`, else one in the user's cache folder."""
    chosen = os.environ.get(FOLDER_VARIABLE)
    if chosen:
        return expanded(chosen)
    return user_cache() / "models" / f"{name}-{'-'.join(sorted(set(languages)))}"


def user_cache() -> Path:
    """Return the folder of what is kept for the user, and can be made again."""
    from platformdirs import user_cache_dir  # noqa: PLC0415 - not needed to read a manifest

    return Path(user_cache_dir("faqkb"))


def read_manifest(folder: Path) -> ModelManifest:
    """Return the manifest of a prepared folder after checking that each file is there with its size.

    Raises ModelMissing without a manifest, ModelOutdated for one of another version, ModelDamaged when it or a file's
    size is wrong. Contents: `verify_files`.
    """
    path = folder / MANIFEST_FILE
    try:
        text = disk.read_regular(path, _MANIFEST_BYTES).decode("utf-8")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ModelMissing(f"{folder}: no prepared model (no {MANIFEST_FILE}); run `faq model prepare`") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ModelDamaged(f"{path}: cannot be read ({error}); run `faq model prepare` again") from error
    manifest = ModelManifest.from_json(text)
    for name, entry in sorted(manifest.files.items()):
        size = _size(folder / name)
        if size != entry.size:
            got = "no file" if size is None else f"{size} bytes"
            raise ModelDamaged(f"{folder / name}: got {got}, manifest says {entry.size}; run `faq model prepare` again")
    return manifest


def verify_files(folder: Path, manifest: ModelManifest) -> None:
    """Read every file of a prepared folder and compare its sha256 with the manifest's.

    Raises ModelDamaged naming the file, what was got and what was promised.
    """
    for name, entry in sorted(manifest.files.items()):
        verify_file(folder / name, entry)


def verify_file(path: Path, entry: FileEntry) -> None:
    """Read a file and compare its sha256 with that of its entry. Raises ModelDamaged."""
    try:
        got = file_sha256(path)
    except OSError as error:
        raise ModelDamaged(f"{path}: cannot be read ({error}); run `faq model prepare` again") from error
    if got != entry.sha256:
        raise ModelDamaged(
            f"{path}: sha256 {got[:12]}, manifest says {entry.sha256[:12]}; run `faq model prepare` again"
        )


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


_SIZE_MAX = 10_000_000  # of a vector, an input or a vocabulary; more is a mistake or an attack
_FIELD_TYPES: dict[str, type | tuple[type, ...]] = {
    "format": int,
    "id": str,
    "name": str,
    "source": str,
    "dim": int,
    "max_tokens": int,
    "query_prefix": str,
    "passage_prefix": str,
    "languages": list,
    "vocabulary": int,
    "verified_cosine": (int, float),
    "files": dict,
}


def _typed_fields(document: object) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise _damaged(f"got a JSON {type(document).__name__}, expected an object")
    made_as = document.get("format")
    if type(made_as) is int and made_as != MODEL_FORMAT:  # before the rest, which another format may call otherwise
        raise ModelOutdated(
            f"{MANIFEST_FILE} is of another version (got format {made_as}, expected {MODEL_FORMAT}); "
            "run `faq model prepare` again"
        )
    for name, expected in _FIELD_TYPES.items():
        if not isinstance(document.get(name), expected) or isinstance(document[name], bool):
            raise _damaged(f"field {name!r} is missing or of the wrong type (got {document.get(name)!r:.80})")
    if not all(isinstance(language, str) for language in document["languages"]):
        raise _damaged("field 'languages' holds something that is not text")
    sizes = (document["dim"], document["max_tokens"], document["vocabulary"])
    if min(sizes) < 1 or max(sizes) > _SIZE_MAX:
        raise _damaged(f"field 'dim', 'max_tokens' or 'vocabulary' is not between 1 and {_SIZE_MAX}")
    fields = {name: document[name] for name in _FIELD_TYPES}
    return fields | {"languages": tuple(document["languages"]), "files": _file_entries(document["files"])}


def _file_entries(document: dict[str, Any]) -> dict[str, FileEntry]:
    if set(document) not in (set(FILES), {*FILES, *FILES_OF_PIECES}):
        raise _damaged(f"field 'files' lists {sorted(document)!r:.120}, expected {', '.join(FILES)}")
    for name, entry in document.items():
        sha256, size = (entry.get("sha256"), entry.get("size")) if isinstance(entry, dict) else (None, None)
        if not (isinstance(sha256, str) and len(sha256) == 64 and type(size) is int and size >= 0):
            raise _damaged(f"the entry of {name} has no sha256 and size (got {entry!r:.80})")
    return {name: FileEntry(entry["sha256"], entry["size"]) for name, entry in document.items()}


def _damaged(what: str) -> ModelDamaged:
    return ModelDamaged(f"{MANIFEST_FILE}: {what}; run `faq model prepare` again")
