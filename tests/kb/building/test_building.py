"""A build that takes over from the one before gives what a fresh start gives, and writes only what changed."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from server_support import make_record

from faqkb.kb.building import token_files
from faqkb.kb.building.build import build_snapshot
from faqkb.kb.building.journal import FILE, open_journal
from faqkb.kb.index.passages import Kind
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.model.encoder import Encoded, Encoder
from faqkb.kb.records import Record
from faqkb.kb.snapshot.comparing import compare_records, compare_with_stored
from faqkb.kb.snapshot.published import RECORDS_FILE, current_snapshot, open_current
from faqkb.kb.snapshot.stored import open_stored

ANSWER = "| size | weight |\n| --- | --- |\n| small | 3 kg |\n\nWrite to the office. It answers within a day."
RECORDS = [
    make_record(f"a/Q{number}", f"What does machine {number} weigh?", ANSWER, alternates=(f"weight of no. {number}",))
    for number in range(6)
]
QUESTIONS = ("how heavy is machine 3", "whom do I write to", "weight of no. 5", "machine 42")


def answers(folder: Path) -> list[object]:
    with closing(KnowledgeBase.open(folder)) as knowledge:
        asked = [knowledge.ask(question).to_json() for question in QUESTIONS]
    return [{key: value for key, value in answer.items() if key not in {"snapshot", "took_ms"}} for answer in asked]


def files_of(folder: Path) -> dict[str, str]:
    """Return the sha256 of each file; of the records without the ids of before, which a fresh start cannot know."""
    live = folder / "snapshots" / current_snapshot(folder)
    paths = [path for path in live.rglob("*") if path.is_file() and path.name != "manifest.json"]
    return {path.relative_to(live).as_posix(): hashlib.sha256(content_of(path)).hexdigest() for path in paths}


def content_of(path: Path) -> bytes:
    if path.name != RECORDS_FILE:
        return path.read_bytes()
    with closing(sqlite3.connect(":memory:")) as copy:
        copy.deserialize(path.read_bytes())
        copy.execute("DELETE FROM moved")
        copy.commit()
        return "\n".join(copy.iterdump()).encode()


changes = st.lists(
    st.tuples(
        st.sampled_from(["remove", "question", "answer", "again", "move", "alternate", "line", "new"]),
        st.integers(0, 5),
    ),
    min_size=1,
    max_size=4,
)


def changed(records: Sequence[Record], how: Sequence[tuple[str, int]]) -> list[Record]:
    """Return some records after a maintainer's changes."""
    now = list(records)
    for number, (what, at) in enumerate(how):
        place = at % len(now) if now else 0
        if what == "new" or not now:
            now.insert(place, make_record(f"n/{number}-{at}", f"Where is shelf {at}?", "Behind the door."))
        elif what == "remove":
            del now[place]
        elif what == "again":
            now.append(replace(now[place], id=f"again/{number}-{len(now)}"))
        elif what == "move":
            now.append(now.pop(place))
        else:
            one = now[place]
            now[place] = {
                "question": replace(one, question=f"{one.question} And {at}?"),
                "answer": replace(one, answer_text=f"{one.answer_text}\nCall {at}."),
                "alternate": replace(one, alternates=(*one.alternates, f"kilos of {at}")),
                "line": replace(one, source=replace(one.source, line=100 + at)),
            }[what]
    return now or [make_record("n/last", "Is anything left?", "Yes.")]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(how=changes)
def test_what_comes_of_changes_is_what_comes_of_a_fresh_start(
    encoder: Encoder, tmp_path_factory: pytest.TempPathFactory, how: list[tuple[str, int]]
) -> None:
    folder = tmp_path_factory.mktemp("changes")
    now = changed(RECORDS, how)
    build_snapshot(folder / "kb", RECORDS, encoder)
    build_snapshot(folder / "kb", now, encoder)
    build_snapshot(folder / "fresh", now, encoder)
    assert files_of(folder / "kb") == files_of(folder / "fresh")


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(how=changes)
def test_what_changed_is_the_same_whether_the_stored_records_are_read_or_their_rows_compared(
    encoder: Encoder, tmp_path_factory: pytest.TempPathFactory, how: list[tuple[str, int]]
) -> None:
    folder = tmp_path_factory.mktemp("compared")
    now = changed(RECORDS, how)
    build_snapshot(folder, RECORDS, encoder)
    with open_stored(folder) as stored:
        assert compare_with_stored(stored, now) == compare_records(stored.records(), now)


def test_files_that_stay_are_links_and_the_answers_those_of_a_fresh_start(
    encoder: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Large knowledge bases, made small: what changed is written, the rest is linked, and merged in the end."""
    monkeypatch.setattr(token_files, "_SMALL_BYTES", 0)
    now = list(RECORDS)
    build_snapshot(tmp_path / "kb", now, encoder)
    first = tmp_path / "kb" / "snapshots" / current_snapshot(tmp_path / "kb") / "tokens" / "000001.i4"
    kept = 0
    for turn in range(12):
        now = changed(now, [("new", turn), ("alternate", turn)])
        build_snapshot(tmp_path / "kb", now, encoder)
        build_snapshot(tmp_path / f"fresh{turn}", now, encoder)
        assert answers(tmp_path / "kb") == answers(tmp_path / f"fresh{turn}")
        with closing(open_current(tmp_path / "kb")) as files:
            kept += first.exists() and any((files.folder / path).samefile(first) for path in files.token_paths)
            assert len(files.token_paths) <= 6
            files.verify()
    assert 2 <= kept < 12  # it stayed for a while, and went when most of it was of no use


def test_what_was_embedded_before_a_kill_is_not_embedded_again(
    encoder: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from faqkb.kb.building import build

    class Killed(BaseException):
        pass

    class Counting(Encoder):
        done = 0
        most = 10**9

        def encode_passages(self, texts: Sequence[str], kinds: Sequence[Kind], *told: object) -> Encoded:
            type(self).done += len(texts)
            if self.done > self.most:
                raise Killed
            return super().encode_passages(texts, kinds, *told)

    monkeypatch.setattr(build, "_TOGETHER", 50)
    watched = Counting(encoder.folder)
    Counting.most = 120
    with pytest.raises(Killed):
        build_snapshot(tmp_path / "kb", RECORDS, watched)
    assert (tmp_path / "kb" / FILE).stat().st_mode & 0o077 == 0
    begun, Counting.most, Counting.done = 100, 10**9, 0
    build_snapshot(tmp_path / "kb", RECORDS, watched)
    again = Counting.done
    Counting.done = 0
    build_snapshot(tmp_path / "fresh", RECORDS, watched)
    assert again == Counting.done - begun
    assert files_of(tmp_path / "kb") == files_of(tmp_path / "fresh")
    assert not (tmp_path / "kb" / FILE).exists()


@pytest.mark.parametrize("damage", ["cut", "flip", "encoder", "nonsense"])
def test_a_journal_that_rotted_is_believed_as_far_as_it_is_whole(tmp_path: Path, damage: str) -> None:
    keys = [f"{number:064x}" for number in range(3)]
    with open_journal(tmp_path, "e", 4) as journal:
        for number, key in enumerate(keys):
            journal.add(key, np.eye(4, dtype=np.float32)[number], np.full((2, 4), number, dtype=np.int8))
    content = bytearray((tmp_path / FILE).read_bytes())
    if damage == "cut":
        del content[-3:]
    elif damage == "flip":
        content[-1] ^= 1
    elif damage == "nonsense":
        content += b"\xff" * 1000
    (tmp_path / FILE).write_bytes(content)
    with open_journal(tmp_path, "other" if damage == "encoder" else "e", 4) as journal:
        known = [key for key in keys if key in journal]
        assert known == {"cut": keys[:2], "flip": keys[:2], "encoder": [], "nonsense": keys}[damage]
        for key in known:
            assert journal.vector(key).tolist() == np.eye(4)[keys.index(key)].tolist()
            assert journal.tokens(key).tolist() == [[keys.index(key)] * 4] * 2
        journal.add("f" * 64, np.ones(4, dtype=np.float32), np.ones((1, 4), dtype=np.int8))
    with open_journal(tmp_path, "other" if damage == "encoder" else "e", 4) as journal:
        assert "f" * 64 in journal


def test_a_journal_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"precious")
    (tmp_path / FILE).symlink_to(tmp_path / "elsewhere")
    with open_journal(tmp_path, "e", 4) as journal:
        journal.add("0" * 64, np.ones(4, dtype=np.float32), np.ones((1, 4), dtype=np.int8))
    assert (tmp_path / "elsewhere").read_bytes() == b"precious"
