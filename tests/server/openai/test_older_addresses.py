"""`POST /v1/completions` and `POST /v1/embeddings`, as official clients and LangChain's send them."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import openai
import pytest
from langchain_openai import OpenAI, OpenAIEmbeddings
from server_support import DOCKER_QUESTION, WEATHER_QUESTION, ServedProcess, run_async, served

from faqkb.kb.index.passages import Kind
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.model.encoder import Encoder
from faqkb.server.limits import COMPLETION_PROMPTS, EMBEDDED_TEXTS

SHM = "faq_2021_s1/Q1.3"


def refused(server: ServedProcess, path: str, **fields: Any) -> Any:
    reply = server.send("POST", path, body=json.dumps({"model": "faq"} | fields).encode())
    assert reply.status == 400, reply.content
    return reply.json["error"]


# Completions


def test_a_text_is_answered_and_streamed(official: openai.OpenAI, knowledge: KnowledgeBase) -> None:
    stored = knowledge.record(SHM).answer
    whole = official.completions.create(model="faq", prompt=DOCKER_QUESTION, max_tokens=5, temperature=0)
    assert (whole.object, whole.choices[0].text, whole.choices[0].finish_reason) == ("text_completion", stored, "stop")
    assert whole.choices[0].faq["record_ids"][0] == SHM
    chunks = list(
        official.completions.create(
            model="faq", prompt=DOCKER_QUESTION, stream=True, stream_options={"include_usage": True}
        )
    )
    assert "".join(chunk.choices[0].text for chunk in chunks if chunk.choices) == stored
    assert chunks[-1].usage.total_tokens == whole.usage.total_tokens


def test_several_texts_get_a_choice_each(official: openai.OpenAI, knowledge: KnowledgeBase) -> None:
    choices = official.completions.create(model="faq", prompt=[DOCKER_QUESTION, WEATHER_QUESTION]).choices
    assert [choice.index for choice in choices] == [0, 1]
    assert choices[0].text == knowledge.record(SHM).answer
    assert choices[1].faq["status"] == "no_answer"


def test_a_conversation_written_down_is_read_as_one(official: openai.OpenAI, knowledge: KnowledgeBase) -> None:
    prompt = f"system: Be brief.\nuser: {DOCKER_QUESTION}\nassistant: …\nuser: 为什么？\nassistant: "
    assert official.completions.create(model="faq", prompt=prompt).choices[0].text == knowledge.record(SHM).answer


def test_langchains_text_model_asks_in_batches(server: ServedProcess, knowledge: KnowledgeBase) -> None:
    model = OpenAI(base_url=f"{server.url}/v1", api_key="any", model="faq", temperature=0)
    stored = knowledge.record(SHM).answer
    assert model.invoke(DOCKER_QUESTION) == stored
    assert "".join(model.stream(DOCKER_QUESTION)) == stored
    assert model.batch([DOCKER_QUESTION] * 3) == [stored] * 3


@pytest.mark.parametrize(
    ("fields", "param", "said"),
    [
        ({}, "prompt", "Missing"),
        ({"prompt": []}, "prompt", "empty array"),
        ({"prompt": None}, "prompt", "a string or an array"),
        ({"prompt": ["x"] * (COMPLETION_PROMPTS + 1)}, "prompt", f"at most {COMPLETION_PROMPTS}"),
        ({"prompt": [1, 2]}, "prompt", "send the text itself"),
        ({"prompt": [[1, 2]]}, "prompt", "send the text itself"),
        ({"prompt": "x", "stream_options": {"include_usage": True}}, "stream_options", "for streams alone"),
    ],
)
def test_a_wrong_prompt_is_named(server: ServedProcess, fields: dict[str, Any], param: str, said: str) -> None:
    error = refused(server, "/v1/completions", **fields)
    assert error["param"] == param
    assert said in error["message"]


# Embeddings


def own_vectors(encoder: Encoder, *texts: str) -> Any:
    return encoder.encode_passages(texts, [Kind.QUESTION] * len(texts)).vectors


def test_vectors_are_the_encoders_own(official: openai.OpenAI, encoder: Encoder) -> None:
    texts = [DOCKER_QUESTION, WEATHER_QUESTION]
    expected = own_vectors(encoder, *texts)
    in_base64 = official.embeddings.create(model="faq", input=texts)  # what the official client asks for
    as_numbers = official.embeddings.create(model="faq", input=texts, encoding_format="float")
    for reply in (in_base64, as_numbers):
        assert [each.index for each in reply.data] == [0, 1]
        assert np.array_equal(np.array([each.embedding for each in reply.data], dtype=np.float32), expected)
    assert as_numbers.usage.total_tokens == sum(map(encoder.count_tokens, texts))


def test_base64_is_float32_with_the_low_byte_first(server: ServedProcess, encoder: Encoder) -> None:
    body = {"model": "faq", "input": DOCKER_QUESTION, "encoding_format": "base64", "dimensions": encoder.dim}
    reply = server.send("POST", "/v1/embeddings", body=json.dumps(body).encode())
    sent = np.frombuffer(base64.b64decode(reply.json["data"][0]["embedding"]), dtype="<f4")
    assert np.array_equal(sent, own_vectors(encoder, DOCKER_QUESTION)[0])


def test_the_asynchronous_client_embeds(server: ServedProcess, encoder: Encoder) -> None:
    async def embed() -> list[float]:
        async with openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="any") as client:
            return (await client.embeddings.create(model="faq", input=DOCKER_QUESTION)).data[0].embedding

    assert len(run_async(embed())) == encoder.dim


def test_langchain_embeds_once_it_sends_text(server: ServedProcess, encoder: Encoder) -> None:
    model = OpenAIEmbeddings(base_url=f"{server.url}/v1", api_key="any", model="faq", check_embedding_ctx_length=False)
    assert len(model.embed_query(DOCKER_QUESTION)) == encoder.dim
    assert len(model.embed_documents([DOCKER_QUESTION] * 3)) == 3


@pytest.mark.parametrize(
    ("fields", "param", "said"),
    [
        ({}, "input", "Missing"),
        ({"input": []}, "input", "empty array"),
        ({"input": ""}, "input", "empty text"),
        ({"input": ["a", ""]}, "input[1]", "empty text"),
        ({"input": ["a"] * (EMBEDDED_TEXTS + 1)}, "input", f"at most {EMBEDDED_TEXTS}"),
        ({"input": [1, 2, 3]}, "input", "check_embedding_ctx_length=False"),
        ({"input": [[1, 2], [3]]}, "input", "check_embedding_ctx_length=False"),
        ({"input": "a", "dimensions": 64}, "dimensions", "never 64"),
        ({"input": "a", "encoding_format": "int8"}, "encoding_format", "Invalid"),
        ({"input": ["a", "word " * 2_000]}, "input[1]", "reads 512 at most"),
    ],
)
def test_a_wrong_input_is_named(server: ServedProcess, fields: dict[str, Any], param: str, said: str) -> None:
    error = refused(server, "/v1/embeddings", **fields)
    assert error["param"] == param
    assert said in error["message"]


def test_many_texts_cost_as_many_requests(kb_folder: Path) -> None:
    with served(kb_folder, "--rate-per-minute", "30") as limited:
        few = limited.send("POST", "/v1/embeddings", body=b'{"model": "faq", "input": ["a", "b"]}')
        many = json.dumps({"model": "faq", "input": ["a"] * 40}).encode()
        assert (few.status, limited.send("POST", "/v1/embeddings", body=many).status) == (200, 429)
