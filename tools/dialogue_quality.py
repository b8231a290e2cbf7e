"""Measures what resolving the turns of a conversation is worth; writes the tables of docs/conversation.md.

    python tools/dialogue_quality.py [SHARED] [--half tune|report] [--dry-run] [--misses]

SHARED is the folder of test data (default: `shared` beside the checkout). The dialogues are those of
tests/quality/dialogues.jsonl over the bundled content and other FAQs; most were written by somebody who had not seen
the word lists and rules. Each is told whole, and its last reply judged, once for each way in which a conversation is
kept: by the server, by a client that sends all messages, by one that sends the reader's alone, and by one that sends
the last turn. Word lists and thresholds are changed by the `tune` half; what is written into the document is of the
`report` half. Takes four minutes.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from quality_sets import OWN_QUERIES, ROOT, read_set

from faqkb.ingest import read_sources
from faqkb.kb.answers import Answer, Status, Talk
from faqkb.kb.building.build import build_snapshot
from faqkb.kb.conversation.dialogue import Reply, reply_to
from faqkb.kb.conversation.history import Said, questions_of, state_after, state_of_turn
from faqkb.kb.conversation.state import NOTHING_SAID, State
from faqkb.kb.conversation.understanding import Way
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.language.codes import twin_key
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.model.files import default_folder
from faqkb.server.openai.conversation.text import chat_text
from faqkb.server.wording.spoken import WORDINGS
from faqkb.server.wording.talk import worded_by

DOCUMENT = ROOT / "docs" / "conversation.md"
BUNDLED = "content"
STRANGER = "a stranger"
KINDS = {
    "follow_up": "follow-ups",
    "switch": "a new topic",
    "off_topic": "a new topic that nothing answers",
    "greeting": "a question after a greeting",
    "choice": "a choice",
    "repair": "it did not help",
    "language": "language",
    "small_talk": "small talk",
}
_QUESTIONS_REMEMBERED = 4_096


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A conversation whose last turn is labelled."""

    kb: str
    """`content`, or the name of a set of tests/quality/sets.json."""
    half: str
    by: str
    """Who wrote it: `STRANGER` had not seen the lists and rules."""
    kind: str
    """One of KINDS."""
    lang: str
    turns: tuple[str, ...]
    expect: dict[str, Any]
    """What the last reply should be: `relevant` record ids, `none`, `chosen` places of the list shown (-1 its last),
    `outside`, `declined`, `repair`, a `language`, or a kind of `talk`."""
    offered: tuple[str, ...] = ()
    """Records offered to choose from before the last turn, whatever would be."""


Before = Callable[[KnowledgeBase, Sequence[Said], Answer], State]
"""Makes the state before the last turn from what was said and the last answer; the server's own is kept meanwhile."""


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
        Dialogue(**{**entry, "turns": tuple(entry["turns"]), "offered": tuple(entry.get("offered", ()))})
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
            knowledge = KnowledgeBase.open(Path(folder) / name, remembered=_QUESTIONS_REMEMBERED)
            opened[name] = stack.enter_context(closing(knowledge))
        yield opened


def by_all_messages(knowledge: KnowledgeBase, said: Sequence[Said], _answer: Answer) -> State:
    """Return the state as a client has it made that sends all messages."""
    return state_after(knowledge, said)


def by_questions(knowledge: KnowledgeBase, said: Sequence[Said], _answer: Answer) -> State:
    """Return the state as a client has it made that sends what the reader said."""
    return state_after(knowledge, questions_of([each.text for each in said if each.role == "user"]))


def by_last_turn(knowledge: KnowledgeBase, said: Sequence[Said], answer: Answer) -> State:
    """Return the state as a client has it made that sends the last question and the record it got, as Azure's do."""
    shown = answer.hits[0].record if answer.hits else None
    return state_of_turn(knowledge, said[-2].text, shown)


def told(knowledge: KnowledgeBase, dialogue: Dialogue, before: Before | None = None) -> tuple[State, Reply]:
    """Return the state before the last turn, and the last reply; without `before` it is kept from turn to turn."""
    state, said = NOTHING_SAID, list[Said]()
    for question in dialogue.turns[:-1]:
        reply = reply_to(knowledge, question, state)
        said += [Said("user", question), Said("assistant", shown(reply.answer))]
        state = reply.state if before is None else before(knowledge, said, reply.answer)
    if dialogue.offered:
        state = replace(state, offered=dialogue.offered, shown=dialogue.offered, answered=())
    return state, reply_to(knowledge, dialogue.turns[-1], state)


def shown(answer: Answer) -> str:
    """Return what a chat shows of an answer."""
    words = WORDINGS.get(answer.language, WORDINGS["en"])
    return chat_text(worded_by(answer, words), words, lambda record_id: f"/q/{record_id}").content


def is_right(knowledge: KnowledgeBase, dialogue: Dialogue, before: Before | None = None) -> bool | None:
    """Say whether the last reply is what it should be; None where there was no list to choose from."""
    state, reply = told(knowledge, dialogue, before)
    (what, wanted), *_ = dialogue.expect.items()
    if what in _OF_LISTS and len(state.offered) < max(1, *(wanted if what == "chosen" else [1])):
        return None
    if what == "language":
        records = [hit.record.language for hit in reply.answer.hits[:1] if dialogue.kb == BUNDLED]
        return reply.answer.language == wanted and records in ([], [wanted])
    return JUDGES[what](knowledge, state, reply, wanted)


def finds(knowledge: KnowledgeBase, state: State, reply: Reply, relevant: Sequence[str]) -> bool:
    """Say whether a reply shows, or comes nearest to, one of some records."""
    found = first_found(knowledge, reply)
    return talk_in(reply) is None and found is not None and twin_key(found) in map(twin_key, relevant)


def picks(knowledge: KnowledgeBase, state: State, reply: Reply, places: Sequence[int]) -> bool:
    """Say whether a reply answers with the records at these places of the list that was shown."""
    wanted = [state.offered[place - 1 if place > 0 else place] for place in places]
    return [each.hits[0].record.id for each in (reply.answer, *reply.answer.others) if each.hits] == wanted


def talk_in(reply: Reply) -> Talk | None:
    """Return what a reply takes the text for, where that is no question."""
    return reply.answer.no_answer.talk if reply.answer.no_answer else None


_OF_LISTS = {"chosen", "outside", "declined"}
JUDGES: dict[str, Callable[[KnowledgeBase, State, Reply, Any], bool]] = {
    "relevant": finds,
    "chosen": picks,
    "none": lambda knowledge, state, reply, _: reply.answer.status is not Status.ANSWERED,
    "outside": lambda knowledge, state, reply, _: talk_in(reply) is Talk.OUTSIDE,
    "declined": lambda knowledge, state, reply, _: talk_in(reply) is Talk.DECLINED,
    "repair": lambda knowledge, state, reply, _: reply.resolution.way is Way.REPAIR or talk_in(reply) is Talk.DECLINED,
    "talk": lambda knowledge, state, reply, kind: (
        talk_in(reply) == kind or (kind == "any" and talk_in(reply) is not None)
    ),
}


def first_found(knowledge: KnowledgeBase, reply: Reply) -> str | None:
    """Return the id of the first record of a reply, or of what was searched for where nothing is sure enough."""
    if reply.answer.hits:
        return reply.answer.hits[0].record.id
    hits = knowledge.search(reply.resolution.query, limit=1)
    return hits[0].record.id if hits else None


def is_right_alone(knowledge: KnowledgeBase, dialogue: Dialogue) -> bool | None:
    """Say the same of the last turn asked alone."""
    return is_right(knowledge, replace(dialogue, turns=dialogue.turns[-1:], offered=()))


def table_rows(opened: dict[str, KnowledgeBase], dialogues: Sequence[Dialogue]) -> Iterator[str]:
    """Yield the rows: by kind, and those of a stranger together by language and by knowledge base."""
    yield "| last turn | dialogues | alone | in a session | all messages sent | questions sent | last turn sent |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for kind, title in KINDS.items():
        yield table_row(title, opened, [own for own in dialogues if own.kind == kind])
    strangers = [own for own in dialogues if own.by == STRANGER]
    yield table_row("all of a stranger's", opened, strangers)
    for kind, title in KINDS.items():
        own = [each for each in strangers if each.kind == kind]
        if own:
            yield table_row(f"… {title}", opened, own)
    for language in ("zh", "en"):
        yield table_row(f"… {language}", opened, [own for own in strangers if own.lang == language])
    for name in sorted({own.kb for own in strangers}):
        yield table_row(f"… {name}", opened, [own for own in strangers if own.kb == name])


def table_row(title: str, opened: dict[str, KnowledgeBase], dialogues: Sequence[Dialogue]) -> str:
    """Return one row: the share of dialogues that come out right, five ways; of choices, those that could be made."""

    def share(right: Callable[[KnowledgeBase, Dialogue], bool | None]) -> str:
        judged = [each for own in dialogues if (each := right(opened[own.kb], own)) is not None]
        return f"{sum(judged) / len(judged):.2f}" if judged else ""

    def kept(before: Before | None) -> str:
        return share(lambda knowledge, own: is_right(knowledge, own, before))

    return (
        f"| {title} | {len(dialogues)} | {share(is_right_alone)} | {kept(None)} | {kept(by_all_messages)} "
        f"| {kept(by_questions)} | {kept(by_last_turn)} |"
    )


def show_miss(knowledge: KnowledgeBase, dialogue: Dialogue) -> None:
    """Print a dialogue whose last turn goes wrong, and how it was understood."""
    for name, before in (("session", None), ("messages", by_all_messages), ("questions", by_questions)):
        if is_right(knowledge, dialogue, before) is False:
            state, reply = told(knowledge, dialogue, before)
            found = reply.resolution
            what = f"{found.way} {found.talk or ''} {found.query!r} {first_found(knowledge, reply)}"
            turns = " / ".join(dialogue.turns)
            print(f"{name}: {dialogue.kb} {dialogue.kind} [{what}; {len(state.offered)} offered]: {turns}")


if __name__ == "__main__":
    main()
