# /// script
# requires-python = ">=3.11"
# dependencies = ["llama-index-llms-openai-like>=0.8.1,<0.9"]
#
# [tool.faq-check]
# id = "llama_index_client"
# version = "1.0"
# title = "Does LlamaIndex get the stored answer?"
# answers = []
# reads = []
# writes = []
# needs = ["cpu"]
# limit_seconds = 60
# ///
"""Ask a server as LlamaIndex does: `llama_index_client.py URL QUESTION` prints the replies as one JSON document.

In an environment of its own, because llama-index-core holds marshmallow below 4 (by dataclasses-json 0.6).
"""

import asyncio
import json
import sys

from llama_index.core.llms import ChatMessage
from llama_index.llms.openai_like import OpenAILike


def main(url: str, question: str) -> None:
    llm = OpenAILike(api_base=f"{url}/v1", api_key="any", model="faq", is_chat_model=True, max_retries=0)
    messages = [ChatMessage(role="system", content="Be brief."), ChatMessage(role="user", content=question)]
    replies = {
        "chat": llm.chat(messages).message.content,
        "stream_chat": "".join(part.delta or "" for part in llm.stream_chat(messages)),
        "complete": llm.complete(question).text,
        "achat": asyncio.run(llm.achat(messages)).message.content,
    }
    sys.stdout.write(json.dumps(replies))


if __name__ == "__main__":
    main(*sys.argv[1:])
