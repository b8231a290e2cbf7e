"""The readings that competed in a file, as `faq ingest --explain` shows them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from faqkb.ingest import Explained, Proposed

_TITLE = 60


def reading_lines(path: str, explained: Sequence[Explained]) -> Iterator[str]:
    """Yield one line a section and one a reading of it; the one that won is marked."""
    yield f"{path}: what each section could be read as, > marks what it is; log odds above 0 speak for a question"
    for section in explained:
        title = f"{'#' * section.level} {section.title}" if section.level else "before the first heading"
        part = ", part of the answer above" if section.part_of_answer else ""
        yield f"{path}:{section.line}: {title}{part}"
        yield from (_line(one) for one in section.proposed)


def _line(one: Proposed) -> str:
    mark = ">" if one.chosen else " "
    count = f"{one.kept} of {one.questions}" if one.questions > 1 else ("yes" if one.kept else "no")
    why = ", ".join(f"{name} {part:+.1f}" for name, part in one.why)
    reading = f"{one.reading}, own text" if one.own_text else one.reading
    return f"  {mark} {reading:18} {count:9} {one.odds:+6.1f}  {one.first[:_TITLE]}  ({why})"
