"""Run the server until it is told to stop."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from flask import Flask

from faqkb.kb.keys.ring import KeyStore
from faqkb.kb.keys.values import iso
from faqkb.server.access.decision import EXTENSION as ACCESS_EXTENSION
from faqkb.server.access.decision import AccessControl, check_reach
from faqkb.server.answering.leases import EXTENSION
from faqkb.server.answering.reload import KnowledgeHolder
from faqkb.server.app import ERROR_FORMS, create_app
from faqkb.server.http.cors import AllowedOrigins
from faqkb.server.http.listener import Listener
from faqkb.server.http.load import EXTENSION as LOAD_EXTENSION
from faqkb.server.http.memory import limit_hoarding
from faqkb.server.http.notify import ServiceManager
from faqkb.server.limits import STUCK_SECONDS, SWITCH_SECONDS, THREADS
from faqkb.server.monitoring.logs import LogFormat, configure_logging
from faqkb.server.monitoring.upkeep import upkeep
from faqkb.server.settings import DEFAULT_SETTINGS, ServerSettings
from faqkb.server.workers.staff import EXTENSION as STAFF_EXTENSION
from faqkb.server.workers.staff import Staff

_KEYS_TOLD = 20  # the newest; a list of more is not read
_log = logging.getLogger("faq.server")


def serve(
    kb_folder: Path,
    host: str,
    port: int,
    allow_origins: Sequence[str] = (),
    settings: ServerSettings = DEFAULT_SETTINGS,
    log_format: LogFormat = LogFormat.TEXT,
) -> None:
    """Serve a knowledge base until SIGTERM, SIGHUP or Ctrl+C, then finish what has arrived and return.

    Prints the address on standard output once it listens. Port 0 takes a free one. Raises ConfigError where the
    address cannot be used or needs a key that is not there, or an origin is none, and what `create_app` raises.
    """
    prepare_process(log_format)
    settings = listening_on(host, settings, loopback=check_reach(kb_folder, host, public=settings.access.public))
    tell_keys(kb_folder)
    allowed = AllowedOrigins.parse(allow_origins)
    app = create_app(kb_folder, allowed, settings=settings)
    holder: KnowledgeHolder = app.extensions[EXTENSION]
    staff: Staff = app.extensions[STAFF_EXTENSION]
    if settings.notices:
        settings.notices.look = holder.look
    try:
        listener = _listener(app, host, port, allowed, settings.workers)
        app.extensions[LOAD_EXTENSION] = listener.load
        with holder.lease() as knowledge:
            stored = knowledge.record_count
        with upkeep(app):
            run(listener, f"Serving {stored} questions")
    finally:
        holder.close()
        staff.close()


def prepare_process(log_format: LogFormat) -> None:
    """Make this process a server."""
    limit_hoarding()
    sys.setswitchinterval(SWITCH_SECONDS)
    configure_logging(log_format)


def listening_on(host: str, settings: ServerSettings, *, loopback: bool) -> ServerSettings:
    """Return the settings of a server at an address, which this machine alone can reach where it is `loopback`."""
    access = replace(settings.access, loopback=loopback, hosts=settings.access.hosts | {host})
    return replace(settings, access=access)


def run(listener: Listener, serving: str) -> None:
    """Say what is served and where, and answer until told to stop; then finish what has arrived."""
    manager = ServiceManager()
    _stop_on_signals(listener)
    sys.stdout.write(f"{serving} on {listener.url} (Ctrl+C stops)\n")
    sys.stdout.flush()
    manager.ready()
    listener.run(lambda: _watch(listener, manager))


def _listener(app: Flask, host: str, port: int, allowed: AllowedOrigins, workers: int) -> Listener:
    """Return what listens for an application. Raises ConfigError."""
    control: AccessControl = app.extensions[ACCESS_EXTENSION]
    return Listener(
        app,
        host,
        port,
        allowed=allowed,
        error_forms=ERROR_FORMS,
        name_client=control.name_of_client,
        proxies=control.settings.behind_proxy,
        threads=threads_for(workers),
    )


def threads_for(workers: int) -> int:
    """Return how many threads answer beside so many processes."""
    return max(THREADS, workers + THREADS - 2)


def tell_keys(kb_folder: Path) -> None:
    """Say whose keys let somebody in: a folder that was copied from elsewhere brings those of its former owner."""
    store, now = KeyStore(kb_folder), iso(datetime.now(UTC))
    live = [key for key in store.read() if key.is_live(now)]
    if not live:
        return
    told = [f"{key.name!r} ({'+'.join(sorted(key.scopes))}, {key.created[:10]})" for key in live[-_KEYS_TOLD:]]
    more = f", and {len(live) - _KEYS_TOLD} older" if len(live) > _KEYS_TOLD else ""
    _log.info(
        "%d keys of %s let in: %s%s; `faq keys revoke ID` takes one back",
        len(live),
        store.path,
        ", ".join(told),
        more,
    )


def _watch(listener: Listener, manager: ServiceManager) -> None:
    """Tell the service manager how the server is; one that is stuck says nothing, and is restarted for it."""
    load = listener.load()
    if load.stopping:
        manager.stopping()
    elif load.longest_wait < STUCK_SECONDS:
        manager.alive()


def _stop_on_signals(listener: Listener) -> None:
    told: set[int] = set()

    def stop(number: int, _frame: FrameType | None) -> None:
        # Another signal says the same again (systemd can send SIGTERM and SIGHUP); the same one twice is impatience.
        if number in told or not listener.stopping:
            listener.stop()
        told.add(number)

    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
                signal.signal(number, stop)
