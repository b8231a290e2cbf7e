"""The HTTP API, as the application puts it together with the others."""

from __future__ import annotations

from faqkb.server.api.feedback import feedback
from faqkb.server.api.operations import OPERATIONS
from faqkb.server.api.reference import reference
from faqkb.server.api.scripts import scripts
from faqkb.server.api.views import api
from faqkb.server.protocol import Protocol

API = Protocol(blueprints=(api, feedback, reference, scripts), paths=("/api/", "/openapi.json"), operations=OPERATIONS)
