"""The server's log: lines to read, or one JSON object a line to search, each with its request's id.

No line holds a question or an address as sent: routes stand for addresses, record ids for answers.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from flask import Flask, Response, g, has_request_context

from faqkb.server.below import own_name
from faqkb.server.monitoring.metrics import route_of_request
from faqkb.server.noted import method_of_request, noted_answers

_access = logging.getLogger("faq.access")
_TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_FIELDS = "fields"  # attribute of a log record: what its JSON object holds beside the message


class LogFormat(StrEnum):
    """How the log is written."""

    TEXT = "text"
    """Errors and what changes, for a person at a terminal."""
    JSON = "json"
    """The same and every request, for a program."""


class _JsonFormatter(logging.Formatter):
    """Writes a record as one JSON object on one line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        told: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if has_request_context() and "request_id" in g:
            told["request_id"] = g.request_id
        told |= getattr(record, _FIELDS, {})
        if record.exc_info:
            told["traceback"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False)


def configure_logging(kind: LogFormat) -> None:
    """Send the log to standard error in a form."""
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonFormatter() if kind is LogFormat.JSON else logging.Formatter(_TEXT))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    _access.setLevel(logging.INFO if kind is LogFormat.JSON else logging.WARNING)


def install_access_log(app: Flask) -> None:
    """Log every request once its reply is known; to be called before all else, so as to act last."""

    def log(response: Response) -> Response:
        if _access.isEnabledFor(logging.INFO):
            _access.info("%s %s", method_of_request(), route_of_request(), extra={_FIELDS: _fields(response)})
        return response

    app.after_request(log)


def _fields(response: Response) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "method": method_of_request(),
        "route": route_of_request(),
        "status": response.status_code,
        "milliseconds": round(g.took_seconds * 1000, 3),
        "snapshot": g.get("generation"),
    }
    base = own_name()
    if base is not None:
        fields["base"] = base
    noted = noted_answers()
    if noted:
        answer = noted[-1].answer
        fields["answer"] = answer.status.value
        fields["confidence"] = round(answer.confidence, 4)
        fields["record"] = answer.hits[0].record.id if answer.hits else None
    return fields
