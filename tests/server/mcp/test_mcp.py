"""Agents ask over the Model Context Protocol: with the official client in both eras, and with messages by hand."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mcp_support import (
    HANDSHAKE,
    MODERN,
    hello,
    message,
    modern,
    post,
    post_modern,
    stdio_target,
    talk,
    with_client,
)
from server_support import DOCKER_QUESTION, ROOT, WEATHER_QUESTION, ServedProcess, copied_knowledge, make_record, served

from faqkb.kb.building.build import build_snapshot
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.model.encoder import Encoder
from faqkb.server.mcp.dispatch import answer
from faqkb.server.mcp.service import McpService

pytest.importorskip("mcp", reason="pip install 'faqkb[dev]'")

SHM = "faq_2021_s1/Q1.3"
ALLOWED = "https://agents.example.org"


@pytest.fixture(scope="module")
def server(kb_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedProcess]:
    own = tmp_path_factory.mktemp("mcp") / "kb"  # a vote is written
    copied_knowledge(kb_folder, own)
    with served(own, "--allow-origin", ALLOWED) as running:
        yield running


@pytest.fixture(params=["stdio", "http"])
def target(request: pytest.FixtureRequest, server: ServedProcess, kb_folder: Path) -> Any:
    return stdio_target(kb_folder) if request.param == "stdio" else f"{server.url}/mcp"


@pytest.fixture(params=["legacy", "auto", MODERN])
def mode(request: pytest.FixtureRequest) -> str:
    return request.param


# The official client


def test_the_official_client_asks_and_gets_the_stored_answer(target, mode):
    async def use(client):
        return client.protocol_version, await client.call_tool("ask", {"question": DOCKER_QUESTION})

    version, result = with_client(target, mode, use)
    assert version == (HANDSHAKE if mode == "legacy" else MODERN)
    document = result.structured_content
    assert not result.is_error
    assert (document["status"], document["answers"][0]["id"]) == ("answered", SHM)
    assert json.loads(result.content[0].text) == document


def test_a_follow_up_is_understood_by_the_earlier_questions(target, mode):
    async def use(client):
        arguments = {"question": "为什么？", "earlier_questions": [DOCKER_QUESTION]}
        return await client.call_tool("ask", arguments)

    document = with_client(target, mode, use).structured_content
    assert (document["status"], document["answers"][0]["id"]) == ("answered", SHM)


def test_feedback_is_given_with_the_token_where_there_is_an_address_for_it(target, mode, server):
    async def use(client):
        return await client.call_tool("ask", {"question": DOCKER_QUESTION})

    token = with_client(target, mode, use).structured_content["answer_token"]
    if isinstance(target, str):
        vote = json.dumps({"answer_token": token, "helpful": True}).encode()
        assert server.send("POST", "/api/v1/feedback", body=vote).status == 204
    else:
        assert token is None, "over standard input and output nobody takes votes"


def test_the_official_client_goes_from_search_to_fetch_to_a_check(target, mode):
    async def use(client):
        found = (await client.call_tool("search", {"query": "shm", "limit": 2})).structured_content["results"]
        record = (await client.call_tool("fetch", {"id": found[0]["id"]})).structured_content
        check_id = record["metadata"]["checks"][0]["id"]
        return found, record, (await client.call_tool("get_check", {"id": check_id})).structured_content

    found, record, check = with_client(target, mode, use)
    assert len(found) == 2
    assert (record["id"], record["title"]) == (found[0]["id"], found[0]["title"])
    assert hashlib.sha256(check["script"].encode()).hexdigest() == check["sha256"]
    assert record["id"] in check["answers"]


def test_the_official_client_lists_and_reads_every_resource(target, mode, knowledge: KnowledgeBase):
    async def use(client):
        listed = (await client.list_resources()).resources
        return listed, [(await client.read_resource(each.uri)).contents[0] for each in listed]

    listed, read = with_client(target, mode, use)
    assert len(listed) == knowledge.record_count + len(knowledge.checks())
    texts = {content.uri: content for content in read}
    assert "--shm-size=8g" in texts[f"faq://records/{SHM}"].text
    check = texts["faq://checks/shm"]
    assert (check.mime_type, check.text.encode()) == ("text/x-python", knowledge.check("shm").script)


def test_the_official_client_finds_tools_templates_and_instructions(target, mode):
    async def use(client):
        tools, templates = await client.list_tools(), await client.list_resource_templates()
        return tools.tools, templates.resource_templates, client.instructions

    tools, templates, instructions = with_client(target, mode, use)
    assert [tool.name for tool in tools] == ["ask", "search", "fetch", "get_check"]
    assert all(tool.input_schema["type"] == tool.output_schema["type"] == "object" for tool in tools)
    assert all(tool.annotations.read_only_hint for tool in tools)
    assert [each.uri_template for each in templates] == ["faq://records/{+id}", "faq://checks/{id}"]
    # A client that is told the revision beforehand asks for no introduction.
    assert mode == MODERN or "written by its maintainer" in instructions


def test_a_question_that_nothing_answers_is_no_error(target, mode):
    async def use(client):
        return await client.call_tool("ask", {"question": WEATHER_QUESTION})

    result = with_client(target, mode, use)
    assert (result.is_error, result.structured_content["status"]) == (False, "no_answer")


@pytest.mark.parametrize(
    ("tool", "arguments", "told"),
    [
        ("ask", {}, "question"),
        ("ask", {"question": "shm", "top_k": 0}, "top_k"),
        ("ask", {"question": "shm", "top_k": "three"}, "top_k"),
        ("ask", {"question": "shm", "top_k": True}, "top_k"),
        ("ask", {"question": "shm", "format": "html"}, "format"),
        ("search", {"query": 3}, "query"),
        ("fetch", {"id": "nowhere/Q1"}, "search"),
        ("get_check", {"id": "nothing"}, "shm"),
    ],
)
def test_a_model_hears_what_is_wrong_with_its_arguments(server, tool, arguments, told):
    async def use(client):
        return await client.call_tool(tool, arguments)

    result = with_client(f"{server.url}/mcp", "auto", use)
    assert result.is_error
    assert told in result.content[0].text


def test_an_unknown_tool_and_an_unknown_resource_are_errors(target, mode):
    from mcp import MCPError

    async def use(client):
        codes = []
        for wrong in (client.call_tool("delete_all", {}), client.read_resource("faq://records/nowhere")):
            with pytest.raises(MCPError) as error:
                await wrong
            codes.append(error.value.code)
        return codes

    assert with_client(target, mode, use) == [-32602, -32002 if mode == "legacy" else -32602]


@pytest.mark.parametrize("version", ["2024-11-05", "2025-03-26", "2025-06-18", HANDSHAKE, MODERN])
def test_every_result_is_of_the_type_that_the_specification_gives_it(server, version):
    from mcp.types.methods import validate_server_result

    calls = [
        ("tools/list", {}),
        ("tools/call", {"name": "ask", "arguments": {"question": DOCKER_QUESTION}}),
        ("tools/call", {"name": "ask", "arguments": {"question": WEATHER_QUESTION}}),
        ("resources/list", {}),
        ("resources/templates/list", {}),
        ("resources/read", {"uri": f"faq://records/{SHM}"}),
        ("server/discover", {}) if version == MODERN else ("ping", {}),
    ]
    for method, params in calls:
        if version == MODERN:
            reply = post_modern(server, modern(method, **params))
        else:
            reply = post(server, message(method, **params), MCP_Protocol_Version=version)
        validate_server_result(method, version, reply.json["result"])


@pytest.mark.parametrize("question", [DOCKER_QUESTION, WEATHER_QUESTION, "docker", "训练", "", "\u0000", "x" * 30_000])
def test_every_answer_holds_to_the_schema_that_is_announced(server, question):
    import jsonschema

    schemas = {
        tool["name"]: tool["outputSchema"] for tool in post(server, message("tools/list")).json["result"]["tools"]
    }
    for tool, name in (("ask", "question"), ("search", "query")):
        call = message("tools/call", name=tool, arguments={name: question})
        given = post(server, call).json["result"]["structuredContent"]
        jsonschema.Draft202012Validator(schemas[tool]).validate(given)


# Messages by hand, over HTTP


@pytest.mark.parametrize("version", ["2024-11-05", "2025-03-26", "2025-06-18", HANDSHAKE])
def test_each_revision_of_the_handshake_is_agreed_on(server, version):
    reply = post(server, hello(version))
    assert (reply.status, reply.json["result"]["protocolVersion"]) == (200, version)
    assert "Mcp-Session-Id" not in reply.headers
    assert post(server, message("ping"), MCP_Protocol_Version=version).json["result"] == {}


@pytest.mark.parametrize("version", ["1999-01-01", MODERN])
def test_a_handshake_in_an_unknown_revision_is_offered_the_newest_that_has_one(server, version):
    assert post(server, hello(version)).json["result"]["protocolVersion"] == HANDSHAKE


def test_notifications_and_responses_are_taken_in_silence(server):
    for content in (
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 9, "result": {}},
    ):
        reply = post(server, content, MCP_Protocol_Version=HANDSHAKE)
        assert (reply.status, reply.content) == (202, b"")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"{", -32700),
        (b"\xff\xfe", -32700),
        (b'{"jsonrpc": "2.0", "id": 1, "id": 2, "method": "ping"}', -32700),
        (b'{"jsonrpc": "2.0", "id": "\\ud800", "method": "ping"}', -32700),
        (b'{"jsonrpc": "2.0", "id": NaN, "method": "ping"}', -32700),
        (b"[" * 60_000, -32700),
        (b"3", -32600),
        ({"id": 1, "method": "ping"}, -32600),
        ({"jsonrpc": "2.0", "id": 1}, -32600),
        ({"jsonrpc": "2.0", "id": None, "method": "ping"}, -32600),
        ({"jsonrpc": "2.0", "id": True, "method": "ping"}, -32600),
        ({"jsonrpc": "2.0", "id": 1, "method": "ping", "params": [1]}, -32600),
    ],
)
def test_what_is_no_message_is_refused(server, content, code):
    reply = post(server, content)
    assert (reply.status, reply.json["error"]["code"]) == (400, code)


def test_an_unknown_method_is_an_error_of_each_era(server):
    reply = post(server, message("tools/delete", "a"), MCP_Protocol_Version=HANDSHAKE)
    assert (reply.status, reply.json["id"], reply.json["error"]["code"]) == (200, "a", -32601)
    for gone in ("tools/delete", "ping", "initialize", "logging/setLevel"):
        reply = post_modern(server, modern(gone))
        assert (reply.status, reply.json["error"]["code"]) == (404, -32601)


def test_arguments_are_refused_as_the_revision_says(server):
    wrong = message("tools/call", name="ask", arguments={"question": 3})
    assert post(server, wrong, MCP_Protocol_Version="2025-06-18").json["error"]["code"] == -32602
    assert post(server, wrong, MCP_Protocol_Version=HANDSHAKE).json["result"]["isError"]
    no_object = message("tools/call", name="ask", arguments="shm")
    assert post(server, no_object, MCP_Protocol_Version=HANDSHAKE).json["error"]["code"] == -32602


def test_a_modern_reply_says_how_long_it_keeps_and_who_gave_it(server):
    result = post_modern(server, modern("server/discover")).json["result"]
    assert (result["supportedVersions"], result["resultType"], result["cacheScope"]) == (
        [MODERN],
        "complete",
        "private",
    )
    assert result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "faqkb"
    assert post_modern(server, modern("resources/list")).json["result"]["ttlMs"] == 0
    assert "ttlMs" not in post_modern(server, modern("tools/call", name="fetch", arguments={"id": SHM})).json["result"]


def test_headers_that_differ_from_the_body_are_refused(server):
    call = modern("tools/call", name="fetch", arguments={"id": SHM})
    for wrong in ({"Mcp_Method": "tools/list"}, {"Mcp_Name": "ask"}, {"Mcp_Name": "=?base64?!?="}):
        reply = post_modern(server, call, **wrong)
        assert (reply.status, reply.json["error"]["code"], reply.json["id"]) == (400, -32020, 1)
    assert post(server, call).json["error"]["code"] == -32020  # none of the headers
    assert post(server, call, MCP_Protocol_Version=HANDSHAKE).json["error"]["code"] == -32020
    assert post_modern(server, call, Mcp_Name="=?base64?ZmV0Y2g=?=").status == 200


def test_an_incomplete_envelope_and_an_unknown_revision_are_named(server):
    bare = post_modern(server, message("tools/list"))
    assert (bare.status, bare.json["error"]["code"]) == (400, -32602)
    for reply in (
        post(server, message("tools/list"), MCP_Protocol_Version="2031-01-01"),
        post(server, modern("tools/list", version="2031-01-01"), MCP_Protocol_Version="2031-01-01"),
    ):
        assert (reply.status, reply.json["error"]["code"]) == (400, -32022)
        assert reply.json["error"]["data"]["requested"] == "2031-01-01"
        assert {MODERN, HANDSHAKE} <= set(reply.json["error"]["data"]["supported"])


def test_batches_are_answered_where_the_revision_has_them(server):
    silent = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    batch = [message("ping", 1), silent, message("nothing", 2), 3, hello()]
    replies = post(server, batch, MCP_Protocol_Version="2025-03-26").json
    assert [(each["id"], each.get("error", {}).get("code")) for each in replies] == [
        (1, None),
        (2, -32601),
        (None, -32600),
        (1, -32600),
    ]
    assert post(server, [silent], MCP_Protocol_Version="2025-03-26").status == 202
    for version, content in (("2025-06-18", batch), (HANDSHAKE, batch), (MODERN, batch), ("2025-03-26", [])):
        reply = post(server, content, MCP_Protocol_Version=version)
        assert (reply.status, reply.json["error"]["code"]) == (400, -32600), version


@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://evil.example:8000", ALLOWED + ".evil"])
def test_pages_of_other_sites_are_refused(server, method, origin):
    body = json.dumps(message("ping")).encode() if method == "POST" else None
    reply = server.send(method, "/mcp", body=body, headers={"Origin": origin})
    assert (reply.status, reply.headers["Content-Type"]) == (403, "application/problem+json")


def test_a_page_that_rebound_its_name_to_this_machine_is_refused(server):
    host = f"evil.example:{server.port}"
    reply = post(server, message("ping"), Host=host, Origin=f"http://{host}")
    assert reply.status in {403, 421}


def test_allowed_pages_and_pages_of_this_machine_may_ask(server):
    for origin in (ALLOWED, server.url):
        assert post(server, message("ping"), Origin=origin).status == 200
    asked = {"Origin": ALLOWED, "Access-Control-Request-Method": "POST"}
    allowed = server.send("OPTIONS", "/mcp", headers=asked)
    assert allowed.headers["Access-Control-Allow-Origin"] == ALLOWED
    assert "MCP-Protocol-Version" in allowed.headers["Access-Control-Allow-Headers"]


def test_there_are_no_sessions_and_no_streams(server):
    for method in ("GET", "DELETE"):
        reply = server.send(method, "/mcp", headers={"Accept": "text/event-stream"})
        assert (reply.status, reply.headers["Allow"]) == (405, "POST")
    # One left over from another server behind the same address does no harm.
    reply = post(server, message("ping"), Mcp_Session_Id="left over", MCP_Protocol_Version=HANDSHAKE)
    assert (reply.status, reply.headers["Mcp-Session-Id"]) == (200, None)


def test_a_body_that_is_too_large_or_not_json_is_refused(server):
    large = message("tools/call", name="ask", arguments={"question": "x" * 70_000})
    assert post(server, large).status == 413
    assert post(server, message("ping"), Content_Type="text/plain").status == 415
    assert post(server, message("ping"), Accept="text/html").status == 406


def test_over_http_records_and_checks_have_addresses_that_lead_to_them(server):
    call = message("tools/call", name="fetch", arguments={"id": SHM})
    record = post(server, call).json["result"]["structuredContent"]
    assert record["url"].startswith(f"{server.url}/q/")
    for url in (record["url"], record["metadata"]["checks"][0]["url"]):
        assert server.get(url.removeprefix(server.url)).status == 200


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.sampled_from(["ask", "tools/call", MODERN]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["id", "_meta", "name", "arguments", "question", "cursor", "uri"]), inner)
    ),
    max_leaves=8,
)


@given(
    method=JSON | st.sampled_from(["initialize", "tools/call", "resources/list", "resources/read", "tools/list"]),
    params=JSON,
    version=st.sampled_from([None, "2025-03-26", HANDSHAKE, MODERN]),
)
@settings(max_examples=300, deadline=None)
def test_whatever_is_sent_gets_one_reply_that_says_what_is_wrong(knowledge, method, params, version):
    service = McpService(lambda: nullcontext(knowledge), str, str)
    reply = answer({"jsonrpc": "2.0", "id": 5, "method": method, "params": params}, service, version)
    assert reply["id"] == 5
    assert ("result" in reply) != ("error" in reply)
    assert reply.get("error", {}).get("code") not in {-32603}


# Messages by hand, over standard input and output


def test_standard_output_holds_messages_alone_and_the_end_of_input_ends_it(kb_folder):
    replies, done = talk(
        kb_folder, hello(), {"jsonrpc": "2.0", "method": "notifications/initialized"}, message("ping", 2)
    )
    assert [each["id"] for each in replies] == [1, 2]
    assert (done.returncode, done.stderr) == (0, b"")


def test_without_a_handshake_only_the_modern_era_is_answered(kb_folder):
    replies, _ = talk(kb_folder, message("tools/list", 1), message("ping", 2), modern("tools/list", 3))
    assert [each.get("error", {}).get("code") for each in replies] == [-32600, None, None]


def test_one_bad_line_does_not_end_the_conversation(kb_folder):
    from faqkb.server.mcp.stdio import LINE_BYTES

    lines = (b"{", b"", b"x" * (2 * LINE_BYTES + 5), b"[]", message("ping", 7))
    replies, done = talk(kb_folder, *lines)
    assert [(each["id"], each.get("error", {}).get("code")) for each in replies] == [
        (None, -32700),
        (None, -32600),
        (None, -32600),
        (7, None),
    ]
    assert done.returncode == 0


def test_a_pasted_log_longer_than_a_body_of_http_is_asked_over_stdio(kb_folder):
    log = "\n".join(["INFO step"] * 20_000 + ["RuntimeError: DataLoader worker is killed by signal: Bus error."])
    replies, _ = talk(kb_folder, hello(), message("tools/call", 2, name="ask", arguments={"question": log}))
    assert replies[1]["result"]["structuredContent"]["answers"][0]["id"].endswith(SHM)


def test_a_missing_knowledge_base_is_one_line_on_standard_error(tmp_path):
    (tmp_path / "snapshots" / "broken").mkdir(parents=True)
    replies, done = talk(tmp_path, hello())
    assert (replies, done.returncode) == ([], 2)
    assert done.stderr.startswith(b"faq: ")


def test_a_handshake_that_carries_the_envelope_of_the_modern_era_is_still_one(kb_folder):
    opening = hello()
    opening["params"] |= modern("initialize")["params"]
    replies, _ = talk(kb_folder, opening, message("tools/list", 2))
    assert replies[0]["result"]["protocolVersion"] == HANDSHAKE
    assert len(replies[1]["result"]["tools"]) == 4


def test_a_client_that_reads_no_more_ends_it_without_a_word(kb_folder):
    process = subprocess.Popen(
        [sys.executable, "-m", "faqkb", "mcp", "--kb", str(kb_folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdout.close()
    process.stdin.write(json.dumps(hello()).encode() + b"\n")
    process.stdin.flush()
    assert (process.wait(30), process.stderr.read()) == (0, b"")
    process.stdin.close()
    process.stderr.close()


# Many resources


def test_resources_come_page_by_page_whatever_their_ids(encoder: Encoder, tmp_path):
    ids = [f"多 页/问 {number}?#%" for number in range(205)]
    build_snapshot(tmp_path, [make_record(each, f"Question {each}") for each in ids], encoder)

    async def use(client):
        page, pages = await client.list_resources(), []
        pages.append(page.resources)
        while page.next_cursor:
            page = await client.list_resources(cursor=page.next_cursor)
            pages.append(page.resources)
        return pages, (await client.read_resource(pages[2][4].uri)).contents[0].text

    pages, text = with_client(stdio_target(tmp_path), "auto", use)
    assert [len(page) for page in pages] == [100, 100, 5]
    assert sorted(entry.name for page in pages for entry in page) == sorted(ids)
    assert f"Question {pages[2][4].name}" in text


@pytest.mark.parametrize("cursor", ["%%%", "bm93aGVyZQ==", 3, "A" * 5_000])
def test_a_cursor_that_is_none_of_ours_is_refused(server, cursor):
    reply = post(server, message("resources/list", cursor=cursor))
    assert reply.json["error"]["code"] == -32602


def test_neither_transport_loads_the_sdk_and_stdio_no_flask():
    code = (
        "import sys, faqkb.server.mcp.stdio; print('flask' in sys.modules);"
        " import faqkb.server.mcp.http; print('mcp' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
