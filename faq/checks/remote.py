"""`faq check list` and `faq check show` of a server's checks; nothing of them is run."""

from __future__ import annotations

from faqkb.faq.remote import open_client
from faqkb.faq.trust.servers import ChosenServer
from faqkb.kb.check_header import parse_check
from faqkb.kb.checks import Check


def server_checks(server: ChosenServer) -> tuple[Check, ...]:
    """Return the checks of a server with their scripts, by id.

    What is said of each is read from its script, which is the one of the sha256 in the server's list. Raises
    ConfigError, ServerUnreachable, Refused, ServerMoved, ReplyUnreadable, WrongScript, CheckMalformed.
    """
    with open_client(server) as client:
        return tuple(parse_check(client.script(check), check.id) for check in client.checks())
