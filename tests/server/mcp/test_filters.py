"""Agents ask and search among some of the records, however their clients write a filter."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from filter_support import NOTHING, OVEN, PARTS, QUESTION, REPAIR
from mcp_support import HANDSHAKE, message, post, with_client
from server_support import ServedProcess, served

pytest.importorskip("mcp", reason="pip install 'faqkb[dev]'")


@pytest.fixture(scope="module")
def server(filtered_folder: Path) -> Iterator[ServedProcess]:
    with served(filtered_folder) as running:
        yield running


def called(server: ServedProcess, tool: str, /, **arguments: Any) -> dict[str, Any]:
    reply = post(server, message("tools/call", name=tool, arguments=arguments), MCP_Protocol_Version=HANDSHAKE)
    return reply.json["result"]


def asked(server: ServedProcess, **arguments: Any) -> set[str]:
    result = called(server, "ask", question=QUESTION, min_confidence=0, top_k=20, **arguments)
    assert not result["isError"], result
    return {entry["id"] for entry in result["structuredContent"]["answers"]}


def searched(server: ServedProcess, **arguments: Any) -> set[str]:
    result = called(server, "search", query=QUESTION, limit=20, **arguments)
    assert not result["isError"], result
    return {entry["id"] for entry in result["structuredContent"]["results"]}


@pytest.mark.parametrize(("parts", "expected"), PARTS)
def test_the_tools_keep_to_a_filter(server, parts, expected):
    lists = {part: [value] for part, value in parts.items()}
    for written in (lists, parts, json.dumps(parts), lists | {"sessionId": "n8n"}):
        assert asked(server, filter=written) == expected
    assert searched(server, filter=lists) == expected


@pytest.mark.parametrize("written", [None, "", {}, "{}", {"path": None}, {"path": ""}, {"path": []}])
def test_a_filter_that_says_nothing_is_none(server, written):
    assert asked(server, filter=written) == asked(server)


def test_the_official_client_asks_with_a_filter_and_tags(server):
    async def use(client):
        arguments = {"question": QUESTION, "min_confidence": 0, "tags": ["kitchen"], "filter": {"version": ["2.10"]}}
        return await client.call_tool("ask", arguments)

    document = with_client(f"{server.url}/mcp", "auto", use).structured_content
    assert [entry["id"] for entry in document["answers"]] == [OVEN]


def test_earlier_questions_are_understood_within_the_filter(server):
    found = asked(server, earlier_questions=["the oven"], filter={"section": ["Repair"]})
    assert found == {REPAIR}


@pytest.mark.parametrize("value", NOTHING)
def test_a_filter_that_leaves_nothing_is_no_error(server, value):
    for part in ("language", "path", "section"):
        result = called(server, "ask", question=QUESTION, filter={part: [value]})
        assert not result["isError"]
        assert result["structuredContent"]["no_answer"]["reason"] == "empty_index"
        assert searched(server, filter={part: [value]}) == set()


@pytest.mark.parametrize(
    "filter",
    [
        {"path": ["x" * 10_000]},
        {"version": ["1"] * 17},
        {"version": [2.1]},
        {"path": {"a": 1}},
        "guide/",
        ["guide/"],
        3,
    ],
)
def test_what_is_no_filter_is_told_back(server, filter):
    for tool, question in (("ask", "question"), ("search", "query")):
        result = called(server, tool, **{question: "oven"}, filter=filter)
        assert result["isError"]
        assert any(part in result["content"][0]["text"] for part in ("filter", "paths", "versions"))


def test_a_record_says_its_versions_and_the_schema_its_filter(server):
    assert called(server, "fetch", id=REPAIR)["structuredContent"]["metadata"]["versions"] == ["3", "4"]
    tools = post(server, message("tools/list")).json["result"]["tools"]
    schemas = {tool["name"]: tool["inputSchema"]["properties"] for tool in tools}
    for name in ("ask", "search"):
        parts = schemas[name]["filter"]
        assert parts["type"] == "object"
        assert set(parts["properties"]) == {"language", "path", "section", "version"}
        assert all(part["type"] == "array" and part["description"] for part in parts["properties"].values())
        assert "$ref" not in json.dumps(schemas[name])
