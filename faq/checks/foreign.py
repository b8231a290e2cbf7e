"""A script of a knowledge base that nobody named: a settings file on the way up chose it, and it was not made here."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from faqkb.faq.console import one_line
from faqkb.faq.trust.bases import is_own
from faqkb.kb.checks import Check
from faqkb.kb.errors import CheckUntrusted


def ask_about_base(check: Check, kb: Path, found_in: Path | None) -> None:
    """Ask before such a script runs. Raises CheckUntrusted where nobody can be asked, and Abort.

    `found_in` is the settings file that chose the knowledge base, None where the user did.
    """
    if found_in is None or is_own(kb):
        return
    if not sys.stdin.isatty():
        raise CheckUntrusted(
            f"{check.id} is not run: {_told(kb, found_in)}; look at it (faq check show {check.id} --script), then"
            f" {_way(kb)}"
        )
    question = f"{_told(kb, found_in)}. Run its script {check.id} (sha256 {check.sha256})?"
    click.confirm(one_line(question), abort=True, err=True)


def refuse_unasked(kb: Path, found_in: Path | None) -> None:
    """Refuse to run checks of such a knowledge base without asking about each. Raises CheckUntrusted."""
    if found_in is not None and not is_own(kb):
        raise CheckUntrusted(f"no check runs unasked: {_told(kb, found_in)}; leave --yes out, or {_way(kb)}")


def _told(kb: Path, found_in: Path) -> str:
    return f"{found_in} chose the knowledge base {kb}, which was not made here"


def _way(kb: Path) -> str:
    """Return how the user says that it may run."""
    return f"name it: --kb {kb}" if (kb / "current").is_file() else "make it here: faq ingest"
