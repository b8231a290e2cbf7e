"""A Telegram bot that answers from the FAQ: `python examples/telegram_bot.py`.

Set TELEGRAM_TOKEN (@BotFather gives it) and FAQ_SERVER; with TELEGRAM_STAFF_CHAT, the number of a chat that the bot is
in, whoever wants a person is told of there. It asks Telegram for messages, so it needs no address of its own.
"""

from __future__ import annotations

from replies import UNREACHABLE, pieces, reply_text, session_of, setting
from telegram import Message, Update
from telegram.ext import Application, CommandHandler, ContextTypes, MessageHandler, filters

from faqkb.client import AsyncClient
from faqkb.kb.errors import KbError

TOKEN = setting("TELEGRAM_TOKEN")
API = setting("TELEGRAM_API", "https://api.telegram.org")  # or a Bot API server of your own
STAFF_CHAT = setting("TELEGRAM_STAFF_CHAT", "")
LONGEST = 4096  # characters of a message

faq = AsyncClient(setting("FAQ_SERVER", "http://127.0.0.1:8000"), api_key=setting("FAQ_API_KEY", "") or None)


async def start(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    """Greet whoever opens the chat, with the words of the FAQ's maintainer."""
    if update.message:
        await reply(update.message, "你好" if _language(update).startswith("zh") else "hello", context)


async def message(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    """Answer a message."""
    if update.message:
        await reply(update.message, update.message.text or "", context)


async def reply(to: Message, question: str, context: ContextTypes.DEFAULT_TYPE) -> None:
    """Answer a question in the chat it was asked in; each person in a group has a conversation of their own."""
    person = to.from_user.id if to.from_user else None
    try:
        answer = await faq.ask(question, session_id=session_of(TOKEN, to.chat_id, person), format="text")
    except KbError:
        await to.reply_text(UNREACHABLE)
        raise  # the library logs it
    for piece in pieces(reply_text(answer), LONGEST):
        await to.reply_text(piece)
    if answer.handover and STAFF_CHAT:
        name = to.from_user.full_name if to.from_user else "somebody"
        await context.bot.send_message(STAFF_CHAT, f"{name} wants a person: {to.link or to.chat_id}")
        await to.forward(STAFF_CHAT)


def _language(update: Update) -> str:
    return (update.effective_user and update.effective_user.language_code) or ""


async def close(_: Application) -> None:  # type: ignore[type-arg]
    """Close the connections to the server."""
    await faq.close()


def main() -> None:
    """Run until it is stopped."""
    bot = Application.builder().token(TOKEN).base_url(f"{API}/bot").post_shutdown(close).build()
    bot.add_handler(CommandHandler("start", start))
    bot.add_handler(MessageHandler(filters.TEXT & ~filters.COMMAND, message))
    bot.run_polling(allowed_updates=[Update.MESSAGE])


if __name__ == "__main__":
    main()
