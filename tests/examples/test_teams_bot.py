"""The bot for Teams, with the Bot Framework's SDK, against a stand-in for the Bot Connector.

In an environment of its own, because it holds packages that are no longer looked after.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from node_support import CLIENTS
from platform_support import HANDOVER, Heard, call, dead_url, free_port, platform, running_bot
from server_support import DOCKER_QUESTION, Reply, ServedProcess

from faqkb.faq.checks.environment import python_for
from faqkb.kb.check_header import parse_check

NEEDED = (
    *("botbuilder-core==4.17.1", "botbuilder-integration-aiohttp==4.17.1"),
    *("httpx>=0.28,<0.29", "pydantic>=2.12,<3"),  # of our client
)
BOT = {"id": "28:bot", "name": "FAQ"}


@dataclass
class Connector:
    """Posts what people write to the bot, and keeps the activities that the bot sends back."""

    port: int
    url: str = ""
    heard: Heard = field(default_factory=Heard)

    def sends(self, person: str, **fields: Any) -> Reply:
        activity = {
            "type": "message",
            "id": "1",
            "channelId": "msteams",
            "serviceUrl": self.url,
            "from": {"id": f"29:{person}", "name": person},
            "recipient": BOT,
            "conversation": {"id": "19:general"},
        }
        return call(self.port, "POST", "/api/messages", json.dumps(activity | fields).encode())

    def asks(self, person: str, text: str, **fields: Any) -> str:
        assert self.sends(person, text=text, **fields).status == 201
        return self.heard.next()["text"]

    async def called(self, request: web.Request) -> web.Response:
        self.heard.sent.put(await request.json() | {"conversation": request.match_info["conversation"]})
        return web.json_response({"id": "2"})


@pytest.fixture(scope="module")
def python() -> Path:
    script = CLIENTS / "botbuilder_client.py"
    return python_for(replace(parse_check(script.read_bytes(), script.stem), dependencies=NEEDED))


@contextmanager
def bot_of(faq_url: str, python: Path, log: Path) -> Iterator[Connector]:
    stand_in = Connector(free_port())
    application = web.Application()
    application.router.add_post("/v3/conversations/{conversation}/activities", stand_in.called)
    application.router.add_post("/v3/conversations/{conversation}/activities/{activity}", stand_in.called)
    settings = {"MICROSOFT_APP_ID": "", "PORT": str(stand_in.port), "FAQ_SERVER": faq_url}
    with platform(application) as (stand_in.url, _), running_bot("teams_bot.py", log, python=python, **settings):
        yield stand_in


@pytest.fixture(scope="module")
def teams(faq_server: ServedProcess, python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connector]:
    with bot_of(faq_server.url, python, tmp_path_factory.mktemp("teams") / "log") as stand_in:
        yield stand_in


def test_an_answer_is_plain_text_and_a_follow_up_stays_with_it(teams: Connector) -> None:
    teams.sends("Ada", text=DOCKER_QUESTION)
    reply = teams.heard.next()
    assert (reply["conversation"], reply["textFormat"], reply["replyToId"]) == ("19:general", "plain", "1")
    assert "/dev/shm" in reply["text"]
    assert teams.asks("Ada", "为什么？") == reply["text"]


def test_a_mention_is_read_over_and_a_number_chooses(teams: Connector) -> None:
    called = "<at>FAQ</at>"
    mention = {"entities": [{"type": "mention", "text": called, "mentioned": BOT}]}
    assert "\n2. Mobile networks are already fast" in teams.asks("Bo", f"{called} which network", **mention)
    assert teams.asks("Cy", f"{called} 2", **mention).startswith("Nothing stored")
    assert teams.asks("Bo", f"{called} 2", **mention).startswith("Because what is fast")


def test_whoever_wants_a_person_hears_how(teams: Connector) -> None:
    assert HANDOVER in teams.asks("Cy", "talk to a human")


def test_whoever_comes_is_greeted_in_the_maintainers_words(teams: Connector) -> None:
    teams.sends("Cy", type="conversationUpdate", membersAdded=[{"id": "29:Cy"}], locale="en-GB")
    assert "just ask" in teams.heard.next()["text"]


def test_what_the_bot_framework_did_not_sign_is_refused(
    faq_server: ServedProcess, python: Path, tmp_path: Path
) -> None:
    stranger = Connector(free_port())
    secrets = {"MICROSOFT_APP_ID": "an-app", "MICROSOFT_APP_PASSWORD": "a password"}
    settings = {"PORT": str(stranger.port), "FAQ_SERVER": faq_server.url, **secrets}
    with running_bot("teams_bot.py", tmp_path / "log", python=python, **settings):
        assert stranger.sends("Ada", text=DOCKER_QUESTION).status == 401


def test_a_server_that_is_gone_is_told_of_and_logged(python: Path, tmp_path: Path) -> None:
    with dead_url() as gone, bot_of(gone, python, tmp_path / "log") as teams:
        assert "cannot be asked right now" in teams.asks("Ada", DOCKER_QUESTION)
    assert f"{gone}: no connection" in (tmp_path / "log").read_text()
