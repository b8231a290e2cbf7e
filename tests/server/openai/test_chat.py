"""OpenAI's protocol: its own clients work unchanged, and every field is what they expect."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from langchain_openai import ChatOpenAI
from server_support import (
    DOCKER_QUESTION,
    NEAR_QUESTION,
    ROOT,
    WEATHER_QUESTION,
    ServedProcess,
    copied_knowledge,
    make_record,
    run_async,
    send,
)
from werkzeug.exceptions import TooManyRequests, Unauthorized
from werkzeug.test import TestResponse

from faqkb.faq.checks.environment import python_for
from faqkb.kb.building.build import build_snapshot
from faqkb.kb.check_header import parse_check
from faqkb.kb.errors import SnapshotDamaged
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.model.encoder import Encoder
from faqkb.server.answering.leases import EXTENSION
from faqkb.server.app import create_app
from faqkb.server.limits import CHAT_BODY_BYTES, CHAT_PIECE_CHARS
from faqkb.server.openai.conversation.spoken import pieces

PATH = "/v1/chat/completions"
SHM = "faq_2021_s1/Q1.3"
TOOL = {
    "type": "function",
    "function": {
        "name": "look_up",
        "parameters": {
            "type": "object",
            "properties": {"of": {"type": "array", "items": {"type": "object", "properties": {"a": {"enum": ["b"]}}}}},
        },
    },
}
READ_OVER: dict[str, Any] = {
    "temperature": 0.7,
    "top_p": 1,
    "n": 1,
    "max_tokens": 5,
    "max_completion_tokens": 5,
    "stop": ["--"],
    "seed": 1,
    "logprobs": True,
    "top_logprobs": 2,
    "logit_bias": {"50256": -100},
    "presence_penalty": 0.1,
    "frequency_penalty": -0.1,
    "user": "u",
    "store": False,
    "metadata": {"a": "b"},
    "tools": [TOOL],
    "tool_choice": "auto",
    "parallel_tool_calls": True,
    "response_format": {"type": "text"},
    "reasoning_effort": "low",
    "service_tier": "auto",
    "modalities": ["text"],
    "verbosity": "low",
}


@pytest.fixture(scope="module")
def client(kb_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    own = tmp_path_factory.mktemp("chat") / "kb"  # a vote is written
    copied_knowledge(kb_folder, own)
    app = create_app(own)

    def failing(error: Exception) -> Any:
        return lambda: (_ for _ in ()).throw(error)

    app.add_url_rule("/v1/broken", "broken", lambda: 1 / 0)
    app.add_url_rule("/v1/damaged", "damaged", failing(SnapshotDamaged("/srv/secret/records.sqlite: bad")))
    app.add_url_rule("/v1/limited", "limited", failing(TooManyRequests()))
    app.add_url_rule("/v1/locked", "locked", failing(Unauthorized()))
    yield app.test_client()
    app.extensions[EXTENSION].close()


@pytest.fixture(scope="module")
def twins(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """Return a client of a knowledge base in which two records fit one question equally well."""
    folder = tmp_path_factory.mktemp("twins")
    question = "How do I renew the certificate?"
    records = [make_record(f"{name}/Q1", question, f"The way of {name}.") for name in ("nginx", "apache")]
    build_snapshot(folder, records, encoder)
    app = create_app(folder)
    yield app.test_client()
    app.extensions[EXTENSION].close()


def user(content: Any) -> list[dict[str, Any]]:
    return [{"role": "user", "content": content}]


def complete(client: FlaskClient, question: Any = DOCKER_QUESTION, **fields: Any) -> Any:
    reply = client.post(PATH, json={"model": "faq", "messages": user(question)} | fields)
    assert reply.status_code == 200, reply.text
    return reply.get_json()


def events(reply: TestResponse) -> list[Any]:
    """Return the documents of a stream after checking its form."""
    assert reply.status_code == 200, reply.text
    assert reply.content_type == "text/event-stream; charset=utf-8"
    assert reply.data.isascii()
    *found, end, rest = reply.text.split("\n\n")
    assert (end, rest) == ("data: [DONE]", "")
    assert all(re.fullmatch(r"data: \{.*\}", each) for each in found)
    return [json.loads(each.removeprefix("data: ")) for each in found]


def stream(client: FlaskClient, question: str = DOCKER_QUESTION, **fields: Any) -> list[Any]:
    return events(client.post(PATH, json={"model": "faq", "messages": user(question), "stream": True} | fields))


def refused(reply: TestResponse, status: int) -> Any:
    """Return the error after checking that it is OpenAI's."""
    assert (reply.status_code, reply.content_type) == (status, "application/json")
    document = json.loads(reply.data)
    assert set(document) == {"error"}
    assert set(document["error"]) == {"message", "type", "param", "code"}
    assert document["error"]["message"].endswith(".")
    assert reply.headers["X-Request-Id"]
    return document["error"]


# The official client


def test_the_official_client_gets_the_stored_answer(official: openai.OpenAI, knowledge: KnowledgeBase) -> None:
    reply = official.chat.completions.create(
        model="faq", messages=[{"role": "system", "content": "You are a pirate."}, *user(DOCKER_QUESTION)]
    )
    stored = knowledge.record(SHM)
    (choice,) = reply.choices
    assert (choice.message.role, choice.message.content) == ("assistant", stored.answer)
    assert (choice.finish_reason, choice.logprobs, choice.message.refusal) == ("stop", None, None)
    (note,) = choice.message.annotations
    cited = note.url_citation
    assert (note.type, cited.title, cited.start_index, cited.end_index) == (
        "url_citation",
        stored.question,
        0,
        len(stored.answer),
    )
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens
    assert reply._request_id
    assert (reply.system_fingerprint, reply.service_tier) == (knowledge.name, None)


def test_the_official_client_streams_the_same(official: openai.OpenAI, knowledge: KnowledgeBase) -> None:
    with official.chat.completions.create(
        model="faq", messages=user(DOCKER_QUESTION), stream=True, stream_options={"include_usage": True}
    ) as received:
        chunks = list(received)
    said = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert "".join(said) == knowledge.record(SHM).answer
    assert len(said) > 3
    assert chunks[-1].usage.completion_tokens > 0


def test_the_stream_helper_of_the_official_client_puts_the_message_together(
    official: openai.OpenAI, knowledge: KnowledgeBase
) -> None:
    with official.chat.completions.stream(model="faq", messages=user(DOCKER_QUESTION)) as received:
        message = received.get_final_completion().choices[0].message
    assert message.content == knowledge.record(SHM).answer


def test_the_asynchronous_client_asks_and_streams(server: ServedProcess, knowledge: KnowledgeBase) -> None:
    async def ask() -> tuple[str, str]:
        async with openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="any") as client:
            whole = await client.chat.completions.create(model="faq", messages=user(DOCKER_QUESTION))
            parts = await client.chat.completions.create(model="faq", messages=user(DOCKER_QUESTION), stream=True)
            said = [chunk.choices[0].delta.content or "" async for chunk in parts]
        return whole.choices[0].message.content, "".join(said)

    assert run_async(ask()) == (knowledge.record(SHM).answer,) * 2


def test_the_official_client_lists_the_model_and_asks_it(official: openai.OpenAI) -> None:
    (model,) = official.models.list().data
    assert official.models.retrieve(model.id) == model
    assert (model.object, model.owned_by) == ("model", "faqkb")
    assert abs(time.time() - model.created) < 86_400
    assert official.chat.completions.create(model=model.id, messages=user("shm")).model == model.id


def test_the_official_client_raises_its_own_errors(official: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as missing:
        official.models.retrieve("gpt-4o")
    assert (missing.value.code, missing.value.param, missing.value.type) == (
        "model_not_found",
        "model",
        "invalid_request_error",
    )
    with pytest.raises(openai.BadRequestError) as wrong:
        official.chat.completions.create(model="faq", messages=user("x"), temperature="hot", stream=True)
    assert (wrong.value.code, wrong.value.param) == ("invalid_type", "temperature")
    with pytest.raises(openai.NotFoundError):
        official.images.generate(model="faq", prompt="x")


def test_the_example_of_the_documentation_runs(server: ServedProcess, knowledge: KnowledgeBase) -> None:
    page = (ROOT / "docs" / "chat.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    command = [sys.executable, "-c", example.replace("http://127.0.0.1:8000", server.url)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    stored = knowledge.record(SHM)
    assert printed == f"{stored.answer}\n{stored.question} {server.url}/q/{SHM}\n"


# LangChain


def test_langchain_asks_streams_and_batches(server: ServedProcess, knowledge: KnowledgeBase) -> None:
    chat = ChatOpenAI(base_url=f"{server.url}/v1", api_key="any", model="faq", temperature=0, stream_usage=True)
    stored = knowledge.record(SHM).answer
    whole = chat.invoke([("system", "Be brief."), ("human", DOCKER_QUESTION)])
    assert (whole.content, whole.response_metadata["finish_reason"]) == (stored, "stop")
    assert whole.usage_metadata["output_tokens"] > 0
    parts = list(chat.stream(DOCKER_QUESTION))
    assert "".join(part.content for part in parts) == stored
    assert any(part.usage_metadata for part in parts)
    assert [reply.content for reply in chat.batch([DOCKER_QUESTION] * 3)] == [stored] * 3
    assert run_async(chat.ainvoke(DOCKER_QUESTION)).content == stored


# LlamaIndex


def test_llama_index_asks_and_streams(server: ServedProcess, knowledge: KnowledgeBase) -> None:
    script = ROOT / "tests" / "clients" / "llama_index_client.py"
    python = python_for(parse_check(script.read_bytes(), script.stem))
    asked = subprocess.run([python, script, server.url, DOCKER_QUESTION], capture_output=True, text=True, check=False)
    assert asked.returncode == 0, asked.stderr
    replies = json.loads(asked.stdout)
    assert set(replies) == {"chat", "stream_chat", "complete", "achat"}
    assert set(replies.values()) == {knowledge.record(SHM).answer}


# Field by field


def test_a_completion_has_the_documented_fields(client: FlaskClient) -> None:
    before = int(time.time())
    reply = complete(client)
    assert set(reply) == {"id", "object", "created", "model", "system_fingerprint", "choices", "usage", "faq"}
    assert re.fullmatch(r"chatcmpl-[0-9a-f]{32}", reply["id"])
    assert (reply["object"], reply["model"]) == ("chat.completion", "faq")
    assert before <= reply["created"] <= time.time()
    (choice,) = reply["choices"]
    assert set(choice) == {"index", "message", "logprobs", "finish_reason"}
    assert (choice["index"], choice["logprobs"], choice["finish_reason"]) == (0, None, "stop")
    assert set(choice["message"]) == {"role", "content", "refusal", "annotations"}
    assert complete(client)["id"] != reply["id"]


def test_the_extra_block_says_how_sure_and_takes_feedback(client: FlaskClient) -> None:
    block = complete(client)["faq"]
    asked = client.post("/api/v1/ask", json={"question": DOCKER_QUESTION}).get_json()
    assert (block["status"], block["confidence"]) == ("answered", asked["confidence"])
    assert block["record_ids"] == [hit["id"] for hit in asked["answers"]]
    vote = client.post("/api/v1/feedback", json={"answer_token": block["answer_token"], "helpful": True})
    assert vote.status_code == 204


def test_tokens_are_counted_by_the_tokenizer_of_the_knowledge_base(client: FlaskClient, encoder: Encoder) -> None:
    system = {"role": "system", "content": "Be brief."}
    reply = complete(client, messages=[system, *user(DOCKER_QUESTION)])
    usage = reply["usage"]
    assert usage["prompt_tokens"] == encoder.count_tokens("Be brief.") + encoder.count_tokens(DOCKER_QUESTION)
    assert usage["completion_tokens"] == encoder.count_tokens(reply["choices"][0]["message"]["content"])
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


def test_a_source_leads_to_the_page_of_the_record(client: FlaskClient) -> None:
    (note,) = complete(client)["choices"][0]["message"]["annotations"]
    assert note["url_citation"]["url"] == f"http://localhost/q/{SHM}"
    assert client.get(note["url_citation"]["url"]).status_code == 200


def test_a_stream_has_the_documented_events(client: FlaskClient, knowledge: KnowledgeBase) -> None:
    chunks = stream(client)
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    assert len({(chunk["id"], chunk["created"], chunk["model"], chunk["system_fingerprint"]) for chunk in chunks}) == 1
    choices = [chunk["choices"][0] for chunk in chunks]
    assert choices[0]["delta"] == {"role": "assistant", "content": "", "refusal": None}
    assert "".join(choice["delta"].get("content", "") for choice in choices) == knowledge.record(SHM).answer
    assert [choice["finish_reason"] for choice in choices] == [None] * (len(choices) - 1) + ["stop"]
    assert all(choice["logprobs"] is None and choice["index"] == 0 for choice in choices)
    assert choices[-1]["delta"] == {}
    whole = complete(client)
    assert choices[-2]["delta"]["annotations"] == whole["choices"][0]["message"]["annotations"]
    assert set(chunks[-1]["faq"]) == set(whole["faq"])
    assert not any("usage" in chunk for chunk in chunks)


def test_usage_comes_last_when_it_is_asked_for(client: FlaskClient) -> None:
    *others, last = stream(client, stream_options={"include_usage": True})
    assert all(chunk["usage"] is None for chunk in others)
    assert (last["choices"], last["usage"]) == ([], complete(client)["usage"])


def test_choices_are_asked_back_with_numbers_and_sources(twins: FlaskClient) -> None:
    reply = complete(twins, "How do I renew the certificate?")
    assert reply["faq"]["status"] == "ambiguous"
    message = reply["choices"][0]["message"]
    lead, _, listed = message["content"].partition("\n\n")
    assert lead == "Which of these do you mean?"
    assert listed.splitlines() == ["1. How do I renew the certificate?", "2. How do I renew the certificate?"]
    for note in message["annotations"]:
        cited = note["url_citation"]
        assert message["content"][cited["start_index"] : cited["end_index"]] == cited["title"]
    assert {note["url_citation"]["url"] for note in message["annotations"]} == {
        "http://localhost/q/nginx/Q1",
        "http://localhost/q/apache/Q1",
    }


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        (NEAR_QUESTION, "知识库里没有可靠的答案"),
        ("How do I rename label files?", "Nothing stored answers this"),
    ],
)
def test_no_answer_says_so_in_the_language_of_the_question(client: FlaskClient, question: str, sentence: str) -> None:
    reply = complete(client, question)
    message = reply["choices"][0]["message"]
    assert (reply["faq"]["status"], reply["choices"][0]["finish_reason"]) == ("no_answer", "stop")
    assert sentence in message["content"]
    assert len(message["annotations"]) == len(reply["faq"]["record_ids"]) > 0
    for note in message["annotations"]:
        cited = note["url_citation"]
        assert message["content"][cited["start_index"] : cited["end_index"]] == cited["title"]


@pytest.mark.parametrize("content", ["", " ", "?!", []])
def test_a_message_without_words_is_told_so(client: FlaskClient, content: Any) -> None:
    reply = complete(client, content)
    assert "nothing to search for" in reply["choices"][0]["message"]["content"]
    assert reply["choices"][0]["message"]["annotations"] == []


def test_the_last_message_of_the_user_is_the_question(client: FlaskClient) -> None:
    turns = [*user(WEATHER_QUESTION), {"role": "assistant", "content": "?"}, *user(DOCKER_QUESTION)]
    called = {"role": "assistant", "content": None, "tool_calls": []}
    for after in ([], [called, {"role": "tool", "content": "x", "tool_call_id": "1"}]):
        assert complete(client, messages=[*turns, *after])["faq"]["record_ids"][0] == SHM


def test_a_follow_up_is_understood_by_the_messages_before_it(client: FlaskClient) -> None:
    turns = [*user(DOCKER_QUESTION), {"role": "assistant", "content": "…"}, *user("为什么？")]
    assert complete(client, messages=turns)["faq"]["record_ids"][0] == SHM
    assert complete(client, "为什么？")["faq"]["status"] == "no_answer"


@pytest.mark.parametrize(("text", "word"), [("谢谢", "不客气"), ("hello!", "just ask")])
def test_small_talk_gets_a_word_in_its_language_and_no_stored_question(
    client: FlaskClient, text: str, word: str
) -> None:
    reply = complete(client, text)
    assert word in reply["choices"][0]["message"]["content"]
    assert (reply["choices"][0]["message"]["annotations"], reply["faq"]["record_ids"]) == ([], [])


def test_what_may_follow_is_told_beside_the_answer(client: FlaskClient) -> None:
    kinds = [prompt["kind"] for prompt in complete(client)["faq"]["follow_ups"]]
    assert kinds[0] == "check"
    assert "topic" in kinds


def test_text_may_come_in_parts(client: FlaskClient) -> None:
    parts = [{"type": "text", "text": DOCKER_QUESTION}, {"type": "image_url", "image_url": {"url": "https://a/b"}}]
    assert complete(client, parts)["faq"]["record_ids"][0] == SHM


@pytest.mark.parametrize("field", READ_OVER)
def test_a_documented_field_is_taken_and_changes_nothing(client: FlaskClient, field: str) -> None:
    expected = complete(client)["choices"]
    assert complete(client, **{field: READ_OVER[field]})["choices"] == expected
    assert complete(client, **{field: None})["choices"] == expected


def test_fields_of_other_servers_are_read_over(client: FlaskClient) -> None:
    assert complete(client, top_k=40, chat_id="x", keep_alive=-1)["faq"]["status"] == "answered"


@given(st.text())
def test_the_pieces_of_a_stream_are_the_text(text: str) -> None:
    assert "".join(pieces(text)) == text


def test_a_piece_is_a_line_or_part_of_one() -> None:
    text = "# Title\n\n```\ncode\n```\n" + "word " * 60 + "很" * 300
    cut = pieces(text)
    assert cut[0] == "# Title\n\n"
    assert all(len(piece.strip()) <= CHAT_PIECE_CHARS for piece in cut)
    assert "".join(cut) == text


# Errors


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"messages": None}, "messages", "invalid_type"),
        ({"messages": []}, "messages", "empty_array"),
        ({"messages": "hello"}, "messages", "invalid_type"),
        ({"messages": ["hello"]}, "messages[0]", "invalid_type"),
        ({"messages": [{"content": "x"}]}, "messages[0].role", "missing_required_parameter"),
        ({"messages": [{"role": "wizard", "content": "x"}]}, "messages[0].role", "invalid_value"),
        ({"messages": user(5)}, "messages[0].content", "invalid_type"),
        ({"messages": user({"text": "x"})}, "messages[0].content", "invalid_type"),
        ({"messages": user([{"type": "text"}])}, "messages[0].content[0].text", "missing_required_parameter"),
        ({"messages": user([{"type": "text", "text": 5}])}, "messages[0].content[0].text", "invalid_type"),
        ({"messages": user([{"text": "x"}])}, "messages[0].content[0].type", "missing_required_parameter"),
        ({"messages": user([5])}, "messages[0].content[0]", "invalid_type"),
        ({"messages": user(None)}, "messages[0].content", "invalid_value"),
        ({"messages": [{"role": "system", "content": "x"}]}, "messages", "invalid_value"),
        ({"model": None}, "model", "invalid_type"),
        ({"model": 4}, "model", "invalid_type"),
        ({"model": ""}, "model", "invalid_value"),
        ({"stream": "yes"}, "stream", "invalid_type"),
        ({"stream": 1}, "stream", "invalid_type"),
        ({"stream_options": {"include_usage": True}}, "stream_options", "invalid_value"),
        ({"stream": True, "stream_options": {"include_usage": 1}}, "stream_options.include_usage", "invalid_type"),
        ({"temperature": "hot"}, "temperature", "invalid_type"),
        ({"temperature": True}, "temperature", "invalid_type"),
        ({"n": 1.5}, "n", "invalid_type"),
        ({"stop": 5}, "stop", "invalid_type"),
        ({"stop": ["a", 5]}, "stop[1]", "invalid_type"),
        ({"response_format": {"type": "json_object"}}, "response_format", "unsupported_value"),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {}}}},
            "response_format",
            "unsupported_value",
        ),
        ({"tools": {}}, "tools", "invalid_type"),
        ({"tools": [5]}, "tools[0]", "invalid_type"),
        ({"tool_choice": 5}, "tool_choice", "invalid_type"),
        ({"logit_bias": {"5": "x"}}, "logit_bias.5", "invalid_type"),
        ({"metadata": {"a": 5}}, "metadata.a", "invalid_type"),
    ],
)
def test_a_wrong_field_is_400_and_named(client: FlaskClient, fields: dict[str, Any], param: str, code: str) -> None:
    error = refused(client.post(PATH, json={"model": "faq", "messages": user("x")} | fields), 400)
    assert (error["type"], error["param"], error["code"]) == ("invalid_request_error", param, code)


@pytest.mark.parametrize("field", ["model", "messages"])
def test_a_missing_field_is_named(client: FlaskClient, field: str) -> None:
    body = {"model": "faq", "messages": user("x")}
    del body[field]
    error = refused(client.post(PATH, json=body), 400)
    assert (error["param"], error["code"]) == (field, "missing_required_parameter")
    assert error["message"] == f"Missing required parameter: '{field}'."


def test_both_types_of_a_field_are_told(client: FlaskClient) -> None:
    error = refused(client.post(PATH, json={"model": "faq", "messages": user(5)}), 400)
    assert error["message"] == "Invalid type for 'messages[0].content': expected a string or an array."


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b'{"a": NaN}', b'{"a": "\\ud800"}', b"[" * 9_000])
def test_a_body_that_is_no_object_is_400(client: FlaskClient, body: bytes) -> None:
    error = refused(client.post(PATH, data=body, content_type="application/json"), 400)
    assert (error["type"], error["param"]) == ("invalid_request_error", None)


def test_other_errors_of_these_addresses_have_the_same_form(client: FlaskClient) -> None:
    assert refused(client.post(PATH, data=b"{}", content_type="text/plain"), 415)["code"] == "unsupported_content_type"
    wrong_method = client.get(PATH)
    assert refused(wrong_method, 405)["code"] == "method_not_supported"
    assert "POST" in wrong_method.headers["Allow"]
    assert refused(client.post("/v1/models", json={}), 405)["type"] == "invalid_request_error"
    assert refused(client.get("/v1/nothing", headers={"Accept": "text/html"}), 404)["code"] == "unknown_url"
    assert refused(client.get("/v1/models/gpt-4o"), 404)["code"] == "model_not_found"
    assert refused(client.get("/v1/locked"), 401)["code"] == "invalid_api_key"
    limited = client.get("/v1/limited")
    assert (refused(limited, 429)["code"], limited.headers["Retry-After"]) == ("rate_limit_exceeded", "1")
    assert refused(client.get("/v1/broken"), 500)["type"] == "server_error"
    damaged = client.get("/v1/damaged")
    assert (refused(damaged, 503)["type"], damaged.headers["Retry-After"]) == ("server_error", "1")
    assert "secret" not in damaged.text


def test_errors_elsewhere_stay_problem_documents(client: FlaskClient) -> None:
    assert client.get("/api/v1/nothing").content_type == "application/problem+json"


# The running server


def sized(size: int) -> bytes:
    """Return a request of exactly so many bytes, most of them an earlier message."""
    body = {"model": "faq", "messages": [{"role": "system", "content": ""}, *user("shm")]}
    body["messages"][0]["content"] = "x" * (size - len(json.dumps(body)))
    return json.dumps(body).encode()


def test_a_conversation_may_be_long_and_no_longer(server: ServedProcess) -> None:
    assert server.send("POST", PATH, body=sized(CHAT_BODY_BYTES)).status == 200
    for size in (CHAT_BODY_BYTES + 1, 3 * CHAT_BODY_BYTES):
        reply = server.send("POST", PATH, body=sized(size))
        assert (reply.status, reply.json["error"]["code"]) == (413, "request_too_large")
    elsewhere = server.send("POST", "/api/v1/ask", body=sized(CHAT_BODY_BYTES))
    assert (elsewhere.status, elsewhere.headers["Content-Type"]) == (413, "application/problem+json")


def test_clients_that_go_away_hold_nothing(server: ServedProcess) -> None:
    body = json.dumps({"model": "faq", "messages": user(DOCKER_QUESTION), "stream": True}).encode()
    head = f"POST {PATH} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    for _ in range(40):
        with socket.create_connection(("127.0.0.1", server.port)) as gone:
            gone.sendall(head.encode() + body)
    silent = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(20)]
    try:
        for each in silent:
            each.sendall(head.encode() + body)  # and never reads
        assert server.send("POST", PATH, body=body).status == 200
        assert server.process.poll() is None
    finally:
        for each in silent:
            each.close()


def test_streams_share_a_connection(server: ServedProcess) -> None:
    connection = server.connect()
    body = json.dumps({"model": "faq", "messages": user(DOCKER_QUESTION), "stream": True}).encode()
    sockets = set()
    for _ in range(3):
        assert send(connection, "POST", PATH, body=body).content.endswith(b"data: [DONE]\n\n")
        sockets.add(connection.sock)
    assert len(sockets) == 1
    connection.close()
