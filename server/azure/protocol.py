"""Azure's protocol, as the application puts it together with the others."""

from __future__ import annotations

from faqkb.server.azure.errors import AZURE_ERRORS, AZURE_PATHS
from faqkb.server.azure.views import azure
from faqkb.server.protocol import Protocol

AZURE = Protocol(blueprints=(azure,), paths=(AZURE_PATHS,), error_form=AZURE_ERRORS)
