"""Request bodies and query parameters, parsed once into values that cannot be wrong."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn, TypeVar, get_origin, get_type_hints

from flask import Request, Response
from flask import request as current_request
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo

from faqkb.server.http.strict_json import Malformed, parse_strictly
from faqkb.server.limits import FIELD_ERRORS, FIELD_NAME_CHARS, JSON_LEVELS
from faqkb.server.problems import FieldError, Refused

_M = TypeVar("_M", bound=BaseModel)
View = Callable[..., Response]
_READ = ("body", "query", "path")  # the parameters of a view that are parsed


class Strict(BaseModel):
    """Types as sent (true is no number, "3" is no 3), and no field that is not known."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Parameters(BaseModel):
    """Query parameters are text, so numbers are read from it."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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
    return validated(model, value)


def read_json(request: Request, levels: int = JSON_LEVELS) -> Any:
    """Return the JSON body, nested at most so deep. Raises Refused: 415 not JSON, 413 too large, 400 malformed."""
    require_json(request)
    return json_of(request.get_data(cache=False), levels)


def json_of(content: bytes, levels: int = JSON_LEVELS) -> Any:
    """Return the JSON that a body holds, nested at most so deep. Raises Refused (400)."""
    try:
        return parse_strictly(content, levels)
    except Malformed as why:
        raise Refused(400, f"The request body cannot be read: {why}; send one JSON object in UTF-8.") from None


def require_json(request: Request) -> None:
    """Refuse a body that does not say that it is JSON, or that is compressed. Raises Refused (415)."""
    coding = request.headers.get("Content-Encoding", "").strip().lower()
    if coding not in {"", "identity"}:
        # A small body may be large once unpacked, and none here is large enough to be worth packing.
        raise Refused(415, "The request body is compressed; send it as it is, without Content-Encoding.")
    if request.mimetype != "application/json" or request.mimetype_params.get("charset", "utf-8").lower() != "utf-8":
        raise Refused(415, "The request body must be JSON in UTF-8; send Content-Type: application/json.")


def read_parameters(request: Request, model: type[_M]) -> _M:
    """Return the query parameters as a model, those that are lists as often as they come. Raises Refused (422)."""
    given = request.args.to_dict(flat=False)
    lists = {name: given.pop(name) for name, field in model.model_fields.items() if _is_list(field) and name in given}
    return validated(model, given_once(given) | lists)


def _is_list(field: FieldInfo) -> bool:
    """Say whether a parameter may come more than once."""
    return get_origin(field.annotation) is list


def given_once(values: dict[str, list[str]]) -> dict[str, str]:
    """Return parameters that may come once each. Raises Refused (422)."""
    repeated = [name for name, given in values.items() if len(given) > 1]
    if repeated:
        _refuse_fields([FieldError(name[:FIELD_NAME_CHARS], "Give this parameter once.") for name in repeated])
    return {name: given[0] for name, given in values.items()}


def validated(model: type[_M], values: dict[str, Any]) -> _M:
    """Return the values as a model. Raises Refused (422)."""
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
