"""A key of one knowledge base is nothing to another, and who has none does not hear of what needs one."""

from __future__ import annotations

import json
import re

import pytest
from access_support import bearer, new_key
from bases_support import LOANS, RESET, ask, post, served_bases
from server_support import Reply, ServedProcess

from faqkb.kb.keys.ring import KeyStore

PATHS = (
    "/",
    "/healthz",
    "/readyz",
    "/metrics",
    "/admin",
    "/static/style.css",
    "/openapi.json",
    "/api/v1/records",
    "/v1/models",
    "/mcp/.well-known/x",
    "/nowhere",
    "",
)


def told(server: ServedProcess, method: str, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Return a reply without what differs from one to the next."""
    reply = server.send(method, path, headers=headers)
    differing = {"x-request-id", "date", "ratelimit"}
    kept = {name: value for name, value in reply.headers.items() if name.lower() not in differing}
    return reply.status, kept, reply.content


def names_of(reply: Reply) -> list[str]:
    return [each["name"] for each in reply.json["bases"]]


def test_a_key_of_one_base_is_nothing_to_another(bases):
    keys = {name: new_key(folder, "read", "feedback") for name, folder in bases.items()}
    with served_bases(bases) as server:
        for name, key in keys.items():
            for other in bases:
                status = server.get(f"/kb/{other}/api/v1/records", **bearer(key)).status
                assert status == (200 if other == name else 401)
        assert server.get("/kb/library/", **bearer(keys["desk"])).status == 401
        made = KeyStore(bases["desk"]).read()[0]
        KeyStore(bases["desk"]).revoke(made.id)
        assert [key.id for key in KeyStore(bases["library"]).read() if key.revoked is None]


def test_the_root_asks_the_bases_that_the_keys_sent_open(bases):
    keys = {name: new_key(folder) for name, folder in bases.items()}
    with served_bases(bases) as server:
        assert server.get("/api/v1/bases").status == 401
        assert post(server, "/api/v1/ask", {"question": LOANS}).status == 401
        assert server.get("/", Accept="text/html").status == 401
        assert names_of(server.get("/api/v1/bases", **bearer(keys["desk"]))) == ["desk"]
        document = ask(server, LOANS, headers=bearer(keys["desk"]))
        assert [each["base"] for each in document["bases"]] == ["desk"]
        both = bearer(keys["desk"]) | {"X-API-Key": keys["library"]}
        assert names_of(server.get("/api/v1/bases", **both)) == ["library", "desk"]
        assert ask(server, LOANS, headers=both)["answers"][0]["base"] == "library"
        wrong = bearer(keys["desk"][:-2] + "aa")
        assert server.get("/api/v1/bases", **wrong).status == 401
        assert 'Bearer realm="faqkb"' in str(server.get("/api/v1/bases").headers)


def test_a_base_that_needs_a_key_is_asked_beside_one_that_needs_none(bases):
    key = new_key(bases["desk"])
    with served_bases(bases) as server:
        assert names_of(server.get("/api/v1/bases")) == ["library"]
        assert ask(server, RESET)["status"] == "no_answer"
        refused = post(server, "/api/v1/ask", {"question": RESET, "bases": ["desk"]})
        assert refused.status == 422
        unknown = post(server, "/api/v1/ask", {"question": RESET, "bases": ["nope"]})
        assert refused.content == unknown.content
        assert "desk" not in server.get("/").content.decode()
        assert server.get("/healthz").json == {"status": "ok", "failing": []}
        assert names_of(server.get("/readyz")) == ["library"]
        assert "desk" not in server.get("/robots.txt").content.decode()
        assert ask(server, RESET, headers=bearer(key))["answers"][0]["base"] == "desk"
        assert ask(server, LOANS, headers=bearer(key))["answers"][0]["base"] == "library"


@pytest.mark.parametrize("headers", [{}, {"Accept": "text/html"}, {"Origin": "https://docs.example.org"}])
def test_a_name_that_is_hidden_is_answered_for_as_one_that_is_not_there(bases, headers):
    new_key(bases["desk"])
    wrong = {"Authorization": "Bearer " + new_key(bases["library"])}
    with served_bases(bases, "--allow-origin", "https://docs.example.org") as server:
        for path in PATHS:
            for more in ({}, wrong):
                for method in ("GET", "POST", "HEAD", "OPTIONS"):
                    hidden = told(server, method, f"/kb/desk{path}", **headers, **more)
                    absent = told(server, method, f"/kb/nope{path}", **headers, **more)
                    assert hidden[:2] == (absent[0], {n: v.replace("nope", "desk") for n, v in absent[1].items()})
                    assert hidden[2].replace(b"desk", b"nope") == absent[2]
                    assert path == "" or hidden[0] == 401
        asked = {"Origin": "https://docs.example.org", "Access-Control-Request-Method": "POST"}
        hidden, absent = (told(server, "OPTIONS", f"/kb/{name}/api/v1/ask", **asked) for name in ("desk", "nope"))
        assert hidden == absent
        assert hidden[1]["Access-Control-Allow-Origin"] == "https://docs.example.org"


def test_figures_are_shown_of_the_bases_whose_admin_asks(bases):
    keys = {scope: new_key(bases["desk"], scope) for scope in ("admin", "read")}
    new_key(bases["library"], "admin")
    with served_bases(bases) as server:
        assert server.get("/metrics").status == 401
        assert server.get("/metrics", **bearer(keys["read"])).status == 403
        shown = server.get("/metrics", **bearer(keys["admin"])).content.decode()
        assert set(re.findall(r'base="(\w+)"', shown)) == {"desk"}
        assert server.get("/kb/desk/admin", **bearer(keys["admin"])).status == 200
        assert server.get("/kb/library/admin", **bearer(keys["admin"])).status == 401


def test_a_client_is_counted_once_whichever_bases_it_asks(bases):
    with served_bases(bases, "--public", "--rate-per-minute", "6") as server:
        statuses = [server.get(f"/kb/{name}/api/v1/records").status for name in ("library", "desk") * 2]
        assert statuses == [200] * 4
        document = post(server, "/api/v1/ask", {"question": LOANS})  # one request to each of the two
        assert document.status == 200
        assert '"minute";r=0' in document.headers["RateLimit"]
        for path in ("/kb/library/api/v1/records", "/kb/desk/api/v1/records", "/api/v1/bases", "/kb/nope/"):
            refused = server.get(path)
            assert (refused.status, int(refused.headers["Retry-After"]) > 0) == (429, True)
        refused = post(server, "/api/v1/ask", {"question": LOANS})
        assert (refused.status, int(refused.headers["Retry-After"]) > 1) == (429, True)
        assert server.get("/healthz").status == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/ask", b'{"question": [1]}'),
        ("/api/v1/ask", b"{" * 60_000),
        ("/api/v1/ask", b'{"question": "x", "bases": ["nowhere"]}'),
        ("/?q=x&base=nowhere", None),
    ],
)
def test_what_is_refused_before_any_base_is_asked_is_counted_too(bases, path, body):
    key = new_key(bases["desk"], rate_per_minute=4)
    with served_bases(bases, "--public", "--rate-per-minute", "4") as server:
        for headers in ({}, bearer(key)):
            sent = [server.send("POST" if body else "GET", path, body=body, headers=headers) for _ in range(7)]
            assert [reply.status for reply in sent][4:] == [429] * 3
            assert all(reply.status in {400, 422} for reply in sent[:4])
            assert int(sent[-1].headers["Retry-After"]) > 0


def test_the_quota_of_a_key_counts_what_its_base_is_asked_through_the_root(bases):
    key = new_key(bases["desk"], quota_per_day=3)
    new_key(bases["library"])
    with served_bases(bases) as server:
        assert ask(server, RESET, headers=bearer(key))["status"] == "answered"
        assert server.get("/api/v1/bases", **bearer(key)).status == 200
        assert server.get("/kb/desk/api/v1/records", **bearer(key)).status == 200
        assert post(server, "/api/v1/ask", {"question": RESET}, **bearer(key)).status == 429


def test_guessing_keys_at_the_root_counts_against_the_address(bases):
    new_key(bases["desk"])
    wrong = new_key(bases["library"])[:-2] + "aa"
    with served_bases(bases, "--rate-per-minute", "5") as server:
        statuses = [post(server, "/api/v1/ask", {"question": RESET}, **bearer(wrong)).status for _ in range(8)]
        assert statuses == [401] * 5 + [429] * 3


def test_keys_that_cannot_be_read_let_nobody_in_and_leave_the_other_base_alone(bases):
    (bases["desk"] / "keys.sqlite").write_bytes(b"no database, and longer than a header of one" * 100)
    with served_bases(bases) as server:
        assert server.get("/kb/desk/api/v1/records").status == 401
        assert server.get("/kb/library/api/v1/records").status == 200
        assert names_of(server.get("/api/v1/bases")) == ["library"]
        assert server.get("/healthz").json == {"status": "degraded", "failing": []}


def test_a_page_whose_name_was_made_to_point_here_reads_nothing(bases):
    with served_bases(bases) as server:
        for path in ("/", "/api/v1/bases", "/kb/desk/api/v1/records", "/kb/nope/", "/metrics"):
            assert server.get(path, Host="evil.example").status == 421
        body = json.dumps({"question": LOANS}).encode()
        assert server.send("POST", "/api/v1/ask", body=body, headers={"Host": "evil.example"}).status == 421


def test_an_allowed_page_may_read_the_reply_to_a_question_that_was_too_large(bases):
    body = b'{"question": "' + b"a" * 300_000 + b'"}'
    with served_bases(bases, "--allow-origin", "https://docs.example.org") as server:
        for path in ("/api/v1/ask", "/kb/desk/api/v1/ask"):
            reply = server.send("POST", path, body=body, headers={"Origin": "https://docs.example.org"})
            assert (reply.status, reply.headers["Access-Control-Allow-Origin"]) == (413, "https://docs.example.org")
        chat = server.send("POST", "/kb/desk/v1/chat/completions", body=b"{" + b" " * 9_000_000)
        assert (chat.status, "error" in chat.json) == (413, True)
