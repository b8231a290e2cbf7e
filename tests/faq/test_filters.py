"""Filters on the command line and in the Python client: here, and from a server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_support import error_line, faq
from filter_support import CHINESE, EVERY, HOURS, NOTHING, OVEN, PARTS, QUESTION, REPAIR
from server_support import ServedProcess, run_async, served

from faqkb.faq.client import AsyncClient, Client, Refused

BEST = ("--json", "-k", "20", "--min-confidence", "0")


@pytest.fixture(scope="module")
def server(filtered_folder: Path) -> Iterator[ServedProcess]:
    with served(filtered_folder) as running:
        yield running


def options(parts: dict[str, str]) -> list[str]:
    return [word for part, value in parts.items() for word in (f"--{part}", value)]


def listed(folder: Path, *chosen: str) -> set[str]:
    done = faq("list", "--json", "--kb", folder, *chosen)
    assert done.returncode == 0, done.stderr
    return {record["id"] for record in json.loads(done.stdout)["records"]}


@pytest.mark.parametrize(("parts", "expected"), PARTS)
def test_a_question_keeps_to_a_filter(filtered_folder, parts, expected):
    done = faq("ask", QUESTION, *options(parts), *BEST, "--kb", filtered_folder)
    assert {hit["id"] for hit in json.loads(done.stdout)["answers"]} == expected
    assert done.returncode == (0 if expected else 1)


def test_records_are_listed_by_the_same_options(filtered_folder):
    assert listed(filtered_folder) == EVERY
    assert listed(filtered_folder, "--path", "guide/", "--version", "2.10") == {OVEN}
    assert listed(filtered_folder, "--language", "zh", "--path", "faq.md") == set()
    assert listed(filtered_folder, "--path", "faq.md", "--path", "zh") == {HOURS, CHINESE}
    assert listed(filtered_folder, "--tag", "workshop", "--section", "REPAIR") == {REPAIR}


def test_a_server_is_asked_with_the_same_options(server, filtered_folder):
    chosen = ("--path", "guide/", "--path", "faq.md", "--version", "3", "--language", "en", "--tag", "kitchen")
    here = faq("ask", QUESTION, *chosen, "--kb", filtered_folder)
    there = faq("ask", QUESTION, *chosen, "--server", server.url)
    assert (there.returncode, there.stdout, there.stderr) == (here.returncode, here.stdout, here.stderr)
    found = json.loads(faq("ask", QUESTION, *chosen, *BEST, "--server", server.url).stdout)
    assert {hit["id"] for hit in found["answers"]} == {REPAIR}


def test_a_filter_that_leaves_nothing_is_told_with_a_way_out(filtered_folder):
    done = faq("ask", QUESTION, "--path", "gudie/", "--kb", filtered_folder)
    assert (done.returncode, done.stderr) == (1, "")
    assert "No answer: No stored record passes the filter; leave a part of it out." in done.stdout


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--path", ""),
        ("--path", "x" * 10_000),
        ("--section", "x" * 10_000),
        ("--version", "x" * 65),
        ("--tag", "x" * 65),
    ],
)
@pytest.mark.parametrize("command", ["ask", "list"])
def test_what_cannot_be_looked_for_is_one_line(filtered_folder, command, option, value):
    words = ("list",) if command == "list" else ("ask", QUESTION)
    done = faq(*words, option, value, "--kb", filtered_folder)
    assert done.returncode == 2
    assert f"{option[2:]}s is too long or empty (got {len(value)} characters" in error_line(done)


def test_bytes_that_are_no_text_are_one_line(filtered_folder):
    done = faq("ask", QUESTION, "--section", "\udcff", "--kb", filtered_folder)
    assert done.returncode == 2
    assert "one of the sections is no text" in error_line(done)


@pytest.mark.parametrize("value", [value for value in NOTHING if "\x00" not in value])
def test_a_value_is_a_value_and_no_pattern(filtered_folder, value):
    assert listed(filtered_folder, "--path", value) == set()


def test_the_versions_of_a_record_are_shown_and_exported(filtered_folder):
    assert "versions: 3, 4\n" in faq("show", REPAIR, "--kb", filtered_folder).stdout
    lines = faq("export", "--format", "jsonl", "--kb", filtered_folder).stdout.splitlines()
    assert {record["id"]: record["versions"] for record in map(json.loads, lines)}[OVEN] == ["2.10"]
    assert faq("export", "--format", "csv", "--kb", filtered_folder).stdout.splitlines()[0].endswith(",versions")


@pytest.mark.parametrize(("parts", "expected"), PARTS)
def test_the_client_keeps_to_a_filter(server, parts, expected):
    with Client(server.url) as client:
        asked = client.ask(QUESTION, top_k=20, min_confidence=0, filter=parts)
        (batch,) = client.ask_batch([QUESTION], top_k=20, min_confidence=0, filter=parts)
        found = client.search(QUESTION, limit=20, filter=parts)
    assert {hit.id for hit in asked.answers} == {hit.id for hit in batch.answers} == expected
    assert {hit.id for hit in found} == expected


def test_the_client_for_asyncio_does_the_same(server):
    async def ask() -> tuple[set[str], set[str]]:
        async with AsyncClient(server.url) as client:
            chosen = {"path": ["faq.md", "zh/"]}
            asked = await client.ask(QUESTION, top_k=20, min_confidence=0, filter=chosen)
            found = await client.search(QUESTION, limit=20, tags=["kitchen"], filter={"section": "repair"})
            return {hit.id for hit in asked.answers}, {hit.id for hit in found}

    assert run_async(ask()) == ({HOURS, CHINESE}, {REPAIR})


@pytest.mark.parametrize("value", ["", "x" * 10_000])
def test_the_client_tells_what_the_server_refused(server, value):
    with Client(server.url) as client:
        with pytest.raises(Refused) as of_question:
            client.ask(QUESTION, filter={"path": value})
        with pytest.raises(Refused) as of_search:
            client.search(QUESTION, filter={"path": value})
    assert of_question.value.errors[0].field == "filter.path.0"
    assert of_search.value.errors[0].field == "path.0"


@pytest.mark.parametrize("value", NOTHING)
def test_the_client_gets_no_answer_where_nothing_is_left(server, value):
    with Client(server.url) as client:
        answer = client.ask(QUESTION, filter={"path": value})
        assert client.search(QUESTION, filter={"path": value}) == ()
    assert answer.no_answer is not None
    assert answer.no_answer.reason == "empty_index"
    with Client(server.url) as client:
        assert client.record(REPAIR).versions == ("3", "4")
