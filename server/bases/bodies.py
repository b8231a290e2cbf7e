"""The bodies and parameters of what asks several knowledge bases, as models."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from faqkb.server.api.bodies import AskBody, SearchParameters
from faqkb.server.limits import BASES_MAX

BASE_NAME_CHARS = 32
_Bases = Annotated[
    list[Annotated[str, Field(max_length=BASE_NAME_CHARS)]],
    Field(max_length=BASES_MAX, description="Names of the knowledge bases to ask; none: all that the client may read."),
]


class AskSeveralBody(AskBody):
    """Body of `POST /api/v1/ask` where there are several knowledge bases."""

    bases: _Bases = Field(default=[])


class SearchSeveralParameters(SearchParameters):
    """Query of `GET /api/v1/search` where there are several knowledge bases."""

    bases: _Bases = Field(default=[])
