"""`POST /v1/responses` as the official client and its stream helper read it."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest
from server_support import DOCKER_QUESTION, WEATHER_QUESTION, ServedProcess, run_async

from faqkb.kb.knowledge import KnowledgeBase

PATH = "/v1/responses"
SHM = "faq_2021_s1/Q1.3"
PICTURE = {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo=", "detail": "auto"}


def refused(server: ServedProcess, **fields: Any) -> Any:
    body = {"model": "faq", "input": DOCKER_QUESTION} | fields
    reply = server.send("POST", PATH, body=json.dumps(body).encode())
    assert reply.status == 400, reply.content
    return reply.json["error"]


def test_the_official_client_gets_the_stored_answer_and_its_source(
    official: openai.OpenAI, knowledge: KnowledgeBase
) -> None:
    stored = knowledge.record(SHM)
    response = official.responses.create(model="gpt-5", input=DOCKER_QUESTION, instructions="You are a pirate.")
    assert (response.output_text, response.status, response.error) == (stored.answer, "completed", None)
    (cited,) = response.output[0].content[0].annotations
    assert (cited.type, cited.title, cited.start_index, cited.end_index) == (
        "url_citation",
        stored.question,
        0,
        len(stored.answer),
    )
    assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens
    assert response.faq["record_ids"][0] == SHM


def test_a_conversation_comes_as_items(official: openai.OpenAI, knowledge: KnowledgeBase) -> None:
    items = [
        {"role": "developer", "content": "Be brief."},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": DOCKER_QUESTION}, PICTURE]},
        {"type": "reasoning", "id": "rs_1", "summary": []},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "…", "annotations": []}]},
        {"type": "function_call_output", "call_id": "c", "output": "x"},
        {"type": "item_reference", "id": "msg_1"},
        {"role": "user", "content": "为什么？"},
    ]
    response = official.responses.create(model="faq", input=items)
    assert response.output_text == knowledge.record(SHM).answer


def test_the_stream_helper_puts_the_response_together(official: openai.OpenAI, knowledge: KnowledgeBase) -> None:
    stored = knowledge.record(SHM)
    with official.responses.stream(model="faq", input=DOCKER_QUESTION) as stream:
        kinds = [event.type for event in stream]
        response = stream.get_final_response()
    assert response.output_text == stored.answer
    assert response.output[0].content[0].annotations[0].title == stored.question
    assert kinds[:2] == ["response.created", "response.in_progress"]
    assert kinds[-1] == "response.completed"
    assert kinds.count("response.output_text.delta") > 3


def test_events_are_numbered_and_each_has_its_name(server: ServedProcess, knowledge: KnowledgeBase) -> None:
    body = {"model": "faq", "input": DOCKER_QUESTION, "stream": True}
    reply = server.send("POST", PATH, body=json.dumps(body).encode())
    assert reply.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    *found, rest = reply.content.decode("ascii").split("\n\n")
    assert rest == ""
    events = []
    for number, each in enumerate(found):
        name, data = each.split("\n")
        event = json.loads(data.removeprefix("data: "))
        assert (name, event["sequence_number"]) == (f"event: {event['type']}", number)
        events.append(event)
    deltas = [event["delta"] for event in events if event["type"] == "response.output_text.delta"]
    assert "".join(deltas) == knowledge.record(SHM).answer
    assert events[0]["response"]["id"] == events[-1]["response"]["id"]
    assert (events[0]["response"]["output"], events[0]["response"]["usage"]) == ([], None)


def test_the_asynchronous_client_asks_and_streams(server: ServedProcess, knowledge: KnowledgeBase) -> None:
    async def ask() -> tuple[str, str]:
        async with openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="any") as client:
            whole = await client.responses.create(model="faq", input=DOCKER_QUESTION)
            events = await client.responses.create(model="faq", input=DOCKER_QUESTION, stream=True)
            said = [event.delta async for event in events if event.type == "response.output_text.delta"]
        return whole.output_text, "".join(said)

    assert run_async(ask()) == (knowledge.record(SHM).answer,) * 2


def test_no_answer_says_so(official: openai.OpenAI) -> None:
    response = official.responses.create(model="faq", input=WEATHER_QUESTION)
    assert "知识库里没有可靠的答案" in response.output_text
    assert response.faq["status"] == "no_answer"


@pytest.mark.parametrize(
    ("fields", "param", "code", "said"),
    [
        (
            {"previous_response_id": "resp_1"},
            "previous_response_id",
            "unsupported_value",
            "Send the whole conversation",
        ),
        ({"conversation": {"id": "c"}}, "conversation", "unsupported_value", "Send the whole conversation"),
        ({"background": True}, "background", "unsupported_value", "at once"),
        ({"text": {"format": {"type": "json_schema"}}}, "text.format", "unsupported_value", "nothing is generated"),
        ({"input": []}, "input", "invalid_value", "No message is the user's"),
        ({"input": None}, "input", "invalid_type", "a string or an array"),
        ({"input": [{"role": "user"}]}, "input[0].content", "missing_required_parameter", "Missing"),
        ({"input": [{"role": "wizard", "content": "x"}]}, "input[0].role", "invalid_value", "Invalid"),
        ({"stream": "yes"}, "stream", "invalid_type", "a boolean"),
    ],
)
def test_what_cannot_be_done_is_said_clearly(
    server: ServedProcess, fields: dict[str, Any], param: str, code: str, said: str
) -> None:
    error = refused(server, **fields)
    assert (error["param"], error["code"]) == (param, code)
    assert said in error["message"]


def test_fields_that_steer_a_model_change_nothing(official: openai.OpenAI, knowledge: KnowledgeBase) -> None:
    response = official.responses.create(
        model="faq",
        input=DOCKER_QUESTION,
        temperature=0.5,
        max_output_tokens=5,
        store=True,
        tools=[{"type": "web_search_preview"}],
        reasoning={"effort": "low"},
        text={"format": {"type": "text"}},
        truncation="auto",
        metadata={"a": "b"},
    )
    assert response.output_text == knowledge.record(SHM).answer
