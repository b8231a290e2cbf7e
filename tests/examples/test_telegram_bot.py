"""The Telegram bot, with python-telegram-bot, against a stand-in for Telegram's Bot API."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from platform_support import HANDOVER, Heard, dead_url, platform, running_bot
from server_support import DOCKER_QUESTION, ServedProcess

pytest.importorskip("telegram", reason="pip install 'faqkb[dev]'")

TOKEN = "1234:stand-in"
STAFF = "-77"
ADA, BO, CY = (
    {"id": number, "is_bot": False, "first_name": name} for number, name in enumerate(("Ada", "Bo", "Cy"), 5)
)


@dataclass
class Telegram:
    """Hands out updates to whoever asks for them, and keeps the messages that the bot sends."""

    heard: Heard = field(default_factory=Heard)
    updates: list[dict[str, Any]] = field(default_factory=list)

    def says(self, text: str, person: dict[str, Any] = ADA) -> None:
        number = len(self.updates) + 1
        chat = {"id": person["id"], "type": "private", "first_name": person["first_name"]}
        entities = [{"type": "bot_command", "offset": 0, "length": len(text)}] if text.startswith("/") else []
        said = {"message_id": number, "date": 1, "chat": chat, "from": person, "text": text, "entities": entities}
        self.updates.append({"update_id": number, "message": said})

    def asks(self, text: str, person: dict[str, Any] = ADA) -> str:
        self.says(text, person)
        reply = self.heard.next()
        assert reply["chat_id"] == str(person["id"])
        return reply["text"]

    async def called(self, request: web.Request) -> web.Response:
        assert request.match_info["token"] == TOKEN
        method, sent = request.match_info["method"], dict(await request.post())
        return web.json_response({"ok": True, "result": await self.result(method, sent)})

    async def result(self, method: str, sent: dict[str, Any]) -> Any:
        if method == "getMe":
            return {"id": 1, "is_bot": True, "first_name": "FAQ", "username": "faq_bot"}
        if method == "getUpdates":
            for _ in range(20):
                if new := [each for each in self.updates if each["update_id"] >= int(sent.get("offset", 0))]:
                    return new
                await asyncio.sleep(0.05)
            return []
        if method in {"sendMessage", "forwardMessage"}:
            self.heard.sent.put({"method": method} | sent)
            return {"message_id": 1000, "date": 1, "chat": {"id": 5, "type": "private"}, "text": "…"}
        return True


@contextmanager
def bot_of(faq_url: str, log: Path) -> Iterator[Telegram]:
    stand_in = Telegram()
    application = web.Application()
    application.router.add_post("/bot{token}/{method}", stand_in.called)
    with platform(application) as (url, _):
        settings = {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API": url, "TELEGRAM_STAFF_CHAT": STAFF}
        with running_bot("telegram_bot.py", log, FAQ_SERVER=faq_url, **settings):
            yield stand_in


@pytest.fixture(scope="module")
def telegram(faq_server: ServedProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Telegram]:
    with bot_of(faq_server.url, tmp_path_factory.mktemp("telegram") / "log") as stand_in:
        yield stand_in


def test_an_answer_is_plain_text_and_a_follow_up_stays_with_it(telegram: Telegram) -> None:
    answer = telegram.asks(DOCKER_QUESTION)
    assert "/dev/shm" in answer
    assert "**" not in answer
    assert telegram.asks("为什么？") == answer


def test_a_number_chooses_from_the_list_that_this_person_was_shown(telegram: Telegram) -> None:
    listed = telegram.asks("which network", BO)
    assert "\n1. Which networks suit phones" in listed
    assert "\n2. Mobile networks are already fast" in listed
    assert telegram.asks("2", CY).startswith("Nothing stored")
    assert telegram.asks("2", BO).startswith("Because what is fast")


def test_a_start_is_greeted_in_the_maintainers_words(telegram: Telegram) -> None:
    assert "just ask" in telegram.asks("/start", CY)


def test_whoever_wants_a_person_hears_how_and_the_staff_hears_of_them(telegram: Telegram) -> None:
    assert HANDOVER in telegram.asks("talk to a human", CY)
    told, forwarded = telegram.heard.next(), telegram.heard.next()
    assert (told["chat_id"], "Cy wants a person" in told["text"]) == (STAFF, True)
    assert (forwarded["method"], forwarded["chat_id"]) == ("forwardMessage", STAFF)


def test_a_server_that_is_gone_is_told_of_and_logged(tmp_path: Path) -> None:
    with dead_url() as gone, bot_of(gone, tmp_path / "log") as telegram:
        assert "cannot be asked right now" in telegram.asks(DOCKER_QUESTION)
    log = (tmp_path / "log").read_text()
    assert f"{gone}: no connection" in log
    assert TOKEN not in log
