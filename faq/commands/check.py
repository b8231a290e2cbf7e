"""`faq check`: list, explain, run and write check scripts."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from faqkb.faq.checks.catalogue import all_checks, find_check, named_check
from faqkb.faq.checks.foreign import ask_about_base
from faqkb.faq.checks.new import write_skeleton
from faqkb.faq.checks.process import run_plain
from faqkb.faq.checks.record import evidence_file, record_run
from faqkb.faq.checks.running import run_with_environment
from faqkb.faq.checks.show import show_check, show_checks, show_report
from faqkb.faq.config import chosen_server, found_base, kb_folder
from faqkb.faq.console import say, say_json
from faqkb.faq.options import examples, json_option, kb_option, one_source, server_option
from faqkb.faq.trust.servers import ChosenServer
from faqkb.kb.checks import Check

_HELP = frozenset({"-h", "--help"})


@click.group("check", epilog=examples("faq check list", "faq check run shm"))
def command() -> None:
    """Run the scripts that check an answer on this machine."""


@command.command("list", epilog=examples("faq check list", "faq check list --json"))
@kb_option
@server_option
@json_option
def list_checks(kb: Path | None, server: str | None, as_json: bool) -> None:
    """List the checks: what each finds out, and the packages it needs."""
    one_source(server, kb)
    address = chosen_server(server, kb)
    checks = _of_server(address) if address else all_checks(kb_folder(kb))
    if as_json:
        say_json({"checks": [check.to_json() for check in checks]})
    else:
        show_checks(checks)


def _of_server(address: ChosenServer) -> tuple[Check, ...]:
    from faqkb.faq.checks.remote import server_checks  # noqa: PLC0415 - the HTTP client

    return server_checks(address)


@command.command("show", epilog=examples("faq check show shm", "faq check show shm --script > shm.py"))
@click.argument("name", metavar="ID")
@click.option("--script", "as_script", is_flag=True, help="Print the script itself.")
@kb_option
@server_option
@json_option
def show(name: str, as_script: bool, kb: Path | None, server: str | None, as_json: bool) -> None:
    """Say what a check measures, reads, writes and needs. ID may be the path of a script."""
    one_source(server, kb)
    address = None if name.endswith(".py") else chosen_server(server, kb)
    check = named_check(name, _of_server(address)) if address else find_check(name, kb_folder(kb))
    if as_json:
        say_json(check.to_json() | {"script": check.script.decode()})
    elif as_script:
        say(check.script.decode().removesuffix("\n"))
    else:
        show_check(check)


@command.command(
    "run",
    context_settings={"ignore_unknown_options": True},
    epilog=examples(
        "faq check run shm",
        "faq check run content/checks/disk-room.py -- /var --need-gb 20",
        "faq check run shm --send --server https://faq.example.org",
    ),
)
@click.argument("name", metavar="ID")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[-- ARGS]...")
@click.option(
    "--python", type=click.Path(path_type=Path), metavar="PYTHON", help="Interpreter that has the check's packages."
)
@click.option(
    "--record", is_flag=True, help="Keep beside the script that it passed or failed, and with which versions."
)
@click.option(
    "--send",
    is_flag=True,
    help="Tell the server that it passed or failed, and on which versions; shown before it is sent.",
)
@click.option("--server", metavar="URL", help="The server to send to; the key in FAQ_API_KEY if it wants one.")
@kb_option
@json_option
def run(
    name: str,
    arguments: tuple[str, ...],
    python: Path | None,
    record: bool,
    send: bool,
    server: str | None,
    kb: Path | None,
    as_json: bool,
) -> int:
    """Run a check and show its report. ID may be the path of a script; what follows -- is handed to it.

    A check whose header asks for packages gets an environment of its own, made once and kept.

    Exit code: the check's own. 0 pass, 4 warn, 3 fail, 77 skip, 2 wrong use, 1 the check broke or ran out of time.
    """
    address = _addressee(send, server)
    check = find_check(name, kb_folder(kb))
    if not name.endswith(".py"):
        ask_about_base(check, kb_folder(kb), found_base(kb))
    given = [argument for argument in arguments if argument != "--json"]
    if _HELP & set(given):
        return run_plain(check, Path(sys.executable), given)
    file = evidence_file(check, name) if record else None
    checked = run_with_environment(check, given, python)
    if as_json or len(given) < len(arguments):
        say_json(checked.document)
    else:
        show_report(checked.document)
    if file:
        record_run(check, checked, python, file)
    if address:
        from faqkb.faq.checks.remote import send_run  # noqa: PLC0415 - the HTTP client

        send_run(check, checked, python, address)
    return checked.code


def _addressee(send: bool, server: str | None) -> ChosenServer | None:
    """Return the server that a result is sent to, None where none is. Raises UsageError, ConfigError."""
    if not send:
        if server:
            raise click.UsageError("--server is where --send sends to; without it nothing is sent, give both or none")
        return None
    address = chosen_server(server, None)
    if address is None:
        raise click.UsageError("--send needs a server (got none, expected --server URL or FAQ_SERVER); name one")
    return address


@command.command("new", epilog=examples("faq check new disk-room", "faq check new disk-room --content docs"))
@click.argument("name", metavar="ID")
@click.option(
    "--content", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Content folder to write into."
)
def new(name: str, content: Path | None) -> None:
    """Write a working check to start from, as checks/ID.py of the content folder."""
    path = write_skeleton(name, content)
    say(f"wrote {path}")
    say(f"run it:     faq check run {path}")
    say("bind it:    name the records it proves in `answers = [...]`, then `faq ingest`")
