"""What agents and their clients send in practice: n8n, Claude Code, Cursor, older and newer SDKs.

Sources of the messages: n8n-io/n8n#21500 (`tool`, `toolCallId`), anthropics/claude-code#24597 and #86459 (numbers and
lists as text), cursor/cursor#3614 (nothing as an empty text) and #3778 (no unions in the schema of an argument).
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from access_support import new_key
from mcp_support import HANDSHAKE, hello, message, modern, post, post_modern, talk, with_client
from server_support import DOCKER_QUESTION, ROOT, ServedProcess, copied_knowledge, served

from faqkb.faq.checks.environment import python_for
from faqkb.kb.check_header import parse_check
from faqkb.server.answering.leases import EXTENSION
from faqkb.server.app import create_app
from faqkb.server.http.cors import AllowedOrigins

pytest.importorskip("mcp", reason="pip install 'faqkb[dev]'")

SHM = "faq_2021_s1/Q1.3"
OF_N8N = {"sessionId": "a1", "action": "sendMessage", "chatInput": "hi", "tool": "ask", "toolCallId": "call_0BCI"}


@pytest.fixture(scope="module")
def server(kb_folder: Path) -> Iterator[ServedProcess]:
    with served(kb_folder) as running:
        yield running


def called(server: ServedProcess, tool: str, /, **arguments: Any) -> dict[str, Any]:
    reply = post(server, message("tools/call", name=tool, arguments=arguments), MCP_Protocol_Version=HANDSHAKE)
    return reply.json["result"]


def records_of(result: dict[str, Any]) -> list[str]:
    assert not result["isError"], result
    found = result["structuredContent"]
    return [entry["id"] for entry in found.get("answers", found.get("results", []))]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (OF_N8N, {}),
        ({"top_k": None, "min_confidence": None, "tags": None, "earlier_questions": None}, {}),
        ({"top_k": "", "min_confidence": "", "tags": "", "earlier_questions": "", "style": "", "format": ""}, {}),
        ({"top_k": "2"}, {"top_k": 2}),
        ({"top_k": 2.0}, {"top_k": 2}),
        ({"top_k": "2.0"}, {"top_k": 2}),
        ({"min_confidence": "0.5"}, {"min_confidence": 0.5}),
        ({"min_confidence": 1}, {"min_confidence": 1.0}),
        ({"tags": "docker"}, {"tags": ["docker"]}),
        ({"tags": '["docker", "train"]'}, {"tags": ["docker", "train"]}),
        ({"earlier_questions": DOCKER_QUESTION}, {"earlier_questions": [DOCKER_QUESTION]}),
    ],
)
def test_what_can_mean_one_thing_only_is_understood(server, written, meant):
    question = "为什么？" if "earlier_questions" in meant else DOCKER_QUESTION
    expected = records_of(called(server, "ask", question=question, **meant))
    assert records_of(called(server, "ask", question=question, **written)) == expected != []


def test_the_other_tools_understand_the_same(server):
    assert records_of(called(server, "search", query="shm", limit="1", **OF_N8N))
    assert not called(server, "fetch", id=SHM, **OF_N8N)["isError"]
    for said in ("false", "False", False):
        assert called(server, "get_check", id="shm", with_script=said)["structuredContent"]["script"] is None


@pytest.mark.parametrize(
    "arguments",
    [
        {"top_k": "three"},
        {"top_k": True},
        {"top_k": 2.5},
        {"top_k": "1_0"},
        {"top_k": "９"},
        {"min_confidence": "nan"},
        {"min_confidence": "inf"},
        {"tags": [1]},
        {"tags": '["a", 1]'},
        {"tags": "x" * 65},
        {"earlier_questions": {"a": "b"}},
        {"style": "long"},
        {"format": "html"},
    ],
)
def test_what_may_mean_two_things_is_told_back(server, arguments):
    result = called(server, "ask", question="shm", **arguments)
    assert result["isError"]
    assert next(iter(arguments)) in result["content"][0]["text"]


def test_the_schemas_of_arguments_are_plain(server):
    tools = post(server, message("tools/list")).json["result"]["tools"]
    for tool in tools:
        assert "anyOf" not in json.dumps(tool)
        schema = tool["inputSchema"]
        assert "additionalProperties" not in schema, "what is not named is read over"
        for name, field in schema["properties"].items():
            assert isinstance(field["type"], str), name
            assert field.get("default", "none") is not None, name
    ask = next(tool for tool in tools if tool["name"] == "ask")["inputSchema"]["properties"]
    assert (ask["min_confidence"]["minimum"], ask["min_confidence"]["maximum"]) == (0, 1)


@pytest.mark.parametrize("method", ["tools/list", "resources/list", "resources/templates/list", "ping"])
def test_no_parameters_are_written_in_three_ways(server, method):
    plain = {"jsonrpc": "2.0", "id": 1, "method": method}
    expected = post(server, plain).json["result"]
    assert post(server, plain | {"params": None}).json["result"] == expected
    assert post(server, message(method, cursor="")).json["result"] == expected
    assert post(server, message(method, cursor=None)).json["result"] == expected


def test_the_newer_era_takes_an_empty_cursor_too(server):
    assert post_modern(server, modern("tools/list", cursor="")).json["result"]["tools"]


def test_standard_input_takes_the_same(kb_folder):
    arguments = {"question": DOCKER_QUESTION, "top_k": "1", **OF_N8N}
    replies, _ = talk(
        kb_folder,
        hello(),
        {"jsonrpc": "2.0", "method": "notifications/initialized", "params": None},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": None},
        message("tools/call", 3, name="ask", arguments=arguments),
        message("tools/call", 4, name="ask", arguments={"question": "hello"}),
    )
    assert [reply["id"] for reply in replies] == [1, 2, 3, 4]
    assert replies[2]["result"]["structuredContent"]["answers"][0]["id"] == SHM
    assert replies[3]["result"]["structuredContent"]["no_answer"]["reason"] == "small_talk"


def test_a_slash_at_the_end_of_the_address_changes_nothing(server):
    async def use(client: Any) -> Any:
        return await client.call_tool("ask", {"question": DOCKER_QUESTION})

    result = with_client(f"{server.url}/mcp/", "auto", use)
    assert result.structured_content["answers"][0]["id"] == SHM
    assert server.get("/mcp/").status == server.get("/mcp").status == 405


def test_fastmcp_asks(server):
    script = ROOT / "tests" / "clients" / "fastmcp_client.py"
    python = python_for(parse_check(script.read_bytes(), script.stem))
    done = subprocess.run([python, script, server.url, DOCKER_QUESTION], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    expected = {"tools": ["ask", "search", "fetch", "get_check"], "ids": [SHM]}
    assert json.loads(done.stdout) == {"/mcp": expected, "/mcp/": expected}


def test_a_page_may_ask_at_either_address(kb_folder):
    origin = "https://agents.example.org"
    app = create_app(kb_folder, AllowedOrigins.parse([origin]))
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    replies = [app.test_client().options(path, headers=asked) for path in ("/mcp", "/mcp/")]
    app.extensions[EXTENSION].close()
    allowed = [reply.headers["Access-Control-Allow-Headers"] for reply in replies]
    assert "Mcp-Session-Id" in allowed[0]
    assert allowed[0] == allowed[1]


@pytest.mark.parametrize(
    ("said", "earlier", "word"),
    [
        ("hello", {}, "Hello"),
        ("谢谢", {}, "不客气"),
        ("thanks!", {}, "You are welcome"),
        ("谢谢", {"earlier_questions": [DOCKER_QUESTION]}, "不客气"),
        ("thanks!", {"earlier_questions": [DOCKER_QUESTION]}, "不客气"),
    ],
)
def test_small_talk_gets_a_word_in_the_language_of_the_conversation(server, said, earlier, word):
    result = called(server, "ask", question=said, **earlier)["structuredContent"]
    assert (result["status"], result["answers"]) == ("no_answer", [])
    assert result["no_answer"]["reason"] == "small_talk"
    assert word in result["no_answer"]["message"]


@pytest.mark.parametrize(
    "path",
    [
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/mcp",
        "/.well-known/oauth-authorization-server",
        "/.well-known/oauth-authorization-server/mcp",
        "/.well-known/openid-configuration",
        "/.well-known/openid-configuration/mcp",
        "/mcp/.well-known/openid-configuration",
    ],
)
def test_that_keys_are_given_out_by_a_person_is_said_without_a_key(keyed, path):
    reply = keyed.get(path)
    assert reply.status == 404
    assert "WWW-Authenticate" not in reply.headers


def test_a_client_without_a_key_hears_401_of_the_endpoint_itself(keyed):
    body = json.dumps(hello()).encode()
    headers = {"Accept": "application/json, text/event-stream"}
    with_slash, without = (keyed.send("POST", path, body=body, headers=headers) for path in ("/mcp/", "/mcp"))
    assert (with_slash.status, without.status) == (401, 401)


@pytest.fixture(scope="module")
def keyed(kb_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedProcess]:
    folder = copied_knowledge(kb_folder, tmp_path_factory.mktemp("keyed") / "kb")
    new_key(folder)
    with served(folder) as running:
        yield running
