"""What is asked of a server about its checks, none of which is run, and what it is told of one that was run here."""

from __future__ import annotations

import json
from pathlib import Path

from faqkb.faq.checks.environment import python_for
from faqkb.faq.checks.process import Checked
from faqkb.faq.checks.record import versions_with
from faqkb.faq.console import say_note
from faqkb.faq.remote import open_client
from faqkb.faq.trust.servers import ChosenServer
from faqkb.kb.check_header import parse_check
from faqkb.kb.checks import Check
from faqkb.kb.feedback.runs import STATUSES, run_to_send


def server_checks(server: ChosenServer) -> tuple[Check, ...]:
    """Return the checks of a server with their scripts, by id.

    What is said of each is read from its script, which is the one of the sha256 in the server's list. Raises
    ConfigError, ServerUnreachable, Refused, ServerMoved, ReplyUnreadable, WrongScript, CheckMalformed.
    """
    with open_client(server) as client:
        return tuple(parse_check(client.script(check), check.id) for check in client.checks())


def send_run(check: Check, checked: Checked, python: Path | None, server: ChosenServer) -> None:
    """Send a run that passed or failed, and say what is sent; one that was skipped or broke is not.

    `python` is the interpreter that ran it, None for the check's own. Raises ConfigError, ServerUnreachable, Refused,
    ServerMoved, ReplyUnreadable.
    """
    status = checked.document["status"]
    if status not in STATUSES:
        say_note(f"nothing sent: the check ended with {status}")
        return
    run = run_to_send(check, status, versions_with(check, python or python_for(check)))
    say_note(f"sending to {server.url}, and nothing else: {json.dumps(run.to_json())}")
    with open_client(server) as client:
        client.send_check_run(
            check=run.check, version=run.version, sha256=run.sha256, status=run.status, on=dict(run.on)
        )
    say_note("sent")
