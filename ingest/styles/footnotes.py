"""Footnotes: each answer carries the notes that it refers to, wherever the document defines them."""

from __future__ import annotations

from collections.abc import Mapping

_LABEL_CHARS = 100
_NOTES_MAX = 100  # of one answer


def with_footnotes(answer: str, definitions: Mapping[str, str]) -> str:
    """Return the answer with the definition of each note that it refers to at its end."""
    if not definitions or "[^" not in answer:
        return answer
    labels = dict.fromkeys(label for label in _labels_in(answer) if label in definitions)
    missing = [label for label in labels if f"[^{label}]:" not in answer][:_NOTES_MAX]
    return "\n\n".join([answer, *("\n".join(_at_margin(definitions[label])) for label in missing)])


def _at_margin(definition: str) -> list[str]:
    lines = definition.split("\n")
    margin = len(lines[0]) - len(lines[0].lstrip())
    return [lines[0].lstrip(), *(line[margin:] if not line[:margin].strip() else line for line in lines[1:])]


def _labels_in(answer: str) -> list[str]:
    """Return the labels of the notes that a text refers to, in order."""
    labels = []
    for part in answer.split("[^")[1:]:
        label, closing, _ = part[: _LABEL_CHARS + 1].partition("]")
        if closing:
            labels.append(label)
    return labels
