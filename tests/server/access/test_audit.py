"""The file behind the audit log: whole lines, bounded size."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from faqkb.server.access.audit import AuditLog


def test_a_full_file_is_put_aside_and_only_so_many_are_kept(tmp_path: Path):
    log = AuditLog(tmp_path / "a.jsonl", most_bytes=100, files=3)
    for number in range(100):
        log.write(b"%09d\n" % number)
    log.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jsonl", "a.jsonl.1", "a.jsonl.2", "a.jsonl.3"]
    assert all(path.stat().st_size <= 100 for path in tmp_path.iterdir())
    kept = [line for name in (".3", ".2", ".1", "") for line in (tmp_path / f"a.jsonl{name}").read_text().split()]
    assert kept == [f"{number:09d}" for number in range(60, 100)]


def test_lines_of_many_threads_stay_whole(tmp_path: Path):
    log = AuditLog(tmp_path / "a.jsonl", most_bytes=10_000, files=99)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: log.write(b"%099d\n" % number), range(2_000)))
    log.close()
    lines = [line for path in tmp_path.iterdir() for line in path.read_text().splitlines()]
    assert sorted(map(int, lines)) == list(range(2_000))


def test_a_log_goes_on_where_the_last_one_ended(tmp_path: Path):
    for line in (b'{"at":1}\n', b'{"at":2}\n'):
        log = AuditLog(tmp_path / "a.jsonl")
        log.write(line)
        log.close()
    assert (tmp_path / "a.jsonl").read_bytes() == b'{"at":1}\n{"at":2}\n'
