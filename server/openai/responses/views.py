"""`POST /v1/responses`: what newer clients ask by default, the AI SDK among them."""

from __future__ import annotations

from flask import Response, jsonify
from flask_openapi3 import APIBlueprint

from faqkb.server.http.parsing import parsed_by
from faqkb.server.http.sse import EVENT_STREAM
from faqkb.server.openai.conversation.spoken import reply_to
from faqkb.server.openai.responses.bodies import ResponseBody, messages_of, read_response_body
from faqkb.server.openai.responses.documents import ResponseReply, stream_of
from faqkb.server.openai.responses.operations import OPERATIONS
from faqkb.server.protocol import documented

responses = APIBlueprint("responses", __name__, url_prefix="/v1")


@responses.post("/responses", strict_slashes=False, **documented(OPERATIONS, "respond"))
@parsed_by(read_response_body)
def respond(body: ResponseBody) -> Response:
    """Answer the last question of a conversation, as one document or as a stream."""
    reply = ResponseReply(reply_to(messages_of(body)))
    if not body.stream:
        return jsonify(reply.document())
    return Response(stream_of(reply), content_type=EVENT_STREAM)
