"""Parses documents, for whoever reads them: in this process, or as a process of its own that is handed one at a time.

`main` takes each document and gives its reading through pipes, and ends when the pipe does: whoever started it may be
killed, and nothing is left. Not `multiprocessing`: its children import the program that
started them a second time, outlive it when it is killed, and what a child is ended by cannot be told from which.
"""

from __future__ import annotations

import json
import os
import struct
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from faqkb.ingest.document import parse_document
from faqkb.ingest.known.reading import Reading, dump_reading
from faqkb.ingest.pictures import PicturesBeside, PictureShelf
from faqkb.ingest.readings.orders import Order
from faqkb.kb.errors import ContentError

READ, REFUSED = b"+", b"-"
"""How an answer begins: before a reading, and before the message of a ContentError."""
_LENGTH = struct.Struct("<Q")


@dataclass(frozen=True, slots=True)
class Task:
    """A document to parse."""

    text: str
    name: str
    """As records name it as their source."""
    by_hand: bool
    order: Order
    path: Path
    """Of its file."""
    root: Path
    """The folder within which the pictures lie that it may show."""

    def to_bytes(self) -> bytes:
        """Return it as JSON."""
        return json.dumps(asdict(self) | {"path": str(self.path), "root": str(self.root)}).encode("ascii")

    @classmethod
    def from_bytes(cls, content: bytes) -> Task:
        """Return what `to_bytes` wrote."""
        fields = json.loads(content)
        order, path, root = Order(**fields.pop("order")), Path(fields.pop("path")), Path(fields.pop("root"))
        return cls(**fields, order=order, path=path, root=root)


def read_task(task: Task, beside: PicturesBeside) -> Reading:
    """Return what a document is read as. Raises ContentError as `parse_document`."""
    document = parse_document(task.text, task.name, by_hand=task.by_hand, order=task.order, pictures_at=beside.at)
    return Reading(document, dict(beside.asked))


def send(pipe: IO[bytes], content: bytes) -> None:
    """Write bytes that `receive` reads at the other end. Raises OSError."""
    pipe.write(_LENGTH.pack(len(content)))
    pipe.write(content)
    pipe.flush()


def receive(pipe: IO[bytes]) -> bytes | None:
    """Return what was sent, None where the other end is gone."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    content = pipe.read(length)
    return content if len(content) == length else None


def main() -> None:
    """Parse what comes in until nothing does."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is no answer
    while (content := receive(sys.stdin.buffer)) is not None:
        try:
            send(answers, _answer(Task.from_bytes(content)))
        except BrokenPipeError:  # nobody waits for it any more
            os._exit(0)


def _answer(task: Task) -> bytes:
    try:
        return READ + dump_reading(read_task(task, PictureShelf().beside(task.path, task.root)))
    except ContentError as error:
        return REFUSED + str(error).encode("utf-8", "surrogatepass")
