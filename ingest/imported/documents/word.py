"""Word documents: mammoth makes HTML of them, markdownify Markdown of that, and ingest finds the questions.

So a FAQ in Word is read as one in Markdown is: headings, bold questions, `Q:` and `A:`, tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from faqkb.ingest.document import parse_document
from faqkb.ingest.imported.archives import Part
from faqkb.ingest.imported.entry import Collection, Entry, LeftOut, filled
from faqkb.kb.errors import ContentError

FORM = "word"
_PART = "word/document.xml"
_XML_BYTES = 20_000_000  # of text and its styles, 5,000 pages; mammoth holds all of it as objects
_TAGS = 500_000  # as many as 20 MB that Word wrote have
_TOLD = 20  # of what mammoth says


def is_word(parts: Mapping[str, Part]) -> bool:
    """Whether the parts of an archive are those of a Word document."""
    return _PART in parts


def read_word(path: Path, parts: Mapping[str, Part]) -> Collection:
    """Return an entry for each question that ingest finds. Raises ContentError."""
    size = sum(part.bytes for part in parts.values() if part.tags)
    tags = sum(part.tags for part in parts.values())
    if size > _XML_BYTES or tags > _TAGS:
        raise ContentError(
            f"{path.name}: {size:,} bytes of XML with {tags:,} tags (limit {_XML_BYTES:,} with {_TAGS:,}); split it"
            " into several documents"
        )
    markdown, notes = _markdown(path)
    document = parse_document(markdown, f"{path.stem}.md", by_hand=True)
    if not document.records:
        raise ContentError(
            f"{path.name}: no questions are found in it; make each question a heading, or write `Q:` before it"
        )
    entries = tuple(
        Entry(
            row=number,
            question=record.question,
            answer=record.answer,
            language=record.language if record.language != "und" else "",
            kept=filled([("section", " > ".join(record.section))]),
        )
        for number, record in enumerate(document.records, 1)
    )
    skipped = [LeftOut(0, "", f"{each.reason}: {each.text}") for each in document.report.skipped]
    return Collection(FORM, entries, (*notes, *skipped))


def _markdown(path: Path) -> tuple[str, list[LeftOut]]:
    """Return a document as Markdown, and what of it is not there."""
    try:
        import mammoth  # noqa: PLC0415 - only who imports Word has it
        import markdownify  # noqa: PLC0415
    except ImportError as error:
        raise ContentError(
            f"{path.name}: Word needs mammoth and markdownify; pip install 'faqkb[import]', or save it as Markdown"
        ) from error
    pictures: list[str] = []

    def leave_out(image: Any) -> list[Any]:
        pictures.append(image.alt_text or "without a text")
        return []

    try:
        with path.open("rb") as file:
            # Nor does the document say by which rules it is read: it may bring a map of styles.
            made = mammoth.convert_to_html(
                file, convert_image=leave_out, external_file_access=False, include_embedded_style_map=False
            )
        # Its signs are escaped, so that a `<` or a `*` that somebody typed is shown and not obeyed.
        markdown = markdownify.markdownify(made.value, heading_style="ATX", bullets="-", escape_misc=True)
    except Exception as error:  # a file that no Word wrote can fail anywhere in the libraries
        raise ContentError(f"{path.name}: no Word document ({error}); save it again, or as Markdown") from error
    said = list(dict.fromkeys(message.message for message in made.messages))[:_TOLD]
    notes = [LeftOut(0, "", f"a picture ({text}); add it to the Markdown by hand") for text in pictures]
    return markdown, [*notes, *(LeftOut(0, "", f"Word: {message}") for message in said)]
