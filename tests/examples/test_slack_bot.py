"""The Slack bot, with Bolt in socket mode, against a stand-in for Slack's Web API and its socket."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from platform_support import HANDOVER, Heard, platform, running_bot
from server_support import DOCKER_QUESTION, ServedProcess

pytest.importorskip("slack_bolt", reason="pip install 'faqkb[dev]'")

BOT_TOKEN, APP_TOKEN, STAFF = "xoxb-stand-in", "xapp-stand-in", "C0STAFF"
BOT, ADA, BO = "U0BOT", "U0ADA", "U0BO"


@dataclass
class Slack:
    """Sends events down the socket, and keeps the messages that the bot posts."""

    url: str = ""
    loop: asyncio.AbstractEventLoop | None = None
    heard: Heard = field(default_factory=Heard)
    socket: web.WebSocketResponse | None = None
    connected: threading.Event = field(default_factory=threading.Event)
    events: int = 0

    def says(self, user: str, text: str, **fields: Any) -> None:
        """Send what a person writes to the bot: a direct message unless the fields say otherwise."""
        self.events += 1
        event = {"type": "message", "channel_type": "im", "channel": f"D{user}", "user": user, "text": text}
        event |= {"ts": f"{self.events}.0"} | fields
        of_app = {"team_id": "T1", "api_app_id": "A1", "event_id": f"Ev{self.events}", "type": "event_callback"}
        envelope = {"type": "events_api", "envelope_id": str(self.events), "payload": of_app | {"event": event}}
        assert self.connected.wait(60)
        asyncio.run_coroutine_threadsafe(self.socket.send_str(json.dumps(envelope)), self.loop).result(10)

    def asks(self, user: str, text: str, **fields: Any) -> str:
        self.says(user, text, **fields)
        return self.heard.next()["text"]

    async def called(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        token = APP_TOKEN if method == "apps.connections.open" else BOT_TOKEN
        assert request.headers["Authorization"] == f"Bearer {token}"
        if method == "apps.connections.open":
            return web.json_response({"ok": True, "url": f"{self.url.replace('http', 'ws')}/socket"})
        if method == "chat.postMessage":
            self.heard.sent.put(await request.json() if request.content_type.endswith("json") else await request.post())
        known = {"bot_id": "B0", "user_id": BOT, "team_id": "T1", "permalink": f"{self.url}/archives/1"}
        return web.json_response({"ok": True} | known)

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        """Speak to the bot as Slack's socket does: hello first, then events, each of which is acknowledged."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str(json.dumps({"type": "hello", "num_connections": 1}))
        self.socket = socket
        self.connected.set()
        async for _ in socket:
            pass
        return socket


@pytest.fixture(scope="module")
def slack(faq_server: ServedProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slack]:
    stand_in = Slack()
    application = web.Application()
    application.router.add_route("*", "/api/{method}", stand_in.called)
    application.router.add_get("/socket", stand_in.connect)
    log = tmp_path_factory.mktemp("slack") / "log"
    with platform(application) as (stand_in.url, stand_in.loop):
        tokens = {"SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_APP_TOKEN": APP_TOKEN, "SLACK_STAFF_CHANNEL": STAFF}
        with running_bot("slack_bot.py", log, FAQ_SERVER=faq_server.url, SLACK_API=f"{stand_in.url}/api/", **tokens):
            yield stand_in


def test_a_direct_message_is_answered_and_a_follow_up_stays_with_it(slack: Slack) -> None:
    answer = slack.asks(ADA, DOCKER_QUESTION)
    assert "/dev/shm" in answer
    assert "**" not in answer
    assert slack.asks(ADA, "为什么？") == answer


def test_a_mention_is_answered_in_a_thread_where_a_number_chooses(slack: Slack) -> None:
    in_channel = {"type": "app_mention", "channel": "C1", "channel_type": "channel"}
    slack.says(BO, f"<@{BOT}> which network", ts="50.1", **in_channel)
    listed = slack.heard.next()
    assert (listed["channel"], listed["thread_ts"]) == ("C1", "50.1")
    assert "\n2. Mobile networks are already fast" in listed["text"]
    assert slack.asks(BO, f"<@{BOT}> 2", thread_ts="50.1", **in_channel).startswith("Because what is fast")


def test_what_a_reader_typed_calls_nobody(slack: Slack) -> None:
    asked = "what should class_num be &lt;!channel&gt;? And where do I download the 10w pretrained weights?"
    reply = slack.asks("U0CY", asked)
    assert "&lt;!channel&gt;" in reply
    assert "<!" not in reply


def test_edits_and_channels_where_nobody_calls_are_left_alone(slack: Slack) -> None:
    slack.says(ADA, DOCKER_QUESTION, channel="C1", channel_type="channel")
    slack.says(ADA, DOCKER_QUESTION, subtype="message_changed")
    slack.says(BOT, DOCKER_QUESTION, bot_id="B0")
    assert "welcome" in slack.asks(BO, "thanks")


def test_whoever_wants_a_person_hears_how_and_the_staff_hears_of_them(slack: Slack) -> None:
    assert HANDOVER in slack.asks(BO, "talk to a human")
    told = slack.heard.next()
    assert (told["channel"], told["text"]) == (STAFF, f"<@{BO}> wants a person: {slack.url}/archives/1")
