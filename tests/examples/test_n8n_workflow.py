"""The workflow for n8n: its expressions are worked out by n8n's own code, its request goes to the server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from node_support import CLIENTS, installed_modules, run_node
from platform_support import EXAMPLES, HANDOVER
from server_support import DOCKER_QUESTION, ServedProcess

WORKFLOW: dict[str, Any] = json.loads((EXAMPLES / "n8n_workflow.json").read_text(encoding="utf-8"))
NODES = {node["name"]: node for node in WORKFLOW["nodes"]}


@pytest.fixture(scope="module")
def modules() -> Path:
    return installed_modules("n8n")


def after(name: str) -> str:
    ((following,),) = WORKFLOW["connections"][name]["main"]
    return following["node"]


def resolved(modules: Path, node: str, item: Any) -> dict[str, Any]:
    given = {"workflow": WORKFLOW, "node": node, "item": item}
    return run_node(CLIENTS / "n8n" / "resolve.js", modules, given=given)


def posted(modules: Path, server: ServedProcess, text: str) -> dict[str, Any]:
    """Return what the workflow responds to a message, walked node by node."""
    body = {"text": text, "chat": "6f1c4fd2-6a0e-4b86-9d58-0c1f5d3f9a11"}
    asking = resolved(modules, after("Message"), {"headers": {}, "params": {}, "query": {}, "body": body})
    reply = server.send(asking["method"], urlsplit(asking["url"]).path, body=asking["jsonBody"].encode())
    assert reply.status == 200, reply.content
    return json.loads(resolved(modules, after("Ask the FAQ"), reply.json)["responseBody"])


def test_the_nodes_are_n8ns_and_each_leads_to_the_next() -> None:
    assert [node["type"].removeprefix("n8n-nodes-base.") for node in WORKFLOW["nodes"]] == [
        "webhook",
        "httpRequest",
        "respondToWebhook",
    ]
    assert [after("Message"), after("Ask the FAQ")] == list(NODES)[1:]
    assert NODES["Message"]["parameters"]["responseMode"] == "responseNode"


def test_a_question_a_follow_up_and_a_choice(modules: Path, faq_server: ServedProcess) -> None:
    answer = posted(modules, faq_server, DOCKER_QUESTION)
    assert "/dev/shm" in answer["text"]
    assert posted(modules, faq_server, "为什么？") == answer
    listed = posted(modules, faq_server, "模型太大")["text"].splitlines()
    assert listed[0] == "你想问的是下面哪一个？请回复编号："
    assert listed[2].startswith("2. 各类别的训练图片数量相差悬殊")
    assert posted(modules, faq_server, "2")["text"].startswith("常用的办法分两路")


def test_whoever_wants_a_person_hears_how_and_the_workflow_is_told(modules: Path, faq_server: ServedProcess) -> None:
    reply = posted(modules, faq_server, "talk to a human")
    assert reply["handover"] is True
    assert HANDOVER in reply["text"]
