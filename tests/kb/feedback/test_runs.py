"""Results of checks on disk: what fits alone, for its owner alone, as long as is kept."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from faqkb.kb import limits
from faqkb.kb.errors import FeedbackDamaged
from faqkb.kb.feedback.events import as_text
from faqkb.kb.feedback.once import Once
from faqkb.kb.feedback.runs import CHECK_RUNS_FILE, RunCount, RunStore, SentRun, counted, told_versions

SHA = "0123456789abcdef" * 4
ON = {"python": "3.11.7", "system": "Linux x86_64", "paddlepaddle": "3.3.1"}
TOLD = "paddlepaddle 3.3.1, python 3.11.7, Linux x86_64"


def run(status: str = "pass", **fields: object) -> SentRun:
    return SentRun(**({"check": "shm", "version": "1.0", "sha256": SHA, "status": status, "on": ON} | fields))


def test_a_result_comes_back_as_it_was_sent_and_its_owner_alone_reads_it(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    assert store.record(run())
    (kept,) = RunStore(tmp_path).runs()
    assert kept.to_json() == run().to_json()
    assert stat.S_IMODE((tmp_path / CHECK_RUNS_FILE).stat().st_mode) == 0o600
    store.verify()


@pytest.mark.parametrize(
    "fields",
    [
        {"check": "../x"},
        {"sha256": "abc"},
        {"status": "skip"},
        {"version": "/home/anna/1.0"},
        {"on": {"python": "3.11.7 (/usr/bin/python)"}},
        {"on": {"torch": "2.1+annas.laptop"}},
        {"on": {"host name": "1"}},
        {"on": {"system": "Linux anna@laptop"}},
        {"on": {f"p{number}": "1" for number in range(17)}},
    ],
)
def test_what_could_name_a_machine_or_a_path_is_no_result(fields: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="no result of a check"):
        run(**fields)


def test_a_write_of_one_name_happens_once(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    assert store.record(run(), Once("a", ""))
    assert not store.record(run(), Once("a", ""), Once("b", ""))
    assert store.is_done(Once("a", ""))
    assert len(store.runs()) == 1


def test_old_results_are_forgotten_and_the_newest_are_kept_in_any_case(tmp_path: Path, monkeypatch) -> None:
    store = RunStore(tmp_path, retention_days=30)
    store.record(run(at=as_text(datetime.now(UTC) - timedelta(days=31))))
    store.record(run("fail"))
    assert store.forget_old() == 1
    assert [each.status for each in store.runs()] == ["fail"]
    monkeypatch.setattr(limits, "FEEDBACK_ROWS", 2)
    for status in ("pass", "warn", "pass"):
        store.record(run(status))
    assert [each.status for each in store.runs()] == ["warn", "pass"]


def test_a_damaged_file_is_told_in_a_sentence(tmp_path: Path) -> None:
    RunStore(tmp_path).record(run())
    (tmp_path / CHECK_RUNS_FILE).write_bytes(b"no database at all")
    with pytest.raises(FeedbackDamaged, match=r"check_runs\.sqlite: damaged"):
        RunStore(tmp_path).runs()


def test_results_are_counted_by_script_and_versions_the_script_sent_last_first() -> None:
    newer = {"at": "2026-11-30T10:00:00.000Z", "sha256": SHA[::-1], "version": "1.1"}
    older = {"at": "2026-11-29T10:00:00.000Z"}
    found = counted([run(**older), run("warn", **older), run("fail", **older), run("fail", **newer)])
    assert found == (
        RunCount("shm", "1.1", SHA[::-1], TOLD, 0, 1, newer["at"]),
        RunCount("shm", "1.0", SHA, TOLD, 2, 1, older["at"]),
    )
    assert told_versions({"python": "3.12.1"}) == "python 3.12.1"
