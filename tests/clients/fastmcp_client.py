# /// script
# requires-python = ">=3.11"
# dependencies = ["fastmcp>=4.2,<5"]
#
# [tool.faq-check]
# id = "fastmcp_client"
# version = "1.0"
# title = "Does FastMCP's client get the stored answer?"
# answers = []
# reads = []
# writes = []
# needs = ["cpu"]
# limit_seconds = 60
# ///
"""Ask a server as FastMCP's client does: `fastmcp_client.py URL QUESTION` prints the replies as one JSON document.

In an environment of its own, because it brings twenty packages that nothing else here needs.
"""

import asyncio
import json
import sys

from fastmcp import Client

EXTRA = {"toolCallId": "call_1", "top_k": "1", "tags": None}


async def main(url: str, question: str) -> None:
    replies = {}
    for path in ("/mcp", "/mcp/"):
        async with Client(f"{url}{path}") as client:
            asked = await client.call_tool("ask", {"question": question} | EXTRA)
            tools = await client.list_tools()
            replies[path] = {
                "tools": [tool.name for tool in tools],
                "ids": [entry["id"] for entry in asked.structured_content["answers"]],
            }
    sys.stdout.write(json.dumps(replies))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
