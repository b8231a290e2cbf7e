"""One knowledge base of several: opened, or why it is not; tried again while it is not."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from flask import Flask

from faqkb.kb.errors import KbError
from faqkb.kb.keys.ring import KeyStore
from faqkb.kb.keys.values import ApiKey, Scope
from faqkb.kb.retrieval.opening import SharedEncoders
from faqkb.server.access.audit import open_audit
from faqkb.server.access.decision import EXTENSION as ACCESS_EXTENSION
from faqkb.server.access.decision import AccessControl
from faqkb.server.access.key_ring import KeyRing
from faqkb.server.access.rate_limits import RateLimiter
from faqkb.server.answering.leases import EXTENSION as HOLDER_EXTENSION
from faqkb.server.answering.reload import KnowledgeHolder
from faqkb.server.app import create_app
from faqkb.server.branding import Branding, Words
from faqkb.server.feedback.judging import EXTENSION as FEEDBACK_EXTENSION
from faqkb.server.http.cors import AllowedOrigins
from faqkb.server.http.load import EXTENSION as LOAD_EXTENSION
from faqkb.server.http.load import ServerLoad
from faqkb.server.limits import RETRY_REFUSED_SECONDS
from faqkb.server.monitoring.upkeep import upkeep
from faqkb.server.settings import Among, ServerSettings
from faqkb.server.wording.spoken import WORDINGS
from faqkb.server.workers.recruiting import Nursery
from faqkb.server.workers.staff import EXTENSION as STAFF_EXTENSION

_log = logging.getLogger("faq.server")


@dataclass(frozen=True, slots=True)
class NamedBase:
    """A knowledge base as the operator names it."""

    name: str
    """What stands in its addresses, e.g. `docs`."""
    folder: Path
    title: Words | None = None
    """What its pages are called; its name where none is given."""


class Base:
    """A knowledge base with its application, which is there while it can be opened."""

    def __init__(self, named: NamedBase, allowed: AllowedOrigins, settings: ServerSettings) -> None:
        """Take the settings of this base; `open` is called next."""
        self.name = named.name
        self.title: Words = named.title or named.name
        self.folder = named.folder.resolve()
        self._allowed = allowed
        self._settings = settings
        self._running = ExitStack()
        self._ring: KeyRing | None = None
        self.app: Flask | None = None
        self.failure = "it is not opened yet"
        """Why it cannot be opened, without its path; what it says while `app` is None."""

    def open(self, load: Callable[[], ServerLoad]) -> bool:
        """Open it, or note why it cannot be; return whether it is open."""
        try:
            self._ring = self._ring or KeyRing(KeyStore(self.folder))
            app = create_app(self.folder, self._allowed, settings=self._settings)
        except (KbError, OSError) as error:
            self._note(error)
            return False
        except Exception as error:  # noqa: BLE001 - the other knowledge bases answer, whatever is wrong with this one
            _log.exception("knowledge base %s is not served", self.name)
            self.failure = f"it cannot be opened ({type(error).__name__})"
            return False
        app.extensions[LOAD_EXTENSION] = load
        self._running.callback(cast(KnowledgeHolder, app.extensions[HOLDER_EXTENSION]).close)
        self._running.callback(app.extensions[STAFF_EXTENSION].close)
        self._running.enter_context(upkeep(app))
        self.app = app
        return True

    def close(self) -> None:
        """Let go of everything; what was asked is written down."""
        self._running.close()

    def title_in(self, language: str) -> str:
        """Return what it is called in a language."""
        if isinstance(self.title, str):
            return self.title
        return self.title.get(language) or next(iter(self.title.values()))

    @property
    def record_count(self) -> int:
        """Return how many questions are stored; 0 while it is closed."""
        if self.holder is None:
            return 0
        with self.holder.lease() as knowledge:
            return knowledge.record_count

    @property
    def control(self) -> AccessControl | None:
        """Return who decides about its requests; None while it is closed."""
        return None if self.app is None else cast(AccessControl, self.app.extensions[ACCESS_EXTENSION])

    @property
    def holder(self) -> KnowledgeHolder | None:
        """Return what holds its live snapshot; None while it is closed."""
        return None if self.app is None else cast(KnowledgeHolder, self.app.extensions[HOLDER_EXTENSION])

    @property
    def ring(self) -> KeyRing | None:
        """Return its keys; None where they cannot be read."""
        return self._ring if self.control is None else self.control.ring

    @property
    def is_well(self) -> bool:
        """Return whether it is open, with the newest snapshot, and its keys and feedback can be read and written."""
        if self.app is None or self.holder is None or self.ring is None:
            return False
        failing = self.ring.is_failing or self.app.extensions[FEEDBACK_EXTENSION].failure
        return self.holder.refusal is None and not failing

    def key_of(self, sent: frozenset[str]) -> tuple[str, ApiKey] | None:
        """Return the first of the keys sent that is one of this base, with its text."""
        if self.ring is None:
            return None
        self.ring.look()
        found = ((text, self.ring.find(text)) for text in sorted(sent))
        return next(((text, key) for text, key in found if key is not None), None)

    def lets(self, sent: frozenset[str], scope: Scope) -> bool:
        """Return whether a client with these keys may do something here; nobody may where the keys cannot be read."""
        known = self.key_of(sent)
        return self.needs_no_key(scope) or (known is not None and known[1].may(scope))

    def needs_no_key(self, scope: Scope) -> bool:
        """Return whether everybody may do something here."""
        access = self._settings.access
        if access.public:
            return scope is not Scope.ADMIN
        return access.loopback and self.ring is not None and not self.ring.has_keys

    def is_known_to(self, sent: frozenset[str]) -> bool:
        """Return whether a client may learn that this base is here."""
        return self.needs_no_key(Scope.READ) or self.key_of(sent) is not None

    def _note(self, error: KbError | OSError) -> None:
        text = error.strerror or "it cannot be read" if isinstance(error, OSError) else str(error)
        what = text.partition(";")[0]  # what to do about it is in the log: it names paths of this machine
        failure = what.replace(f"{self.folder}/", "").replace(str(self.folder), "its folder")
        if failure != self.failure:
            _log.error("knowledge base %s is not served: %s", self.name, text)
        self.failure = failure


class Bases:
    """The knowledge bases of one server, by name in the operator's order."""

    def __init__(self, named: Sequence[NamedBase], allowed: AllowedOrigins, settings: ServerSettings) -> None:
        """Take them, none open yet.

        Raises ConfigError where the audit log cannot be written, or a title is in a language that the pages lack.
        """
        for each in named:
            Branding(title=each.title).check_languages(WORDINGS)
        self.settings = settings
        self.allowed = allowed
        self.limiter = RateLimiter()
        self.audit = open_audit(settings.audit)
        self.load: Callable[[], ServerLoad] = ServerLoad
        encoders = SharedEncoders()
        self._nursery = Nursery()
        # The cores are the same however many bases there are; with few workers each base has one.
        workers = max(1, settings.workers // len(named)) if settings.workers else 0
        self._stopping = threading.Event()
        self.by_name: Mapping[str, Base] = {
            each.name: Base(
                each,
                allowed,
                replace(
                    settings,
                    workers=workers,
                    branding=replace(settings.branding, title=each.title or each.name),
                    among=Among(each.name, encoders, self.limiter, self.audit, self._nursery),
                ),
            )
            for each in named
        }

    def __iter__(self) -> Iterator[Base]:
        return iter(self.by_name.values())

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Open all that can be opened, and try the others again during the block.

        Raises KbError, that of the first, where none can be.
        """
        watcher = threading.Thread(target=self._watch, name="faq-bases", daemon=True)
        try:
            opened = [base.open(self.load_now) for base in self]
            if not any(opened):
                first = next(iter(self))
                raise KbError(
                    f"none of the knowledge bases can be opened (the first, {first.name}: {first.failure}); make one of"
                    " them with `faq ingest PATH --kb DIR`, or correct --kb or [[base]]"
                )
            watcher.start()
            yield
        finally:
            self._stopping.set()
            if watcher.is_alive():
                watcher.join()
            self._nursery.close()
            for base in self:
                base.close()

    def known_to(self, sent: frozenset[str]) -> list[Base]:
        """Return the bases that a client with these keys may learn of."""
        return [base for base in self if base.is_known_to(sent)]

    def load_now(self) -> ServerLoad:
        """Return the load of the server that they run under."""
        return self.load()

    def _watch(self) -> None:
        while not self._stopping.wait(RETRY_REFUSED_SECONDS):
            for base in self:
                if base.app is None and not self._stopping.is_set() and base.open(self.load_now):
                    _log.info("knowledge base %s is served now", base.name)
