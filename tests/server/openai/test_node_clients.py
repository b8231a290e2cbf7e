"""Programs in JavaScript: OpenAI's client for Node, and the AI SDK with both of its providers, at their defaults."""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from platformdirs import user_cache_path
from server_support import DOCKER_QUESTION, ROOT, required_tool, served

from faqkb.kb.knowledge import KnowledgeBase

CLIENTS = ROOT / "tests" / "clients" / "node"
LOCK = CLIENTS / "package-lock.json"
SHM = "faq_2021_s1/Q1.3"


@pytest.fixture(scope="session")
def node_clients() -> Path:
    """Return a folder with the script and the packages it needs, installed once for each state of the lock file."""
    npm = required_tool("npm")
    folder = user_cache_path("faqkb") / "node-clients" / hashlib.sha256(LOCK.read_bytes()).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the other worker waits; the system drops it when one dies
        for path in CLIENTS.iterdir():
            shutil.copy2(path, folder)
        if not (folder / "installed").exists():
            subprocess.run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, check=True)
            (folder / "installed").touch()
    return folder


@pytest.fixture(scope="module")
def replies(node_clients: Path, kb_folder: Path) -> Any:
    with served(kb_folder) as server:
        command = [required_tool("node"), "ask.mjs", server.url, DOCKER_QUESTION]
        asked = subprocess.run(command, cwd=node_clients, capture_output=True, text=True, check=False, timeout=60)
    assert asked.returncode == 0, asked.stderr
    return json.loads(asked.stdout)


def test_openais_client_for_node(replies: Any, knowledge: KnowledgeBase) -> None:
    stored, got = knowledge.record(SHM), replies["official"]
    texts = ("chat", "chatStream", "chatHelper", "response", "responseStream", "responseHelper", "completion")
    assert {name: got[name] for name in texts} == dict.fromkeys(texts, stored.answer)
    assert got["responseSources"] == [stored.question]
    assert got["embedded"] == [knowledge.encoder.dim] * 2
    assert got["models"] == ["faq"]
    assert (got["json"]["name"], got["json"]["status"]) == ("BadRequestError", 400)
    assert "nothing is generated" in got["json"]["message"]
    assert (got["withoutBase"]["name"], got["withoutBase"]["status"]) == ("NotFoundError", 404)
    assert "ends in /v1" in got["withoutBase"]["message"]


def test_the_ai_sdk_with_its_provider_for_openai(replies: Any, knowledge: KnowledgeBase) -> None:
    stored, got = knowledge.record(SHM), replies["aiSdk"]
    texts = ("whole", "stream", "chat", "legacy")
    assert {name: got[name] for name in texts} == dict.fromkeys(texts, stored.answer)
    assert (got["sources"], got["usage"]) == ([stored.question], True)
    assert "图片" in got["picture"]
    assert got["embedded"] == [knowledge.encoder.dim] * 2


def test_the_ai_sdk_with_its_provider_for_others(replies: Any, knowledge: KnowledgeBase) -> None:
    assert replies["compatible"] == dict.fromkeys(("whole", "stream", "legacy"), knowledge.record(SHM).answer)


def test_the_lock_file_names_no_place_to_install_from() -> None:
    packages = json.loads(LOCK.read_text(encoding="utf-8"))["packages"]
    assert all("integrity" in each and "resolved" not in each for name, each in packages.items() if name)
