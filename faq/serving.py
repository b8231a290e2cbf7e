"""The settings of `faq serve`: an option > its environment variable > faq.toml > what is built in."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from faqkb.faq.branding import site_branding
from faqkb.faq.config import HOSTS_VARIABLE, Config, read_config
from faqkb.kb import limits
from faqkb.kb.errors import ConfigError
from faqkb.kb.foreign.paths import expanded
from faqkb.server.access.audit import AuditSettings
from faqkb.server.access.decision import AccessSettings
from faqkb.server.answering.sources import KnowledgeSource
from faqkb.server.limits import PROXIES_MAX, WORKERS_MAX
from faqkb.server.settings import ServerSettings
from faqkb.server.workers.staff import own_workers

_HOST = re.compile(r"[A-Za-z0-9_.-]{1,253}|[0-9A-Fa-f:]{2,45}")
_TRUE, _FALSE = frozenset({"1", "true", "yes", "on"}), frozenset({"", "0", "false", "no", "off"})


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """What the command line says; None where it says nothing."""

    public: bool | None = None
    rate_per_minute: int | None = None
    behind_proxy: int | None = None
    audit_log: Path | None = None
    hosts: tuple[str, ...] = ()


def server_settings(options: ServeOptions, source: KnowledgeSource | None) -> ServerSettings:
    """Return all settings of the server, which opens its snapshots from `source`, None: from its folder.

    Raises ConfigError.
    """
    config = read_config()
    rate = _number("FAQ_RATE_PER_MINUTE", options.rate_per_minute, config.rate_per_minute, limits.KEY_REQUESTS_MAX)
    proxies = _number("FAQ_BEHIND_PROXY", options.behind_proxy, config.behind_proxy, PROXIES_MAX)
    days = _number("FAQ_RETENTION_DAYS", None, config.retention_days, limits.FEEDBACK_DAYS_MAX)
    return ServerSettings(
        access=AccessSettings(
            public=_switch("FAQ_PUBLIC", options.public, config.public),
            rate_per_minute=rate,
            behind_proxy=proxies or 0,
            hosts=_hosts(options, config),
        ),
        audit=AuditSettings(
            path=_audit_path(options, config),
            questions=_switch("FAQ_AUDIT_QUESTIONS", None, config.audit_questions),
        ),
        record_questions=_switch(
            "FAQ_RECORD_QUESTIONS", None, True if config.record_questions is None else config.record_questions
        ),
        retention_days=limits.FEEDBACK_DAYS if days is None else days,
        workers=_workers(config, in_folder=source is None),
        branding=site_branding(config),
        source=source,
    )


def _workers(config: Config, *, in_folder: bool) -> int:
    """Return how many processes find answers; they open the folder's snapshots, and no others. Raises ConfigError."""
    workers = _number("FAQ_WORKERS", None, config.workers, WORKERS_MAX)
    if in_folder:
        return own_workers() if workers is None else workers
    if workers:
        raise ConfigError(
            f'with store = "milvus" there are no workers (got {workers}, expected 0 or nothing); start more servers'
            " instead, and leave FAQ_WORKERS or [serve] workers out"
        )
    return 0


def _hosts(options: ServeOptions, config: Config) -> frozenset[str]:
    names = options.hosts or tuple(os.environ.get(HOSTS_VARIABLE, "").split()) or config.allow_hosts
    for name in names:
        if not _HOST.fullmatch(name):
            raise ConfigError(
                f"the allowed host is no name (got {name!r}, expected faq.example.org or the like, without scheme and"
                " port); correct --allow-host, FAQ_ALLOW_HOSTS or [serve] allow_hosts"
            )
    return frozenset(name.lower() for name in names)


def _audit_path(options: ServeOptions, config: Config) -> Path | None:
    if options.audit_log is not None:
        return options.audit_log.absolute()
    told = os.environ.get("FAQ_AUDIT_LOG")
    return expanded(told).absolute() if told else config.audit_log


def _switch(variable: str, option: bool | None, configured: bool | None) -> bool:
    if option is not None:
        return option
    told = os.environ.get(variable)
    if told is None:
        return bool(configured)
    if told.lower() not in _TRUE | _FALSE:
        raise ConfigError(f"{variable} is neither yes nor no (got {told!r}, expected 1 or 0); correct it")
    return told.lower() in _TRUE


def _number(variable: str, option: int | None, configured: int | None, most: int) -> int | None:
    if option is not None:
        return option
    told = os.environ.get(variable)
    where, text = (variable, told) if told else ("faq.toml", configured)
    if text is None:
        return None
    # isdecimal: int() would take underscores, and digits of any script
    number = int(text) if str(text).isascii() and str(text).isdecimal() and len(str(text)) < 12 else -1
    if not 0 <= number <= most:
        name = variable.removeprefix("FAQ_").lower()
        raise ConfigError(f"{where}: {name} is out of range (got {text!r}, expected 0 to {most}); correct it")
    return number
