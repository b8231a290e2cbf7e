"""`faq keys`: who may ask a server, and how often."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from faqkb.faq.config import kb_folder
from faqkb.faq.console import say, say_json, say_note
from faqkb.faq.options import examples, json_option, kb_option, new_kb_option
from faqkb.kb.keys.ring import KeyStore
from faqkb.kb.keys.values import ApiKey, NewKey, Scope, iso

_DEFAULT_SCOPES = (Scope.READ.value, Scope.FEEDBACK.value)  # what the pages and chat clients do
_GRACE_HOURS = 24  # by then a deployment has the new secret


@click.group("keys", epilog=examples("faq keys add chat-bot --rate 120", "faq keys list"))
def command() -> None:
    """Make, list and take back the API keys of a server; a running one follows within a second."""


@command.command("add", epilog=examples("faq keys add chat-bot", "faq keys add operations --scope admin --days 365"))
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([scope.value for scope in Scope]),
    help="What the key may do; admin includes the others. Repeatable.  [default: read and feedback]",
)
@click.option("--days", type=int, help="How long it is taken; for ever when left out.")
@click.option("--rate", type=int, help="Requests a minute; no limit when left out.")
@click.option("--quota", type=int, help="Requests a day (UTC); no limit when left out.")
@new_kb_option
@json_option
def add(name: str, scopes: tuple[str, ...], kb: Path | None, as_json: bool, **limited: int | None) -> None:
    """Make a key for NAME and print it; it is shown this once."""
    store = KeyStore(kb_folder(kb))
    made = store.add(
        name,
        [Scope(scope) for scope in scopes or _DEFAULT_SCOPES],
        days=limited["days"],
        rate_per_minute=limited["rate"],
        quota_per_day=limited["quota"],
    )
    _show_new(made, store, as_json=as_json)


@command.command("list", epilog=examples("faq keys list", "faq keys list --json"))
@kb_option
@json_option
def list_keys(kb: Path | None, as_json: bool) -> None:
    """List the keys, oldest first; never their secrets."""
    keys = KeyStore(kb_folder(kb)).read()
    if as_json:
        say_json({"keys": [_document(key) for key in keys]})
        return
    if not keys:
        say("no keys yet")
    for key in keys:
        say(_line(key))


@command.command("revoke", epilog=examples("faq keys revoke 3f2a9c1d"))
@click.argument("key_id", metavar="ID")
@kb_option
def revoke(key_id: str, kb: Path | None) -> None:
    """Take the key ID back for good."""
    key = KeyStore(kb_folder(kb)).revoke(key_id)
    say(f"{key.id}  {key.name}: revoked {key.revoked}")


@command.command("rotate", epilog=examples("faq keys rotate 3f2a9c1d --grace 48"))
@click.argument("key_id", metavar="ID")
@click.option(
    "--grace",
    default=_GRACE_HOURS,
    show_default=True,
    type=click.IntRange(0, 24 * 365),
    help="Hours for which the old secret is still taken.",
)
@kb_option
@json_option
def rotate(key_id: str, grace: int, kb: Path | None, as_json: bool) -> None:
    """Give the key ID a new secret and print it; the old one is taken for a while."""
    store = KeyStore(kb_folder(kb))
    _show_new(store.rotate(key_id, grace=timedelta(hours=grace)), store, as_json=as_json)


def _show_new(made: NewKey, store: KeyStore, *, as_json: bool) -> None:
    """Print the key alone on standard output, so that a script can take it."""
    if as_json:
        say_json({"key": made.text} | _document(made.stored))
        return
    say(made.text)
    say_note(f"This is shown once; {store.path} keeps its hash alone. Send it as Authorization: Bearer KEY.")


def _document(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "scopes": _scopes(key),
        "created": key.created,
        "expires": key.expires,
        "rate_per_minute": key.rate_per_minute,
        "quota_per_day": key.quota_per_day,
        "last_used": key.last_used,
        "revoked": key.revoked,
        "former_secret_until": key.former_until,
        "live": key.is_live(iso(datetime.now(UTC))),
    }


def _line(key: ApiKey) -> str:
    parts = [key.id, key.name, "+".join(_scopes(key))]
    told: Sequence[tuple[object, str]] = (
        (key.rate_per_minute, f"{key.rate_per_minute} a minute"),
        (key.quota_per_day, f"{key.quota_per_day} a day"),
        (key.revoked is None and key.expires, f"{_until(key)} {str(key.expires)[:10]}"),
        (key.revoked, f"revoked {str(key.revoked)[:10]}"),
        (key.last_used, f"last used {key.last_used}"),
    )
    return "  ".join([*parts, *(text for is_so, text in told if is_so)])


def _until(key: ApiKey) -> str:
    return "until" if key.is_live(iso(datetime.now(UTC))) else "expired"


def _scopes(key: ApiKey) -> list[str]:
    return [scope.value for scope in Scope if scope in key.scopes]
