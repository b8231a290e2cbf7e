"""Pictures within messages: read over, told of where there is nothing else, and never in the way of the words."""

from __future__ import annotations

import base64
import json
import socket
import time
from contextlib import ExitStack
from typing import Any

import openai
import pytest
from flask import Flask, request
from server_support import DOCKER_QUESTION, ServedProcess

from faqkb.kb.knowledge import KnowledgeBase
from faqkb.server.limits import CHAT_BODY_BYTES, UPLOAD_BYTES, UPLOADS_AT_ONCE
from faqkb.server.openai.conversation.reading import read_openai_json
from faqkb.server.problems import Refused

PATH = "/v1/chat/completions"
SHM = "faq_2021_s1/Q1.3"
PIXELS = base64.b64encode(bytes(3 * 1024 * 1024)).decode()
PHOTO = {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{PIXELS}"}}
SOUND = {"type": "input_audio", "input_audio": {"data": PIXELS, "format": "wav"}}


def user(*parts: Any) -> dict[str, Any]:
    return {"role": "user", "content": list(parts)}


def words(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def text_of(official: openai.OpenAI, *messages: Any) -> str:
    return official.chat.completions.create(model="faq", messages=list(messages)).choices[0].message.content


def read(content: bytes) -> Any:
    with Flask(__name__).test_request_context(data=content, content_type="application/json", method="POST"):
        return read_openai_json(request)


def test_the_words_beside_a_photo_are_answered(official: openai.OpenAI, knowledge: KnowledgeBase) -> None:
    assert text_of(official, user(words(DOCKER_QUESTION), PHOTO)) == knowledge.record(SHM).answer
    items = [{"role": "user", "content": [{"type": "input_text", "text": DOCKER_QUESTION}, {"type": "input_image"}]}]
    items[0]["content"][1]["image_url"] = PHOTO["image_url"]["url"]
    assert official.responses.create(model="faq", input=items).output_text == knowledge.record(SHM).answer


@pytest.mark.parametrize("part", [PHOTO, SOUND, {"type": "video_url", "video_url": {"url": "https://a/b"}}])
def test_a_message_without_words_is_told_so_in_the_language_of_the_conversation(
    official: openai.OpenAI, part: dict[str, Any]
) -> None:
    before = [{"role": "user", "content": DOCKER_QUESTION}, {"role": "assistant", "content": "…"}]
    assert "图片" in text_of(official, *before, user(part))
    assert text_of(official, user(part)).startswith("Pictures, sounds and files cannot be read here.")


def test_a_part_that_is_not_known_is_read_over(official: openai.OpenAI, knowledge: KnowledgeBase) -> None:
    unknown = {"type": "smell", "smell": {"of": "smoke"}}
    assert text_of(official, user(unknown, words(DOCKER_QUESTION))) == knowledge.record(SHM).answer


def test_words_have_the_same_limit_with_and_without_pictures(server: ServedProcess) -> None:
    long = {"role": "system", "content": "x " * (CHAT_BODY_BYTES // 2)}
    body = json.dumps({"model": "faq", "messages": [long, user(words("shm"), PHOTO)]}).encode()
    reply = server.send("POST", PATH, body=body)
    assert (reply.status, reply.json["error"]["code"]) == (413, "request_too_large")
    assert "beside its pictures" in reply.json["error"]["message"]


def test_a_request_has_a_limit_with_its_pictures_and_other_addresses_keep_theirs(server: ServedProcess) -> None:
    body = json.dumps({"model": "faq", "messages": [user(words("shm"), PHOTO, PHOTO)]}).encode()
    assert len(body) > UPLOAD_BYTES
    reply = server.send("POST", PATH, body=body)
    assert (reply.status, reply.json["error"]["code"]) == (413, "request_too_large")
    assert "8 MiB" in reply.json["error"]["message"]
    for path in ("/api/v1/ask", "/mcp", "/language/:query-knowledgebases"):
        assert server.send("POST", path, body=body[: UPLOAD_BYTES // 2]).status == 413


def test_so_many_pictures_arrive_at_once_and_no_more(server: ServedProcess) -> None:
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n"
    )
    body = json.dumps({"model": "faq", "messages": [user(words("shm"), PHOTO)]}).encode()
    with ExitStack() as open_ones:
        for _ in range(UPLOADS_AT_ONCE):
            each = open_ones.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            each.sendall(head.encode() + b"{")
        time.sleep(0.5)
        reply = server.send("POST", PATH, body=body)
        assert (reply.status, reply.json["error"]["type"]) == (503, "server_error")
        assert reply.headers["Retry-After"]
        small = json.dumps({"model": "faq", "messages": [user(words("shm"))]}).encode()
        assert server.send("POST", PATH, body=small).status == 200
    until = time.monotonic() + 10
    while server.send("POST", PATH, body=body).status != 200:
        assert time.monotonic() < until, "those who left hold nothing"


# What is left out of a large body


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (f'"data:image/png;base64,{PIXELS}"', "data:image/png;base64,"),
        ('"data:image\\/png;base64,' + "ab\\/+" * 100_000 + '="', "data:image/png;base64,"),
        (f'"data:text/plain;charset=utf-8;base64,{PIXELS}"', "data:text/plain;charset=utf-8;base64,"),
        (f'{{"data" : "{PIXELS}"}}', {"data": ""}),
    ],
)
def test_what_a_data_url_holds_is_left_out_before_the_rest_is_parsed(written: str, kept: Any) -> None:
    assert read(f'{{"a": {written}, "b": 1}}'.encode()) == {"a": kept, "b": 1}


def test_a_small_body_is_read_as_it_is() -> None:
    value = {"a": "data:image/png;base64,AAAA", "data": "AAAA"}
    assert read(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    "text",
    [
        "data:image/png;base64, what is this? " + "x " * CHAT_BODY_BYTES,
        'he said "data:image/png;base64,' + "A" * CHAT_BODY_BYTES,
        "A" * (CHAT_BODY_BYTES + 1),
    ],
)
def test_words_are_never_left_out(text: str) -> None:
    with pytest.raises(Refused) as refused:
        read(json.dumps({"a": text}).encode())
    assert refused.value.status == 413


def test_hostile_bodies_take_no_longer_than_plain_ones() -> None:
    for piece in (b'"data:', b'"data:a;base64,A', b'"data":"', b"\\/", b'"data:' + b";base64" * 10):
        began = time.process_time()
        with pytest.raises(Refused):
            read(piece * (UPLOAD_BYTES // len(piece)))
        assert time.process_time() - began < 2.0
