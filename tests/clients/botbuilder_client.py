# /// script
# requires-python = ">=3.11"
# dependencies = ["botbuilder-ai==4.17.1", "aiohttp"]
#
# [tool.faq-check]
# id = "botbuilder_client"
# version = "1.0"
# title = "Does the Bot Framework's SDK for Python get the stored answer?"
# answers = []
# reads = []
# writes = []
# needs = ["cpu"]
# limit_seconds = 60
# ///
"""Ask a server as bots in Python do: `botbuilder_client.py URL KEY QUESTION FOLLOW_UP` prints the replies as JSON.

In an environment of its own, because it holds packages that are no longer looked after.
"""

import asyncio
import json
import sys

import aiohttp
from botbuilder.ai.qna import QnAMaker, QnAMakerEndpoint, QnAMakerOptions
from botbuilder.ai.qna.models import QnARequestContext
from botbuilder.core import TurnContext
from botbuilder.core.adapters import TestAdapter
from botbuilder.schema import Activity, ActivityTypes, ChannelAccount, ConversationAccount


async def ask(service: QnAMaker, text: str, options: QnAMakerOptions) -> list[dict[str, object]]:
    person, bot, place = ChannelAccount(id="p", name="P"), ChannelAccount(id="b"), ConversationAccount(id="c")
    activity = Activity(type=ActivityTypes.message, text=text, channel_id="test", id="1")
    activity.from_property, activity.recipient, activity.conversation = person, bot, place
    found = await service.get_answers(TurnContext(TestAdapter(), activity), options)
    return [{"id": each.id, "answer": each.answer, "score": each.score} for each in found]


def asked_before(number: int, question: str) -> QnAMakerOptions:
    """Return what a dialog sends with each turn: 0 and an empty question before the first."""
    return QnAMakerOptions(qna_id=0, context=QnARequestContext(previous_qna_id=number, previous_user_query=question))


async def main(url: str, key: str, question: str, follow_up: str) -> None:
    async with aiohttp.ClientSession() as session:
        service = QnAMaker(QnAMakerEndpoint("faq", key, f"{url}/qnamaker"), http_client=session)
        first = await ask(service, question, asked_before(0, ""))
        second = await ask(service, follow_up, asked_before(first[0]["id"], question))
    sys.stdout.write(json.dumps([first, second]))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
