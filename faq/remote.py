"""The server that the command line asks, with the key of its user."""

from __future__ import annotations

import os

from faqkb.faq.client import Client
from faqkb.faq.client.address import API_KEY_VARIABLE


def open_client(address: str) -> Client:
    """Return a client of the server; the key is read from FAQ_API_KEY alone. Raises ConfigError.

    An option for it would show in the list of processes and in the shell's history.
    """
    return Client(address, api_key=os.environ.get(API_KEY_VARIABLE) or None)
