"""Blocks that carry no text of their own: rules, anchors, comments, tables of contents, links back to the top."""

from __future__ import annotations

from faqkb.ingest.page.attributes import is_attribute_line
from faqkb.ingest.page.model import Block, Kind
from faqkb.ingest.styles.words import leads_back

_FILLERS = {Kind.FOOTNOTE, Kind.RULE, Kind.EMPTY, Kind.COMMENT, Kind.FRONT_MATTER, Kind.DETAILS_END}
_MEDIA = ("<img", "<video", "<picture", "<svg", "<audio", "<iframe")
_TOC_DIRECTIVES = ("{contents}", "{toctree}", "{tableofcontents}")
_ENTRY_CHARS = 20  # after the link of an entry: a date, a count
_MARK_CHARS = 200  # a longer paragraph is text
_TOC_MARKS = {"[toc]", "[[toc]]", "${toc}", "{:toc}"}


def is_filler(block: Block) -> bool:
    """Whether the block can be left out at either end of an answer without losing any of it."""
    if block.kind in _FILLERS or is_module_code(block):
        return True
    if block.kind is Kind.PARAGRAPH:
        shown = block.text or block.inline.images or any(mark in block.source for mark in _MEDIA)
        return not shown or _is_attribute_list(block) or _is_back_link(block) or _is_toc_mark(block)
    if block.kind is Kind.HTML:
        return not block.text and not any(mark in block.source.casefold() for mark in _MEDIA)
    return False


def is_toc(block: Block) -> bool:
    """Whether the block is (a line of) a table of contents: little more than links into the page."""
    if block.kind is Kind.CODE:
        return block.source.strip().startswith(_TOC_DIRECTIVES)
    if _is_toc_mark(block):
        return True
    if block.kind is Kind.HEADING or not all(link.startswith("#") for link in block.inline.links):
        return False
    entry = bool(block.within) and block.source.startswith("[") and len(block.inline.links) == 1
    return block.inline.mostly_links or (entry and len(block.text) - block.inline.linked <= _ENTRY_CHARS)


def is_module_code(block: Block) -> bool:
    """Whether the block is MDX and no text: an import, an export, a `{/* comment */}`."""
    if block.kind is not Kind.PARAGRAPH or block.within:
        return False
    text = block.source
    if text.startswith("{/*") and text.endswith("*/}"):
        return True
    imports = text.startswith("import ") and (" from '" in text or ' from "' in text)
    return imports or text.startswith(("import '", 'import "', "export const ", "export default "))


def has_content(block: Block) -> bool:
    """Whether the block can be (part of) an answer."""
    return not is_filler(block) and not is_toc(block) and block.kind is not Kind.HEADING


def _is_attribute_list(block: Block) -> bool:
    return len(block.source) <= _MARK_CHARS and all(map(is_attribute_line, block.source.split("\n")))


def _is_toc_mark(block: Block) -> bool:
    return len(block.text) <= _MARK_CHARS and block.text.casefold() in _TOC_MARKS


def _is_back_link(block: Block) -> bool:
    linked = block.inline.mostly_links and all(link.startswith("#") for link in block.inline.links)
    return linked and len(block.inline.links) == 1 and leads_back(block.text)
