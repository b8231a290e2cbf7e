"""Programs in JavaScript: OpenAI's client for Node, and the AI SDK with both of its providers, at their defaults."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from node_support import installed_modules
from server_support import DOCKER_QUESTION, ROOT, required_tool, served

from faqkb.kb.knowledge import KnowledgeBase

CLIENTS = ROOT / "tests" / "clients" / "node"
SHM = "faq_2021_s1/Q1.3"


@pytest.fixture(scope="session")
def node_clients() -> Path:
    """Return a folder with the script and the packages it needs."""
    folder = installed_modules(CLIENTS.name).parent
    shutil.copy2(CLIENTS / "ask.mjs", folder)
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
    packages = json.loads((CLIENTS / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert all("integrity" in each and "resolved" not in each for name, each in packages.items() if name)
