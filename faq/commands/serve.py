"""`faq serve`: the search page and the HTTP API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from faqkb.faq.bootstrap import build_if_missing, milvus_base
from faqkb.faq.config import allowed_origins, is_in_milvus, kb_folder
from faqkb.faq.options import FOLDER, check_existing, examples, served_kb_option
from faqkb.kb import limits


@click.command(
    "serve",
    epilog=examples(
        "faq serve",
        "faq serve --watch content",
        "faq serve --host 0.0.0.0 --public --rate-per-minute 60",
        "faq serve --kb docs=kb-docs --kb library=kb-library",
    ),
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="Address to listen on; 0.0.0.0 is every one of this machine.",
)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option(
    "--allow-origin",
    "origins",
    multiple=True,
    metavar="ORIGIN",
    help="Site whose pages may use the API and the widget, e.g. https://docs.example.org; * is every site. Repeatable.",
)
@click.option(
    "--allow-host",
    "hosts",
    multiple=True,
    metavar="NAME",
    help="Name by which this machine's own server may be asked beside localhost, e.g. of a local proxy. Repeatable.",
)
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="json: an object for each request and event, without questions.",
)
@click.option("--public/--no-public", default=None, help="Let everybody ask, without a key and within a rate.")
@click.option(
    "--rate-per-minute",
    type=click.IntRange(0, limits.KEY_REQUESTS_MAX),
    help="Requests of one client without a key in a minute; 0 is no limit.  [default: 300 with --public, else 0]",
)
@click.option("--behind-proxy", type=click.IntRange(0), help="Proxies in front whose X-Forwarded-For is believed.")
@click.option(
    "--audit-log",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="PATH",
    help="Write a line of JSON there for every request.",
)
@click.option(
    "--watch",
    "content",
    multiple=True,
    type=click.Path(path_type=Path, exists=True),
    metavar="CONTENT",
    help="While you write: publish this content again whenever it is saved, and show on the pages what is wrong with"
    " it. Repeatable; not with --public.",
)
@served_kb_option
def command(
    host: str,
    port: int,
    origins: tuple[str, ...],
    log_format: str,
    content: tuple[Path, ...],
    kb: tuple[str, ...],
    **options: Any,
) -> None:
    """Serve the search page and the HTTP API until interrupted."""
    from faqkb.faq.serving import ServeOptions, server_settings  # noqa: PLC0415 - Flask, and only here
    from faqkb.faq.several.named import named_bases, refuse_beside_names  # noqa: PLC0415
    from faqkb.server.access.decision import check_reach  # noqa: PLC0415
    from faqkb.server.bases.serve import serve_bases  # noqa: PLC0415
    from faqkb.server.monitoring.logs import LogFormat, configure_logging  # noqa: PLC0415
    from faqkb.server.serve import serve  # noqa: PLC0415

    allowed, kind, given = allowed_origins(origins), LogFormat(log_format), ServeOptions(**options)
    if named := named_bases(kb, _named_before()):
        refuse_beside_names(content)
        serve_bases(named, host, port, allowed, server_settings(given, None), kind)
        return
    folder = _folder_alone(kb, is_made=bool(content))
    settings = server_settings(given, milvus_base(folder))
    check_reach(folder, host, public=settings.access.public)  # before a minute of building
    if not content:
        _make_ready(folder)
        serve(folder, host, port, allowed, settings, kind)
        return
    from faqkb.faq.watching.served import watched  # noqa: PLC0415 - parsing Markdown comes with it

    configure_logging(kind)
    with watched(content, folder, settings) as shown:
        serve(folder, host, port, allowed, shown, kind)


def _named_before() -> Path | None:
    """Return the folder that is named before the command: `faq --kb DIR serve`."""
    named: Path | None = click.get_current_context().find_root().params.get("kb")
    return named


def _folder_alone(kb: tuple[str, ...], *, is_made: bool) -> Path:
    """Return the folder of the only knowledge base, which may be made yet. Raises KnowledgeBaseMissing, ConfigError."""
    chosen = Path(FOLDER.convert(kb[0], None, None)) if kb else _named_before()
    return kb_folder(chosen if is_made or is_in_milvus() else check_existing(chosen))


def _make_ready(folder: Path) -> None:
    if is_in_milvus():  # the folder holds feedback and keys alone
        folder.mkdir(parents=True, exist_ok=True)
    else:
        build_if_missing(folder)
