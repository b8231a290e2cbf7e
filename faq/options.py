"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path

import click


def one_source(server: str | None, kb: Path | None) -> None:
    """Refuse a server and a knowledge base at once. Raises UsageError."""
    if server and kb:
        raise click.UsageError("--server and --kb exclude each other (got both, expected one)")


kb_option = click.option(
    "--kb", "kb", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Folder of the knowledge base."
)
server_option = click.option(
    "--server", metavar="URL", help="Ask this server instead, with the key in FAQ_API_KEY if it wants one."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
