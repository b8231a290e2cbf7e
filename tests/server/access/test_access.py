"""Who may what: every address, every way to send a key, and the tricks that do not help."""

from __future__ import annotations

import json
import random
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from access_support import QUESTION, basic, bearer, new_key
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from faqkb.kb.keys.ring import KeyStore
from faqkb.kb.keys.values import Scope
from faqkb.server.access.decision import EXTENSION, AccessSettings
from faqkb.server.access.key_ring import KeyRing
from faqkb.server.access.rules import is_known, scope_of
from faqkb.server.answering.leases import EXTENSION as KNOWLEDGE
from faqkb.server.app import create_app
from faqkb.server.http.cors import AllowedOrigins
from faqkb.server.limits import PUBLIC_RATE_PER_MINUTE
from faqkb.server.settings import ServerSettings
from faqkb.server.site.build import site_files

ASK = {"question": QUESTION}
DOCS = "https://docs.example.org"
Opener = Callable[..., FlaskClient]


@pytest.fixture
def folder(built: Path) -> Iterator[Path]:
    yield built
    (built / "keys.sqlite").unlink(missing_ok=True)


@pytest.fixture
def open_app(folder: Path) -> Iterator[Opener]:
    """Return a function that opens the application with some settings, and gives a client of it."""
    opened = []

    def open_client(**fields: object) -> FlaskClient:
        settings = ServerSettings(access=AccessSettings(**fields))
        app = create_app(folder, AllowedOrigins.parse([DOCS]), settings=settings)
        opened.append(app)
        return app.test_client()

    yield open_client
    for app in opened:
        app.extensions[KNOWLEDGE].close()


@pytest.fixture
def key(folder: Path) -> str:
    return new_key(folder)


@pytest.fixture
def locked(key: str, open_app: Opener) -> FlaskClient:
    """A client of an application that has a key, which it does not send."""
    return open_app()


@pytest.fixture(scope="module")
def kept(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FlaskClient, str]]:
    """A client of an application with one key, and that key, for tests that change nothing."""
    folder = shutil.copytree(built, tmp_path_factory.mktemp("kept") / "kb")
    text = new_key(folder, "read")
    app = create_app(folder, AllowedOrigins.parse([DOCS]))
    yield app.test_client(), text
    app.extensions[KNOWLEDGE].close()


@pytest.fixture
def door(kept: tuple[FlaskClient, str]) -> FlaskClient:
    return kept[0]


@pytest.fixture
def door_key(kept: tuple[FlaskClient, str]) -> str:
    return kept[1]


def test_every_address_of_the_application_is_in_the_table(door):
    rules = {rule.rule for rule in door.application.url_map.iter_rules()}
    assert {rule for rule in rules if not is_known(rule)} == set()


def test_an_address_the_table_forgot_needs_an_admin_key(locked, folder, key):
    assert scope_of("/secret/report") == "admin"
    locked.application.add_url_rule("/secret/report", "report", lambda: "numbers")
    assert locked.get("/secret/report").status_code == 401
    assert locked.get("/secret/report", headers=bearer(key)).status_code == 403
    assert locked.get("/secret/report", headers=bearer(_seen(locked, new_key(folder, "admin")))).status_code == 200


def _seen(client: FlaskClient, text: str) -> str:
    """Wait until the application knows a key made after it started; returns the key."""
    deadline = time.monotonic() + 20
    ring = client.application.extensions[EXTENSION].ring
    while ring.find(text) is None:
        assert time.monotonic() < deadline, "a new key counts by itself"
        time.sleep(0.05)
        client.get("/v1/models")
    return text


@pytest.mark.parametrize(
    "path", ["/", "/q/faq/Q1", "/api/v1/records", "/v1/models", "/widget.js", "/sitemap.xml", "/no"]
)
def test_with_keys_nothing_is_read_without_one(door, door_key, path):
    refused = door.get(path)
    assert refused.status_code == 401
    assert refused.headers.getlist("WWW-Authenticate")[0].startswith("Bearer ")
    assert refused.headers.getlist("WWW-Authenticate")[1].startswith("Basic ")
    assert door.get(path, headers=bearer(door_key)).status_code == (404 if path == "/no" else 200)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/static/style.css"])
def test_health_and_style_sheets_need_no_key(door, path):
    assert door.get(path, buffered=True).status_code == 200


def test_a_key_comes_in_by_every_door(door, door_key):
    for headers in (
        bearer(door_key),
        {"Authorization": f"bearer  {door_key}"},
        {"X-API-Key": door_key},
        {"Ocp-Apim-Subscription-Key": door_key},
        basic(door_key),
        basic(door_key, user=""),
        bearer(door_key) | {"X-API-Key": door_key},
        {"Authorization": "Bearer sk-of-another", "X-API-Key": door_key},
    ):
        assert door.post("/api/v1/ask", json=ASK, headers=headers).status_code == 200, headers


@pytest.mark.parametrize(
    "change",
    [
        lambda key: bearer(key[:-1]),
        lambda key: bearer(key + "a"),
        lambda key: bearer(key.upper()),
        lambda key: bearer(key.rsplit("_", 1)[0] + "_" + "a" * 43),
        lambda key: bearer(f"{key}, Bearer {key}"),
        lambda key: bearer(f"{key},{key}"),
        lambda key: {"Authorization": key},
        lambda key: {"Authorization": f"Token {key}"},
        lambda key: {"Authorization": "Bearer"},
        lambda key: {"Authorization": "Basic !!!"},
        lambda key: {"Authorization": "Basic /w=="},
        lambda key: bearer("k" * 10_240),
        lambda key: bearer("faq_" + "密" * 50),
        lambda key: {"X-API-Key": "faq_\xff\xfe"},
        lambda key: {"X-API-Key": ""},
        lambda key: {"Cookie": f"key={key}"},
    ],
)
def test_what_is_nearly_a_key_is_none(door, door_key, change):
    headers = {name: value.encode("utf-8").decode("latin-1") for name, value in change(door_key).items()}
    reply = door.post("/api/v1/ask", json=ASK, headers=headers)
    assert (reply.status_code, reply.content_type) == (401, "application/problem+json")
    assert door_key not in reply.text


def test_two_keys_at_once_are_refused(locked, key, folder):
    other = _seen(locked, new_key(folder))
    reply = locked.get("/v1/models", headers=bearer(key) | {"X-API-Key": other})
    assert (reply.status_code, reply.get_json()["error"]["code"]) == (401, "invalid_api_key")


def test_a_key_in_the_address_is_none(door, door_key):
    assert door.get(f"/v1/models?api_key={door_key}&key={door_key}").status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        "//api/v1/records",
        "/API/v1/records",
        "/api/v1/records/",
        "/api//v1/records",
        "/./api/v1/records",
        "/static/../api/v1/records",
        "/static/..%2fapi/v1/records",
        "/healthz/../api/v1/records",
        "/healthz/",
        "/healthz%00",
        "/readyz;/api/v1/records",
        "/static",
        "/q/../metrics",
        "/metrics/",
        "/%6detrics",
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "TRACE"])
def test_no_spelling_of_an_address_gets_around_the_key(door, path, method):
    reply = door.open(path, method=method)
    assert reply.status_code == 401 or (path.startswith("/static/") and QUESTION.encode() not in reply.data)


@given(st.text(alphabet="/.%;aAqmetricsv1-_\\", max_size=30))
def test_whatever_is_open_is_open_by_its_full_name(path):
    if scope_of(f"/{path}") is None:
        assert f"/{path}".startswith("/static/") or path.split("/")[0] in {"healthz", "readyz"}


def test_a_head_request_is_held_to_the_same(door, door_key):
    assert (door.head("/").status_code, door.head("/", headers=bearer(door_key)).status_code) == (401, 200)


def test_a_preflight_needs_no_key_and_allows_to_send_one(door):
    asked = "authorization,content-type,x-stainless-os,x-stainless-retry-count,x-evil"
    headers = {"Origin": DOCS, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": asked}
    reply = door.options("/v1/chat/completions", headers=headers)
    assert reply.status_code == 200
    allowed = {name.strip().lower() for name in reply.headers["Access-Control-Allow-Headers"].split(",")}
    assert allowed >= {"authorization", "x-api-key", "idempotency-key", "content-type"}
    assert allowed >= {"x-stainless-os", "x-stainless-retry-count"}
    assert "x-evil" not in allowed
    assert "Access-Control-Allow-Credentials" not in reply.headers


def test_a_page_of_an_allowed_site_can_read_why_it_was_refused(door):
    reply = door.post("/v1/chat/completions", json={}, headers={"Origin": DOCS})
    assert (reply.status_code, reply.headers["Access-Control-Allow-Origin"]) == (401, DOCS)
    assert "RateLimit" in reply.headers["Access-Control-Expose-Headers"]


def test_an_options_request_that_is_no_preflight_needs_a_key(door):
    assert door.options("/v1/models", headers={"Origin": DOCS}).status_code == 401


def test_a_browser_is_asked_for_the_key_in_its_language(door):
    page = door.get("/", headers={"Accept": "text/html", "Accept-Language": "zh"})
    assert (page.status_code, page.content_type) == (401, "text/html; charset=utf-8")
    assert "密钥" in page.text


def test_a_key_for_reading_gives_no_feedback(locked, folder, key):
    both = _seen(locked, new_key(folder, "read", "feedback"))
    vote = {"question": "q", "record_id": "faq/Q1", "helpful": True}
    refused = locked.post("/api/v1/feedback", json=vote, headers=bearer(key))
    assert (refused.status_code, "scope feedback" in refused.get_json()["detail"]) == (403, True)
    assert locked.post("/api/v1/feedback", json=vote, headers=bearer(both)).status_code == 204
    only = _seen(locked, new_key(folder, "feedback"))
    assert locked.post("/api/v1/ask", json=ASK, headers=bearer(only)).status_code == 403


def test_the_figures_need_an_admin_key(locked, folder, key):
    locked.application.add_url_rule("/metrics", "metrics_of_test", lambda: "faq 1")
    admin = _seen(locked, new_key(folder, "admin"))
    statuses = [locked.get("/metrics", headers=bearer(text)).status_code for text in (key, admin)]
    assert (locked.get("/metrics").status_code, statuses) == (401, [403, 200])


def test_keys_come_and_go_within_a_second(folder, open_app):
    client = open_app()
    assert client.get("/v1/models").status_code == 200, "no key was ever made: everybody on this machine may ask"
    text = new_key(folder)
    _until(lambda: client.get("/v1/models").status_code == 401)
    assert client.get("/v1/models", headers=bearer(text)).status_code == 200
    KeyStore(folder).revoke(KeyStore(folder).read()[0].id)
    _until(lambda: client.get("/v1/models", headers=bearer(text)).status_code == 401)
    assert client.get("/v1/models").status_code == 401, "the last key is gone, and the door stays shut"


def _until(is_so: Callable[[], bool], seconds: float = 1.0) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_lost_or_damaged_file_of_keys_opens_nothing(locked, folder, key):
    (folder / "keys.sqlite").write_bytes(b"damaged" * 500)
    time.sleep(0.5)
    assert locked.get("/v1/models").status_code == 401
    assert locked.get("/v1/models", headers=bearer(key)).status_code == 200, "what was known before holds on"
    health = locked.get("/healthz")
    assert (health.status_code, health.get_json()["keys"]) == (200, "failing")
    (folder / "keys.sqlite").unlink()
    time.sleep(0.5)
    assert locked.get("/v1/models").status_code == 401
    assert locked.get("/v1/models", headers=bearer(key)).status_code == 401


def test_no_single_flip_takes_known_keys_out_of_force(tmp_path):
    text = KeyStore(tmp_path).add("bot", [Scope.READ], quota_per_day=10**6).text
    path = tmp_path / "keys.sqlite"
    content, chance, refused = path.read_bytes(), random.Random(5), 0
    for at in chance.sample([at for at, byte in enumerate(content) if byte], 150):
        ring = KeyRing(KeyStore(tmp_path))
        ring.take(ring.find(text))
        path.write_bytes(content[:at] + bytes([content[at] ^ (1 << chance.randrange(8))]) + content[at + 1 :])
        ring._look_at = 0.0
        ring.look()
        refused += ring.is_failing
        assert not ring.is_failing or ring.find(text)
        ring.write_uses()  # as upkeep does
        for left in tmp_path.iterdir():
            left.unlink()
        path.write_bytes(content)
    assert refused > 20


def test_an_expired_key_is_refused(folder, open_app):
    text = new_key(folder, days=1)
    client = open_app()
    assert client.get("/v1/models", headers=bearer(text)).status_code == 200
    ring = client.application.extensions[EXTENSION].ring
    former = ring._clock
    ring._clock = lambda: former().replace(year=former().year + 1)
    assert client.get("/v1/models", headers=bearer(text)).status_code == 401


# Open to everybody


def test_in_public_everybody_reads_and_votes(folder, key, open_app):
    client = open_app(public=True, loopback=False)
    vote = {"question": "q", "record_id": "faq/Q1", "helpful": True}
    assert client.post("/api/v1/ask", json=ASK).status_code == 200
    assert client.post("/api/v1/feedback", json=vote).status_code == 204
    assert client.get("/no").status_code == 404
    assert client.get("/v1/models", headers=bearer("any")).status_code == 200, "OpenAI's clients must send something"
    assert client.get("/v1/models", headers=bearer(key[:-1])).status_code == 401, "a key that fails is told so"


def test_in_public_the_figures_are_for_admins(folder, key, open_app):
    client = open_app(public=True, loopback=False)
    client.application.add_url_rule("/metrics", "metrics_of_test", lambda: "faq 1")
    outside = {"environ_base": {"REMOTE_ADDR": "192.0.2.1"}}
    assert client.get("/metrics").status_code == 401, "a proxy on this machine may pass on anybody's"
    assert client.get("/metrics", **outside).status_code == 401
    assert client.get("/metrics", headers=bearer(key), **outside).status_code == 403
    admin = _seen(client, new_key(folder, "admin"))
    assert client.get("/metrics", headers=bearer(admin), **outside).status_code == 200


def test_in_public_an_address_has_a_rate_and_a_key_its_own(folder, key, open_app):
    client = open_app(public=True, rate_per_minute=3)
    replies = [client.get("/v1/models") for _ in range(4)]
    assert [reply.status_code for reply in replies] == [200, 200, 200, 429]
    assert replies[0].headers["RateLimit-Policy"] == '"minute";q=3;w=60'
    assert replies[0].headers["RateLimit"] == '"minute";r=2;t=20'
    assert 15 <= int(replies[3].headers["Retry-After"]) <= 20  # less what a loaded machine took to get here
    assert replies[3].get_json()["error"]["code"] == "rate_limit_exceeded"
    assert client.get("/v1/models", headers=bearer(key)).status_code == 200
    assert client.get("/v1/models", environ_base={"REMOTE_ADDR": "192.0.2.1"}).status_code == 200
    assert client.get("/healthz").status_code == 200


def test_a_forged_forwarded_address_does_not_get_another_bucket(folder, open_app):
    client = open_app(public=True, rate_per_minute=2)
    replies = [client.get("/v1/models", headers={"X-Forwarded-For": f"10.0.0.{n}"}).status_code for n in range(3)]
    assert replies == [200, 200, 429]


def test_behind_a_proxy_each_reader_has_a_bucket(folder, open_app):
    client = open_app(public=True, rate_per_minute=1, behind_proxy=1)
    sent = ["6.6.6.6, 192.0.2.1", "7.7.7.7, 192.0.2.1", "192.0.2.2"]
    assert [client.get("/v1/models", headers={"X-Forwarded-For": told}).status_code for told in sent] == [200, 429, 200]


def test_who_is_over_the_limit_costs_no_work(folder, open_app):
    client = open_app(public=True, rate_per_minute=1)
    client.get("/v1/models")
    reply = client.post("/api/v1/ask", data="not even JSON")
    assert (reply.status_code, reply.content_type) == (429, "application/problem+json")
    page = client.get("/", headers={"Accept": "text/html"})
    assert (page.status_code, "Too many requests" in page.text) == (429, True)


def test_guessing_keys_is_limited_like_all_else(folder, key, open_app):
    client = open_app(public=True, rate_per_minute=2)
    assert [client.get("/v1/models", headers=bearer(key[:-1])).status_code for _ in range(3)] == [401, 401, 429]


def test_a_public_server_has_a_rate_without_being_told(open_app):
    reply = open_app(public=True).get("/v1/models")
    assert f"q={PUBLIC_RATE_PER_MINUTE};" in reply.headers["RateLimit-Policy"]
    assert "RateLimit" not in open_app().get("/v1/models").headers, "and one for this machine alone has none"


def test_a_batch_of_messages_counts_each(folder, open_app):
    client = open_app(public=True, rate_per_minute=5)
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    reply = client.post("/mcp", json=[ping] * 4, headers={"MCP-Protocol-Version": "2025-03-26"})
    assert (reply.status_code, reply.headers["RateLimit"].split(";")[1]) == (200, "r=1")
    assert client.post("/mcp", json=[ping] * 4).status_code == 429


# Limits of a key


def test_a_key_has_its_rate_and_its_quota(folder, open_app):
    text = new_key(folder, rate_per_minute=5, quota_per_day=2)
    client = open_app()
    replies = [client.get("/v1/models", headers=bearer(text)) for _ in range(3)]
    assert [reply.status_code for reply in replies] == [200, 200, 429]
    assert replies[0].headers["RateLimit-Policy"] == '"minute";q=5;w=60, "day";q=2;w=86400'
    assert replies[0].headers["RateLimit"].startswith('"minute";r=4;t=12, "day";r=1;t=')
    assert int(replies[2].headers["Retry-After"]) <= 86_400
    assert "midnight" in replies[2].get_json()["error"]["message"]


def test_a_reply_that_a_key_opened_is_not_for_shared_caches(folder, key, locked, open_app):
    public = open_app(public=True).get("/widget.js").headers["Cache-Control"]
    private = locked.get("/widget.js", headers={"X-API-Key": key}).headers["Cache-Control"]
    assert ("public" in public, "public" in private, "private" in private) == (True, False, True)


def test_the_exported_site_needs_no_key(folder, key):
    pages = {each.path: each.content for each in site_files(folder)}
    assert QUESTION.encode() in pages["index.html"]


def test_an_error_below_v1_is_openais(door):
    assert json.loads(door.get("/v1/models").data)["error"] == {
        "message": "A key is needed here; send Authorization: Bearer and a key that the operator gave you"
        " (`faq keys add`).",
        "type": "invalid_request_error",
        "param": None,
        "code": "invalid_api_key",
    }


def asked_as(client, host, path="/api/v1/records"):
    return client.get(path, headers={"Host": host}).status_code


def test_without_keys_a_loopback_server_is_asked_by_its_own_names(folder, open_app):
    """Another name that leads here is a page from elsewhere that had its name pointed at this machine."""
    client = open_app(hosts=frozenset({"faq.lan", "127.0.0.1"}))
    ours = ("localhost", "localhost:8000", "app.localhost", "127.0.0.1:8000", "127.9.9.9", "[::1]:8000", "FAQ.lan:80")
    assert [asked_as(client, host) for host in ours] == [200] * len(ours)
    theirs = (
        "evil.example",
        "evil.example:8000",
        "localhost.evil.example",
        "127.0.0.1.nip.io",
        "192.168.1.4",
        "faq.lan.x",
    )
    assert [asked_as(client, host) for host in theirs] == [421] * len(theirs)
    reply = client.get("/api/v1/records", headers={"Host": "evil.example"})
    assert "--allow-host" in reply.get_json()["detail"]
    assert asked_as(client, "evil.example", "/healthz") == 200, "health checks name anything"


def test_with_keys_or_in_public_every_name_is_served(folder, key, open_app):
    assert open_app().get("/v1/models", headers={"Host": "faq.example", **bearer(key)}).status_code == 200
    assert asked_as(open_app(public=True), "faq.example") == 200


LONG = "why does it " * 83 + "why?"  # 1,000 characters
MCP_CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
ASKED_BY = [
    ("/api/v1/ask", {"question": LONG}),
    ("/api/v1/ask:batch", {"questions": [{"question": LONG}]}),
    (f"/api/v1/search?q={quote(LONG)}", None),
    (f"/?q={quote(LONG)}", None),
    (f"/q/faq/Q1?q={quote(LONG)}", None),
    ("/v1/chat/completions", {"model": "faq", "messages": [{"role": "user", "content": LONG}]}),
    ("/v1/responses", {"model": "faq", "input": LONG}),
    ("/v1/completions", {"model": "faq", "prompt": LONG}),
    ("/v1/embeddings", {"model": "faq", "input": LONG}),
    ("/language/:query-knowledgebases?projectName=faq&deploymentName=p&api-version=2021-10-01", {"question": LONG}),
    ("/qnamaker/knowledgebases/faq/generateAnswer", {"question": LONG}),
    ("/mcp", MCP_CALL | {"params": {"name": "ask", "arguments": {"question": LONG}}}),
    ("/mcp", MCP_CALL | {"params": {"name": "search", "arguments": {"query": LONG}}}),
]


def test_a_text_that_no_encoder_reads_counts_by_its_length(open_app):
    reply = open_app(rate_per_minute=100).post("/v1/embeddings", json={"model": "faq", "input": LONG * 100})
    assert (reply.status_code, reply.headers["RateLimit"].split(";")[1]) == (400, "r=86")


@pytest.mark.parametrize(("path", "body"), ASKED_BY)
def test_a_long_question_counts_as_ten_more_wherever_it_is_asked(open_app, path, body):
    reply = open_app(rate_per_minute=100).open(path, json=body, method="GET" if body is None else "POST")
    assert (reply.status_code, reply.headers["RateLimit"].split(";")[1]) == (200, "r=89")
