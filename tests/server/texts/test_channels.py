"""What bots and agents are sent leads somewhere, or is plain text, or one sentence; the API keeps what was written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from mcp_support import stdio_target, with_client
from picture_support import QUESTION, name_of, png
from server_support import ServedProcess, run_async, served

from faqkb.faq.client import AsyncClient, Client
from faqkb.faq.client.errors import Refused
from faqkb.ingest import read_sources
from faqkb.kb.building.build import build_snapshot
from faqkb.kb.model.encoder import Encoder

pytest.importorskip("mcp", reason="pip install 'faqkb[dev]'")

PICTURED = """# FAQ

## How is the kettle descaled?

1. Boil **vinegar** in it, as the [guide](https://example.org/guide) says: ![chart](img/chart.png)
2. Rinse it twice.

```sh
kettle --picture "![chart](img/chart.png)"
```
"""
BASED = """<!-- faq: link-base=https://docs.example.org/help/ -->

# FAQ

## Where does the lamp get its light bulbs from?

Light bulbs are listed in [the catalogue](../shop/bulbs.md) and in [the manual][manual].

## Something else about carpets

Carpets are cleaned every week.

[manual]: manual.md#bulbs "The manual"
"""
BULBS = "Where does the lamp get its light bulbs from?"
BULBS_LED = (
    "Light bulbs are listed in [the catalogue](https://docs.example.org/shop/bulbs.md) and in"
    ' [the manual](https://docs.example.org/help/manual.md#bulbs "The manual").'
)


@pytest.fixture(scope="module")
def kb(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("channels")
    (folder / "content" / "img").mkdir(parents=True)
    (folder / "content" / "img" / "chart.png").write_bytes(png())
    (folder / "content" / "kettle.md").write_text(PICTURED, encoding="utf-8")
    (folder / "content" / "lamp.md").write_text(BASED, encoding="utf-8")
    ingested = read_sources([folder / "content"])
    build_snapshot(folder / "kb", ingested.records, encoder, pictures=ingested.pictures)
    return folder / "kb"


@pytest.fixture(scope="module")
def server(kb: Path) -> Iterator[ServedProcess]:
    with served(kb) as running:
        yield running


@pytest.fixture(scope="module")
def client(server: ServedProcess) -> Iterator[Client]:
    with Client(server.url) as opened:
        yield opened


def picture_at(server: ServedProcess) -> str:
    return f"{server.url}/pictures/{name_of(png())}"


def led(answer: str, server: ServedProcess) -> str:
    """Return the answer with the address of its picture exchanged where it is shown."""
    return answer.replace("says: ![chart](img/chart.png)", f"says: ![chart]({picture_at(server)})")


def chat(server: ServedProcess, question: str) -> Any:
    messages: Any = [{"role": "user", "content": question}]
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="any") as asking:
        return asking.chat.completions.create(model="faq", messages=messages).choices[0].message


def test_the_api_keeps_the_markdown_as_written(client: Client) -> None:
    entry = client.ask(QUESTION).answers[0]
    assert "![chart](img/chart.png)\n" in entry.answer
    assert entry.text is None
    assert client.record(entry.id).answer == entry.answer
    assert "targets" not in client.ask(QUESTION).document["answers"][0]


def test_a_chat_shows_pictures_and_follows_links(server: ServedProcess, client: Client) -> None:
    message = chat(server, QUESTION)
    assert message.content == led(client.ask(QUESTION).answers[0].answer, server)
    assert 'kettle --picture "![chart](img/chart.png)"' in message.content, "code is code"
    (note,) = message.annotations
    assert (note.url_citation.start_index, note.url_citation.end_index) == (0, len(message.content))
    assert server.get(f"/pictures/{name_of(png())}").content == png()
    assert chat(server, BULBS).content == BULBS_LED


def test_agents_are_given_the_same_over_http(server: ServedProcess, client: Client) -> None:
    async def use(agent: Any) -> tuple[Any, Any, Any]:
        asked = await agent.call_tool("ask", {"question": QUESTION})
        record_id = asked.structured_content["answers"][0]["id"]
        fetched = await agent.call_tool("fetch", {"id": record_id})
        read = await agent.read_resource(f"faq://records/{record_id}")
        return asked.structured_content["answers"][0], fetched.structured_content, read.contents[0].text

    asked, fetched, read = with_client(f"{server.url}/mcp", "auto", use)
    expected = led(client.ask(QUESTION).answers[0].answer, server)
    assert asked["answer"] == fetched["text"] == expected
    assert expected in read


def test_agents_on_standard_input_are_given_links_and_no_address_of_a_picture(kb: Path) -> None:
    async def use(agent: Any) -> list[str]:
        asked = [await agent.call_tool("ask", {"question": question}) for question in (QUESTION, BULBS)]
        return [each.structured_content["answers"][0]["answer"] for each in asked]

    kettle, bulbs = with_client(stdio_target(kb), "auto", use)
    assert "says: ![chart](img/chart.png)\n" in kettle
    assert bulbs == BULBS_LED


PLAIN = """1. Boil vinegar in it, as the guide (https://example.org/guide) says: chart ({picture})
2. Rinse it twice.

kettle --picture "![chart](img/chart.png)\""""


def test_plain_text_keeps_numbers_of_lists_and_addresses(server: ServedProcess, client: Client) -> None:
    expected = PLAIN.format(picture=picture_at(server))
    assert client.ask(QUESTION, format="text").answers[0].text == expected
    assert client.ask(QUESTION, format="markdown").answers[0].text == led(
        client.ask(QUESTION).answers[0].answer, server
    )
    (batched,) = client.ask_batch([QUESTION], format="text")
    assert not isinstance(batched, Refused)
    assert batched.answers[0].text == expected


def test_a_short_text_is_the_sentence_and_the_page(server: ServedProcess, client: Client) -> None:
    entry = client.ask(BULBS, format="text", style="short").answers[0]
    sentence, address = str(entry.text).split("\n\n")
    assert sentence == entry.highlight.text
    assert address == f"{server.url}/q/{entry.id}"
    assert server.get(address.removeprefix(server.url), Accept="text/html").status == 200
    assert client.ask(BULBS, style="short").answers[0].text == f"{sentence}\n\n[{BULBS}]({address})"


def test_every_record_shown_has_its_text(client: Client) -> None:
    answer = client.ask("light bulbs kettle carpets", top_k=3, min_confidence=0.0001, format="text", style="short")
    assert len(answer.answers) > 1
    assert all(entry.text for entry in answer.answers)
    several = client.ask(f"{BULBS} And how is the kettle descaled?", format="text")
    assert several.others
    assert all(entry.text for other in (several, *several.others) for entry in other.answers)


def test_the_asynchronous_client_asks_for_the_same(server: ServedProcess, client: Client) -> None:
    async def use() -> list[str | None]:
        async with AsyncClient(server.url) as asking:
            answer = await asking.ask(QUESTION, format="text", style="short")
            (batched,) = await asking.ask_batch([QUESTION], format="text", style="short")
            assert not isinstance(batched, Refused)
            return [answer.answers[0].text, batched.answers[0].text]

    assert run_async(use()) == [client.ask(QUESTION, format="text", style="short").answers[0].text] * 2


@pytest.mark.parametrize("wanted", [{"format": "html"}, {"style": "long"}, {"format": ""}, {"style": None}])
def test_a_form_that_is_none_is_422_and_named(server: ServedProcess, wanted: dict[str, Any]) -> None:
    body = json.dumps({"question": QUESTION} | wanted).encode()
    reply = server.send("POST", "/api/v1/ask", body=body)
    assert (reply.status, reply.json["errors"][0]["field"]) == (422, next(iter(wanted)))


def test_an_agent_asks_for_plain_text_and_for_one_sentence(server: ServedProcess, client: Client) -> None:
    async def use(agent: Any) -> list[str]:
        forms = ({"format": "text"}, {"format": "text", "style": "short"})
        asked = [await agent.call_tool("ask", {"question": QUESTION} | form) for form in forms]
        return [each.structured_content["answers"][0]["answer"] for each in asked]

    plain, short = with_client(f"{server.url}/mcp", "auto", use)
    assert plain == PLAIN.format(picture=picture_at(server))
    assert short == client.ask(QUESTION, format="text", style="short").answers[0].text
