"""OpenAI's `POST /v1/embeddings`: vectors of the encoder that a knowledge base carries, for clients with an index."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, Literal

import numpy as np
from flask import Request, Response, jsonify
from flask_openapi3 import APIBlueprint
from pydantic import Field

from faqkb.kb.index.passages import Kind
from faqkb.kb.model.encoder import Encoder
from faqkb.server.access.decision import charge_more, charge_work
from faqkb.server.answering.leases import leased_knowledge
from faqkb.server.answering.turns import batch_turn, time_is_up
from faqkb.server.http.parsing import parsed_by
from faqkb.server.limits import EMBEDDED_AT_ONCE, EMBEDDED_TEXTS, MODEL_CHARS
from faqkb.server.openai.conversation.mistakes import Documented, documented_body, refuse, refuse_tokens
from faqkb.server.openai.conversation.reading import read_openai_json
from faqkb.server.openai.conversation.spoken import MODEL
from faqkb.server.openai.operations import OPERATIONS
from faqkb.server.protocol import documented

embeddings = APIBlueprint("embeddings", __name__, url_prefix="/v1")

_DIGITS = 9  # of a number, as many as tell every float32 from the next
_LITTLE_ENDIAN = "<f4"  # what official clients decode
_FOR_LANGCHAIN = " (LangChain: check_embedding_ctx_length=False)"
_Text = Annotated[str, Field(min_length=1)]


class EmbeddingBody(Documented):
    """Body of `POST /v1/embeddings`."""

    model: str = Field(min_length=1, max_length=MODEL_CHARS)
    input: _Text | Annotated[list[_Text], Field(min_length=1, max_length=EMBEDDED_TEXTS)] = Field(
        description="A text, or several; arrays of token numbers are refused."
    )
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: int | None = None
    user: str | None = None


def read_embedding_body(request: Request) -> EmbeddingBody:
    """Return the body. Raises Refused: 415 not JSON, 413 too large, 400 malformed or with a wrong field."""
    value = read_openai_json(request)
    refuse_tokens("input", value, _FOR_LANGCHAIN)
    return documented_body(EmbeddingBody, value)


def texts_of(body: EmbeddingBody) -> list[str]:
    """Return the texts."""
    return [body.input] if isinstance(body.input, str) else body.input


@embeddings.post("/embeddings", strict_slashes=False, **documented(OPERATIONS, "embed"))
@parsed_by(read_embedding_body)
def embed(body: EmbeddingBody) -> Response:
    """Return the vectors of some texts."""
    texts = texts_of(body)
    charge_more(len(texts) - 1)
    for text in texts:
        charge_work((), text, len(text))  # all of it is cut into tokens, however long it may be
    with leased_knowledge() as knowledge:
        encoder = knowledge.encoder
        if body.dimensions not in (None, encoder.dim):
            refuse("dimensions", f"The vectors here have {encoder.dim} dimensions, never {body.dimensions}.")
        with batch_turn(len(texts)) as is_over:
            vectors = [vector for some in _by_few(texts, is_over) for vector in _vectors(encoder, texts, some)]
        tokens = sum(map(encoder.count_tokens, texts))
    write = _as_base64 if body.encoding_format == "base64" else _as_numbers
    found = [{"object": "embedding", "index": at, "embedding": write(vector)} for at, vector in enumerate(vectors)]
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return jsonify({"object": "list", "data": found, "model": MODEL, "usage": usage})


def _by_few(texts: Sequence[str], is_over: Callable[[], bool]) -> Iterator[range]:
    """Yield the places of a few texts after the other. Raises Refused (503) once the time of all is up."""
    for at in range(0, len(texts), EMBEDDED_AT_ONCE):
        if at and is_over():
            raise time_is_up()
        yield range(at, min(at + EMBEDDED_AT_ONCE, len(texts)))


def _vectors(encoder: Encoder, texts: Sequence[str], some: range) -> Any:
    """Return float32 (some, dim), each row of norm 1. Raises Refused (400) for a text longer than the encoder reads.

    All take the prompt of questions, which is what the encoder's makers advise where texts are compared with texts of
    their own kind and nobody says which is the question (E5 report, arXiv 2402.05672).
    """
    encoded = encoder.encode_passages([texts[at] for at in some], [Kind.QUESTION] * len(some))
    if encoded.truncated:
        at = some[encoded.truncated[0]]
        tokens = encoder.count_tokens(texts[at])
        most = encoder.manifest.max_tokens
        refuse(f"input[{at}]", f"Text {at} is {tokens} tokens long, and the encoder reads {most} at most; cut it.")
    return encoded.vectors


def _as_numbers(vector: Any) -> list[float]:
    return [float(f"{number:.{_DIGITS}g}") for number in vector]


def _as_base64(vector: Any) -> str:
    return base64.b64encode(np.asarray(vector, dtype=_LITTLE_ENDIAN).tobytes()).decode()
