"""Which version of faqkb this is."""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version


@lru_cache(maxsize=1)  # each look reads a file, and every ETag names the version
def installed_version() -> str:
    """Return the version, `0` when run from a checkout that is not installed."""
    try:
        return version("faqkb")
    except PackageNotFoundError:
        return "0"
