"""`faq ask --server`: the same output, exit codes and documents as without, from a real server."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_support import error_line, faq
from client_support import ANSWER, says, scripted
from server_support import DOCKER_QUESTION, ROOT, WEATHER_QUESTION, ServedProcess, served


@pytest.fixture(scope="module")
def server(kb_folder: Path) -> Iterator[ServedProcess]:
    with served(kb_folder) as running:
        yield running


@pytest.mark.parametrize(
    ("question", "options"),
    [
        (DOCKER_QUESTION, ("--explain", "-k", "5")),
        (DOCKER_QUESTION, ("--tag", "export", "--min-confidence", "0.2")),
        (WEATHER_QUESTION, ()),
        ("导出", ("--explain",)),
        ("   ", ()),
    ],
)
def test_a_server_is_asked_as_the_knowledge_base_is(server, kb_folder, question, options):
    here = faq("ask", question, *options, "--kb", kb_folder)
    there = faq("ask", question, *options, "--server", server.url)
    assert (there.returncode, there.stdout, there.stderr) == (here.returncode, here.stdout, here.stderr)


def test_the_document_is_the_servers(server, kb_folder):
    here = json.loads(faq("ask", DOCKER_QUESTION, "--json", "--kb", kb_folder).stdout)
    there = json.loads(faq("ask", DOCKER_QUESTION, "--json", "--server", server.url).stdout)
    assert there.pop("answer_token"), "what feedback is given with"
    assert there.pop("follow_ups"), "what a bot shows below an answer"
    assert there.pop("handover") is False, "whether a person should go on"
    assert there.pop("took_ms") > 0
    del here["took_ms"]
    assert there == here


def test_the_nearest_setting_says_who_is_asked(server, kb_folder, tmp_path):
    nobody = "http://127.0.0.1:9"
    (tmp_path / "faq.toml").write_text(f'[faq]\nserver = "{server.url}"\nkb = "nothing"\n')
    question = ("ask", DOCKER_QUESTION)
    path = {"PYTHONPATH": str(ROOT), "FAQ_KB": "", "FAQ_SERVER": ""}
    assert faq(*question, cwd=tmp_path, **path).returncode == 0
    assert faq(*question, "--kb", kb_folder, cwd=tmp_path, **(path | {"FAQ_SERVER": nobody})).returncode == 0
    assert faq(*question, "--server", server.url, cwd=tmp_path, **(path | {"FAQ_SERVER": nobody})).returncode == 0
    assert faq(*question, cwd=tmp_path, **(path | {"FAQ_SERVER": server.url, "FAQ_KB": "nothing"})).returncode == 0
    (tmp_path / "faq.toml").write_text(f'[faq]\nserver = "{nobody}"\n')
    assert faq(*question, cwd=tmp_path, **(path | {"FAQ_KB": str(kb_folder)})).returncode == 0
    assert "127.0.0.1:9" in error_line(faq(*question, cwd=tmp_path, **path))


def test_a_server_and_a_knowledge_base_at_once_are_a_usage_error(server, kb_folder):
    for command in (("ask", "x"), ("check", "list"), ("check", "show", "shm")):
        assert "exclude each other" in error_line(faq(*command, "--server", server.url, "--kb", kb_folder))


def test_the_key_comes_from_the_environment_alone():
    with scripted([says(200, ANSWER)]) as server:
        assert faq("ask", "x", "--server", server.url, FAQ_API_KEY="faq_secret").returncode == 1
    assert server.header("Authorization") == "Bearer faq_secret"
    with scripted([says(401)]) as server:
        done = faq("ask", "x", "--server", server.url, FAQ_API_KEY="faq_secret")
    assert "FAQ_API_KEY" in error_line(done)
    assert "faq_secret" not in done.stderr


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (says(200, b"<html>"), "not JSON"),
        (says(404), "404 Not Found"),
        (says(302, Location="https://elsewhere.example/"), "elsewhere.example"),
        (says(200, ANSWER | {"status": "unsure"}), "unsure"),
        (says(200, ANSWER | {"status": "answered"}), "without an answer"),
        (
            says(422, {"title": "T", "detail": "D.", "errors": [{"field": "top_k", "detail": "Too high."}]}),
            "top_k: Too",
        ),
    ],
)
def test_every_error_is_one_line(reply, said):
    with scripted([reply]) as server:
        assert said in error_line(faq("ask", "x", "--server", server.url))


def test_an_answer_does_not_steer_the_terminal():
    evil = ANSWER | {"no_answer": {"reason": "new", "message": "\x1b[2J", "suggestions": []}}
    with scripted([says(200, evil)]) as server:
        done = faq("ask", "x", "--server", server.url)
    assert (done.returncode, "\x1b" in done.stdout) == (1, False)


@pytest.mark.parametrize(
    "end",
    [
        "RuntimeError: DataLoader worker is killed by signal: Bus error. insufficient shared memory (shm)",
        '{"log": "' + "a" * 90_000 + 'insufficient shared memory (shm)"}',
    ],
)
def test_a_log_longer_than_a_server_takes_is_understood_as_here(server, kb_folder, end):
    log = "training stopped\n" + "INFO epoch 1 batch\n" * 60_000 + end
    for pasted in (log, end):
        here = faq("ask", "-", "--json", "--kb", kb_folder, stdin=pasted.encode())
        there = faq("ask", "-", "--json", "--server", server.url, stdin=pasted.encode())
        assert there.returncode == here.returncode
        told, expected = json.loads(there.stdout), json.loads(here.stdout)
        assert [hit["id"] for hit in told["answers"]] == [hit["id"] for hit in expected["answers"]]
        assert told["confidence"] == expected["confidence"]


def test_checks_of_a_server_are_listed_and_shown_as_here(server, kb_folder):
    for command in (
        ("check", "list"),
        ("check", "list", "--json"),
        ("check", "show", "shm"),
        ("check", "show", "shm", "--json"),
        ("check", "show", "shm", "--script"),
    ):
        here, there = faq(*command, "--kb", kb_folder), faq(*command, "--server", server.url)
        assert (there.returncode, there.stdout, there.stderr) == (0, here.stdout, "")
    assert "no check is called 'nope'" in error_line(faq("check", "show", "nope", "--server", server.url))


def test_a_script_of_a_server_is_never_run_unasked(server):
    run = ("ask", DOCKER_QUESTION, "--server", server.url, "--run-checks")
    assert "--yes runs no script of a server" in error_line(faq(*run, "--yes"))
    assert "run it in a terminal" in error_line(faq(*run))


@pytest.mark.parametrize(("said", "is_run"), [("y", True), ("n", False)])
def test_a_script_of_a_server_is_run_when_its_reader_says_so(server, said, is_run):
    controlling, terminal = pty.openpty()
    with (
        os.fdopen(controlling, "wb", buffering=0) as keys,
        subprocess.Popen(
            [sys.executable, "-m", "faqkb", "ask", DOCKER_QUESTION, "--server", server.url, "--run-checks", "--json"],
            stdin=terminal,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
        ) as process,
    ):
        keys.write(f"{said}\n".encode() * 3)
        out, told = process.communicate(timeout=60)
    os.close(terminal)
    results = json.loads(out)["check_results"]
    assert [result["check"] for result in results] == (["shm", "log", "env"] if is_run else [])
    assert f"check shm comes from {server.url}, sha256 " in told.decode()


def test_another_script_than_the_answers_is_not_run(tmp_path):
    link = {"id": "shm", "title": "t", "command": "c", "url": "/checks/shm.py", "sha256": "0" * 64}
    hit = {
        "id": "a/1",
        "question": "q",
        "answer": "a",
        "answer_html": "a",
        "confidence": 0.9,
        "highlight": {"start": 0, "end": 1, "text": "a"},
        "source": {"path": "a.md", "line": 1},
        "checks": [link],
    }
    answered = ANSWER | {"status": "answered", "answered": True, "answers": [hit], "no_answer": None}
    controlling, terminal = pty.openpty()
    with scripted([says(200, answered), says(200, b"print('evil')")]) as server:
        done = subprocess.run(
            [sys.executable, "-m", "faqkb", "ask", "x", "--server", server.url, "--run-checks"],
            stdin=terminal,
            capture_output=True,
            text=True,
            cwd=ROOT,
            check=False,
        )
    os.close(controlling)
    os.close(terminal)
    assert done.returncode == 2
    assert "not the one that was announced" in done.stderr


def test_asking_here_loads_no_http_client_and_asking_there_no_ranking(server, kb_folder):
    script = (
        "import sys; from faqkb.faq.main import cli\n"
        "cli.main(sys.argv[1:], standalone_mode=False)\n"
        "print(sorted({'httpx', 'pydantic', 'faqkb.faq.client', 'numpy', 'onnxruntime', 'faiss'} & set(sys.modules)))"
    )
    loaded = []
    for where in (("--kb", str(kb_folder)), ("--server", server.url)):
        command = [sys.executable, "-c", script, "ask", DOCKER_QUESTION, *where]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        loaded.append(done.stdout.splitlines()[-1])
    assert loaded == ["['faiss', 'numpy', 'onnxruntime']", "['faqkb.faq.client', 'httpx', 'pydantic']"]
