"""A bot for Microsoft Teams, and any channel of the Bot Framework: `python examples/teams_bot.py`.

Set MICROSOFT_APP_ID, MICROSOFT_APP_PASSWORD and MICROSOFT_APP_TENANT (of the Azure Bot resource) and FAQ_SERVER. The
Bot Framework posts to https://YOUR-HOST/api/messages; put a proxy with HTTPS before this bot, which listens on PORT of
this machine alone. With an empty MICROSOFT_APP_ID nobody is asked who they are: that is for the Bot Framework Emulator.
"""

from __future__ import annotations

import logging
from types import SimpleNamespace

from aiohttp import web
from botbuilder.core import ActivityHandler, MessageFactory, TurnContext
from botbuilder.integration.aiohttp import CloudAdapter, ConfigurationBotFrameworkAuthentication
from replies import UNREACHABLE, reply_text, session_of, setting

from faqkb.client import AsyncClient
from faqkb.kb.errors import KbError

PASSWORD = setting("MICROSOFT_APP_PASSWORD", "")
SETTINGS = SimpleNamespace(
    APP_ID=setting("MICROSOFT_APP_ID"),
    APP_PASSWORD=PASSWORD,
    APP_TENANTID=setting("MICROSOFT_APP_TENANT", ""),
    APP_TYPE="SingleTenant" if setting("MICROSOFT_APP_TENANT", "") else "MultiTenant",
)

faq = AsyncClient(setting("FAQ_SERVER", "http://127.0.0.1:8000"), api_key=setting("FAQ_API_KEY", "") or None)


class FaqBot(ActivityHandler):
    """Answers each message where it was written."""

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        """Answer a message; in a channel each person has a conversation of their own."""
        activity = turn_context.activity
        question = activity.text or ""
        for mention in TurnContext.get_mentions(activity):  # in a channel, `<at>FAQ</at> why?`
            question = question.replace(mention.additional_properties["text"], "")
        session = session_of(PASSWORD, activity.conversation.id, activity.from_property.id)
        try:
            answer = await faq.ask(question.strip(), session_id=session, format="text")
        except KbError as error:
            logging.error(error)  # raised, it would be a 500, after which the message is sent again
            await say(turn_context, UNREACHABLE)
        else:
            await say(turn_context, reply_text(answer))

    async def on_members_added_activity(self, members_added: list, turn_context: TurnContext) -> None:  # type: ignore
        """Greet whoever opens the chat, with the words of the FAQ's maintainer."""
        if any(member.id != turn_context.activity.recipient.id for member in members_added):
            locale = turn_context.activity.locale or ""
            await say(turn_context, reply_text(await faq.ask("你好" if locale.startswith("zh") else "hello")))


async def say(turn_context: TurnContext, text: str) -> None:
    """Send plain text, which no channel reads as Markdown."""
    reply = MessageFactory.text(text)
    reply.text_format = "plain"
    await turn_context.send_activity(reply)


adapter = CloudAdapter(ConfigurationBotFrameworkAuthentication(SETTINGS))
bot = FaqBot()


async def messages(request: web.Request) -> web.Response:
    """Take an activity of the Bot Framework, whose signature the adapter checks."""
    return await adapter.process(request, bot) or web.Response(status=201)


async def close(_: web.Application) -> None:
    """Close the connections to the server."""
    await faq.close()


if __name__ == "__main__":
    app = web.Application(client_max_size=256 * 1024)
    app.router.add_post("/api/messages", messages)
    app.on_cleanup.append(close)
    web.run_app(app, host="127.0.0.1", port=int(setting("PORT", "3978")))
