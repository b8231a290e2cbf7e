"""`faq serve`: the search page and the HTTP API."""

from __future__ import annotations

from pathlib import Path

import click

from faq.bootstrap import build_if_missing
from faq.config import allowed_origins, kb_folder
from faq.options import kb_option


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option(
    "--allow-origin",
    "origins",
    multiple=True,
    metavar="ORIGIN",
    help="Site whose pages may use the API and the widget, e.g. https://docs.example.org; * is every site. Repeatable.",
)
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="json: an object for each request and event, without questions.",
)
@kb_option
def command(host: str, port: int, origins: tuple[str, ...], log_format: str, kb: Path | None) -> None:
    """Serve the search page and the HTTP API until interrupted."""
    from server.logs import LogFormat  # noqa: PLC0415 - Flask, and only here
    from server.serve import serve  # noqa: PLC0415

    folder = kb_folder(kb)
    build_if_missing(folder)
    serve(folder, host, port, allowed_origins(origins), LogFormat(log_format))
