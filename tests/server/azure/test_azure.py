"""Azure's question answering protocol: its official clients work unchanged, and every field is what they expect."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from azure.ai.language.questionanswering import QuestionAnsweringClient
from azure.ai.language.questionanswering.aio import QuestionAnsweringClient as AsyncQuestionAnsweringClient
from azure.ai.language.questionanswering.models import (
    AnswersOptions,
    KnowledgeBaseAnswer,
    KnowledgeBaseAnswerContext,
    MetadataFilter,
    QueryFilters,
    ShortAnswerOptions,
)
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from server_support import (
    DOCKER_QUESTION,
    WEATHER_QUESTION,
    ServedProcess,
    make_record,
    run_async,
    running_listener,
    served,
)
from werkzeug.exceptions import ServiceUnavailable, Unauthorized

from faqkb.kb.answers import LIKELY, Highlight
from faqkb.kb.building.build import build_snapshot
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.model.encoder import Encoder
from faqkb.server.app import create_app
from faqkb.server.azure.ids import numbered
from faqkb.server.azure.spans import span_in_markdown

PATH = "/language/:query-knowledgebases?projectName=faq&deploymentName=production&api-version=2021-10-01"
ADDRESSED = {"project_name": "faq", "deployment_name": "production"}


@pytest.fixture(scope="module")
def server(kb_folder: Path) -> Iterator[ServedProcess]:
    with served(kb_folder) as running:
        yield running


@pytest.fixture(scope="module")
def client(server: ServedProcess) -> Iterator[QuestionAnsweringClient]:
    with QuestionAnsweringClient(server.url, AzureKeyCredential("any")) as opened:
        yield opened


@pytest.fixture(scope="module")
def products(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedProcess]:
    """Serve questions that are alike, from two files and with tags."""
    folder = tmp_path_factory.mktemp("products")
    parts = [("phone", ("red", "new")), ("tablet", ("red",)), ("watch", ("new",)), ("printer", ())]
    records = [
        make_record(f"made/{name}", f"How do I reset the {name}?", f"Hold the **{name}** button.", tags=tags)
        for name, tags in parts
    ]
    build_snapshot(folder, records, encoder)
    with served(folder) as running:
        yield running


@pytest.fixture(scope="module")
def product_client(products: ServedProcess) -> Iterator[QuestionAnsweringClient]:
    with QuestionAnsweringClient(products.url, AzureKeyCredential("any")) as opened:
        yield opened


def ask(client: QuestionAnsweringClient, question: str, **options: Any) -> list[KnowledgeBaseAnswer]:
    return client.get_answers(question=question, **ADDRESSED, **options).answers


def post(server: ServedProcess, body: Any, path: str = PATH) -> tuple[int, dict[str, Any]]:
    reply = server.send("POST", path, body=body if isinstance(body, bytes) else json.dumps(body).encode())
    return reply.status, reply.json


def test_the_official_client_gets_the_stored_answer(client, knowledge: KnowledgeBase):
    (answer,) = ask(client, DOCKER_QUESTION)
    record = knowledge.record("faq_2021_s1/Q1.3")
    assert record is not None
    assert (answer.answer, answer.source) == (record.answer, record.source.path)
    assert answer.questions == [record.question, *record.alternates]
    assert answer.confidence == knowledge.ask(DOCKER_QUESTION).confidence
    assert 1 <= answer.qna_id < 2**31
    assert answer.metadata == {"tags": "docker,train"}
    assert answer.dialog.is_context_only is False
    assert answer.short_answer is None


def test_the_official_async_client_gets_the_same(server, client):
    async def ask_async() -> KnowledgeBaseAnswer:
        async with AsyncQuestionAnsweringClient(server.url, AzureKeyCredential("any")) as opened:
            return (await opened.get_answers(question=DOCKER_QUESTION, **ADDRESSED)).answers[0]

    assert run_async(ask_async()).as_dict() == ask(client, DOCKER_QUESTION)[0].as_dict()


def test_no_answer_is_minus_one(client):
    for question, text in (("what is the weather like today", "No answer found"), (WEATHER_QUESTION, "没有找到答案")):
        (answer,) = ask(client, question)
        assert (answer.qna_id, answer.confidence, answer.questions) == (-1, 0, [])
        assert answer.answer == text


def test_small_talk_is_answered_with_a_word_and_no_record(client):
    (answer,) = ask(client, "hello")
    assert (answer.qna_id, answer.confidence) == (-1, 0)
    assert answer.answer.startswith("Hello!")


def test_a_number_leads_to_its_record_alone(client, server):
    number = ask(client, DOCKER_QUESTION)[0].qna_id
    (answer,) = client.get_answers(qna_id=number, **ADDRESSED).answers
    assert (answer.qna_id, answer.confidence) == (number, 1.0)
    assert "--shm-size" in answer.answer
    both = post(server, {"qnaId": number, "question": WEATHER_QUESTION})
    assert both[1]["answers"][0]["id"] == number, "the number comes before the question"
    (unknown,) = client.get_answers(qna_id=12345, **ADDRESSED).answers
    assert unknown.qna_id == -1


def test_top_is_one_unless_said_and_at_most_what_is_asked_for(client):
    assert len(ask(client, DOCKER_QUESTION)) == 1
    answers = ask(client, DOCKER_QUESTION, top=3)
    assert len(answers) == len({answer.qna_id for answer in answers}) == 3
    assert [answer.confidence for answer in answers] == sorted((each.confidence for each in answers), reverse=True)
    assert len(ask(client, DOCKER_QUESTION, top=1_000)) <= 20


@pytest.mark.parametrize("threshold", [0.0, 0.01, 0.3, 0.9, 1.0])
def test_every_answer_reaches_the_threshold_that_is_sent(client, knowledge, threshold):
    for question in (DOCKER_QUESTION, "how to shrink the fc layer", "what is the weather like today"):
        answers = ask(client, question, confidence_threshold=threshold, top=20)
        expected = [hit.confidence for hit in knowledge.search(question, limit=20) if hit.confidence >= threshold]
        assert [answer.confidence for answer in answers if answer.qna_id != -1] == expected
        if not expected:
            assert [answer.qna_id for answer in answers] == [-1]


def test_choices_come_with_their_confidences_and_as_prompts(product_client, products):
    document = products.ask("how do I reset it?").json
    assert document["status"] == "ambiguous", "what this test is about"
    choices = [choice["question"] for choice in document["answers"]]
    answers = ask(product_client, "how do I reset it?", top=3)
    assert [answer.questions[0] for answer in answers] == choices[:3]
    assert [answer.confidence for answer in answers] == [choice["confidence"] for choice in document["answers"]]
    (first,) = ask(product_client, "how do I reset it?")
    prompts = first.dialog.prompts
    assert [first.questions[0], *(prompt.display_text for prompt in prompts)][: len(choices)] == choices
    assert [prompt.display_order for prompt in prompts] == list(range(len(prompts)))
    (picked,) = product_client.get_answers(qna_id=prompts[0].qna_id, **ADDRESSED).answers
    assert picked.questions == [prompts[0].display_text]
    (refused,) = ask(product_client, "how do I reset it?", confidence_threshold=0.99)
    assert (refused.qna_id, refused.dialog.prompts[0].display_text) == (-1, choices[0])


def test_a_span_stands_where_it_says(client, knowledge):
    questions = [DOCKER_QUESTION, *(record.question for record in knowledge.all_records())]
    marked = likely = 0
    for question in questions:
        options = ShortAnswerOptions(enable=True, top=2)
        answers = ask(client, question, short_answer_options=options, top=3, confidence_threshold=0)
        assert answers[-1].short_answer is None, "more spans than asked for"
        likely += sum(answer.confidence >= LIKELY for answer in answers[:2])
        for answer in answers:
            if answer.short_answer is not None:
                span, marked = answer.short_answer, marked + 1
                assert answer.answer[span.offset : span.offset + span.length] == span.text != ""
                assert span.confidence == answer.confidence
    assert likely >= marked >= 0.95 * likely >= 0.95 * len(questions), "what hardly answers has no span"


def test_spans_have_a_threshold_and_a_switch_of_their_own(client):
    for options in (ShortAnswerOptions(enable=True, confidence_threshold=1.0), ShortAnswerOptions(enable=False)):
        assert ask(client, DOCKER_QUESTION, short_answer_options=options)[0].short_answer is None


def tagged(*tags: str, operation: str | None = None) -> QueryFilters:
    pairs = [("tags", tag) for tag in tags]
    return QueryFilters(metadata_filter=MetadataFilter(metadata=pairs, logical_operation=operation))


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (tagged("red"), {"phone", "tablet"}),
        (tagged("red", "new"), {"phone"}),
        (tagged("red", "new", operation="OR"), {"phone", "tablet", "watch"}),
        (QueryFilters(metadata_filter=MetadataFilter(metadata=[("colour", "red")])), set()),
        (QueryFilters(source_filter=["made.md"]), {"phone", "tablet", "watch", "printer"}),
        (QueryFilters(source_filter=["other.md"]), set()),
        (QueryFilters(metadata_filter=tagged("red").metadata_filter, source_filter=["other.md"]), set()),
        (
            QueryFilters(
                metadata_filter=tagged("red").metadata_filter, source_filter=["other.md"], logical_operation="OR"
            ),
            {"phone", "tablet"},
        ),
        (QueryFilters(metadata_filter=MetadataFilter(metadata=[])), {"phone", "tablet", "watch", "printer"}),
    ],
)
def test_filters_choose_the_records_that_may_answer(product_client, filters, expected):
    answers = ask(product_client, "How do I reset the printer?", filters=filters, top=10, confidence_threshold=0)
    found = {answer.questions[0].split()[-1].rstrip("?") for answer in answers if answer.qna_id != -1}
    assert found == expected
    assert expected or answers[0].qna_id == -1


def test_a_follow_up_is_understood_by_the_turn_before_it(client):
    first = ask(client, DOCKER_QUESTION)[0]
    alone = ask(client, "为什么？")[0]
    for context in (
        KnowledgeBaseAnswerContext(previous_qna_id=first.qna_id, previous_question=DOCKER_QUESTION),
        KnowledgeBaseAnswerContext(previous_qna_id=first.qna_id),
        KnowledgeBaseAnswerContext(previous_qna_id=-1, previous_question=DOCKER_QUESTION),
    ):
        assert ask(client, "为什么？", answer_context=context)[0].qna_id == first.qna_id
    assert alone.qna_id != first.qna_id


def test_what_changes_nothing_is_read_over(client):
    options = AnswersOptions(
        question=DOCKER_QUESTION, user_id="u1", ranker_kind="QuestionOnly", include_unstructured_sources=True
    )
    given = client.get_answers(options, **ADDRESSED).answers
    assert given[0].as_dict() == ask(client, DOCKER_QUESTION)[0].as_dict()


def test_fields_of_later_versions_are_read_over(server):
    newer = PATH.replace("2021-10-01", "2025-05-15-preview")
    status, document = post(server, {"question": DOCKER_QUESTION, "queryPreferences": {"scorer": "Semantic"}}, newer)
    assert (status, len(document["answers"])) == (200, 1)


@pytest.mark.parametrize(
    ("body", "target"),
    [
        ({"question": 3}, "question"),
        ({"question": ""}, "question"),
        ({}, "question"),
        ({"question": "x", "top": 0}, "top"),
        ({"question": "x", "top": "3"}, "top"),
        ({"question": "x", "top": True}, "top"),
        ({"question": "x", "confidenceScoreThreshold": 1.1}, "confidenceScoreThreshold"),
        ({"qnaId": 2**31}, "qnaId"),
        ({"qnaId": 1.5}, "qnaId"),
        ({"question": "x", "rankerType": "Best"}, "rankerType"),
        ({"question": "x", "context": []}, "context"),
        ({"question": "x", "filters": {"logicalOperation": "XOR"}}, "filters.logicalOperation"),
        ({"question": "x", "filters": {"metadataFilter": {"metadata": [["a", "b"]]}}}, "filters.metadataFilter.meta"),
        ({"question": "x", "answerSpanRequest": {"topAnswersWithSpan": 11}}, "answerSpanRequest.topAnswersWithSpan"),
    ],
)
def test_a_wrong_field_is_named_in_azures_form(server, body, target):
    status, document = post(server, body)
    error = document["error"]
    assert (status, error["code"]) == (400, "InvalidArgument")
    assert error["target"].startswith(target)
    assert error["details"][0]["target"] == error["innererror"]["target"] == error["target"]
    assert error["innererror"]["code"] == "InvalidParameterValue"


@pytest.mark.parametrize("left_out", ["projectName", "deploymentName", "api-version"])
def test_a_parameter_of_the_address_that_is_missing_is_named(server, left_out):
    path, _, query = PATH.partition("?")
    kept = "&".join(part for part in query.split("&") if not part.startswith(left_out))
    status, document = post(server, {"question": "x"}, f"{path}?{kept}")
    assert (status, document["error"]["target"]) == (400, left_out)


@pytest.mark.parametrize(
    ("content", "status"), [(b"{", 400), (b"[]", 400), (b'{"question": "' + b"a" * 70_000 + b'"}', 413), (b"\xff", 400)]
)
def test_what_is_no_request_is_told_in_azures_form(server, content, status):
    got, document = post(server, content)
    assert (got, document["error"]["code"]) == (status, "InvalidRequest")
    assert document["error"]["message"].endswith((".", "alone."))


def test_the_official_client_raises_its_own_errors(server, client):
    with pytest.raises(HttpResponseError, match="confidenceScoreThreshold") as refused:
        client.get_answers(AnswersOptions(question="x", confidence_threshold=2), **ADDRESSED)
    assert (refused.value.status_code, refused.value.error.code) == (400, "InvalidArgument")
    assert refused.value.error.details[0].target == "confidenceScoreThreshold"
    with pytest.raises(ResourceNotFoundError, match="not offered") as missing:
        client.get_answers_from_text(question="x", text_documents=["a text"])
    assert missing.value.error.code == "NotFound"
    assert server.send("POST", "/language/:query-text", body=b"{}").headers["x-ms-error-code"] == "NotFound"
    reply = server.get("/language/:query-knowledgebases", Accept="text/html")
    assert (reply.status, reply.json["error"]["code"]) == (405, "InvalidRequest")


def test_a_key_that_is_not_known_is_the_clients_authentication_error(kb_folder):
    """No keys are needed yet: whatever refuses one raises Unauthorized."""
    app = create_app(kb_folder)

    def refuse() -> None:
        raise Unauthorized

    app.before_request(refuse)
    with serving(app) as address, QuestionAnsweringClient(address, AzureKeyCredential("wrong")) as client:
        with pytest.raises(ClientAuthenticationError, match="Ocp-Apim-Subscription-Key") as refused:
            ask(client, "x")
        assert refused.value.error.code == "Unauthorized"


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Run an application on a port of its own; yields its address."""
    with running_listener(app) as listener:
        yield f"http://127.0.0.1:{listener.effective_port}"


def test_an_overloaded_server_is_asked_again(kb_folder):
    app = create_app(kb_folder)
    calls: list[int] = []

    def refuse_once() -> None:
        calls.append(1)
        if len(calls) == 1:
            raise ServiceUnavailable

    app.before_request(refuse_once)
    with serving(app) as address, QuestionAnsweringClient(address, AzureKeyCredential("any")) as client:
        assert ask(client, DOCKER_QUESTION)[0].qna_id > 0
    assert len(calls) == 2


@given(st.sets(st.text(min_size=1, max_size=5), max_size=50))
def test_numbers_are_unique_int32_and_stay_when_records_come_and_go(record_ids):
    numbers = numbered(record_ids)
    assert all(1 <= number < 2**31 for number in numbers.by_number)
    assert {numbers.by_number[number]: number for number in numbers.by_number} == numbers.by_record
    assert set(numbers.by_record) == record_ids
    for record_id in record_ids:
        assert numbered([record_id]).by_record[record_id] == numbers.by_record[record_id]


def test_numbers_that_would_be_the_same_are_kept_apart():
    ids = [f"faq/{number}" for number in range(120_000)]  # of 120,000 numbers in 2^31, three pairs are the same
    assert len(numbered(ids).by_number) == len(ids)


@pytest.mark.parametrize(
    ("markdown", "text", "highlight", "expected"),
    [
        ("Do **this** first. Then that.", "Do this first. Then that.", "Do this first.", "Do **this** first."),
        ("See [it](http://a.b/it) now. Yes.", "See it now. Yes.", "See it now.", "See [it](http://a.b/it) now."),
        (
            'See [it](http://a.b/it "It") now. Yes.',
            "See it now. Yes.",
            "See it now.",
            'See [it](http://a.b/it "It") now.',
        ),
        ("a &lt; b", "a < b", "a < b", None),
        ("把 `--shm-size` 调大。", "把 --shm-size 调大。", "把 --shm-size 调大。", "把 `--shm-size` 调大。"),
        ("...", "...", "...", None),
    ],
)
def test_a_sentence_is_found_in_the_markdown(markdown, text, highlight, expected):
    start = text.index(highlight)
    span = span_in_markdown(markdown, text, Highlight(start, start + len(highlight), highlight))
    assert (markdown[span.start : span.end] if span else None) == expected


def test_of_equal_sentences_the_one_that_was_meant_is_found():
    text = "Run it. Stop. Run it. Run it."
    for start in (0, 14, 22):
        span = span_in_markdown(text, text, Highlight(start, start + 7, "Run it."))
        assert span is not None
        assert span.start == start
