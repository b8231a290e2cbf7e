"""OpenAI's protocol, as the application puts it together with the others."""

from __future__ import annotations

from faqkb.server.openai.errors import OPENAI_ERRORS, OPENAI_PATHS
from faqkb.server.openai.operations import OPERATIONS
from faqkb.server.openai.views import chat
from faqkb.server.protocol import Protocol

OPENAI = Protocol(blueprints=(chat,), paths=(OPENAI_PATHS,), error_form=OPENAI_ERRORS, operations=OPERATIONS)
