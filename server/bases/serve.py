"""Run a server with several knowledge bases until it is told to stop."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from faqkb.kb.errors import ConfigError, KbError
from faqkb.server.access.decision import check_reach, is_loopback
from faqkb.server.app import ERROR_FORMS
from faqkb.server.bases.app import create_root
from faqkb.server.bases.base import Bases, NamedBase
from faqkb.server.bases.mount import Mount
from faqkb.server.http.cors import AllowedOrigins
from faqkb.server.http.listener import Listener
from faqkb.server.monitoring.logs import LogFormat
from faqkb.server.serve import listening_on, prepare_process, run, tell_keys, threads_for
from faqkb.server.settings import DEFAULT_SETTINGS, ServerSettings

_log = logging.getLogger("faq.server")


def serve_bases(
    named: Sequence[NamedBase],
    host: str,
    port: int,
    allow_origins: Sequence[str] = (),
    settings: ServerSettings = DEFAULT_SETTINGS,
    log_format: LogFormat = LogFormat.TEXT,
) -> None:
    """Serve knowledge bases, each below `/kb/NAME`, until SIGTERM, SIGHUP or Ctrl+C, as `serve` serves one.

    One that cannot be opened is answered for with 503, and tried again. Raises ConfigError where the address cannot be
    used or a base needs a key that it has not, and KbError where none of them can be opened.
    """
    prepare_process(log_format)
    for each in named:
        _check_reach(each, host, public=settings.access.public)
    settings = listening_on(host, settings, loopback=is_loopback(host))
    allowed = AllowedOrigins.parse(allow_origins)
    bases = Bases(named, allowed, settings)
    mounted = Mount(bases, create_root(bases))
    with bases.opened():
        listener = Listener(
            mounted,
            host,
            port,
            allowed=allowed,
            error_forms=ERROR_FORMS,
            name_client=mounted.name_of_client,
            proxies=settings.access.behind_proxy,
            threads=threads_for(settings.workers),
        )
        bases.load = listener.load
        stored = sum(base.record_count for base in bases)
        run(listener, f"Serving {stored} questions of {sum(base.app is not None for base in bases)} knowledge bases")


def _check_reach(named: NamedBase, host: str, *, public: bool) -> None:
    """Say whose keys let somebody in. Raises ConfigError where others could ask and nothing would stop them.

    Keys that cannot be read let nobody in: the base is closed then, and told of when it is opened.
    """
    try:
        check_reach(named.folder, host, public=public)
        tell_keys(named.folder)
    except ConfigError as error:
        raise ConfigError(f"knowledge base {named.name}: {error}") from error
    except KbError as error:
        _log.error("knowledge base %s: its keys cannot be read, and nobody is let in: %s", named.name, error)
