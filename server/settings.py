"""What the operator decides of a server, beside its address."""

from __future__ import annotations

from dataclasses import dataclass, field

from faqkb.kb import limits
from faqkb.kb.retrieval.opening import SharedEncoders
from faqkb.server.access.audit import AuditLog, AuditSettings
from faqkb.server.access.decision import AccessSettings
from faqkb.server.access.rate_limits import RateLimiter
from faqkb.server.answering.sources import KnowledgeSource
from faqkb.server.branding import NO_BRANDING, Branding
from faqkb.server.notices import Notices
from faqkb.server.workers.recruiting import Nursery


@dataclass(frozen=True, slots=True)
class Among:
    """One knowledge base of several in a server, and what it has in common with the others."""

    name: str
    encoders: SharedEncoders
    limiter: RateLimiter
    """Counts the requests of a client whichever base it asks."""
    audit: AuditLog | None
    """The one log of the server."""
    nursery: Nursery
    """Where the workers of all come from."""


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """As options, environment and faq.toml say."""

    access: AccessSettings = field(default_factory=AccessSettings)
    audit: AuditSettings = field(default_factory=AuditSettings)
    retention_days: int = limits.FEEDBACK_DAYS
    """How long feedback is kept, 0 for ever."""
    record_questions: bool = True
    """Whether questions are counted, and the words of those without an answer kept."""
    workers: int = 0
    """Processes that find answers beside the server; with none it finds them itself."""
    branding: Branding = NO_BRANDING
    source: KnowledgeSource | None = None
    """Where snapshots are opened from; None for the folder of the knowledge base."""
    notices: Notices | None = None
    """What the pages say of content that is being written; None where nobody writes."""
    among: Among | None = None
    """None where the server has this knowledge base alone."""


DEFAULT_SETTINGS = ServerSettings()
