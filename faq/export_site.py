"""`faq export --format site`: the pages and their search as a folder of files."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import click

from faqkb.faq.bootstrap import build_if_missing
from faqkb.faq.branding import site_branding
from faqkb.faq.config import read_config
from faqkb.faq.console import say_note
from faqkb.faq.progress import counted
from faqkb.kb.disk import TEMPORARY_PREFIX, remove_folder, replace_folder, storage_errors
from faqkb.kb.errors import ExportRefused
from faqkb.kb.foreign.paths import inside
from faqkb.server.site.runtime import MeaningOptions

MARKER = "faq-site.json"  # says that a folder is ours to replace
_FORMAT = 1


def export_site(
    kb: Path, target: Path, base_url: str | None, meaning: MeaningOptions | None = None, *, offline: bool = False
) -> None:
    """Write the site of a knowledge base; the folder is the former one until the new one is whole.

    With `meaning` it answers by meaning; `offline` readers' browsers keep it.

    Raises ExportRefused, StorageFailed, ConfigError, and what site_files raises.
    """
    from faqkb.server.site.build import site_files  # noqa: PLC0415 - Flask, which no other format needs

    branding = site_branding(read_config())
    folder = target.resolve()
    check_base_url(base_url)
    _check_target(folder)
    build_if_missing(kb)
    with _replaced_when_whole(folder) as work, counted("writing pages") as told:
        pages = bytes_written = 0
        for file in site_files(kb, base_url, branding, told, meaning, offline=offline):
            path = inside(work, file.path)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.content)
            pages += file.path.endswith("index.html")
            bytes_written += len(file.content)
        (work / MARKER).write_text(json.dumps({"format": _FORMAT, "pages": pages}) + "\n", encoding="utf-8")
    say_note(f"wrote {pages} pages, {bytes_written / 1e6:.1f} MB, into {target}; any file server can serve it")


def check_base_url(base_url: str | None) -> None:
    """Refuse what is no address of a site. Raises click.UsageError."""
    if base_url is None:
        return
    try:
        parts = urlsplit(base_url)
        good = parts.scheme in {"http", "https"} and parts.hostname and not (parts.query or parts.fragment)
    except ValueError:
        good = False
    if not good:
        raise click.UsageError(
            f"--base-url is no address of a site (got {base_url[:60]!r}, expected https://host/path/)"
        )


def _check_target(folder: Path) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise ExportRefused(f"{folder}: is no folder; name a new one")
    with storage_errors(folder):
        if any(folder.iterdir()) and not (folder / MARKER).is_file():
            raise ExportRefused(
                f"{folder}: holds something else (no {MARKER}, which an exported site has); name a new or empty folder"
            )


@contextmanager
def _replaced_when_whole(folder: Path) -> Iterator[Path]:
    """Lend a new folder beside another one, and give it that one's name at the end; a failure leaves no trace."""
    work = folder.with_name(f"{TEMPORARY_PREFIX}{folder.name}-{uuid.uuid4().hex[:8]}")
    with storage_errors(folder, outcome="the site is the former one, or whole and new"):
        work.mkdir(parents=True)
        try:
            yield work
            os.sync()  # its files before its name, or a power loss leaves empty ones
            replace_folder(work, folder)
        except BaseException:
            if work.exists():
                remove_folder(work)
            raise
