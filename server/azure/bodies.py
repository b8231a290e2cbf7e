"""The request of Azure's `POST /language/:query-knowledgebases`, and its mistakes told in Azure's words.

Source: REST API "Question Answering - Get Answers", 2023-04-01, the models of azure-ai-language-questionanswering
1.1.0, and Bot Framework's SDKs (botbuilder-ai 4.23). Every documented field has its type; fields that are not
documented, which later versions of the API have, are read over, and so is null. Names are read without regard to case,
as the service does: the SDKs write `previousQnAId`, and .NET writes a pair as `{"Key": …, "Value": …}`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NoReturn, TypeVar

from flask import Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from faqkb.kb import limits
from faqkb.server.http.parsing import read_json
from faqkb.server.limits import FIELD_ERRORS, FIELD_NAME_CHARS
from faqkb.server.problems import FieldError, Refused

_SOURCES_MAX = 100  # of one filter
_SPANS_MAX = 10  # Azure's own limit
_PROBABILITY = Annotated[float, Field(ge=0, le=1)]
_INT32 = Annotated[int, Field(ge=-(2**31), lt=2**31)]
Operation = Annotated[
    Literal["AND", "OR"], BeforeValidator(lambda value: value.upper() if isinstance(value, str) else value)
]
_M = TypeVar("_M", bound=BaseModel)
TagValue = Annotated[str, Field(max_length=limits.TAG_CHARS)]
_API_VERSION = r"^\d{4}-\d{2}-\d{2}(-preview)?$"
_Text = Annotated[str, Field(min_length=1, max_length=limits.TURN_CHARS)]


class Documented(BaseModel):
    """Types as sent; null where a field may be missing; names in any case."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        names = {name.lower(): name for name in cls.model_fields}
        fields = [(names.get(key.lower(), key), part) for key, part in value.items()]
        if len(dict(fields)) < len(fields):
            raise ValueError("a field is there twice, in other capitals")
        return dict(fields)


class MetadataRecord(Documented):
    """A pair to look for among the metadata of a record; a stored one has the key `tags`, once for each tag."""

    key: str
    value: TagValue


class MetadataFilter(Documented):
    """Which metadata a record must have."""

    metadata: list[MetadataRecord] | None = Field(default=None, max_length=limits.TAGS_MAX)
    logicalOperation: Operation | None = None  # noqa: N815 - Azure's name


class QueryFilters(Documented):
    """Which records may answer."""

    metadataFilter: MetadataFilter | None = None  # noqa: N815
    sourceFilter: list[str] | None = Field(default=None, max_length=_SOURCES_MAX)  # noqa: N815
    logicalOperation: Operation | None = None  # noqa: N815


class AnswerContext(Documented):
    """The turn before the question."""

    previousQnaId: _INT32 | None = None  # noqa: N815
    previousUserQuery: str | None = None  # noqa: N815
    """Empty where there was none."""


class SpanRequest(Documented):
    """Whether to mark the sentence of an answer that answers."""

    enable: bool | None = None
    confidenceScoreThreshold: _PROBABILITY | None = None  # noqa: N815
    topAnswersWithSpan: int | None = Field(default=None, ge=1, le=_SPANS_MAX)  # noqa: N815


class QueryBody(Documented):
    """Body of `POST /language/:query-knowledgebases`."""

    qnaId: _INT32 | None = None  # noqa: N815
    """Comes before the question; 0, which Bot Framework sends when nothing was picked, is none."""
    question: str | None = None
    top: Annotated[int, Field(ge=1, lt=2**31)] | None = None
    confidenceScoreThreshold: _PROBABILITY | None = None  # noqa: N815
    context: AnswerContext | None = None
    filters: QueryFilters | None = None
    answerSpanRequest: SpanRequest | None = None  # noqa: N815
    # From here on nothing changes the answer.
    rankerType: Literal["Default", "QuestionOnly", "AutoSuggestQuestion"] | None = None  # noqa: N815
    userId: str | None = None  # noqa: N815
    includeUnstructuredSources: bool | None = None  # noqa: N815


class _Parameters(BaseModel):
    """Query of the address. There is one knowledge base, so any project and deployment is it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    projectName: _Text  # noqa: N815
    deploymentName: _Text  # noqa: N815
    version: str = Field(alias="api-version", pattern=_API_VERSION)


def read_query_body(request: Request) -> QueryBody:
    """Return the body. Raises Refused: 415 not JSON, 413 too large, 400 malformed or with a wrong field."""
    try:
        _Parameters.model_validate(request.args.to_dict())
    except ValidationError as error:
        _refuse(error)
    return asking(read_fields(request, QueryBody))


def read_fields(request: Request, model: type[_M]) -> _M:
    """Return the body as a model. Raises Refused: 415 not JSON, 413 too large, 400 malformed or with a wrong field."""
    value = read_json(request)
    if not isinstance(value, dict):
        raise Refused(400, "The request body must be a JSON object; send fields between { and }.")
    try:
        return model.model_validate(value)
    except ValidationError as error:
        _refuse(error)


def asking(body: QueryBody) -> QueryBody:
    """Return the body. Raises Refused (400) where it asks nothing."""
    if not body.qnaId and not body.question:
        missing = "Send question, or qnaId for one stored answer."
        raise Refused(400, f"Nothing is asked. {missing}", [FieldError("question", missing)])
    return body


def _refuse(error: ValidationError) -> NoReturn:
    """Turn a request down for its fields. Raises Refused (400)."""
    found = error.errors(include_url=False, include_context=False, include_input=False)[:FIELD_ERRORS]
    errors = [
        FieldError((".".join(map(str, each["loc"])) or "body")[:FIELD_NAME_CHARS], f"{each['msg']}.") for each in found
    ]
    raise Refused(400, f"Invalid value for '{errors[0].field}': {errors[0].detail}", errors)
