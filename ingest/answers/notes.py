"""Notes of an answer: a raised number where one is mentioned, and a list of them at its end."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping, Sequence
from typing import Any

from faqkb.ingest.page.markdown import Token


def move_notes(tokens: Sequence[Token], env: MutableMapping[str, Any]) -> list[Token]:
    """Return the tokens with the notes that are mentioned at the end, as numbered; others are left out.

    No links lead there and back: several answers stand on one page, and each has its note 1.
    """
    notes: dict[str, list[Token]] = {}
    text: list[Token] = []
    here = [text]
    for token in tokens:
        if token.type == "footnote_reference_open":
            here.append(notes.setdefault(token.meta["label"], []))
            here[-1].clear()
        elif token.type == "footnote_reference_close":
            here.pop()
        else:
            here[-1].append(token)
    numbers: dict[str, int] = env.get("note_numbers", {})
    return [*text, *_list_of([notes.get(label, []) for label in sorted(numbers, key=lambda label: numbers[label])])]


def _list_of(notes: Sequence[Sequence[Token]]) -> Iterator[Token]:
    if not notes:
        return
    yield Token("ordered_list_open", "ol", 1, block=True, attrs={"class": "notes"})
    for note in notes:
        if len(note) == 3:  # one paragraph: without its element, like an item of a tight list
            note[0].hidden = note[2].hidden = True
        yield Token("list_item_open", "li", 1, block=True)
        yield from note
        yield Token("list_item_close", "li", -1, block=True)
    yield Token("ordered_list_close", "ol", -1, block=True)
