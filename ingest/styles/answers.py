"""From a stretch of the source to the answer in it, as written: markers out, fillers and prefixes off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from faqkb.ingest.page.containers import Container, Wrap, unwrap_line
from faqkb.ingest.page.model import Block, Kind, Page
from faqkb.ingest.styles.fillers import is_filler, is_toc
from faqkb.ingest.styles.labels import Label, Side, read_answer_label, read_label

_BLOCKS_BEFORE_LABEL = (
    4  # a picture, a log, a line of introduction; a label further down belongs to the answer's own text
)
_CODE_INDENT = 4  # columns of margin that mean something
_LABELLED = {Kind.PARAGRAPH, Kind.HTML}


@dataclass(frozen=True, slots=True)
class Marker:
    """An answer label and its place."""

    label: Label
    start: int
    """Offset of the line that it starts, bullets and quote marks of the line included."""
    end: int
    """Offset after the label."""


def answer_between(page: Page, start: int, end: int, *, outdent: bool = False) -> str:
    """Return the Markdown of the answer that stands between two offsets, empty when there is none.

    `outdent` takes off all the indent that its lines share, as in a component whose text is indented like its tags.
    """
    marker = find_marker(page, start, end)
    if marker is None:
        return _cut_out(page, start, end, outdent=outdent)
    before = _cut_out(page, start, marker.start, outdent=outdent)
    after = _cut_out(page, marker.end, end, outdent=outdent)
    if after and marker.label.reopens:
        after = marker.label.reopens + after
    joint = "\n" if _in_one_block(page, marker.start) else "\n\n"
    return joint.join(filter(None, (before, after)))


def find_marker(page: Page, start: int, end: int) -> Marker | None:
    """Return the first answer label between two offsets; an unsure one counts only where the text begins."""
    before = 0
    for block in page.blocks_between(start, end):
        if block.kind is Kind.HEADING:
            return _heading_marker(page, block)
        for line in page.text_lines(block, start, end) if block.kind in _LABELLED else ():
            label = read_label(line.text, page.own)
            if label and label.side is Side.ANSWER and (label.sure or not before):
                return Marker(label, max(start, page.line_starts[line.number - 1]), line.start + label.length)
        before += not is_filler(block)
        if before > _BLOCKS_BEFORE_LABEL:
            return None
    return None


def _heading_marker(page: Page, block: Block) -> Marker | None:
    """Return the label of a heading that is an answer: `#### Answer`, `### A: Yes`."""
    label = read_answer_label(block.source)
    if label is None:
        return None
    text = page.source.find(block.source, block.start, block.end)
    return Marker(label, block.start, min(text + label.length, block.end) if text >= 0 else block.end)


def _in_one_block(page: Page, offset: int) -> bool:
    """Whether the line at the offset goes on a block that began on an earlier line."""
    blocks = page.blocks_between(offset, offset + 1)
    return bool(blocks) and blocks[0].line < page.line_at(offset)


def _cut_out(page: Page, start: int, end: int, *, outdent: bool) -> str:
    start = _next_text(page.source, start, end)
    blocks = _without_fillers(page.blocks_between(start, end))
    if not blocks or all(map(is_toc, blocks)):
        return ""
    start, end = max(start, blocks[0].start), min(end, blocks[-1].end)
    number = page.line_at(start) - 1
    begun = start > page.line_starts[number] and bool(page.source[page.line_starts[number] : start].strip())
    start = start if begun else page.line_starts[number]
    within = [around for around in blocks[0].within if begun or around.first < number or around.wrap is Wrap.DEFINITION]
    text = _unwrapped(page.source[start:end], number, within, begun=begun, outdent=outdent)
    plain = blocks[0].kind is Kind.PARAGRAPH and len(within) == len(blocks[0].within)
    return text.lstrip() if plain else text


def _without_fillers(blocks: Sequence[Block]) -> Sequence[Block]:
    """Return the blocks without fillers at either end; the end of a `<details>` that opens among them stays."""
    kinds = [block.kind for block in blocks]
    unopened = kinds.count(Kind.DETAILS_END) - kinds.count(Kind.DETAILS)
    first, last = 0, len(blocks)
    while first < last and is_filler(blocks[first]):
        first += 1
    while first < last and (is_filler(blocks[last - 1]) or kinds[last - 1] is Kind.DETAILS):
        unopened += kinds[last - 1] is Kind.DETAILS
        if kinds[last - 1] is Kind.DETAILS_END:
            if unopened <= 0:
                break
            unopened -= 1
        last -= 1
    return blocks[first:last]


def _next_text(source: str, start: int, end: int) -> int:
    """Return the offset of the first character from `start` on that is no white space."""
    rest = source[start:end]
    return start + len(rest) - len(rest.lstrip())


def _unwrapped(text: str, number: int, within: list[Container], *, begun: bool, outdent: bool) -> str:
    """Return the text without the prefixes of the containers; a first line that had begun has none."""
    lines = text.split("\n")
    plain = [line if begun and i == 0 else unwrap_line(line, number + i, within) for i, line in enumerate(lines)]
    margin = min((len(line) - len(line.lstrip(" ")) for line in plain if line.strip()), default=0)
    spare = margin if margin < _CODE_INDENT or outdent else 0
    return _without_hard_break("\n".join(line[spare:] for line in plain).strip("\n").rstrip())


def _without_hard_break(text: str) -> str:
    """Return the text without a backslash at its very end, which breaks a line that has no next one."""
    plain = text.rstrip("\\")
    return plain.rstrip() if (len(text) - len(plain)) % 2 else text
