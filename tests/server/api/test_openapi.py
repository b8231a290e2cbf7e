"""The OpenAPI document is valid, says all that the server does, and the server does what it says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import BaseModel
from server_support import DOCKER_QUESTION, ROOT, WEATHER_QUESTION, copied_knowledge, served

from faqkb.server.api.bodies import AskBody, BatchBody, ClickBody
from faqkb.server.api.replies import (
    AnswerDocument,
    BatchDocument,
    ChecksDocument,
    FoundRecord,
    ProblemDocument,
    RecordsDocument,
    SearchDocument,
)
from faqkb.server.app import PROTOCOLS
from faqkb.server.feedback.check_runs import CheckRunBody
from faqkb.server.feedback.judging import FeedbackBody
from faqkb.server.monitoring.replies import HealthDocument, ReadyDocument
from faqkb.server.openai.bodies import ChatBody
from faqkb.server.openai.completions import CompletionBody
from faqkb.server.openai.embeddings import EmbeddingBody
from faqkb.server.openai.replies import (
    ChatCompletion,
    EmbeddingsDocument,
    ModelDocument,
    ModelsDocument,
    OpenAiError,
    TextCompletion,
)
from faqkb.server.openai.responses.bodies import ResponseBody
from faqkb.server.openai.responses.replies import ResponseDocument
from faqkb.server.sample import sample_of

OPERATIONS = {name: each for protocol in PROTOCOLS for name, each in protocol.operations.items()}
SHM = "faq_2021_s1/Q1.3"
CHAT = {"model": "faq", "messages": [{"role": "user", "content": DOCKER_QUESTION}]}
BODIES: dict[str, type[BaseModel]] = {
    "ask": AskBody,
    "ask_batch": BatchBody,
    "give_feedback": FeedbackBody,
    "give_click": ClickBody,
    "give_check_run": CheckRunBody,
    "complete_chat": ChatBody,
    "complete_text": CompletionBody,
    "embed": EmbeddingBody,
    "respond": ResponseBody,
}


@pytest.fixture(scope="module")
def document(client: FlaskClient) -> dict[str, Any]:
    return client.get("/openapi.json").get_json()


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, operation) for path, item in document["paths"].items() for method, operation in item.items()]


def test_the_document_is_valid_openapi_31(document):
    assert document["openapi"].startswith("3.1.")
    OpenAPIV31SpecValidator(document).validate()


def test_every_route_of_the_api_is_documented(client, document):
    routes = {
        (rule.rule.replace("<path:", "{").replace(">", "}"), method.lower())
        for rule in client.application.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.rule.startswith(("/api/", "/v1/", "/healthz", "/readyz"))
    }
    assert routes == {(path, method) for path, method, _ in operations(document)}


def test_every_operation_has_a_name_of_its_own_and_says_what_it_does(document):
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert sorted(names) == sorted(OPERATIONS)
    for _, _, operation in operations(document):
        assert len(operation["tags"]) == 1
        assert operation["summary"]
        assert operation["description"].endswith(".")


def test_every_request_and_every_reply_has_an_example(document):
    for _, _, operation in operations(document):
        if "requestBody" in operation:
            assert operation["requestBody"]["content"]["application/json"]["examples"]
        for status, reply in operation["responses"].items():
            if status == "200":
                assert reply["content"]["application/json"]["examples"]
    for reply in document["components"]["responses"].values():
        assert all(media["example"] for media in reply["content"].values())


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_example_is_what_the_server_would_take_or_reply(name, knowledge):
    operation, sample = OPERATIONS[name], sample_of(knowledge)
    for example in operation.request_examples(sample).values() if operation.request_examples else ():
        BODIES[name].model_validate_json(json.dumps(example["value"]))
    for example in operation.reply_examples(sample).values() if operation.reply_examples else ():
        assert operation.reply is not None
        operation.reply.model_validate_json(json.dumps(example["value"]))


def test_errors_are_problem_documents_or_openais(document):
    for path, _, operation in operations(document):
        kind = "OpenAiError" if path.startswith("/v1/") else "Problem"
        for status, reply in operation["responses"].items():
            if int(status) >= 400:
                assert reply == {"$ref": f"#/components/responses/{kind}{status}"}
    found = document["components"]["responses"]
    assert set(found["Problem422"]["content"]) == {"application/problem+json"}
    assert set(found["OpenAiError429"]["headers"]) == {"X-Request-Id", "RateLimit", "RateLimit-Policy", "Retry-After"}


def test_a_key_may_be_sent_in_either_header_and_need_not_be(document):
    assert document["security"] == [{}, {"bearer": []}, {"api_key": []}]
    assert document["components"]["securitySchemes"]["api_key"]["name"] == "X-API-Key"


TITLE = [
    {
        "role": "user",
        "content": f"Provide a concise, 5-word-or-less title for it.\n\nConversation:\nUser: {DOCKER_QUESTION}\nAI: …",
    }
]
REPLIES = [
    ("POST", "/api/v1/ask", {"question": DOCKER_QUESTION}, AnswerDocument),
    ("POST", "/api/v1/ask", {"question": DOCKER_QUESTION, "explain": True, "top_k": 20}, AnswerDocument),
    ("POST", "/api/v1/ask", {"question": WEATHER_QUESTION}, AnswerDocument),
    ("POST", "/api/v1/ask", {"question": "模型"}, AnswerDocument),
    ("POST", "/api/v1/ask", {"question": "?"}, AnswerDocument),
    ("POST", "/api/v1/ask", {"question": "谢谢", "session_id": "s"}, AnswerDocument),
    ("POST", "/api/v1/ask:batch", {"questions": [{"question": DOCKER_QUESTION}, {"question": ""}]}, BatchDocument),
    ("GET", f"/api/v1/search?q={DOCKER_QUESTION}", None, SearchDocument),
    ("GET", "/api/v1/records?limit=200", None, RecordsDocument),
    ("GET", f"/api/v1/records/{SHM}", None, FoundRecord),
    ("GET", "/api/v1/checks", None, ChecksDocument),
    ("POST", "/v1/chat/completions", CHAT, ChatCompletion),
    ("POST", "/v1/chat/completions", {"model": "faq", "messages": TITLE}, ChatCompletion),
    ("POST", "/v1/responses", {"model": "faq", "input": DOCKER_QUESTION}, ResponseDocument),
    ("POST", "/v1/responses", {"model": "faq", "input": TITLE}, ResponseDocument),
    ("POST", "/v1/completions", {"model": "faq", "prompt": [DOCKER_QUESTION, WEATHER_QUESTION]}, TextCompletion),
    ("POST", "/v1/embeddings", {"model": "faq", "input": DOCKER_QUESTION}, EmbeddingsDocument),
    ("POST", "/v1/embeddings", {"model": "faq", "input": ["a"], "encoding_format": "base64"}, EmbeddingsDocument),
    ("GET", "/v1/models", None, ModelsDocument),
    ("GET", "/v1/models/faq", None, ModelDocument),
    ("GET", "/healthz", None, HealthDocument),
    ("GET", "/readyz", None, ReadyDocument),
]
ERRORS = [
    ("GET", "/api/v1/nope", None, ProblemDocument),
    ("POST", "/api/v1/ask", {"question": 1}, ProblemDocument),
    ("GET", "/api/v1/records?cursor=nope", None, ProblemDocument),
    ("GET", "/v1/models/nope", None, OpenAiError),
    ("POST", "/v1/chat/completions", {}, OpenAiError),
    ("POST", "/v1/responses", {"model": "faq", "input": "x", "previous_response_id": "resp_1"}, OpenAiError),
    ("POST", "/v1/completions", {"model": "faq", "prompt": [1, 2]}, OpenAiError),
    ("POST", "/v1/embeddings", {"model": "faq", "input": ["a", [1]]}, OpenAiError),
]


@pytest.mark.parametrize(("method", "path", "body", "model"), REPLIES + ERRORS)
def test_a_real_reply_has_the_fields_of_its_model_and_no_other(client, method, path, body, model):
    reply = client.open(path, method=method, json=body)
    assert reply.status_code < 400 or model in {ProblemDocument, OpenAiError}, reply.text
    written = model.model_validate_json(reply.data).model_dump(mode="json", exclude_unset=True)
    assert written == reply.get_json()


def test_a_model_has_no_field_that_no_reply_has(client):
    """The other way around: what the document promises is there."""
    asked = {"question": DOCKER_QUESTION, "explain": True, "format": "text"}
    answer = client.post("/api/v1/ask", json=asked).get_json()
    assert set(answer) == set(AnswerDocument.model_fields)
    assert set(answer["answers"][0]) == set(AnswerDocument.model_fields["answers"].annotation.__args__[0].model_fields)
    record = client.get(f"/api/v1/records/{SHM}").get_json()
    assert set(record) == set(FoundRecord.model_fields)


def test_the_document_costs_a_client_that_holds_it_nothing(client):
    tag = client.get("/openapi.json").headers["ETag"]
    reply = client.get("/openapi.json", headers={"If-None-Match": tag})
    assert (reply.status_code, reply.data) == (304, b"")


def fuzz(folder: Path, *options: str) -> tuple[int, str]:
    with served(folder) as server:
        command = [sys.executable, str(ROOT / "tools" / "fuzz_api.py"), server.url, *options]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr


def test_generated_calls_find_nothing_undocumented(own_kb_folder):
    code, output = fuzz(own_kb_folder, "--calls", "500", "--seconds", "20")
    assert code == 0, output


@pytest.mark.slow
def test_twenty_thousand_generated_calls_find_nothing_undocumented(own_kb_folder):
    code, output = fuzz(own_kb_folder, "--calls", "20000")
    assert code == 0, output


@pytest.fixture
def own_kb_folder(kb_folder: Path, tmp_path: Path) -> Path:

    return copied_knowledge(kb_folder, tmp_path / "kb")
