"""The workflow for n8n: its expressions are worked out as JavaScript, its request goes to the server."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from node_support import CLIENTS, run_node
from platform_support import EXAMPLES, HANDOVER
from server_support import DOCKER_QUESTION, ServedProcess

WORKFLOW: dict[str, Any] = json.loads((EXAMPLES / "n8n_workflow.json").read_text(encoding="utf-8"))
NODES = {node["name"]: node for node in WORKFLOW["nodes"]}


def after(name: str) -> str:
    ((following,),) = WORKFLOW["connections"][name]["main"]
    return following["node"]


def resolved(node: str, item: Any) -> dict[str, Any]:
    return run_node(CLIENTS / "n8n" / "resolve.mjs", given={"parameters": NODES[node]["parameters"], "item": item})


def posted(server: ServedProcess, text: str) -> dict[str, Any]:
    """Return what the workflow responds to a message, walked node by node."""
    body = {"text": text, "chat": "6f1c4fd2-6a0e-4b86-9d58-0c1f5d3f9a11"}
    asking = resolved(after("Message"), {"headers": {}, "params": {}, "query": {}, "body": body})
    reply = server.send(asking["method"], urlsplit(asking["url"]).path, body=asking["jsonBody"].encode())
    assert reply.status == 200, reply.content
    return json.loads(resolved(after("Ask the FAQ"), reply.json)["responseBody"])


def test_the_nodes_are_n8ns_and_each_leads_to_the_next() -> None:
    assert [node["type"].removeprefix("n8n-nodes-base.") for node in WORKFLOW["nodes"]] == [
        "webhook",
        "httpRequest",
        "respondToWebhook",
    ]
    assert [after("Message"), after("Ask the FAQ")] == list(NODES)[1:]
    assert NODES["Message"]["parameters"]["responseMode"] == "responseNode"


def test_a_question_a_follow_up_and_a_choice(faq_server: ServedProcess) -> None:
    answer = posted(faq_server, DOCKER_QUESTION)
    assert "/dev/shm" in answer["text"]
    assert posted(faq_server, "为什么？") == answer
    listed = posted(faq_server, "模型太大")["text"].splitlines()
    assert listed[0] == "你想问的是下面哪一个？请回复编号："
    assert listed[2].startswith("2. 各类别的训练图片数量相差悬殊")
    assert posted(faq_server, "2")["text"].startswith("常用的办法分两路")


def test_whoever_wants_a_person_hears_how_and_the_workflow_is_told(faq_server: ServedProcess) -> None:
    reply = posted(faq_server, "talk to a human")
    assert reply["handover"] is True
    assert HANDOVER in reply["text"]
