"""What stands for all knowledge bases of one server, and that each is whole below its address."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import openai
import pytest
from bases_support import LOANS, RESET, ask, post
from cli_support import faq
from openapi_spec_validator import OpenAPIV31SpecValidator
from server_support import ServedProcess

from faqkb.faq.client import Client
from faqkb.server.bases.operations import OPERATIONS
from faqkb.server.http.security import SECURITY_HEADERS

HTML = {"Accept": "text/html"}
LINKS = ("href", "src", "action")


class Links(HTMLParser):
    """Every address that a page leads to or loads."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.found += [value for name in LINKS if (value := given.get(name))]
        live = json.loads(given.get("data-live") or "{}")
        self.found += [live[name] for name in ("ask", "answers", "pictures", "clicks") if name in live]


def crawled(server: ServedProcess, start: str) -> Iterator[tuple[str, str, int]]:
    """Yield every address that pages lead to from one on, the page that it stands in, and its status."""
    waiting, seen = [start], {start}
    while waiting:
        page = waiting.pop()
        reply = server.get(page, **HTML)
        if "text/html" not in reply.headers.get("Content-Type", ""):
            continue
        for link in Links(reply.content.decode()).found:
            parts = urlsplit(urljoin(f"{server.url}{page}", link))
            if parts.netloc != urlsplit(server.url).netloc:
                continue
            address = parts.path + (f"?{parts.query}" if parts.query else "")
            yield address, page, server.get(address, **HTML).status
            if address not in seen and len(seen) < 150:
                seen.add(address)
                waiting.append(address)


def test_each_base_answers_below_its_name_as_if_it_were_alone(server):
    library, desk = (ask(server, LOANS, f"/kb/{name}") for name in ("library", "desk"))
    assert (library["status"], library["answers"][0]["id"]) == ("answered", "library/how-long-may-i-keep-a-book")
    assert desk["status"] == "no_answer"


@pytest.mark.parametrize("name", ["library", "desk"])
def test_every_link_of_every_page_stays_below_the_name_and_leads_somewhere(server, name):
    found = list(crawled(server, f"/kb/{name}/"))
    assert len({page for _, page, _ in found}) >= 6
    assert {address for address, _, _ in found if not address.startswith(f"/kb/{name}/")} == set()
    # Forms are sent by POST, and the parts of addresses that search.js completes are none themselves.
    incomplete = (f"/kb/{name}/feedback", f"/kb/{name}/api/v1/", f"/kb/{name}/q/", f"/kb/{name}/pictures/")
    broken = [(address, page) for address, page, status in found if status >= 400]
    assert [each for each in broken if each[0] not in incomplete and not each[0].startswith(incomplete[1])] == []


def test_addresses_in_documents_for_programs_are_below_the_name_too(server):
    document = ask(server, "what does a library card cost", "/kb/library")
    (check,) = document["answers"][0]["checks"]
    assert check["url"] == "/kb/library/checks/shelf.py"
    assert server.get(check["url"]).status == 200
    assert all(each["url"].startswith("/kb/library/") for each in document["follow_ups"])
    (listed,) = server.get("/kb/library/api/v1/checks").json["checks"]
    assert listed["url"] == check["url"]
    page = server.get("/kb/library/api/v1/records?limit=1")
    assert page.json["records"][0]["url"].startswith("/kb/library/q/")
    assert page.headers["Link"].startswith("</kb/library/api/v1/records?")
    for path in ("sitemap.xml", "opensearch.xml", "widget.js"):
        text = server.get(f"/kb/library/{path}").content.decode()
        addresses = re.findall(rf"{re.escape(server.url)}[^\s\"'<]*", text)
        assert [each for each in addresses if not each.startswith(f"{server.url}/kb/library/")] == []
    examples = server.get("/kb/library/openapi.json").content.decode()
    assert '"/q/' not in examples
    assert '"/checks/shelf.py"' not in examples


def test_openais_client_and_the_python_client_take_the_address_of_a_base(server):
    with openai.OpenAI(base_url=f"{server.url}/kb/desk/v1", api_key="none", max_retries=0) as client:
        reply = client.chat.completions.create(model="faq", messages=[{"role": "user", "content": RESET}])
    assert "Forgot password" in (reply.choices[0].message.content or "")
    assert f"{server.url}/kb/desk/q/" in str(reply.to_dict())
    with Client(f"{server.url}/kb/desk") as client:
        assert client.ask(RESET).answers[0].id == "desk/how-do-i-reset-my-password"
    done = faq("ask", RESET, "--server", f"{server.url}/kb/desk")
    assert (done.returncode, "Forgot password" in done.stdout) == (0, True)


def test_agents_have_an_endpoint_at_each_base_and_look_for_a_token_server_in_vain(server):
    called = {"name": "ask", "arguments": {"question": RESET}}
    sent = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": called}
    reply = post(server, "/kb/desk/mcp", sent, Accept="application/json, text/event-stream")
    document = reply.json["result"]["structuredContent"]
    assert document["answers"][0]["url"].startswith(f"{server.url}/kb/desk/q/")
    assert server.get("/.well-known/oauth-protected-resource/kb/desk/mcp").status == 404


def test_a_question_to_all_is_answered_by_the_base_that_knows_and_says_which(server):
    for question, base in ((LOANS, "library"), (RESET, "desk")):
        document = ask(server, question)
        best = document["answers"][0]
        assert (document["status"], best["base"]) == ("answered", base)
        assert server.get(best["url"]).status == 200
        assert all(entry["base"] in {"library", "desk"} for entry in document["answers"])
        assert document["bases"][0]["base"] == base
        assert best["confidence"] == ask(server, question, f"/kb/{base}")["confidence"]


def test_pictures_of_an_answer_of_all_are_at_addresses_that_are_there(server):
    html = ask(server, LOANS)["answers"][0]["answer_html"]
    (picture,) = re.findall(r'src="([^"]+)"', html)
    assert picture.startswith("/kb/library/pictures/")
    assert server.get(picture).headers["Content-Type"] == "image/png"


def test_some_of_the_bases_are_asked_where_they_are_named(server):
    document = ask(server, LOANS, bases=["desk"])
    assert document["status"] == "no_answer"
    assert [each["base"] for each in document["bases"]] == ["desk"]
    assert all(each["base"] == "desk" for each in document["no_answer"]["suggestions"])
    found = server.get("/api/v1/search?q=password&bases=library&bases=desk").json
    assert {hit["base"] for hit in found["hits"]} == {"library", "desk"}
    assert found["hits"][0]["url"] == "/kb/desk/q/desk/how-do-i-reset-my-password"
    confidences = [hit["confidence"] for hit in found["hits"]]
    assert confidences == sorted(confidences, reverse=True)
    assert {hit["base"] for hit in server.get("/api/v1/search?q=password&bases=library").json["hits"]} == {"library"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"question": LOANS, "bases": ["nowhere"]}, "bases"),
        ({"question": LOANS, "bases": ["desk"] * 101}, "bases"),
        ({"question": LOANS, "bases": "desk"}, "bases"),
        ({"question": LOANS, "bases": ["x" * 33]}, "bases.0"),
        ({"question": LOANS, "top_k": 0}, "top_k"),
        ({"question": LOANS, "filter": {"nothing": ["x"]}}, "filter.nothing"),
    ],
)
def test_what_cannot_be_asked_of_all_is_told_by_field(server, body, field):
    reply = post(server, "/api/v1/ask", body)
    assert (reply.status, reply.json["errors"][0]["field"]) == (422, field)
    assert reply.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 400), (b'{"question": "' + b"a" * 70_000 + b'"}', 413), (b'{"question": 1}', 422), (b"[]", 422)],
)
def test_a_body_that_is_none_is_refused_before_any_base_is_asked(server, body, status):
    assert server.send("POST", "/api/v1/ask", body=body).status == status


def test_small_talk_to_all_is_answered_once(server):
    document = ask(server, "hello")
    assert document["no_answer"]["reason"] == "small_talk"


def test_the_start_page_lists_the_bases_and_searches_them_without_javascript(server):
    page = server.get("/", **HTML)
    text = page.content.decode()
    assert page.status == 200
    assert 'href="/kb/library/"' in text
    assert text.count("2 questions") == 2
    assert text.count('type="checkbox" name="base"') == 2
    answered = server.get("/?q=reset+my+password&base=library&base=desk", **HTML).content.decode()
    assert 'data-status="answered"' in answered
    assert 'href="/kb/desk/q/desk/how-do-i-reset-my-password?q=reset+my+password"' in answered
    alone = server.get("/?q=reset+my+password&base=library", **HTML).content.decode()
    assert 'data-status="no_answer"' in alone
    assert re.findall(r'value="(\w+)" checked', alone) == ["library"]


def test_the_start_page_speaks_the_readers_language(server):
    chinese = server.get("/", **HTML, **{"Accept-Language": "zh"}).content.decode()
    assert "搜索范围" in chinese
    assert 'href="/kb/library/?lang=zh"' in server.get("/?lang=zh", **HTML).content.decode()


def test_what_a_reader_types_is_text_on_the_page(server):
    page = server.get("/?q=%3Cscript%3Ealert(1)%3C/script%3E", **HTML).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


@pytest.mark.parametrize("path", ["/", "/api/v1/bases", "/kb/nowhere/", "/kb/desk", "/nowhere", "/healthz"])
def test_every_reply_of_the_root_carries_the_security_headers(server, path):
    headers = server.get(path).headers
    assert {name: headers[name] for name in SECURITY_HEADERS} == dict(SECURITY_HEADERS)
    assert headers["X-Request-Id"]


def test_an_address_without_its_slash_leads_to_the_start_page(server):
    reply = server.get("/kb/desk")
    assert (reply.status, reply.headers["Location"]) == (308, "/kb/desk/")
    asked = server.get("/kb/desk?q=my%20password%20%26%20%E9%87%8D%E7%BD%AE&lang=en")
    assert asked.headers["Location"] == "/kb/desk/?q=my+password+%26+%E9%87%8D%E7%BD%AE&lang=en"
    assert server.get(asked.headers["Location"]).status == 200
    assert "\r" not in str(server.get("/kb/desk?q=a%0D%0ASet-Cookie:%20x=1").headers["Location"])


@pytest.mark.parametrize(
    "path",
    [
        "/kb/",
        "/kb/NOPE/",
        "/kb/../",
        "/kb//",
        "/kb//desk/",
        "/kb/desk/kb/library/",
        "/kb/-desk/",
        "/kb/%00/",
        "/kb/a b",
    ],
)
def test_what_is_no_base_is_not_found(server, path):
    assert server.get(path.replace(" ", "%20")).status == 404


def test_the_document_of_the_api_is_valid_and_says_what_is_replied(server):
    document = server.get("/openapi.json").json
    OpenAPIV31SpecValidator(document).validate()
    assert {"/api/v1/ask", "/api/v1/search", "/api/v1/bases", "/healthz", "/readyz"} == set(document["paths"])
    replies = {
        "ask_bases": ask(server, LOANS),
        "search_bases": server.get("/api/v1/search?q=card").json,
        "list_bases": server.get("/api/v1/bases").json,
        "are_healthy": server.get("/healthz").json,
        "are_ready": server.get("/readyz").json,
    }
    for name, reply in replies.items():
        model = OPERATIONS[name].reply
        assert model is not None
        model.model_validate_json(json.dumps(reply))
    nothing = ask(server, "how deep is the sea")
    OPERATIONS["ask_bases"].reply.model_validate_json(json.dumps(nothing))  # type: ignore[union-attr]
    OpenAPIV31SpecValidator(server.get("/kb/desk/openapi.json").json).validate()


def test_every_sample_names_its_base(server):
    ask(server, LOANS)
    lines = server.get("/metrics").content.decode().splitlines()
    asked = [line for line in lines if line.startswith("faq_answers_total{")]
    assert {re.search(r'base="(\w+)"', line)[1] for line in asked} == {"library", "desk"}  # type: ignore[index]
    assert sum(line.startswith("process_resident_memory_bytes ") for line in lines) == 1
    assert sum(line.startswith("# TYPE faq_request_seconds ") for line in lines) == 1
    own = server.get("/kb/desk/metrics").content.decode()
    assert 'faq_snapshot_records{base="desk"} 2.0' in own
    assert 'base="library"' not in own


def test_robots_find_the_sitemap_of_every_base(server):
    text = server.get("/robots.txt").content.decode()
    addresses = re.findall(r"Sitemap: (\S+)", text)
    assert addresses == [f"{server.url}/kb/{name}/sitemap.xml" for name in ("library", "desk")]
    assert all(server.get(urlsplit(each).path).status == 200 for each in addresses)


def test_a_language_client_of_azure_asks_a_base(server):
    path = "/kb/desk/language/:query-knowledgebases?projectName=x&deploymentName=y&api-version=2021-10-01"
    reply = post(server, path, {"question": RESET})
    assert reply.json["answers"][0]["questions"] == [RESET]
