"""The maintainer's pages, as the application puts them together with the protocols."""

from __future__ import annotations

from faqkb.server.admin.history import history
from faqkb.server.admin.views import admin
from faqkb.server.protocol import Protocol

ADMIN = Protocol(blueprints=(admin, history))
