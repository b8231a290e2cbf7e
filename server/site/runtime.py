"""ONNX Runtime for browsers, as its publisher packs it: read from the package, checked, never fetched by us.

`npm pack onnxruntime-web@VERSION` gives the package; `make site-runtime` puts it where it is found.
"""

from __future__ import annotations

import base64
import hashlib
import tarfile
from dataclasses import dataclass
from pathlib import Path

from faqkb.kb.errors import ExportRefused
from faqkb.kb.model.files import user_cache

VERSION = "1.30.0"
PACKAGE_FILE = f"onnxruntime-web-{VERSION}.tgz"
INTEGRITY = "sha512-q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ=="
SCRIPT = "ort.wasm.bundle.min.mjs"
WASM = "ort-wasm-simd-threaded.wasm"


@dataclass(frozen=True, slots=True)
class MeaningOptions:
    """How a site answers by meaning."""

    package: Path
    """Of the runtime for browsers."""
    languages: tuple[str, ...]
    """Those to understand questions in; none for those of the records."""


def default_package() -> Path:
    """Return where the package is looked for when nothing is said."""
    return user_cache() / PACKAGE_FILE


def runtime_files(package: Path) -> dict[str, bytes]:
    """Return the script and the WebAssembly of the package by name. Raises ExportRefused."""
    if not package.is_file():
        raise ExportRefused(
            f"{package}: no {PACKAGE_FILE} there, which runs the encoder in a browser; get it with `npm pack"
            f" onnxruntime-web@{VERSION}` and name it with --runtime, or export with --search words"
        )
    content = package.read_bytes()
    got = "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()
    if got != INTEGRITY:
        raise ExportRefused(
            f"{package}: other bytes than onnxruntime-web {VERSION} has (got {got[:19]}…, expected {INTEGRITY[:19]}…);"
            f" get it with `npm pack onnxruntime-web@{VERSION}`"
        )
    with tarfile.open(package) as archive:
        members = (archive.extractfile(f"package/dist/{name}") for name in (SCRIPT, WASM))
        return {name: member.read() for name, member in zip((SCRIPT, WASM), members, strict=True) if member}
