"""Azure's protocols, as the application puts them together with the others."""

from __future__ import annotations

from faqkb.server.azure.errors import AZURE_ERRORS, AZURE_PATHS, QNAMAKER_ERRORS, QNAMAKER_PATHS
from faqkb.server.azure.qnamaker import qnamaker
from faqkb.server.azure.views import azure
from faqkb.server.protocol import Protocol

AZURE = Protocol(blueprints=(azure,), paths=(AZURE_PATHS,), error_form=AZURE_ERRORS)
QNAMAKER = Protocol(blueprints=(qnamaker,), paths=(QNAMAKER_PATHS,), error_form=QNAMAKER_ERRORS)
