"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path

import click

kb_option = click.option(
    "--kb", "kb", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Folder of the knowledge base."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
