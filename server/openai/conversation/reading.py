"""The JSON of a request, pictures left out: they are megabytes that hold nothing to search for."""

from __future__ import annotations

import re
from typing import Any

from flask import Request

from faqkb.server.http.parsing import json_of, require_json
from faqkb.server.limits import CHAT_BODY_BYTES, CHAT_JSON_LEVELS, UPLOAD_BYTES
from faqkb.server.problems import Refused

# A JSON string that is a data URL in base64, or the base64 under the name "data" (sound); PHP writes / as \/.
_UPLOAD = re.compile(
    rb'(?<!\\)"(data:[\w.+/\\;=-]{0,100};base64,|data"[ \t\r\n]{0,8}:[ \t\r\n]{0,8}")(?:[A-Za-z0-9+/=_-]++|\\/)*+"'
)
_TOO_MUCH_TEXT = (
    f"The request holds more than {CHAT_BODY_BYTES // 1024} KiB beside its pictures; leave out the oldest messages."
)


def read_openai_json(request: Request) -> Any:
    """Return the body of a request below /v1/. Raises Refused: 415 not JSON, 413 too large, 400 malformed.

    A body that is too large as it stands is parsed without what its data URLs hold, and has to be small then.
    """
    request.max_content_length = UPLOAD_BYTES
    require_json(request)
    content = request.get_data(cache=False)
    if len(content) > CHAT_BODY_BYTES:
        content = _UPLOAD.sub(rb'"\1"', content)
    if len(content) > CHAT_BODY_BYTES:
        raise Refused(413, _TOO_MUCH_TEXT)
    return json_of(content, CHAT_JSON_LEVELS)
