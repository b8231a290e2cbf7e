"""Dumps of Stack Exchange: `Posts.xml`, a `<row …/>` a post; questions with the answer that was accepted.

A dump is larger than memory, and anybody may have written it: it is read twice, in pieces, and what declares a type
or an entity is refused. Names and licences stay with each answer, as CC BY-SA asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from faqkb.ingest.imported.documents.faqpage import html_as_markdown
from faqkb.ingest.imported.entry import Collection, Entry, LeftOut, filled
from faqkb.kb.errors import ContentError

FORM = "stackexchange"
_QUESTION, _ANSWER = "1", "2"
_PIECE_BYTES = 1_000_000
_POST_BYTES = 8_000_000  # between two posts; the longest body that the sites take is 30,000 characters
_KEPT_CHARS = 200_000_000  # of questions and answers in memory: 100,000 ordinary ones
_ABOUT = ("Score", "ViewCount", "CreationDate", "OwnerUserId", "OwnerDisplayName", "ContentLicense", "ClosedDate")


@dataclass(slots=True)
class _Posts:
    """What is kept of a dump while it is read."""

    name: str
    questions: dict[str, tuple[int, Mapping[str, str]]] = field(default_factory=dict)
    """By the id of the answer that was accepted: the row, and its attributes."""
    answers: dict[str, Mapping[str, str]] = field(default_factory=dict)
    unanswered: list[str] = field(default_factory=list)
    """The first id of them."""
    unanswered_count: int = 0
    chars: int = 0
    rows: int = 0

    def take_question(self, post: Mapping[str, str]) -> None:
        """Keep a question whose answer was accepted. Raises ContentError."""
        self.rows += 1
        if post.get("PostTypeId") != _QUESTION:
            return
        if accepted := post.get("AcceptedAnswerId"):
            self.questions[accepted] = (self.rows, post)
            self._count(post)
        else:
            self.unanswered_count += 1
            self.unanswered = self.unanswered or [post.get("Id", "")]

    def take_answer(self, post: Mapping[str, str]) -> None:
        """Keep an answer that a question asks for. Raises ContentError."""
        if post.get("PostTypeId") == _ANSWER and post.get("Id") in self.questions:
            self.answers[post["Id"]] = post
            self._count(post)

    def _count(self, post: Mapping[str, str]) -> None:
        self.chars += sum(map(len, post.values()))
        if self.chars > _KEPT_CHARS:
            raise ContentError(
                f"{self.name}: more than {_KEPT_CHARS:,} characters of questions with an accepted answer; import a part"
                " of the dump"
            )


def is_dump(beginning: bytes) -> bool:
    """Whether a file begins as a dump of posts does."""
    text = beginning.removeprefix(b"\xef\xbb\xbf").lstrip()
    return text.startswith(b"<posts") or (text.startswith(b"<?xml") and b"<posts" in text)


def read_dump(path: Path) -> Collection:
    """Return an entry for each question with an accepted answer. Raises ContentError, OSError."""
    posts = _Posts(path.name)
    _each_row(path, posts.take_question)
    _each_row(path, posts.take_answer)
    entries, left_out = [], []
    for accepted, (row, question) in posts.questions.items():
        answer = posts.answers.get(accepted)
        if answer is None:
            left_out.append(LeftOut(row, question.get("Id", ""), f"its accepted answer {accepted} is not in the file"))
        else:
            entries.append(_entry(row, question, answer))
    if posts.unanswered_count:
        why = f"{posts.unanswered_count} questions have no accepted answer, this is the first"
        left_out.append(LeftOut(0, posts.unanswered[0], why))
    return Collection(FORM, tuple(entries), tuple(left_out))


def _entry(row: int, question: Mapping[str, str], answer: Mapping[str, str]) -> Entry:
    tags = question.get("Tags", "").replace("><", "|").strip("<>|").split("|")
    extra = [
        ("answer", answer["Id"]),
        *((f"question {name}", question.get(name, "")) for name in _ABOUT),
        *((f"answer {name}", answer.get(name, "")) for name in _ABOUT),
        ("question Body", question.get("Body", "")),
    ]
    return Entry(
        row=row,
        question=question.get("Title", ""),
        answer=html_as_markdown(answer.get("Body", "")),
        id=question.get("Id", ""),
        tags=tuple(filter(None, tags)),
        kept=filled(extra),
    )


def _each_row(path: Path, take: Callable[[Mapping[str, str]], None]) -> None:
    """Give each post's attributes away. Raises ContentError where the file is no XML, or more than posts."""
    parser = expat.ParserCreate()
    at_last_row = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal at_last_row
        at_last_row = parser.CurrentByteIndex
        if tag == "row":
            take(attributes)

    def refuse(*_: object) -> None:
        raise ContentError(f"{path.name}: declares a document type, which no dump does; it is not to be trusted")

    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        with path.open("rb") as file:
            fed = 0
            while piece := file.read(_PIECE_BYTES):
                parser.Parse(piece, False)
                fed += len(piece)
                if fed - at_last_row > _POST_BYTES:
                    raise ContentError(f"{path.name}: a post of more than {_POST_BYTES:,} bytes; this is no dump")
            parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise ContentError(
            f"{path.name}:{error.lineno}: XML that cannot be read ({error}); download it again"
        ) from error
