"""Checks over HTTP: listed, linked from answers, handed out as files, never run."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from server_support import DOCKER_QUESTION, ServedProcess, served

CHECKS = Path(__file__).resolve().parents[3] / "content" / "checks"


@pytest.fixture(scope="module")
def server(kb_folder: Path) -> Iterator[ServedProcess]:
    with served(kb_folder) as running:
        yield running


def test_every_check_is_listed_with_the_sha256_of_what_is_handed_out(server: ServedProcess) -> None:
    listed = server.get("/api/v1/checks").json["checks"]
    assert {check["id"] for check in listed} == {path.stem for path in CHECKS.glob("*.py")}
    for check in listed:
        reply = server.get(check["url"])
        assert reply.status == 200
        assert hashlib.sha256(reply.content).hexdigest() == check["sha256"]
        assert reply.content == (CHECKS / f"{check['id']}.py").read_bytes()


def test_a_script_is_a_file_to_save_and_nothing_a_browser_opens(server: ServedProcess) -> None:
    reply = server.get("/checks/shm.py")
    assert reply.headers["Content-Disposition"] == 'attachment; filename="shm.py"'
    assert reply.headers["Content-Type"] == "text/x-python; charset=utf-8"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    again = server.get("/checks/shm.py", **{"If-None-Match": reply.headers["ETag"]})
    assert (again.status, again.content) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/checks/nothing.py",
        "/checks/shm",
        "/checks/../shm.py",
        "/checks/..%2fshm.py",
        "/checks/SHM.py",
        "/checks/",
        "/checks/shm.py/",
    ],
)
def test_only_what_is_listed_is_handed_out(server: ServedProcess, path: str) -> None:
    assert server.get(path).status == 404


def test_a_script_takes_no_other_method(server: ServedProcess) -> None:
    assert server.send("POST", "/checks/shm.py", body=b"{}").status == 405


def test_an_answer_carries_its_checks(server: ServedProcess) -> None:
    first = server.ask(DOCKER_QUESTION).json["answers"][0]
    shm = next(check for check in first["checks"] if check["id"] == "shm")
    assert shm == {
        "id": "shm",
        "title": shm["title"],
        "titles": shm["titles"],
        "command": "faq check run shm",
        "url": "/checks/shm.py",
        "sha256": hashlib.sha256((CHECKS / "shm.py").read_bytes()).hexdigest(),
        "evidence": None,
    }


def test_an_answer_names_its_checks_in_the_headers_words_and_in_other_languages(server: ServedProcess) -> None:
    shm = next(check for check in server.ask(DOCKER_QUESTION).json["answers"][0]["checks"] if check["id"] == "shm")
    assert "large enough" in shm["title"]
    assert "够 DataLoader 用吗" in shm["titles"]["zh"]


@pytest.mark.parametrize("path", ["/q/faq_2021_s1/Q1.3", f"/?q={DOCKER_QUESTION.replace(' ', '+')}"])
def test_pages_show_command_and_download(server: ServedProcess, path: str) -> None:
    page = server.get(quote(path, safe="/?=+")).content.decode()
    assert "<code>faq check run shm</code>" in page
    assert 'href="/checks/shm.py" download' in page


def test_a_pasted_log_raises_the_record_its_error_belongs_to(server: ServedProcess) -> None:
    log = "epoch 3\nloss 2.1\nRuntimeError: DataLoader worker (pid 1) is killed by signal: Bus error.\n" * 3
    reply = server.ask(f"{log}insufficient shared memory (shm)").json
    assert reply["status"] == "answered"
    assert reply["answers"][0]["id"].endswith("/Q1.3")
