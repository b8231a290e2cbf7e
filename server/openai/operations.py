"""What `/openapi.json` says of OpenAI's protocol beyond the types of its views' parameters."""

from __future__ import annotations

from flask_openapi3 import Tag

from faqkb.server.openai import examples
from faqkb.server.openai.replies import ChatCompletion, ModelDocument, ModelsDocument
from faqkb.server.protocol import READ_ERRORS, Operation, Operations, one_example

_CHAT_ERRORS = (*READ_ERRORS, 413, 415, 501)
_CHATTING = Tag(name="Chat", description="OpenAI's protocol, for ready-made clients. Nothing is generated.")

OPERATIONS: Operations = {
    "complete_chat": Operation(
        tag=_CHATTING,
        summary="Answer the last question of a conversation",
        description=(
            "The text is the stored answer, its sources are `annotations`. With `stream: true` the reply is a stream"
            " of events that ends with `[DONE]`. Fields that would steer a generating model are read over."
        ),
        reply=ChatCompletion,
        errors=_CHAT_ERRORS,
        request_examples=examples.chat,
        reply_examples=one_example(examples.completion),
        stream_example=examples.completion_stream,
    ),
    "list_models": Operation(
        tag=_CHATTING,
        summary="List the models",
        description="There is one: the knowledge base.",
        reply=ModelsDocument,
        errors=READ_ERRORS,
        reply_examples=one_example(examples.models),
        is_kept=True,
    ),
    "get_model": Operation(
        tag=_CHATTING,
        summary="Read one model",
        description="The knowledge base, under the name `faq`.",
        reply=ModelDocument,
        errors=(*READ_ERRORS, 404),
        reply_examples=one_example(examples.model),
        is_kept=True,
    ),
}
