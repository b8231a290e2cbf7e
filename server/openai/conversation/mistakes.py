"""Mistakes of a request, told in OpenAI's words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from faqkb.server.limits import FIELD_NAME_CHARS
from faqkb.server.problems import FieldError, Refused

_M = TypeVar("_M", bound=BaseModel)
# By pydantic's name of the mistake.
_EXPECTED = {
    "string_type": "a string",
    "list_type": "an array",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "bool_type": "a boolean",
    "int_type": "an integer",
    "float_type": "a number",
}


class Documented(BaseModel):
    """Types as sent; null where it is documented, and what is not documented is read over."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)


def documented_body(model: type[_M], value: Any) -> _M:
    """Return a body as its model. Raises Refused (400): no object, or a wrong field, which is named."""
    if not isinstance(value, dict):
        raise Refused(400, "The request body must be a JSON object; send fields between { and }.")
    try:
        return model.model_validate(value)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        raise _refusal(value, found) from None


def refuse(param: str, message: str, code: str = "invalid_value") -> NoReturn:
    """Turn a request down for one field. Raises Refused (400)."""
    raise Refused(400, message, [FieldError(param, message, code)])


def refuse_format(param: str, asked: Any) -> None:
    """Refuse a form of the client's: a stored text has the one it was written in. Raises Refused (400)."""
    kind = asked.get("type") if isinstance(asked, dict) else None
    if kind not in (None, "text"):
        refuse(
            param,
            f"'{param}' asks for JSON, and nothing is generated here: the answer is the stored text as it was written."
            " Leave it out, or send the type 'text'.",
            "unsupported_value",
        )


def refuse_tokens(param: str, value: Any, more: str = "") -> None:
    """Refuse numbers of tokens where a body has text, before its types are looked at. Raises Refused (400)."""
    texts = value.get(param) if isinstance(value, dict) else None
    if isinstance(texts, list) and any(type(each) is int or isinstance(each, list) for each in texts):
        refuse(
            param,
            f"'{param}' holds numbers of tokens, and those of this model are others; send the text itself{more}.",
        )


def _refusal(value: dict[str, Any], errors: Sequence[ErrorDetails]) -> Refused:
    """Return the refusal for the field that lies deepest: of a choice of types, the one that the client meant."""
    fields = [_field(value, error) for error in errors]
    depth = max(map(len, fields))
    deepest = next(field for field in fields if len(field) == depth)
    of_field = [error for error, field in zip(errors, fields, strict=True) if field == deepest]
    param = _name(deepest)
    message, code = _mistake(param, of_field)
    return Refused(400, message, [FieldError(param, message, code)])


def _field(value: Any, error: ErrorDetails) -> tuple[int | str, ...]:
    """Return where in the body a mistake is: pydantic's location less the names of the types it tried there."""
    field: list[int | str] = []
    location = error["loc"]
    for number, step in enumerate(location):
        is_missing = error["type"] == "missing" and number == len(location) - 1
        if isinstance(value, dict) and (step in value or is_missing):
            field.append(step)
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int):
            field.append(step)
            value = value[step]
    return tuple(field)


def _name(field: Sequence[int | str]) -> str:
    """Return a field as OpenAI writes it: `messages[0].content`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in field)[1:][:FIELD_NAME_CHARS]


def _mistake(param: str, errors: Sequence[ErrorDetails]) -> tuple[str, str]:
    """Return what is wrong with a field, and OpenAI's word for it."""
    kind = errors[0]["type"]
    if kind == "missing":
        return f"Missing required parameter: '{param}'.", "missing_required_parameter"
    if any(error["type"] == "too_long" for error in errors):
        most = next(error["ctx"]["max_length"] for error in errors if error["type"] == "too_long")
        return f"Invalid '{param}': expected at most {most} entries; send several requests.", "array_above_max_length"
    if any(error["type"] == "string_too_short" for error in errors):
        return f"Invalid '{param}': empty text; expected some words.", "invalid_value"
    if any(error["type"] == "too_short" for error in errors):
        return f"Invalid '{param}': empty array; expected at least one entry.", "empty_array"
    expected = list(dict.fromkeys(_EXPECTED[error["type"]] for error in errors if error["type"] in _EXPECTED))
    if expected:
        return f"Invalid type for '{param}': expected {' or '.join(expected)}.", "invalid_type"
    return f"Invalid value for '{param}': {errors[0]['msg']}.", "invalid_value"
