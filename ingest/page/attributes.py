"""Attributes and targets that Markdown dialects add: `{#id}`, `{: #id .class }`, `{/* #id */}`, `(id)=`."""

from __future__ import annotations


def split_attributes(heading: str) -> tuple[str, str | None]:
    """Return (heading text without a trailing attribute list, the id in it)."""
    text = heading.rstrip()
    opening = text.rfind("{")
    if not text.endswith("}") or opening < 0:
        return heading, None
    inside = text[opening + 1 : -1].strip(":/* \t")
    if not inside.startswith(("#", ".")):
        return heading, None
    anchor = next((word[1:] for word in inside.split() if word.startswith("#")), None)
    return text[:opening].rstrip(), anchor or None


def is_attribute_line(line: str) -> bool:
    """Whether a line of a paragraph is a kramdown attribute list and no text: `{: .note }`."""
    text = line.strip()
    return text.startswith("{:") and text.endswith("}")


def target_of(paragraph: str) -> str | None:
    """Return the id of a paragraph that is a MyST target and nothing else: `(id)=`."""
    text = paragraph.strip()
    inside = text[1:-2]
    is_target = text.startswith("(") and text.endswith(")=") and inside and not any(map(str.isspace, inside))
    return inside if is_target else None
