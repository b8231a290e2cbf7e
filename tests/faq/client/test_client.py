"""The Python client, with and without asyncio, against the real server and against servers that misbehave."""

from __future__ import annotations

import asyncio
import gzip
import json
import math
import random
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from client_support import ANSWER, CLOSES, says, scripted
from hypothesis import given
from hypothesis import strategies as st
from server_support import (
    DOCKER_QUESTION,
    NEAR_QUESTION,
    ROOT,
    WEATHER_QUESTION,
    ServedProcess,
    copied_knowledge,
    run_async,
    served,
)

from faqkb.faq.asking.pasted import fitted
from faqkb.faq.client import (
    Answer,
    AsyncClient,
    Client,
    FieldProblem,
    KeyRefused,
    NotFound,
    Refused,
    ReplyUnreadable,
    Retries,
    ServerBusy,
    ServerMoved,
    ServerUnreachable,
    Timeouts,
    WrongScript,
)
from faqkb.faq.client.retries import seconds_of
from faqkb.kb.errors import ConfigError, KbError
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.retrieval.query import parse_query

QUICK = Retries(first_seconds=0.02)
ONCE = Retries(count=0)


@pytest.fixture(scope="module")
def server(kb_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedProcess]:
    own = tmp_path_factory.mktemp("client") / "kb"  # votes are written
    copied_knowledge(kb_folder, own)
    with served(own) as running:
        yield running


@pytest.fixture(scope="module")
def client(server: ServedProcess) -> Iterator[Client]:
    with Client(server.url) as opened:
        yield opened


def ask_sync(url: str, retries: Retries = QUICK, **options: Any) -> Answer:
    with Client(url, retries=retries, **options) as client:
        return client.ask("q")


def ask_async(url: str, retries: Retries = QUICK, **options: Any) -> Answer:
    async def ask() -> Answer:
        async with AsyncClient(url, retries=retries, **options) as client:
            return await client.ask("q")

    return run_async(ask())


@pytest.fixture(params=[ask_sync, ask_async], ids=["sync", "async"])
def ask(request: pytest.FixtureRequest) -> Callable[..., Answer]:
    return request.param


def test_an_answer_is_what_the_knowledge_base_says(client, knowledge: KnowledgeBase):
    answer = client.ask(DOCKER_QUESTION, top_k=2, explain=True)
    expected = knowledge.ask(DOCKER_QUESTION, top_k=2).to_json(explain=True)
    sent = dict(answer.document)
    of_conversation = {"took_ms", "language"}
    assert {name: sent[name] for name in expected if name not in of_conversation} == {
        name: value for name, value in expected.items() if name not in of_conversation
    }
    best = answer.answers[0]
    assert (answer.status, answer.answered, best.id) == ("answered", True, "faq_2021_s1/Q1.3")
    assert best.checks[0].id == "shm"
    assert best.explain is not None
    assert best.explain.scores == expected["answers"][0]["explain"]["scores"]


def test_no_answer_and_a_tag(client):
    answer = client.ask(NEAR_QUESTION)
    assert (answer.status, answer.answers) == ("no_answer", ())
    assert answer.no_answer is not None
    assert answer.no_answer.suggestions
    assert {hit.id for hit in client.ask(DOCKER_QUESTION, tags=["export"], min_confidence=0).answers} <= {
        record.id for record in client.records() if "export" in record.tags
    }


def test_a_conversation_goes_on_by_session_and_by_messages(client):
    client.ask(DOCKER_QUESTION, session_id="client-test")
    by_session = client.ask("为什么？", session_id="client-test")
    by_messages = client.ask("为什么？", messages=[{"role": "user", "content": DOCKER_QUESTION}])
    assert by_session.answers[0].id == by_messages.answers[0].id == "faq_2021_s1/Q1.3"
    assert by_session.understood_as == f"{DOCKER_QUESTION} 为什么?"
    assert by_session.follow_ups[0].kind == "check"


def test_many_questions_are_asked_a_hundred_at_a_time(client):
    questions = [DOCKER_QUESTION, WEATHER_QUESTION] * 51
    answers = client.ask_batch(questions, top_k=1)
    assert [answer.status for answer in answers] == ["answered", "no_answer"] * 51
    assert answers[0].answers == client.ask(DOCKER_QUESTION, top_k=1).answers
    assert client.ask_batch([]) == ()
    with pytest.raises(Refused, match="top_k"):
        client.ask_batch(["x"], top_k=0)


def test_records_are_walked_page_by_page(client, knowledge):
    expected = [record.id for record in knowledge.all_records()]
    assert [record.id for record in client.records(page=3)] == expected
    assert [record.id for record in client.records()] == expected
    record = client.record("faq_2021_s1/Q1.3")
    stored = knowledge.record("faq_2021_s1/Q1.3")
    assert (record.answer, record.tags, record.source.line) == (stored.answer, stored.tags, stored.source.line)


def test_search_checks_scripts_and_readiness(client, knowledge):
    assert client.search("docker", limit=2)[0].id == knowledge.search("docker", limit=2)[0].record.id
    checks = {check.id: check for check in client.checks()}
    stored = knowledge.check("shm")
    assert stored is not None
    assert (checks["shm"].sha256, checks["shm"].reads) == (stored.sha256, stored.reads)
    assert client.script(checks["shm"]) == stored.script
    with pytest.raises(WrongScript, match="expected 0000"):
        client.script(replace(checks["shm"], sha256="0" * 64))
    assert client.ready().records == knowledge.record_count


def test_a_vote_is_taken_by_token_and_by_record(client):
    answer = client.ask(DOCKER_QUESTION)
    client.feedback(helpful=True, answer_token=answer.answer_token)
    client.feedback(helpful=False, question="q", record_id=answer.answers[0].id, tags=["outdated"], note="old")
    with pytest.raises(Refused, match="answer_token"):
        client.feedback(helpful=True, answer_token="made up")


def test_the_async_client_does_the_same(server, client):
    async def everything() -> list[Any]:
        async with AsyncClient(server.url) as opened:
            answers = await asyncio.gather(*(opened.ask(DOCKER_QUESTION) for _ in range(5)))
            await opened.feedback(helpful=True, answer_token=answers[0].answer_token)
            check = (await opened.checks())[0]
            assert (await opened.ask_batch([DOCKER_QUESTION]))[0].answers == answers[0].answers
            return [
                {each.answers[0].id for each in answers},
                await opened.search("docker"),
                [record async for record in opened.records(page=4)],
                await opened.record("faq_2021_s1/Q1.3"),
                await opened.script(check) == client.script(check),
                await opened.ready(),
            ]

    assert run_async(everything()) == [
        {"faq_2021_s1/Q1.3"},
        client.search("docker"),
        list(client.records()),
        client.record("faq_2021_s1/Q1.3"),
        True,
        client.ready(),
    ]


def test_what_is_refused_is_told_with_its_fields(client):
    with pytest.raises(Refused) as refused:
        client.ask("x", top_k=0)
    assert refused.value.status == 422
    assert refused.value.errors[0] == FieldProblem("top_k", "Input should be greater than or equal to 1.")
    assert "top_k" in str(refused.value)
    with pytest.raises(NotFound):
        client.record("no/such/record")
    assert isinstance(refused.value, KbError)


def test_text_that_is_no_unicode_is_sent_all_the_same(client):
    assert client.ask("docker \udcff shm", messages=[{"role": "user", "content": "\ud800"}]).question
    assert client.search("docker \udcff") is not None


def test_fields_of_a_later_server_are_read_over_and_kept(ask):
    later = ANSWER | {"status": "unsure", "mood": {"a": 1}, "document": 3}
    with scripted([says(200, later)]) as server:
        answer = ask(server.url)
    assert (answer.status, answer.document["mood"]) == ("unsure", {"a": 1})


def test_a_client_says_who_it_is_and_sends_its_key(ask):
    with scripted([says(200, ANSWER)]) as server:
        ask(server.url, api_key="faq_secret")
    assert server.header("Authorization") == "Bearer faq_secret"
    assert (server.header("User-Agent") or "").startswith("faqkb/")
    assert server.requests[0].startswith(b"POST /api/v1/ask HTTP/1.1\r\n")


def test_a_server_below_a_path_and_one_with_ipv6(ask):
    with scripted([says(200, ANSWER)]) as server:
        ask(f"{server.url}/faq/")
    assert server.requests[0].startswith(b"POST /faq/api/v1/ask HTTP/1.1\r\n")
    with scripted([says(200, ANSWER)], host="::1") as server:
        assert ask(server.url).status == "no_answer"


@pytest.mark.parametrize("first", [says(503), says(429), says(502, b"<html>"), says(504), CLOSES, says(200)[:20]])
def test_what_passes_is_tried_again(ask, first):
    with scripted([first, first, says(200, ANSWER)]) as server:
        assert ask(server.url).status == "no_answer"
    assert len(server.requests) == 3


def test_a_reply_that_breaks_off_is_asked_for_again(ask):
    whole = says(200, ANSWER)
    with scripted([whole[:-30], whole]) as server:
        assert ask(server.url).snapshot == "s"
    assert len(server.requests) == 2


def test_a_pause_that_the_server_asks_for_is_kept(ask):
    with scripted([says(503, Retry_After="1"), says(200, ANSWER)]) as server:
        ask(server.url)
    assert 1.0 <= server.at[1] - server.at[0] < 2.5


def test_a_pause_longer_than_a_client_waits_is_told_at_once(ask):
    problem = {"title": "Too Many Requests", "status": 429, "detail": "The quota of this key is used up."}
    with scripted([says(429, problem, Retry_After="3600")]) as server, pytest.raises(ServerBusy) as busy:
        ask(server.url)
    assert (busy.value.status, busy.value.retry_after, len(server.requests)) == (429, 3600, 1)
    assert busy.value.detail == problem["detail"]


def test_it_ends_with_what_the_server_said_last(ask):
    reply = says(503, {"title": "Service Unavailable", "detail": "Too busy."})
    with scripted([reply]) as server, pytest.raises(ServerBusy, match=r"got 503 .*: Too busy\.") as busy:
        ask(server.url)
    assert (len(server.requests), busy.value.status) == (4, 503)


@pytest.mark.parametrize(
    ("status", "error"), [(400, Refused), (401, KeyRefused), (403, KeyRefused), (404, NotFound), (422, Refused)]
)
def test_what_is_the_clients_mistake_is_never_tried_again(ask, status, error):
    with scripted([says(status)]) as server, pytest.raises(error) as refused:
        ask(server.url)
    assert (refused.value.status, len(server.requests)) == (status, 1)


def test_pauses_grow_and_differ():
    retries = Retries()
    random.seed(1)
    pauses = [[retries.delay(tried, None) for tried in (1, 2, 3, 4)] for _ in range(20)]
    for number, longest in enumerate((0.25, 0.5, 1.0, 2.0)):
        assert all(longest / 2 <= each[number] <= longest for each in pauses)
    assert len({each[0] for each in pauses}) > 10
    assert retries.delay(50, None) == retries.longest_seconds
    assert retries.delay(1, 7.0) == 7.0


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("0", 0),
        ("120", 120),
        ("Wed, 21 Oct 2015 07:28:30 GMT", 30),
        ("Wed, 21 Oct 2015 07:00:00 GMT", 0),
        ("soon", None),
        ("-5", None),
        ("٣", None),
        ("", None),
        ("9" * 400, 9_999_999_999),
    ],
)
def test_a_pause_is_a_number_or_a_date(header, seconds):
    assert seconds_of(header, datetime(2015, 10, 21, 7, 28, tzinfo=UTC)) == seconds


def test_a_vote_that_is_tried_again_is_the_same_vote():
    with scripted([says(503), CLOSES, says(204)]) as server, Client(server.url, retries=QUICK) as client:
        client.feedback(helpful=True, answer_token="t")
        client.feedback(helpful=True, answer_token="t")
    keys = [server.header("Idempotency-Key", number) for number in range(4)]
    assert keys[0] == keys[1] == keys[2] != keys[3]
    assert None not in keys
    assert json.loads(server.requests[0].partition(b"\r\n\r\n")[2]) == {"answer_token": "t", "helpful": True}


def test_nobody_there_is_told_in_one_line(ask):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(ServerUnreachable, match=rf"127.0.0.1:{port}: no connection .*; look .*\(tried 4 times\)"):
        ask(f"http://127.0.0.1:{port}")
    with pytest.raises(ServerUnreachable, match="no connection"):
        ask("http://does-not-exist.invalid", ONCE)


def test_a_server_that_says_nothing_is_not_waited_for_for_ever(ask):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(ServerUnreachable, match="no reply in time"):
            ask(url, ONCE, timeouts=Timeouts(reply=0.2))


def test_a_reply_that_comes_drop_by_drop_is_given_up(ask):
    dripping = scripted([says(200, b" " * 200)], byte_seconds=0.05)
    with dripping as server, pytest.raises(ServerUnreachable, match="no reply in time"):
        ask(server.url, ONCE, timeouts=Timeouts(whole=0.3))


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 200 X\r\nX-Slow: " + b"a" * 200 + b"\r\n\r\n",
        b"HTTP/1.1 100 Go on\r\n\r\n" * 20,
        b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n1;" + b"a" * 200 + b"\r\n \r\n0\r\n\r\n",
    ],
    ids=["header", "nothing yet", "of a chunk"],
)
def test_a_header_that_comes_drop_by_drop_is_given_up(ask, reply):
    dripping = scripted([reply], byte_seconds=0.05, drips_from=15)
    started = time.monotonic()
    with dripping as server, pytest.raises(ServerUnreachable, match="no reply in time"):
        ask(server.url, ONCE, timeouts=Timeouts(whole=0.5))
    assert time.monotonic() - started < 5


def test_a_server_that_closes_every_time_is_told(ask):
    with scripted([CLOSES]) as server, pytest.raises(ServerUnreachable, match="broke off"):
        ask(server.url)
    assert len(server.requests) == 4


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (says(200, b"<!doctype html><p>Welcome", Content_Type="text/html"), "not JSON .*text/html"),
        (says(200, json.dumps(ANSWER).encode()[:60]), "not JSON"),
        (says(200, b""), "not JSON"),
        (says(200, b"[]"), "no object"),
        (says(200, {"hello": "world"}), "question"),
        (says(200, ANSWER | {"answers": [{"id": 1}]}), r"answers\.0"),
        (says(200, b"[" * 100_000), "not JSON"),
        (says(200, b"no gzip, whatever it says", Content_Encoding="gzip"), "unpacked"),
        (says(200, b"\xff\xfe"), "not JSON"),
        (says(200, json.dumps(ANSWER | {"confidence": math.nan}).encode()), "not JSON"),
        (says(200, json.dumps(ANSWER).encode().replace(b'"confidence": ', b'"confidence": 9e999')), "not JSON"),
        (says(200, gzip.compress(gzip.compress(b" " * 200_000_000)), Content_Encoding="gzip, gzip"), "unpacked"),
    ],
)
def test_what_is_no_answer_document_is_told(ask, reply, said):
    with scripted([reply]) as server, pytest.raises((ReplyUnreadable, ServerUnreachable), match=said) as error:
        ask(server.url)
    assert len(server.requests) == 1
    assert ";" in str(error.value), "a way out"


def test_a_reply_without_end_is_not_read_to_it(ask):
    endless = says(200, b"[" + b"1," * 9_000_000)
    with scripted([endless]) as server, pytest.raises(ReplyUnreadable, match="too large"):
        ask(server.url)


def test_a_page_of_a_proxy_is_told_by_its_status(ask):
    with scripted([says(403, b"<h1>Forbidden\x1b[31m</h1>")]) as server, pytest.raises(KeyRefused) as refused:
        ask(server.url)
    assert (refused.value.title, refused.value.detail) == ("Forbidden", "")
    assert "FAQ_API_KEY" in str(refused.value)


def test_a_servers_words_do_not_steer_the_terminal(ask):
    reply = says(400, {"title": "Bad", "detail": "\x1b[2J\x9b evil"})
    with scripted([reply]) as server, pytest.raises(Refused) as refused:
        ask(server.url)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_named_and_not_followed(ask, status):
    with scripted([says(200, ANSWER)]) as elsewhere:
        to = f"{elsewhere.url}/api/v1/ask?token=1"
        with scripted([says(status, Location=to)]) as server, pytest.raises(ServerMoved, match=elsewhere.url) as moved:
            ask(server.url, api_key="faq_secret")
        assert elsewhere.requests == []
    assert "token" not in str(moved.value)


@pytest.mark.parametrize(
    "url",
    ["", "localhost:80", "ftp://x", "http://", "http://x:y", "http://x?a=1", "http://x#a", "http://[::1", "http://a b"],
)
def test_an_address_that_is_none_is_told_before_anything_is_sent(url):
    for kind in (Client, AsyncClient):
        with pytest.raises(ConfigError, match="the server's address cannot be used"):
            kind(url)


def test_a_key_in_the_address_is_refused_and_not_repeated():
    with pytest.raises(ConfigError, match="FAQ_API_KEY") as error:
        Client("http://user:hush@127.0.0.1:1")
    assert "hush" not in str(error.value)


@pytest.mark.parametrize("key", ["", "a b", "a\r\nX: y", "schlüssel"])
def test_a_key_that_cannot_be_sent_is_refused_and_not_repeated(key):
    with pytest.raises(ConfigError, match="the API key cannot be sent") as error:
        Client("http://127.0.0.1:1", api_key=key)
    assert not key or key not in str(error.value)
    assert "faq_secret" not in repr(Client("http://127.0.0.1:1", api_key="faq_secret")._server)


LINES = st.lists(
    st.one_of(
        st.text(max_size=20),
        st.sampled_from(["Error: no space", "x" * 3_000, "fatal " + "y" * 2_000, "", "  ", "报错 共享内存", "ok\x00"]),
    ),
    max_size=30,
)


@given(LINES, st.integers(12_000, 30_000), st.integers(1, 40))
def test_a_paste_that_is_cut_is_understood_as_the_whole(lines, size, times):
    text = "\n".join(lines * times)
    cut = fitted(text, size)
    assert len(json.dumps(cut, ensure_ascii=False).encode()) <= max(size, 64) or cut == text
    assert parse_query(cut).text == parse_query(text).text
    ends = [[line for line in each.splitlines() if line.strip()][-1:] for each in (text, cut)]
    assert ends[0] == ends[1] == [] or ends[0][0].endswith(ends[1][0][-5:]), "a known error is looked for at the end"


def test_the_client_loads_neither_the_ranking_nor_the_server():
    script = (
        "import sys; import faqkb.faq.client, faqkb.faq.asking.remote\n"
        "print(sorted({'numpy', 'faiss', 'onnxruntime', 'flask'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_examples_of_the_documentation_run(server):
    blocks = [
        block
        for page in ("client.md", "azure.md")
        for block in re.findall(r"```python\n(.*?)```", (ROOT / "docs" / page).read_text(encoding="utf-8"), re.DOTALL)
    ]
    assert len(blocks) >= 5
    for block in blocks:
        script = block.replace("http://127.0.0.1:8000", server.url)
        done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), block
        assert done.stdout, block


def test_the_commands_of_the_documentation_run(server):
    page = (ROOT / "docs" / "client.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    for command in block.splitlines():
        line = command.replace("http://127.0.0.1:8000", server.url)
        script = f'faq() {{ {sys.executable} -m faqkb "$@"; }}; {line}'
        done = subprocess.run(["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), command
