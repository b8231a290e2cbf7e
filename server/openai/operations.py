"""What `/openapi.json` says of OpenAI's protocol beyond the types of its views' parameters."""

from __future__ import annotations

from faqkb.server.openai import examples
from faqkb.server.openai.conversation.described import CHAT_ERRORS, CHATTING
from faqkb.server.openai.replies import (
    ChatCompletion,
    EmbeddingsDocument,
    ModelDocument,
    ModelsDocument,
    TextCompletion,
)
from faqkb.server.protocol import READ_ERRORS, Operation, Operations, one_example

OPERATIONS: Operations = {
    "complete_chat": Operation(
        tag=CHATTING,
        summary="Answer the last question of a conversation",
        description=(
            "The text is the stored answer, its sources are `annotations`. With `stream: true` the reply is a stream"
            " of events that ends with `[DONE]`. Fields that would steer a generating model are read over."
        ),
        reply=ChatCompletion,
        errors=CHAT_ERRORS,
        request_examples=examples.chat,
        reply_examples=one_example(examples.completion),
        stream_example=examples.completion_stream,
    ),
    "complete_text": Operation(
        tag=CHATTING,
        summary="Answer a text",
        description=(
            "The older address of the protocol. The text is a question, or a conversation written down with"
            " `user:` and `assistant:` at the beginning of lines."
        ),
        reply=TextCompletion,
        errors=CHAT_ERRORS,
        request_examples=examples.text,
        reply_examples=one_example(examples.text_completion),
        stream_example=examples.text_completion_stream,
    ),
    "embed": Operation(
        tag=CHATTING,
        summary="Return the vectors of texts",
        description=(
            "Those of the encoder that the knowledge base carries, of length 1, all with the prompt of questions."
            " Knowledge bases with the same encoder give the same vectors."
        ),
        reply=EmbeddingsDocument,
        errors=CHAT_ERRORS,
        request_examples=examples.to_embed,
        reply_examples=one_example(examples.embeddings),
    ),
    "list_models": Operation(
        tag=CHATTING,
        summary="List the models",
        description="There is one: the knowledge base.",
        reply=ModelsDocument,
        errors=READ_ERRORS,
        reply_examples=one_example(examples.models),
        is_kept=True,
    ),
    "get_model": Operation(
        tag=CHATTING,
        summary="Read one model",
        description="The knowledge base, under the name `faq`.",
        reply=ModelDocument,
        errors=(*READ_ERRORS, 404),
        reply_examples=one_example(examples.model),
        is_kept=True,
    ),
}
