"""Writing to disk: one step is one step, for whoever reads meanwhile."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from faqkb.faq.export_site import _replaced_when_whole
from faqkb.kb.disk import exchange_folders

FILES = ("index.html", "search.json")


def test_a_site_that_is_replaced_is_never_missing(tmp_path: Path) -> None:
    """A reader finds every page of every moment; two renames leave one without any."""
    site = tmp_path / "site"
    missing: list[str] = []
    read = 0
    done = threading.Event()

    def hammer() -> None:
        nonlocal read
        while not done.is_set():
            for name in FILES:
                try:
                    (site / name).read_text()
                    read += 1
                except FileNotFoundError:
                    missing.append(name)

    def export(number: int) -> None:
        with _replaced_when_whole(site) as work:
            for name in FILES:
                (work / name).write_text(str(number))

    export(0)
    readers = [threading.Thread(target=hammer) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(1, 20):
        export(number)
    done.set()
    for reader in readers:
        reader.join()
    assert read
    assert not missing
    assert [path.name for path in tmp_path.iterdir()] == ["site"]
    assert (site / "index.html").read_text() == "19"


def test_two_folders_exchange_their_names(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "says").write_text(name)
    if not exchange_folders(tmp_path / "one", tmp_path / "other"):
        pytest.skip("this file system cannot exchange two names")
    assert (tmp_path / "one" / "says").read_text() == "other"
    with pytest.raises(FileNotFoundError):
        exchange_folders(tmp_path / "one", tmp_path / "nowhere")
