"""A Slack bot that answers from the FAQ: `python examples/slack_bot.py`.

Set SLACK_BOT_TOKEN (xoxb-…), SLACK_APP_TOKEN (xapp-…) and FAQ_SERVER; with SLACK_STAFF_CHANNEL, the id of a channel
that the bot is in, whoever wants a person is told of there. Socket mode: the bot needs no address of its own.
"""

from __future__ import annotations

from html import escape, unescape
from typing import Any

from replies import UNREACHABLE, pieces, reply_text, session_of, setting
from slack_bolt import App, BoltContext, Say
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from faqkb.client import Client
from faqkb.kb.errors import KbError

TOKEN = setting("SLACK_BOT_TOKEN")
STAFF_CHANNEL = setting("SLACK_STAFF_CHANNEL", "")
LONGEST = 3_000  # characters of a message; Slack takes 40,000, and shows 4,000

faq = Client(setting("FAQ_SERVER", "http://127.0.0.1:8000"), api_key=setting("FAQ_API_KEY", "") or None)
app = App(client=WebClient(TOKEN, base_url=setting("SLACK_API", "https://slack.com/api/")))


@app.event("message")
def direct_message(event: dict[str, Any], say: Say, client: WebClient) -> None:
    """Answer a direct message; in channels the bot answers who mentions it."""
    if event.get("channel_type") == "im" and "subtype" not in event:  # an edited or deleted message has a subtype
        reply(event, event.get("text", ""), say, client, thread=event.get("thread_ts"))


@app.event("app_mention")
def mention(event: dict[str, Any], say: Say, client: WebClient, context: BoltContext) -> None:
    """Answer in a thread below the message that mentions the bot, `<@U012AB3CD> why?`; a thread is a conversation."""
    question = event.get("text", "").replace(f"<@{context.bot_user_id}>", "").strip()
    reply(event, question, say, client, thread=event.get("thread_ts") or event["ts"])


def reply(event: dict[str, Any], question: str, say: Say, client: WebClient, thread: str | None) -> None:
    """Answer a question where it was asked."""
    session = session_of(TOKEN, event["channel"], thread, event["user"])
    try:
        answer = faq.ask(unescape(question), session_id=session, format="text")  # Slack sends `&lt;` for `<`
    except KbError:
        say(UNREACHABLE, thread_ts=thread)
        raise  # the library logs it
    for piece in pieces(reply_text(answer), LONGEST):
        say(escape(piece, quote=False), thread_ts=thread)  # `<!channel>` in a text would call everybody
    if answer.handover and STAFF_CHANNEL:
        link = client.chat_getPermalink(channel=event["channel"], message_ts=event["ts"])["permalink"]
        client.chat_postMessage(channel=STAFF_CHANNEL, text=f"<@{event['user']}> wants a person: {link}")


if __name__ == "__main__":
    SocketModeHandler(app, setting("SLACK_APP_TOKEN")).start()
