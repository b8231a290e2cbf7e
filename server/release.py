"""Which version of faqkb this is."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def installed_version() -> str:
    """Return the version, `0` when run from a checkout that is not installed."""
    try:
        return version("faqkb")
    except PackageNotFoundError:
        return "0"
