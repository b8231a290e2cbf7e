"""The `.qna` files of Bot Framework (QnA Maker in LUDown): pairs in a dialect of Markdown.

    > !# @qna.pair.source = library.docx
    <a id = "1"></a>
    # ? How do I renew a book?
    - Extend my loan

    **Filters:**
    - topic = loans

    ```markdown
    Sign in and press **Renew**.
    ```

    **Prompts:**
    - [Fines](#2) `context-only`

Source: MicrosoftDocs/bot-docs, articles/file-format/bot-builder-qna-file-format.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from faqkb.ingest.imported.entry import Collection, Entry, LeftOut, filled
from faqkb.ingest.imported.tables.azure import entry_of, with_wording

FORM = "qna"
_QUESTION = re.compile(r"[ ]{0,3}#{1,6}[ \t]*\?[ \t]*(?P<text>.*)")
_HEADING = re.compile(r"[ ]{0,3}#{1,6}(?:[ \t]|$)")
_BLANKS = " \t"
# Of a line without the blanks at both ends.
_ANCHOR = re.compile(r"<a[ \t]+id[ \t]*=[ \t]*[\"'](?P<id>[^\"'<>]{1,200})[\"'][ \t]*>[ \t]*</a>", re.IGNORECASE)
_SETTING = re.compile(r"[ ]{0,3}>[ \t]*!#[ \t]*@(?P<name>[\w.]{1,80})[ \t]*=[ \t]*(?P<value>.*)")
_COMMENT = re.compile(r"[ ]{0,3}>(?P<text>.*)")
_LISTED = re.compile(r"[ ]{0,3}[-*+][ \t]+(?P<text>.*)")
_PART = re.compile(r"\*\*[ \t]*(?P<name>filters|prompts)[ \t]*(?::[ \t]*)?\*\*[ \t]*:?", re.IGNORECASE)
_FENCE = re.compile(r"[ ]{0,3}(?P<fence>`{3,}|~{3,})[ \t]*[^`\r\n]*")
_INCLUDED = re.compile(r"\[[^\]]{0,200}\]\((?P<place>[^()\s]{1,400})\)")
_PAIR = "qna.pair."
_IS_QNA = re.compile(r"^[ ]{0,3}#{1,6}[ \t]*\?[ \t]*\S", re.MULTILINE)


@dataclass(slots=True)
class _Pair:
    """What is gathered of one pair."""

    row: int
    question: str = ""
    alternates: list[str] = field(default_factory=list)
    filters: list[tuple[str, str]] = field(default_factory=list)
    prompts: list[str] = field(default_factory=list)
    answer: list[str] | None = None
    """The lines of the first fence."""
    loose: list[str] = field(default_factory=list)
    """Lines below the question that stand in no fence."""
    id: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    comments: list[str] = field(default_factory=list)
    part: str = ""
    """`filters` or `prompts`, whose list goes on."""


def is_text(text: str) -> bool:
    """Whether a text holds pairs of this format, headings that begin with `?`, and begins as such a file may."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    bare = first.strip(_BLANKS)
    begins = _HEADING.match(first) or _COMMENT.match(first) or _ANCHOR.match(bare) or _INCLUDED.fullmatch(bare)
    return bool(begins) and _IS_QNA.search(text) is not None


def read_text(text: str) -> Collection:
    """Return an entry for each pair; includes, settings of the whole file and stray text are told as left out."""
    reader = _Reader()
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    at = 0
    while at < len(lines):
        at = reader.take(lines, at)
    return reader.collection()


class _Reader:
    """Reads line by line; what stands above a question belongs to it."""

    def __init__(self) -> None:
        self._pairs: list[_Pair] = []
        self._pair: _Pair | None = None
        self._above = _Pair(row=0)
        self._left_out: list[LeftOut] = []

    def take(self, lines: Sequence[str], at: int) -> int:
        """Read what begins with a line; returns the number of the next one."""
        line = lines[at]
        fence = _FENCE.fullmatch(line)
        if fence:
            return self._take_fence(lines, at, fence["fence"])
        asked = _QUESTION.fullmatch(line)
        if asked:
            self._begin(at + 1, asked["text"].strip())
        elif _HEADING.match(line):
            self._pair = None
            self._leave(at, f"a heading that asks nothing: {line.strip()[:80]!r}")
        elif not line.strip():
            if self._pair is not None and self._pair.loose:
                self._pair.loose.append("")
        elif not self._take_mark(line, at):
            self._take_line(line, at)
        return at + 1

    def collection(self) -> Collection:
        """Return what was read."""
        for name, value in self._above.settings.items():
            self._left_out.append(
                LeftOut(self._above.row, "", f"a setting with no question below it: {name} = {value}")
            )
        self._left_out += [LeftOut(self._above.row, "", f"a comment: {text}") for text in self._above.comments]
        entries = []
        for pair in self._pairs:
            entries.append(_entry(pair))
            if pair.answer is None and pair.loose:
                why = "its answer stands in no ``` fence; the text below the question was taken"
                self._left_out.append(LeftOut(pair.row, pair.id, why))
            elif pair.loose:
                told = " ".join(filter(None, pair.loose))[:80]
                self._left_out.append(LeftOut(pair.row, pair.id, f"text outside the answer's fence: {told!r}"))
        return Collection(FORM, tuple(entries), tuple(self._left_out))

    def _begin(self, row: int, question: str) -> None:
        above = self._above
        self._pair = _Pair(row, question, id=above.id, settings=above.settings, comments=above.comments)
        self._pairs.append(self._pair)
        self._above = _Pair(row=0)

    def _take_mark(self, line: str, at: int) -> bool:
        """Read an anchor, a setting or a comment of the next question; returns whether the line was one."""
        anchor, setting, comment = (
            _ANCHOR.fullmatch(line.strip(_BLANKS)),
            _SETTING.fullmatch(line),
            _COMMENT.fullmatch(line),
        )
        above = self._above
        if anchor:
            above.id = anchor["id"].strip()
        elif setting and not setting["name"].startswith(_PAIR):
            self._leave(at, f"a setting of the whole file: {setting['name']} = {setting['value'].strip()}")
        elif setting:
            above.settings[setting["name"].removeprefix(_PAIR)] = setting["value"].strip()
        elif comment and comment["text"].strip():
            above.comments.append(comment["text"].strip())
        above.row = above.row or at + 1
        return bool(anchor or setting or comment)

    def _take_line(self, line: str, at: int) -> None:
        bare = line.strip(_BLANKS)
        pair, listed, part = self._pair, _LISTED.fullmatch(line), _PART.fullmatch(bare)
        if pair is None:
            included = _INCLUDED.fullmatch(bare)
            what = (
                f"another file, import it by itself: {included['place']}"
                if included
                else f"text: {line.strip()[:80]!r}"
            )
            self._leave(at, what)
        elif part:
            pair.part = part["name"].casefold()
        elif listed and pair.part == "filters":
            name, _, value = listed["text"].partition("=")
            pair.filters.append((name.strip(), value.strip()))
        elif listed and pair.part == "prompts":
            pair.prompts.append(listed["text"].strip())
        elif listed and pair.answer is None and not pair.loose:
            pair.alternates.append(listed["text"].strip())
        else:
            pair.loose.append(line)

    def _take_fence(self, lines: Sequence[str], at: int, fence: str) -> int:
        end = next((number for number in range(at + 1, len(lines)) if _closes(lines[number], fence)), None)
        if end is None:  # it ends before the next question: an answer does not swallow the rest of a file
            after = (number for number in range(at + 1, len(lines)) if _QUESTION.fullmatch(lines[number]))
            end = next(after, len(lines))
            self._leave(at, "a fence that never ends; it ends above the next question")
            following = end
        else:
            following = end + 1
        text = [*lines[at + 1 : end]]
        pair = self._pair
        if pair is None:
            self._leave(at, f"an answer without a question: {' '.join(text)[:80]!r}")
        elif pair.answer is None:
            pair.answer, pair.part = text, ""
        else:
            self._leave(at, f"a second answer to {pair.question[:60]!r}: {' '.join(text)[:80]!r}")
        return following

    def _leave(self, at: int, why: str) -> None:
        self._left_out.append(LeftOut(at + 1, self._pair.id if self._pair else "", why))


def _closes(line: str, fence: str) -> bool:
    mark = line.strip()
    return len(mark) >= len(fence) and set(mark) == {fence[0]} and len(line) - len(line.lstrip(" ")) < 4


def _entry(pair: _Pair) -> Entry:
    values = {
        "question": pair.question,
        "answer": "\n".join(pair.loose if pair.answer is None else pair.answer),
        "source": pair.settings.get("source", ""),
        "metadata": json.dumps([{"name": name, "value": value} for name, value in pair.filters], ensure_ascii=False),
        "prompts": "; ".join(pair.prompts),
    }
    entry = entry_of(pair.row, pair.id, values)
    for wording in pair.alternates:
        entry = with_wording(entry, Entry(row=pair.row, question=wording, answer=""))
    others = ((name, value) for name, value in pair.settings.items() if name != "source")
    kept = filled([*others, *(("comment", text) for text in pair.comments)])
    return with_wording(entry, Entry(row=pair.row, question="", answer="", kept=kept))


def pair_lines(
    number: int, texts: Sequence[str], answer: str, source: str, filters: Mapping[str, str]
) -> Iterator[str]:
    """Yield the lines of one pair, ended by an empty one; `texts` are its question and its other wordings.

    Reading them gives the same back, in a fence longer than any of the answer's.
    """
    yield f"> !# @qna.pair.source = {_line(source)}"
    yield f'<a id = "{number}"></a>'
    yield f"# ? {_line(texts[0])}"
    yield from (f"- {_line(text)}" for text in texts[1:])
    yield ""
    if filters:
        yield "**Filters:**"
        yield from (f"- {name} = {_line(value)}" for name, value in filters.items())
        yield ""
    longest = max((len(run) for run in re.findall(r"`+", answer)), default=0)
    fence = "`" * max(3, longest + 1)
    yield from (f"{fence}markdown", *answer.split("\n"), fence, "")


def _line(text: str) -> str:
    return " ".join(text.split())
