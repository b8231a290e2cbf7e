"""What watches the server, as the application puts it together with the protocols."""

from __future__ import annotations

from faqkb.server.monitoring.health import health
from faqkb.server.monitoring.metrics import metrics
from faqkb.server.monitoring.operations import OPERATIONS
from faqkb.server.protocol import Protocol

MONITORING = Protocol(blueprints=(health, metrics), paths=("/healthz", "/readyz", "/metrics"), operations=OPERATIONS)
