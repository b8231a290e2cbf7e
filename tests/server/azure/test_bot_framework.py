"""Bots of the Bot Framework: its SDK for JavaScript works unchanged on both routes, that for .NET is understood."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from access_support import new_key
from node_support import CLIENTS, installed_modules, run_node
from picture_support import QUESTION, name_of, png, publish, write_faq
from server_support import (
    DOCKER_QUESTION,
    WEATHER_QUESTION,
    Reply,
    ServedProcess,
    copied_knowledge,
    make_record,
    served,
)

from faqkb.faq.checks.environment import python_for
from faqkb.kb.building.build import build_snapshot
from faqkb.kb.check_header import parse_check
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.language.codes import twin_key
from faqkb.kb.model.encoder import Encoder
from faqkb.server.azure.ids import numbered

ASKED = "/language/:query-knowledgebases?projectName=faq&deploymentName=production&api-version=2021-10-01"
GENERATE = "/qnamaker/knowledgebases/any/generateAnswer"
SHM = "faq_2021_s1/Q1.3"


@pytest.fixture(scope="module")
def server(kb_folder: Path) -> Iterator[ServedProcess]:
    with served(kb_folder) as running:
        yield running


@pytest.fixture(scope="module")
def keyed(kb_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ServedProcess, str]]:
    """Serve where a key is needed."""
    folder = copied_knowledge(kb_folder, tmp_path_factory.mktemp("keyed") / "kb")
    key = new_key(folder)
    with served(folder) as running:
        yield running, key


@pytest.fixture(scope="module")
def modules() -> Path:
    return installed_modules("botframework")


@pytest.fixture(scope="module")
def number(knowledge: KnowledgeBase) -> int:
    return numbered([record.id for record in knowledge.all_records()]).by_record[SHM]


def as_bot(modules: Path, server: ServedProcess, key: str, *asked: dict[str, Any]) -> list[dict[str, Any]]:
    return run_node(CLIENTS / "botframework" / "ask.js", modules, server.url, key, given=list(asked))


def asking(text: str, sdk: str = "CustomQuestionAnswering", **options: Any) -> dict[str, Any]:
    return {"sdk": sdk, "text": text, "options": options}


def post(server: ServedProcess, body: Any, path: str = ASKED, **headers: str) -> Reply:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return server.send("POST", path, body=content, headers={"Content-Type": "application/json"} | named)


@pytest.mark.parametrize("sdk", ["CustomQuestionAnswering", "QnAMaker"])
def test_the_sdk_gets_the_stored_answer_with_a_key(modules, keyed, knowledge, number, sdk):
    server, key = keyed
    found, nothing, refused = [
        *as_bot(modules, server, key, asking(DOCKER_QUESTION, sdk), asking(WEATHER_QUESTION, sdk)),
        *as_bot(modules, server, "wrong", asking(DOCKER_QUESTION, sdk)),
    ]
    (answer,) = found["answers"]
    assert (answer["id"], answer["answer"]) == (number, knowledge.record(SHM).answer)
    assert answer["score"] == pytest.approx(knowledge.ask(DOCKER_QUESTION).confidence)
    assert answer["metadata"][0]["name"] == "tags"
    assert [each["id"] for each in nothing["answers"]] == [-1]
    assert "Unauthorized" in refused["error"]


@pytest.mark.parametrize("sdk", ["CustomQuestionAnswering", "QnAMaker"])
def test_the_sdk_understands_a_follow_up_and_a_prompt(modules, server, number, sdk):
    """What `QnAMakerDialog` sends: a number of 0 and an empty question before, until there is one."""
    first = {"previousQnAId": 0, "previousUserQuery": ""}
    then = {"previousQnAId": number, "previousUserQuery": DOCKER_QUESTION}
    replies = as_bot(
        modules,
        server,
        "any",
        asking(DOCKER_QUESTION, sdk, qnaId=0, context=first),
        asking("为什么？", sdk, qnaId=0, context=then),
        asking("为什么？", sdk, qnaId=0, context=then | {"previousUserQuery": ""}),
        asking("whatever the button says", sdk, qnaId=number, context=then),
    )
    assert [reply["answers"][0]["id"] for reply in replies] == [number] * 4


@pytest.mark.parametrize("sdk", ["CustomQuestionAnswering", "QnAMaker"])
def test_no_prompt_is_the_twin_of_the_answer(modules, server, knowledge: KnowledgeBase, sdk):
    names = numbered([record.id for record in knowledge.all_records()]).by_number
    questions = ["Blocking queue is killed", *(record.question for record in knowledge.all_records())]
    for reply in as_bot(modules, server, "any", *(asking(question, sdk) for question in questions)):
        (answer,) = reply["answers"]
        prompts = [twin_key(names[prompt["qnaId"]]) for prompt in answer["context"]["prompts"]]
        assert len({twin_key(names[answer["id"]]), *prompts}) == 1 + len(prompts)


def test_the_sdk_for_python_gets_the_stored_answer_and_follows_up(keyed, knowledge, number):
    server, key = keyed
    script = CLIENTS / "botbuilder_client.py"
    python = python_for(parse_check(script.read_bytes(), script.stem))
    command = [python, script, server.url, key, DOCKER_QUESTION, "为什么？"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    first, second = json.loads(done.stdout)
    assert (first[0]["id"], first[0]["answer"]) == (number, knowledge.record(SHM).answer)
    assert second[0]["id"] == number


def test_filters_of_the_sdk_choose_the_records(modules, encoder: Encoder, tmp_path):
    records = [
        make_record(f"made/{name}", f"How do I reset the {name}?", tags=(tag,))
        for name, tag in (("phone", "red"), ("tablet", "blue"))
    ]
    build_snapshot(tmp_path / "kb", records, encoder)
    filters = [{"name": "tags", "value": "blue"}]
    with served(tmp_path / "kb") as server:
        newer, older = as_bot(
            modules,
            server,
            "any",
            asking("How do I reset the tablet?", strictFilters=filters),
            asking("How do I reset the tablet?", "QnAMaker", strictFilters=filters, strictFiltersJoinOperator="AND"),
        )
    assert newer["answers"][0]["questions"] == older["answers"][0]["questions"] == ["How do I reset the tablet?"]


def test_names_are_read_in_any_case_as_net_writes_them(server, number):
    pair = {"Key": "tags", "Value": "docker"}
    body = {
        "Question": "为什么？",
        "Top": 1,
        "QnAId": 0,
        "RankerType": "AutoSuggestQuestion",
        "ConfidenceScoreThreshold": 0.3,
        "Context": {"PreviousQnAId": number, "PreviousUserQuery": ""},
        "Filters": {"MetadataFilter": {"Metadata": [pair], "LogicalOperation": "And"}, "SourceFilter": []},
        "AnswerSpanRequest": {"Enable": False},
    }
    assert post(server, body).json["answers"][0]["id"] == number
    legacy = {
        "question": "为什么？",
        "context": {"previousQnAId": number},
        "strictFilters": [{"Name": "tags", "Value": "docker"}],
    }
    assert post(server, legacy, GENERATE).json["answers"][0]["id"] == number


def test_one_field_in_two_spellings_is_refused(server):
    reply = post(server, {"question": "a", "Question": "b"})
    assert (reply.status, reply.json["error"]["code"]) == (400, "InvalidArgument")


@pytest.mark.parametrize("body", [{"qnaId": 0}, {"qnaId": 0, "question": ""}, {"QnAId": 0, "question": None}])
def test_the_number_0_asks_nothing(server, body):
    for path in (ASKED, GENERATE):
        reply = post(server, body, path)
        assert (reply.status, reply.json["error"]["target"]) == (400, "question")


def test_the_older_route_says_the_same_in_the_older_form(server, knowledge, number):
    reply = post(server, {"question": DOCKER_QUESTION, "top": 3}, GENERATE)
    newer = post(server, {"question": DOCKER_QUESTION, "top": 3}).json["answers"]
    answers = reply.json["answers"]
    assert [(each["id"], each["answer"]) for each in answers] == [(each["id"], each["answer"]) for each in newer]
    assert [each["score"] for each in answers] == [each["confidenceScore"] * 100 for each in newer]
    assert answers[0]["metadata"] == [{"name": "tags", "value": "docker"}, {"name": "tags", "value": "train"}]
    assert post(server, {"qnaId": str(number)}, GENERATE).json["error"]["target"] == "qnaId"
    assert post(server, {"qnaId": number}, GENERATE.replace("A", "a")).json["answers"][0]["score"] == 100, "the SDKs'"


@pytest.mark.parametrize("threshold", [50, 0.5])
def test_a_threshold_is_in_hundredths_and_up_to_1_a_probability(server, knowledge, threshold):
    asked = {"question": DOCKER_QUESTION, "top": 20, "scoreThreshold": threshold}
    expected = [hit.confidence * 100 for hit in knowledge.search(DOCKER_QUESTION, limit=20) if hit.confidence >= 0.5]
    assert [each["score"] for each in post(server, asked, GENERATE).json["answers"]] == expected


def test_the_older_route_has_azures_errors_and_takes_its_key(keyed):
    server, key = keyed
    refused = post(server, {"question": "x"}, GENERATE)
    assert (refused.status, refused.json["error"]["code"]) == (401, "Unauthorized")
    assert post(server, {"question": "x"}, GENERATE, Authorization=f"EndpointKey {key}").status == 200
    asked = {"question": "x", "scoreThreshold": 101}
    wrong = post(server, asked, GENERATE, Authorization=f"EndpointKey {key}")
    assert (wrong.status, wrong.json["error"]["target"]) == (400, "scoreThreshold")
    lost = post(server, {}, "/qnamaker/knowledgebases/any/train", Authorization=f"EndpointKey {key}")
    assert (lost.status, lost.json["error"]["code"]) == (404, "NotFound")


def test_pictures_have_whole_addresses_and_the_span_stands_in_that_text(encoder: Encoder, tmp_path):
    answer = "![chart](img/chart.png) Boil vinegar in it. Rinse it twice, [see](https://example.org/rinse)."
    publish(write_faq(tmp_path / "content", answer), tmp_path / "kb", encoder)
    with served(tmp_path / "kb") as server:
        body = {"question": QUESTION, "answerSpanRequest": {"enable": True}}
        (found,) = post(server, body, Host="localhost").json["answers"]
        span = found["answerSpan"]
        picture = f"http://localhost/pictures/{name_of(png())}"
        assert found["answer"] == answer.replace("img/chart.png", picture)
        assert found["answer"][span["offset"] : span["offset"] + span["length"]] == span["text"]
        assert server.get(f"/pictures/{name_of(png())}").content == png()
