"""One function for each kind of input that strangers write: bytes in, nothing out; it raises where a promise is broken.

Each calls the code that reads such an input in earnest. What that code may raise is part of the promise, and is caught
here; anything else that comes out is a fault. `fuzz.py` drives them for as long as wanted, `test_fuzz.py` for seconds.
"""

from __future__ import annotations

import atexit
import json
import re
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from active_parts import active_parts
from flask import Request
from server_support import make_record
from werkzeug.test import EnvironBuilder

from faqkb.faq.bootstrap import encoder_folder
from faqkb.faq.config import read_config
from faqkb.ingest import parse_document
from faqkb.ingest.imported.layout import lay_out
from faqkb.ingest.imported.recognise import read_file
from faqkb.ingest.page.encodings import decode
from faqkb.ingest.page.front_matter import read_front_matter
from faqkb.ingest.rendering import OUTPUT_FACTOR, OUTPUT_FREE_CHARS
from faqkb.kb.building.build import build_snapshot
from faqkb.kb.check_header import parse_check
from faqkb.kb.errors import (
    ArchiveRefused,
    CheckMalformed,
    ConfigError,
    ContentError,
    SnapshotDamaged,
    SnapshotUnsupported,
)
from faqkb.kb.evaluation.queries import read_queries
from faqkb.kb.feedback.redaction import redact
from faqkb.kb.foreign.html import sanitise
from faqkb.kb.foreign.paths import inside
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.snapshot.archive import unpack_snapshot
from faqkb.kb.snapshot.manifest import canonical, parse_manifest
from faqkb.kb.text import STEERING
from faqkb.server.api.bodies import AskBody, ClickBody, read_batch_body
from faqkb.server.azure.bodies import read_query_body
from faqkb.server.feedback.judging import FeedbackBody
from faqkb.server.http.parsing import read_body
from faqkb.server.mcp.dispatch import HANDSHAKE_VERSIONS, answer
from faqkb.server.mcp.messages import INTERNAL_ERROR, McpError, dump_message, parse_content
from faqkb.server.mcp.service import McpService
from faqkb.server.openai.bodies import messages_of, read_chat_body
from faqkb.server.openai.completions import prompts_of, read_completion_body
from faqkb.server.openai.conversation.messages import Message
from faqkb.server.openai.embeddings import read_embedding_body
from faqkb.server.openai.helpers.templates import helper_request
from faqkb.server.openai.helpers.wrapped import unwrapped
from faqkb.server.openai.responses.bodies import messages_of as messages_of_response
from faqkb.server.openai.responses.bodies import read_response_body
from faqkb.server.problems import Refused

SECONDS = 4.0  # of processor time; a document may take as long before it is refused
SECONDS_PER_BYTE = 100e-6
_PLACED = re.compile(r"a/b\.md(:\d+)?: .")


class BrokenPromise(AssertionError):
    """The input was read as nothing that may come of it."""


def hold(promise: bool, what: str) -> None:
    """Raise BrokenPromise where a promise does not hold."""
    if not promise:
        raise BrokenPromise(what)


@cache
def _folder() -> Path:
    """Return a folder of this process, in memory where the system has such a place."""
    memory = Path("/dev/shm")
    made = tempfile.TemporaryDirectory(prefix="faqkb-fuzz-", dir=memory if memory.is_dir() else None)
    atexit.register(made.cleanup)
    return Path(made.name)


def _file(name: str, content: bytes) -> Path:
    path = _folder() / name
    path.write_bytes(content)
    return path


def markdown(content: bytes) -> None:
    """Any bytes give records that a page can show, or a ContentError that names file and line."""
    try:
        document = parse_document(decode(content, "a/b.md").text, "a/b.md", by_hand=True)
    except ContentError as error:
        hold(_PLACED.match(str(error)) is not None, f"no file is named: {error}")
        return
    ids = [record.id for record in document.records]
    hold(len(set(ids)) == len(ids), "two records have one id")
    for record in document.records:
        json.dumps(record.to_json(), ensure_ascii=False).encode()
        hold(bool(record.question and record.answer), "a record lacks its question or its answer")
        hold(not active_parts(record.answer_html), f"active: {active_parts(record.answer_html)}")
        hold(sanitise(record.answer_html) == record.answer_html, "sanitising twice is not sanitising once")
        most = OUTPUT_FREE_CHARS + OUTPUT_FACTOR * len(record.answer)
        hold(len(record.answer_html) <= 2 * most, f"{len(record.answer_html)} characters of {len(record.answer)}")


def front_matter(content: bytes) -> None:
    """Any text gives what it says or the problem with it."""
    text = content.decode("utf-8", "replace")
    for toml in (False, True):
        found = read_front_matter(text, toml=toml)
        hold(all(pair.question and pair.answer for pair in found.pairs), "half a pair")


def ask_body(content: bytes) -> None:
    """A body of the API is a value or is refused with a 4xx."""
    for model in (AskBody, FeedbackBody, ClickBody):
        _refused_at_most(lambda request, model=model: read_body(request, model), content)
    _refused_at_most(read_batch_body, content)


def chat_body(content: bytes) -> None:
    """So is a body of OpenAI's protocol, whichever address it is sent to, and a chat window's own request."""
    _refused_at_most(lambda request: _read_as_helper(messages_of(read_chat_body(request))), content)
    _refused_at_most(lambda request: _read_as_helper(messages_of_response(read_response_body(request))), content)
    _refused_at_most(lambda request: prompts_of(read_completion_body(request)), content)
    _refused_at_most(read_embedding_body, content)


def _read_as_helper(messages: Sequence[Message]) -> None:
    helper_request([message.said for message in messages])
    for message in messages:
        unwrapped(message.text)


def azure_body(content: bytes) -> None:
    """And one of Azure's."""
    _refused_at_most(read_query_body, content)


def _refused_at_most(read: Callable[[Request], object], content: bytes) -> None:
    query = "projectName=p&deploymentName=d&api-version=2023-04-01"
    built = EnvironBuilder(method="POST", query_string=query, data=content, content_type="application/json")
    request = Request(built.get_environ())
    try:
        read(request)
    except Refused as refused:
        hold(400 <= refused.status < 500, f"refused with {refused.status}")
        json.dumps([refused.detail, *((error.field, error.detail) for error in refused.errors)]).encode()
    finally:
        request.close()


def mcp_message(content: bytes) -> None:
    """A message of the Model Context Protocol gets a reply of JSON-RPC or none, and nothing fails inside."""
    try:
        message = parse_content(content)
    except McpError as error:
        dump_message(error.reply())
        return
    for version in (None, HANDSHAKE_VERSIONS[0], HANDSHAKE_VERSIONS[-1]):
        reply = answer(message, _mcp_service(), version)
        if reply is None:
            continue
        for one in map(json.loads, reply) if isinstance(reply, list) else [reply]:
            hold(one["jsonrpc"] == "2.0" and ("result" in one) != ("error" in one), "no reply of JSON-RPC")
            hold(one.get("error", {}).get("code") != INTERNAL_ERROR, f"an internal error: {one}")
        dump_message(reply)


@cache
def _mcp_service() -> McpService:
    encoder = Encoder(encoder_folder(_folder() / "none"))
    records = [make_record("a/Q1", "How do I reset it?"), make_record("a/Q2", "怎么重启？", language="zh")]
    build_snapshot(_folder() / "kb", records, encoder)
    knowledge = KnowledgeBase.open(_folder() / "kb")
    return McpService(lambda: nullcontext(knowledge), lambda record: f"/r/{record}", lambda check: f"/c/{check}")


def check_script(content: bytes) -> None:
    """A check script is a check that shows nothing a terminal obeys, or is malformed."""
    try:
        check = parse_check(content, "probe")
    except CheckMalformed as error:
        hold("probe.py" in str(error) and "\n" not in str(error), f"no line that names the script: {error!r}")
        return
    texts = (check.title, check.version, *check.titles.values(), *check.reads, *check.writes, *check.dependencies)
    hold(not any("\n" in text or STEERING.search(text) for text in texts), "a terminal would obey its header")
    json.dumps(texts, ensure_ascii=False).encode()


def query_file(content: bytes) -> None:
    """A file for `faq eval` is queries, or a ContentError that names it."""
    path = _file("queries.jsonl", content)
    try:
        queries = read_queries(path)
    except ContentError as error:
        hold(str(path) in str(error), f"no file is named: {error}")
        return
    for query in queries:
        json.dumps([query.query, query.relevant, query.language, query.kind], ensure_ascii=False).encode()


def manifest(content: bytes) -> None:
    """A manifest is written as ours are and names only files of its snapshot, or is refused."""
    try:
        found = parse_manifest(content, Path("manifest.json"))
    except (SnapshotDamaged, SnapshotUnsupported):
        return
    hold(canonical(found.to_json()) == content, "another way to write it was taken")
    for path in found.files:
        inside(_folder(), path)


def archive(content: bytes) -> None:
    """An exported knowledge base is unpacked into its folder and nowhere else, or is refused."""
    path, before = _file("x.faqkb", content), sorted(_folder().iterdir())
    with tempfile.TemporaryDirectory(dir=_folder()) as folder:
        try:
            found = unpack_snapshot(path, Path(folder))
        except (ArchiveRefused, SnapshotUnsupported):
            pass
        else:
            names = {one.relative_to(folder).as_posix() for one in Path(folder).rglob("*") if one.is_file()}
            held = {f"snapshots/{found.name}/{name}" for name in (*found.files, "manifest.json")}
            hold(names == {"current", *held}, f"other files than promised: {names ^ held}")
    hold(sorted(_folder().iterdir()) == before, "something was written outside")


def redaction(content: bytes) -> None:
    """Redacting twice is redacting once."""
    once = redact(content.decode("utf-8", "replace"))
    hold(redact(once) == once, f"{once!r} becomes {redact(once)!r}")


def imported_file(content: bytes) -> None:
    """Another system's file is Markdown that ingest reads as it was told, or is refused in a sentence that names it."""
    path = _file("other", content)
    try:
        collection = read_file(path)
    except ContentError as error:
        hold("other" in str(error), f"no file is named: {error}")
        return
    ids = {entry.id for entry in collection.entries}
    for file in lay_out(collection, path.name).files:
        inside(_folder(), file.name)
        records = parse_document(file.text, file.name).records
        hold(len(records) == file.records, f"{file.name}: {len(records)} records, {file.records} told")
        hold(all(ids.issuperset(record.was) and not record.checks for record in records), "its text was obeyed")


def settings_file(content: bytes) -> None:
    """A faq.toml is settings or a ConfigError that names it."""
    path = _file("faq.toml", content)
    try:
        read_config(path.parent)
    except ConfigError as error:
        hold(str(path) in str(error), f"no file is named: {error}")


@dataclass(frozen=True, slots=True)
class Target:
    """A kind of input."""

    read: Callable[[bytes], None]

    def __call__(self, content: bytes) -> None:
        """Read one input. Raises what is a fault."""
        started = time.thread_time()
        self.read(content)
        took = time.thread_time() - started
        hold(took <= SECONDS + SECONDS_PER_BYTE * len(content), f"{took:.1f} s for {len(content)} bytes")


_READERS = (
    *(markdown, front_matter, ask_body, chat_body, azure_body, mcp_message, check_script),
    *(query_file, manifest, archive, redaction, settings_file, imported_file),
)
TARGETS: Mapping[str, Target] = {reader.__name__: Target(reader) for reader in _READERS}
