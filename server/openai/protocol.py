"""OpenAI's protocol, as the application puts it together with the others."""

from __future__ import annotations

from faqkb.server.openai.completions import completions
from faqkb.server.openai.embeddings import embeddings
from faqkb.server.openai.errors import OPENAI_ERRORS, OPENAI_MISTAKEN_PATHS, OPENAI_PATHS
from faqkb.server.openai.operations import OPERATIONS
from faqkb.server.openai.responses.operations import OPERATIONS as RESPONSES
from faqkb.server.openai.responses.views import responses
from faqkb.server.openai.views import chat
from faqkb.server.protocol import Protocol

OPENAI = Protocol(
    blueprints=(chat, completions, embeddings, responses),
    paths=(OPENAI_PATHS, *OPENAI_MISTAKEN_PATHS),
    error_form=OPENAI_ERRORS,
    operations={**OPERATIONS, **RESPONSES},
)
