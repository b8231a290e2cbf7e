"""Since which day each record reads as it does."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from aging import age
from cli_support import faq
from server_support import make_record

from faqkb.kb.building.build import build_snapshot
from faqkb.kb.errors import SnapshotDamaged
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.records import Record
from faqkb.kb.snapshot.published import DAYS_FILE, current_snapshot


def records(*answers: str) -> list[Record]:
    return [make_record(f"a/{number}", f"Question {number}?", answer) for number, answer in enumerate(answers, 1)]


def ago(days: int) -> date:
    return (datetime.now(UTC) - timedelta(days)).date()


def days_of(folder: Path) -> dict[str, date | None]:
    knowledge = KnowledgeBase.open(folder)
    found = {record.id: knowledge.changed_on(record.id) for record in knowledge.all_records()}
    knowledge.close()
    return found


def test_a_record_keeps_its_day_wherever_it_goes(encoder: Encoder, tmp_path: Path) -> None:
    build_snapshot(tmp_path, records("One.", "Two.", "Three."), encoder)
    age(tmp_path, days=7)
    assert set(days_of(tmp_path).values()) == {ago(7)}
    first, _, third = records("One.", "Two.", "Three.")
    moved = make_record("b/9", first.question, first.answer, path="other.md", section=("Elsewhere",), tags=("new",))
    build_snapshot(tmp_path, [third, moved, make_record("b/10", "Question 2?", "Two, anew.")], encoder)
    assert days_of(tmp_path) == {"a/3": ago(7), "b/9": ago(7), "b/10": ago(0)}


def test_another_day_alone_is_nothing_to_publish(encoder: Encoder, tmp_path: Path) -> None:
    build_snapshot(tmp_path, records("One.", "Two."), encoder)
    age(tmp_path, days=7)
    again = build_snapshot(tmp_path, records("One.", "Two."), encoder)
    assert not again.changed
    assert set(days_of(tmp_path).values()) == {ago(7)}
    build_snapshot(tmp_path, records("One.", "Two.", "Three."), encoder)
    back = build_snapshot(tmp_path, records("One.", "Two."), encoder)
    assert back.changed
    assert set(days_of(tmp_path).values()) == {ago(7)}


def test_the_days_come_along_when_a_knowledge_base_is_handed_over(encoder: Encoder, tmp_path: Path) -> None:
    made = tmp_path / "made"
    build_snapshot(made, records("One.", "Two."), encoder)
    age(made, days=7)
    build_snapshot(made, records("One.", "Two, anew."), encoder)
    file = tmp_path / "made.faqkb"
    for command in (("export", "--format", "kb", file, "--kb", made), ("import", file, "--kb", tmp_path / "theirs")):
        done = faq(*command)
        assert done.returncode == 0, done.stderr
    assert days_of(tmp_path / "theirs") == {"a/1": ago(7), "a/2": ago(0)}


def test_damaged_days_are_named(encoder: Encoder, tmp_path: Path) -> None:
    build_snapshot(tmp_path, records("One.", "Two."), encoder)
    age(tmp_path, days=7)
    build_snapshot(tmp_path, records("One.", "Two, anew."), encoder)
    path = tmp_path / "snapshots" / current_snapshot(tmp_path) / DAYS_FILE
    path.write_bytes(bytes([path.read_bytes()[0] ^ 1]) + path.read_bytes()[1:])
    with pytest.raises(SnapshotDamaged, match=DAYS_FILE):
        KnowledgeBase.open(tmp_path)
    assert build_snapshot(tmp_path, records("One.", "Two, anew."), encoder).changed
    assert len(days_of(tmp_path)) == 2
