"""The Model Context Protocol over standard input and output: a message a line, until the input ends."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, BinaryIO

from faqkb.server.answering.reload import KnowledgeHolder
from faqkb.server.answering.sources import KnowledgeSource
from faqkb.server.branding import Branding
from faqkb.server.mcp.dispatch import answer
from faqkb.server.mcp.messages import INVALID_REQUEST, McpError, dump_message, parse_content
from faqkb.server.mcp.service import McpService, check_uri, record_uri
from faqkb.server.wording.spoken import spoken_by
from faqkb.server.wording.talk import worded_by

LINE_BYTES = 4 * 1024 * 1024  # of one message; a pasted log has at most 2 million characters (kb.limits)


def serve_stdio(kb_folder: Path, branding: Branding, source: KnowledgeSource | None = None) -> None:
    """Answer messages until the input ends or nobody reads any more; new snapshots are taken over meanwhile.

    Standard output carries messages and nothing else: what else is printed meanwhile goes to standard error.
    `source` is where snapshots are opened from, None for the folder. Raises what KnowledgeBase.open raises.
    """
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    with (
        suppress(BrokenPipeError),  # the client is gone
        _claim_output() as replies,
        closing(KnowledgeHolder(kb_folder, source=source)) as holder,
    ):
        service = McpService(
            holder.lease,
            record_uri,
            check_uri,
            title=branding.name,
            worded=lambda answer: worded_by(answer, spoken_by(branding, answer.language)),
        )
        converse(sys.stdin.buffer, replies, service)


def converse(requests: BinaryIO, replies: BinaryIO, service: McpService) -> None:
    """Answer each line of `requests` with a line of `replies`.

    Raises BrokenPipeError when nobody reads any more.
    """
    version: str | None = None
    while line := requests.readline(LINE_BYTES + 1):
        if len(line) > LINE_BYTES:
            _skip_line(requests, line)
            reply: Any = McpError(INVALID_REQUEST, f"The message is longer than {LINE_BYTES} bytes.").reply()
        elif not line.strip():
            continue
        else:
            reply = _answer_line(line, service, version)
        if reply is None:
            continue
        version = _agreed(reply) or version
        replies.write(dump_message(reply) + b"\n")
        replies.flush()


def _answer_line(line: bytes, service: McpService, version: str | None) -> Any:
    try:
        content = parse_content(line)
    except McpError as error:
        return error.reply()
    return answer(content, service, version)


def _agreed(reply: Any) -> str | None:
    """Return the revision that a reply to `initialize` agrees on, None of any other reply."""
    result = reply.get("result", {}) if isinstance(reply, dict) else {}
    return result.get("protocolVersion")


def _skip_line(requests: BinaryIO, read: bytes) -> None:
    """Read to the end of a line that is too long to keep."""
    while read and not read.endswith(b"\n"):
        read = requests.readline(LINE_BYTES)


def _claim_output() -> BinaryIO:
    """Return standard output for messages alone; who prints from now on prints to standard error."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(kept, "wb")
