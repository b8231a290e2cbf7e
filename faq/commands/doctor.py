"""`faq doctor`: what is installed, and whether model and snapshots are whole."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click

from faqkb.faq.config import kb_folder
from faqkb.faq.console import say, say_json, styled
from faqkb.faq.options import examples, json_option, kb_option
from faqkb.kb.errors import KbError
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.model.files import default_folder, read_manifest, verify_files
from faqkb.kb.snapshot.published import current_snapshot, open_snapshot, snapshot_names

_PACKAGES = ("faqkb", "numpy", "faiss-cpu", "onnxruntime", "tokenizers", "markdown-it-py", "nh3", "flask", "waitress")
_PROBE = "self test"  # any text: the question is whether the encoder runs


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    ok: bool
    what: str
    detail: str


@click.command("doctor", epilog=examples("faq doctor", "faq doctor --json"))
@kb_option
@json_option
def command(kb: Path | None, as_json: bool) -> int:
    """Check the installation, the prepared model and every snapshot; exit code 1 when something is wrong."""
    findings = [*_packages(), _model(), *_snapshots(kb_folder(kb))]
    if as_json:
        say_json({"ok": all(found.ok for found in findings), "findings": [asdict(found) for found in findings]})
    else:
        for found in findings:
            mark = styled("ok ", fg="green") if found.ok else styled("BAD", fg="red")
            say(f"{mark} {found.what}: {found.detail}")
    return 0 if all(found.ok for found in findings) else 1


def _packages() -> Iterator[Finding]:
    yield Finding(True, "python", f"{platform.python_version()} on {platform.machine()}")
    for name in _PACKAGES:
        try:
            yield Finding(True, name, version(name))
        except PackageNotFoundError:
            yield Finding(False, name, "not installed; run `pip install faqkb`")


def _model() -> Finding:
    folder = default_folder()
    try:
        manifest = read_manifest(folder)
        verify_files(folder, manifest)
    except KbError as error:
        return Finding(False, "model", str(error))
    return Finding(True, "model", f"{manifest.id} in {folder}")


def _snapshots(folder: Path) -> Iterator[Finding]:
    try:
        current = current_snapshot(folder)
    except KbError as error:
        yield Finding(False, "knowledge base", str(error))
        current = ""
    for name in snapshot_names(folder):
        yield _snapshot(folder, name)
    if current:
        yield _answers(folder)


def _snapshot(folder: Path, name: str) -> Finding:
    try:
        files = open_snapshot(folder, name)
        try:
            files.verify()
        finally:
            files.close()
    except KbError as error:
        return Finding(False, f"snapshot {name}", str(error))
    return Finding(True, f"snapshot {name}", f"{files.manifest.records} records, every file as published")


def _answers(folder: Path) -> Finding:
    """Open the live snapshot the way a question does, and ask it."""
    try:
        knowledge = KnowledgeBase.open(folder)
    except KbError as error:
        return Finding(False, "knowledge base", str(error))
    try:
        answer = knowledge.ask(_PROBE)
    finally:
        knowledge.close()
    return Finding(
        True, "knowledge base", f"{folder} answers from {knowledge.record_count} records in {answer.took_ms:.0f} ms"
    )
