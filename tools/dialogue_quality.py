"""Measures what resolving follow-ups is worth; writes the tables of docs/conversation.md.

    python tools/dialogue_quality.py [SHARED] [--half tune|report] [--dry-run] [--misses]

SHARED is the folder of test data (default: `shared` beside the checkout). The dialogues are those of
tests/quality/dialogues.jsonl over the bundled content and two other projects' FAQs. Thresholds are chosen on the `tune`
half; what is written into the document is of the `report` half. Takes a minute.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from quality_sets import OWN_QUERIES, ROOT, read_set

from faqkb.ingest import read_sources
from faqkb.kb.answers import Status
from faqkb.kb.conversation.dialogue import Reply, reply_to
from faqkb.kb.conversation.understanding import Turn, Way
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.model.files import default_folder
from faqkb.kb.snapshot.build import build_snapshot

DOCUMENT = ROOT / "docs" / "conversation.md"
BUNDLED = "content"
RANKED = {
    "follow_up": "follow-ups",
    "switch": "a new topic",
    "greeting": "a question after a greeting",
    "choice": "a choice",
}
KINDS = {**RANKED, "off_topic": "a new topic that nothing answers", "small_talk": "small talk"}


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A conversation whose last turn is labelled."""

    kb: str
    """`content`, or the name of a set of tests/quality/sets.json."""
    half: str
    kind: str
    """One of KINDS."""
    lang: str
    turns: tuple[str, ...]
    relevant: frozenset[str]
    """Records that answer the last turn; empty when none does."""
    choices: tuple[str, ...]
    """Records offered to choose from before the last turn."""


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared", nargs="?", type=Path, default=ROOT.parent / "shared")
    parser.add_argument("--half", choices=("tune", "report"), default="report")
    parser.add_argument("--dry-run", action="store_true", help="print, write nothing")
    parser.add_argument("--misses", action="store_true", help="print the dialogues that go wrong")
    chosen = parser.parse_args()
    dialogues = [dialogue for dialogue in read_dialogues() if dialogue.half == chosen.half]
    with knowledge_bases(chosen.shared, sorted({dialogue.kb for dialogue in dialogues})) as opened:
        if chosen.misses:
            for dialogue in dialogues:
                show_miss(opened[dialogue.kb], dialogue)
        table = "\n".join(table_rows(opened, dialogues))
    print(table)
    if not chosen.dry_run and chosen.half == "report":
        text = DOCUMENT.read_text(encoding="utf-8")
        text = re.sub(r"(<!-- dialogues -->\n).*?(<!-- end -->)", rf"\g<1>{table}\n\g<2>", text, flags=re.DOTALL)
        DOCUMENT.write_text(text, encoding="utf-8")


def read_dialogues() -> tuple[Dialogue, ...]:
    """Return every dialogue of the file."""
    lines = (OWN_QUERIES / "dialogues.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(
        Dialogue(
            **{name: entry[name] for name in ("kb", "half", "kind", "lang")},
            turns=tuple(entry["turns"]),
            relevant=frozenset(entry["relevant"]),
            choices=tuple(entry.get("choices", ())),
        )
        for entry in map(json.loads, lines)
    )


@contextmanager
def knowledge_bases(shared: Path, names: Sequence[str]) -> Iterator[dict[str, KnowledgeBase]]:
    """Build the knowledge bases of these names, for as long as the block runs."""
    encoder = Encoder(default_folder())
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        opened = {}
        for name in names:
            records = read_sources([ROOT / BUNDLED]).records if name == BUNDLED else read_set(shared, name).records
            build_snapshot(Path(folder) / name, records, encoder)
            opened[name] = stack.enter_context(closing(KnowledgeBase.open(Path(folder) / name)))
        yield opened


def replied(knowledge: KnowledgeBase, dialogue: Dialogue) -> Reply:
    """Return what the last turn of a dialogue gets after the earlier ones."""
    turns: list[Turn] = []
    for question in dialogue.turns[:-1]:
        turn = reply_to(knowledge, question, turns).turn
        turns += [turn] if turn else []
    if dialogue.choices:
        turns = [Turn(dialogue.turns[-2], dialogue.turns[-2], dialogue.choices, choices=True)]
    return reply_to(knowledge, dialogue.turns[-1], turns)


def resolved_right(knowledge: KnowledgeBase, dialogue: Dialogue) -> bool:
    """Say whether the last turn, resolved, finds what it should: its record first, no answer, or small talk."""
    reply = replied(knowledge, dialogue)
    if dialogue.kind == "small_talk":
        return reply.resolution.way is Way.SMALL_TALK
    if reply.answer is None:
        return False
    if dialogue.kind == "off_topic":
        return reply.answer.status is not Status.ANSWERED
    first = reply.resolution.record_id or first_found(knowledge, reply.resolution.query)
    return first in dialogue.relevant


def alone_right(knowledge: KnowledgeBase, dialogue: Dialogue) -> bool:
    """Say the same of the last turn asked alone."""
    return asked_right(knowledge, dialogue, dialogue.turns[-1])


def joined_right(knowledge: KnowledgeBase, dialogue: Dialogue) -> bool:
    """Say the same of all turns asked as one text."""
    return asked_right(knowledge, dialogue, " ".join(dialogue.turns))


def asked_right(knowledge: KnowledgeBase, dialogue: Dialogue, text: str) -> bool:
    """Say whether a text finds the record first, or where there is none, is not answered."""
    if dialogue.relevant:
        return first_found(knowledge, text) in dialogue.relevant
    return knowledge.ask(text).status is not Status.ANSWERED


def first_found(knowledge: KnowledgeBase, text: str) -> str | None:
    """Return the id of the first record found, whatever its confidence."""
    hits = knowledge.search(text, limit=1)
    return hits[0].record.id if hits else None


def table_rows(opened: dict[str, KnowledgeBase], dialogues: Sequence[Dialogue]) -> Iterator[str]:
    """Yield the rows: by kind, and the follow-ups by language and by knowledge base."""
    yield "| last turn | dialogues | alone | all turns joined | resolved |"
    yield "| --- | --- | --- | --- | --- |"
    for kind, title in KINDS.items():
        yield table_row(title, opened, [own for own in dialogues if own.kind == kind])
    follow_ups = [own for own in dialogues if own.kind == "follow_up"]
    for language in ("zh", "en"):
        yield table_row(f"follow-ups, {language}", opened, [own for own in follow_ups if own.lang == language])
    for name in sorted(opened):
        yield table_row(f"follow-ups, {name}", opened, [own for own in follow_ups if own.kb == name])


def table_row(title: str, opened: dict[str, KnowledgeBase], dialogues: Sequence[Dialogue]) -> str:
    """Return one row: the share of dialogues that come out right, three ways."""

    def share(right: Callable[[KnowledgeBase, Dialogue], bool]) -> str:
        return f"{sum(right(opened[own.kb], own) for own in dialogues) / max(len(dialogues), 1):.2f}"

    return f"| {title} | {len(dialogues)} | {share(alone_right)} | {share(joined_right)} | {share(resolved_right)} |"


def show_miss(knowledge: KnowledgeBase, dialogue: Dialogue) -> None:
    """Print a dialogue whose last turn goes wrong, and how it was understood."""
    if not resolved_right(knowledge, dialogue):
        found = replied(knowledge, dialogue).resolution
        print(f"{dialogue.kind} [{found.way}] {found.query!r}: {' / '.join(dialogue.turns)}")


if __name__ == "__main__":
    main()
