"""`faq mcp`: the knowledge base as a server of the Model Context Protocol, on standard input and output."""

from __future__ import annotations

from pathlib import Path

import click

from faqkb.faq.bootstrap import build_if_missing, milvus_base
from faqkb.faq.branding import site_branding
from faqkb.faq.config import kb_folder, read_config
from faqkb.faq.options import examples, kb_option


@click.command("mcp", epilog=examples("faq mcp", "faq --kb /srv/faq mcp"))
@kb_option
def command(kb: Path | None) -> None:
    """Answer an agent's messages (Model Context Protocol) on standard input and output, until the input ends.

    `faq serve` answers the same over HTTP, at /mcp.
    """
    from faqkb.server.mcp.stdio import serve_stdio  # noqa: PLC0415 - pydantic, and only here

    folder = kb_folder(kb)
    source = milvus_base(folder)
    if source is None:
        build_if_missing(folder)
    serve_stdio(folder, site_branding(read_config()), source)
