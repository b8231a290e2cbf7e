"""`faq model`: prepare the embedding model, and say what it is."""

from __future__ import annotations

import json
from pathlib import Path

import click

from faqkb.faq.console import say, say_json
from faqkb.faq.options import examples, json_option
from faqkb.faq.progress import staged
from faqkb.kb.model.files import default_folder, read_manifest, verify_files


@click.group("model", epilog=examples("faq model prepare", "faq model info"))
def command() -> None:
    """Prepare and describe the embedding model."""


@command.command(
    "prepare",
    epilog=examples("faq model prepare", "faq model prepare --source intfloat/multilingual-e5-small --languages all"),
)
@click.option(
    "--source", metavar="NAME", help="A sentence-transformers folder or hub name; by default the bundled weights."
)
@click.option("--languages", default="zh,en", show_default=True, metavar="LIST", help="Vocabulary to keep, or `all`.")
@click.option(
    "--folder", type=click.Path(path_type=Path, file_okay=False), help="Where to put it, not the user's cache."
)
@json_option
def prepare(source: str | None, languages: str, folder: Path | None, as_json: bool) -> None:
    """Export a sentence-transformers model for serving: ONNX, int8, pruned vocabulary, verified. Done once."""
    from faqkb.kb.model.prepare import prepare_model  # noqa: PLC0415 - knows torch

    wanted = [name.strip() for name in languages.split(",") if name.strip()]
    with staged() as told:
        prepared = prepare_model(source, languages=wanted, folder=folder, progress=told)
    _describe(prepared, as_json=as_json)


@command.command("info", epilog=examples("faq model info", "faq model info --folder build/model --json"))
@click.option(
    "--folder", type=click.Path(path_type=Path, file_okay=False), help="Another prepared model than the default."
)
@json_option
def info(folder: Path | None, as_json: bool) -> None:
    """Describe the prepared model and check its files."""
    folder = folder or default_folder()
    verify_files(folder, read_manifest(folder))
    _describe(folder, as_json=as_json)


def _describe(folder: Path, *, as_json: bool) -> None:
    manifest = read_manifest(folder)
    if as_json:
        say_json({"folder": str(folder), **json.loads(manifest.to_json())})
        return
    megabytes = sum(entry.size for entry in manifest.files.values()) / 1e6
    say(f"{manifest.id}: {manifest.dim} dimensions, {manifest.vocabulary} pieces ({', '.join(manifest.languages)})")
    say(f"{folder}: {megabytes:.0f} MB, cosine to its source at least {manifest.verified_cosine:.4f}")
