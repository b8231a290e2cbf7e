"""The server that the command line asks, with the key of its user."""

from __future__ import annotations

import os

from faqkb.faq.client import Client
from faqkb.faq.client.address import API_KEY_VARIABLE
from faqkb.faq.console import say_note
from faqkb.faq.trust.servers import ChosenServer, key_refusal


def open_client(server: ChosenServer) -> Client:
    """Return a client of the server; FAQ_API_KEY alone holds the key, sent where it is for. Raises ConfigError.

    An option for it would show in the list of processes and in the shell's history.
    """
    key = os.environ.get(API_KEY_VARIABLE) or None
    why = key_refusal(server) if key else None
    if why:
        say_note(why)
    return Client(server.url, api_key=None if why else key)
