"""The service worker of a site that is read without a network too: which files it keeps, and its version."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from importlib.resources import files

FOLDER = "offline"
SCRIPT = "sw.js"
"""At the top of the site, which is what it may answer for."""
REGISTERING = "offline.js"


def offline_script(name: str) -> bytes:
    """Return a file of `offline/`."""
    return files("faqkb.server.site").joinpath(FOLDER, name).read_bytes()


def service_worker(starts: Iterable[str], digests: Mapping[str, str]) -> bytes:
    """Return the service worker of a site by its start pages and the sha256 of each of its files, by path.

    It keeps the start pages and all that they load but for packed files, which the pages keep themselves; other pages
    as they are visited.
    """
    pages = {start: digests[f"{start}index.html"] for start in starts}
    lasting = ("assets/", "model/")
    loaded = {path: sha256 for path, sha256 in digests.items() if path.startswith(lasting) and path.endswith(_LOADED)}
    kept = pages | loaded
    version = hashlib.sha256(json.dumps([sorted(kept.items()), _sha256(offline_script(SCRIPT))]).encode()).hexdigest()
    values = {"VERSION": version[:12], "STARTS": sorted(pages), "FILES": sorted(kept)}
    head = "".join(f"const {name} = {json.dumps(value, ensure_ascii=False)};\n" for name, value in values.items())
    return head.encode() + offline_script(SCRIPT)


_LOADED = (".js", ".json", ".css", ".svg", ".png", ".ico", ".jpg", ".webp", ".gif", ".avif")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
