"""The settings for Open WebUI: what it sends with them is answered. More of the protocol is in tests/server/openai."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from platform_support import EXAMPLES, HANDOVER
from server_support import DOCKER_QUESTION, ServedProcess

openai = pytest.importorskip("openai", reason="pip install 'faqkb[dev]'")

LINES = (EXAMPLES / "open_webui.env").read_text(encoding="utf-8").splitlines()
SETTINGS = dict(line.split("=", 1) for line in LINES if line and not line.startswith("#"))


@pytest.fixture(scope="module")
def client(faq_server: ServedProcess) -> Any:
    path = urlsplit(SETTINGS["OPENAI_API_BASE_URL"]).path
    with openai.OpenAI(base_url=f"{faq_server.url}{path}", api_key=SETTINGS["OPENAI_API_KEY"]) as made:
        yield made


def streamed(client: Any, *turns: str) -> str:
    """Return the last reply of a chat whose earlier replies are sent along, as the window does."""
    messages: list[dict[str, str]] = []
    for turn in turns:
        messages.append({"role": "user", "content": turn})
        parts = client.chat.completions.create(model=SETTINGS["DEFAULT_MODELS"], messages=messages, stream=True)
        text = "".join(part.choices[0].delta.content or "" for part in parts if part.choices)
        messages.append({"role": "assistant", "content": text})
    return text


def test_the_model_is_listed(client: Any) -> None:
    assert SETTINGS["DEFAULT_MODELS"] in [model.id for model in client.models.list()]


def test_a_follow_up_stays_with_the_answer(client: Any) -> None:
    answer = streamed(client, DOCKER_QUESTION)
    assert "/dev/shm" in answer
    assert streamed(client, DOCKER_QUESTION, "为什么？") == answer


def test_a_number_chooses_and_a_person_is_told_of(client: Any) -> None:
    choices = streamed(client, "the model is too big").splitlines()
    second = next(line.removeprefix("2. ") for line in choices if line.startswith("2. "))
    assert streamed(client, "the model is too big", "2") == streamed(client, second) != streamed(client, choices[2][3:])
    assert HANDOVER in streamed(client, "the model is too big", "talk to a human")
