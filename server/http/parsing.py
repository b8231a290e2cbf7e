"""Request bodies and query parameters, parsed once into values that cannot be wrong."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, Literal, NoReturn, TypeVar, get_type_hints

from flask import Request, Response
from flask import request as current_request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from faqkb.kb import limits
from faqkb.server.http.strict_json import Malformed, parse_strictly
from faqkb.server.limits import (
    ANSWER_TOKEN_CHARS,
    BATCH_BODY_BYTES,
    BATCH_QUESTIONS,
    FIELD_ERRORS,
    FIELD_NAME_CHARS,
    JSON_LEVELS,
    MESSAGES_MAX,
    RECORDS_LIMIT,
    RECORDS_LIMIT_MAX,
    SEARCH_LIMIT,
    SESSION_ID_CHARS,
)
from faqkb.server.problems import FieldError, Refused

_Tag = Annotated[str, Field(max_length=limits.TAG_CHARS)]
_Question = Annotated[str, Field(description="In the asker's own words; a pasted log is reduced to its telling lines.")]
_TopK = Annotated[int, Field(ge=1, le=limits.TOP_K_MAX, description="How many answers at most.")]
_MinConfidence = Annotated[
    float | None,
    Field(ge=0, le=1, description="From where on a record counts as the answer; by default as calibrated."),
]
_OnlyTagged = Annotated[
    list[_Tag], Field(max_length=limits.TAGS_MAX, description="Only records that carry one of these tags.")
]
_Explain = Annotated[bool, Field(description="Whether to say how each answer came about.")]
_M = TypeVar("_M", bound=BaseModel)
View = Callable[..., Response]
_READ = ("body", "query", "path")  # the parameters of a view that are parsed


class _Strict(BaseModel):
    """Types as sent (true is no number, "3" is no 3), and no field that is not known."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Message(_Strict):
    """An earlier turn of a conversation; only what the user said is read."""

    role: Literal["user", "assistant", "system"]
    content: str = Field(description="What was said.")


class AskBody(_Strict):
    """Body of `POST /api/v1/ask`."""

    question: _Question
    top_k: _TopK = 3
    min_confidence: _MinConfidence = None
    tags: _OnlyTagged = []
    session_id: str | None = Field(
        default=None,
        max_length=SESSION_ID_CHARS,
        description="Chosen by the client; follow-ups are understood by the last questions of the same session.",
    )
    messages: list[Message] = Field(
        default=[],
        max_length=MESSAGES_MAX,
        description="The turns before the question, oldest first, for a client that keeps them itself.",
    )
    explain: _Explain = False


class BatchQuestion(_Strict):
    """One question of `POST /api/v1/ask:batch`; a conversation is asked turn by turn."""

    question: _Question
    top_k: _TopK = 3
    min_confidence: _MinConfidence = None
    tags: _OnlyTagged = []
    explain: _Explain = False


class BatchBody(_Strict):
    """Body of `POST /api/v1/ask:batch`."""

    questions: list[BatchQuestion] = Field(
        min_length=1, max_length=BATCH_QUESTIONS, description="Each with the fields of `ask`, but for a conversation's."
    )


class FeedbackBody(_Strict):
    """Body of `POST /api/v1/feedback`: one of answer_token, or question and record_id."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": ["answer_token"]}, {"required": ["question", "record_id"]}]}
    )

    answer_token: str | None = Field(
        default=None, max_length=ANSWER_TOKEN_CHARS, description="Of the answer document that is judged."
    )
    question: str | None = Field(
        default=None, max_length=limits.FEEDBACK_QUESTION_CHARS, description="What was asked, where there is no token."
    )
    record_id: str | None = Field(
        default=None,
        description="With a token: which of the records shown is meant, the first when none is named.",
    )
    helpful: bool = Field(description="The judgement.")
    tags: list[_Tag] = Field(
        default=[], max_length=limits.TAGS_MAX, description="Reasons, such as `outdated`, `incomplete`, `wrong`."
    )
    note: str | None = Field(default=None, max_length=limits.NOTE_CHARS, description="The reader's own words.")


class ClickBody(_Strict):
    """Body of `POST /api/v1/clicks`: which of the records shown a reader opened."""

    answer_token: str = Field(max_length=ANSWER_TOKEN_CHARS, description="Of the answer document.")
    record_id: str = Field(description="Which of the records shown was opened.")


class _Parameters(BaseModel):
    """Query parameters are text, so numbers are read from it."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RecordPath(_Parameters):
    """Path of `GET /api/v1/records/<id>`."""

    record_id: str = Field(
        description="Its slashes may be sent as they are or as %2F.",
        json_schema_extra={"example": "faq_2021_s1/Q1.3"},
    )


class ModelPath(_Parameters):
    """Path of `GET /v1/models/<id>`."""

    model_id: str = Field(description="Of the model: `faq`.", json_schema_extra={"example": "faq"})


class SearchParameters(_Parameters):
    """Query of `GET /api/v1/search`."""

    q: str = Field(description="What is typed so far.", json_schema_extra={"example": "bus err"})
    limit: int = Field(default=SEARCH_LIMIT, ge=1, le=limits.TOP_K_MAX, description="How many hits at most.")


class RecordsParameters(_Parameters):
    """Query of `GET /api/v1/records`."""

    cursor: str | None = Field(default=None, description="`next_cursor` of the page before; none for the first page.")
    limit: int = Field(default=RECORDS_LIMIT, ge=1, le=RECORDS_LIMIT_MAX, description="How many records at most.")


def parsed(view: View) -> View:
    """Give a view its `body`, `query` and `path` as models of the types that it names; see `parsed_by`."""
    return _parsing(view, read_body)


def parsed_by(read: Callable[[Request], BaseModel]) -> Callable[[View], View]:
    """Return the same for a body with a parser of its own.

    flask-openapi3 documents a view by the types of its parameters. It would parse them too, but takes of a repeated key
    or parameter the last or the first, reads NaN, and makes the schema of a query anew for each request. The mark tells
    it that the view does the reading itself, as its own `validate_request` does.
    """
    return lambda view: _parsing(view, lambda request, _: read(request))


def _parsing(view: View, read: Callable[[Request, type[BaseModel]], BaseModel]) -> View:
    models = {name: kind for name, kind in get_type_hints(view).items() if name in _READ}
    body, query, path = (models.get(name) for name in _READ)

    @wraps(view)
    def reading(**parts: str) -> Response:
        given: dict[str, Any] = {} if path is None else {"path": path(**parts)}
        if query is not None:
            given["query"] = read_parameters(current_request, query)
        if body is not None:
            given["body"] = read(current_request, body)
        return view(**given)

    reading.__delay_validate_request__ = True  # type: ignore[attr-defined]
    return reading


def read_body(request: Request, model: type[_M]) -> _M:
    """Return the JSON body as a model. Raises Refused: 415 not JSON, 413 too large, 400 malformed, 422 wrong fields."""
    value = read_json(request)
    if not isinstance(value, dict):
        raise Refused(422, "The request body must be a JSON object; send fields between { and }.")
    return _validated(model, value)


def read_batch_body(request: Request) -> BatchBody:
    """Return the body of a batch, which may be larger than others. Raises what `read_body` raises."""
    request.max_content_length = BATCH_BODY_BYTES
    return read_body(request, BatchBody)


def read_json(request: Request, levels: int = JSON_LEVELS) -> Any:
    """Return the JSON body, nested at most so deep. Raises Refused: 415 not JSON, 413 too large, 400 malformed."""
    require_json(request)
    try:
        return parse_strictly(request.get_data(cache=False), levels)
    except Malformed as why:
        raise Refused(400, f"The request body cannot be read: {why}; send one JSON object in UTF-8.") from None


def require_json(request: Request) -> None:
    """Refuse a body that does not say that it is JSON. Raises Refused (415)."""
    if request.mimetype != "application/json" or request.mimetype_params.get("charset", "utf-8").lower() != "utf-8":
        raise Refused(415, "The request body must be JSON in UTF-8; send Content-Type: application/json.")


def read_feedback_form(request: Request) -> FeedbackBody:
    """Return the form of the pages as the body that programs send. Raises Refused: 415 not a form, 422 wrong fields."""
    if request.mimetype != "application/x-www-form-urlencoded":
        raise Refused(415, "This address takes the form of the pages; programs POST JSON to /api/v1/feedback.")
    given = request.form.to_dict(flat=False)
    tags = given.pop("tags", [])
    values: dict[str, Any] = dict(_given_once(given))
    if "helpful" in values:
        values["helpful"] = {"yes": True, "no": False}.get(values["helpful"], values["helpful"])
    # Browsers send each line break as two characters, and count it as one against maxlength.
    values["note"] = values.get("note", "").replace("\r\n", "\n").strip() or None
    return _validated(FeedbackBody, values | {"tags": tags})


def read_parameters(request: Request, model: type[_M]) -> _M:
    """Return the query parameters as a model. Raises Refused (422)."""
    return _validated(model, _given_once(request.args.to_dict(flat=False)))


def _given_once(values: dict[str, list[str]]) -> dict[str, str]:
    repeated = [name for name, given in values.items() if len(given) > 1]
    if repeated:
        _refuse_fields([FieldError(name[:FIELD_NAME_CHARS], "Give this parameter once.") for name in repeated])
    return {name: given[0] for name, given in values.items()}


def _validated(model: type[_M], values: dict[str, Any]) -> _M:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        _refuse_fields([FieldError(_field_name(entry["loc"]), f"{entry['msg']}.") for entry in found])


def _field_name(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location)[:FIELD_NAME_CHARS]


def _refuse_fields(errors: list[FieldError]) -> NoReturn:
    names = ", ".join(sorted({error.field for error in errors[:FIELD_ERRORS]}))
    raise Refused(422, f"Some fields cannot be used: {names}; `errors` says why.", errors[:FIELD_ERRORS])
