"""Pictures of a snapshot: under its checksums like all else, and shared between snapshots."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from cli_support import faq
from picture_support import name_of, png, publish, write_faq

from faqkb.kb.errors import ContentError, SnapshotDamaged
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.snapshot.published import current_snapshot


def stored_in(kb: Path) -> Path:
    return kb / "snapshots" / current_snapshot(kb) / "pictures" / name_of(png())


def test_a_picture_is_read_back_as_it_was(tmp_path: Path, encoder: Encoder) -> None:
    publish(write_faq(tmp_path / "content"), tmp_path / "kb", encoder)
    (tmp_path / "content" / "img" / "chart.png").unlink()
    with closing(KnowledgeBase.open(tmp_path / "kb", verify_model=True)) as knowledge:
        assert [picture.name for picture in knowledge.pictures()] == [name_of(png())]
        assert knowledge.picture(name_of(png())) == png()
        assert knowledge.picture(name_of(png(1))) is None
        assert knowledge.picture("../records.sqlite") is None


def test_the_same_pictures_publish_nothing_new(tmp_path: Path, encoder: Encoder) -> None:
    ingested = write_faq(tmp_path / "content")
    first, second = (publish(ingested, tmp_path / "kb", encoder) for _ in range(2))
    assert (second.snapshot, second.changed) == (first.snapshot, False)


def test_the_next_snapshot_shares_a_picture_and_not_with_its_author(tmp_path: Path, encoder: Encoder) -> None:
    publish(write_faq(tmp_path / "content"), tmp_path / "kb", encoder)
    before = stored_in(tmp_path / "kb")
    publish(write_faq(tmp_path / "content", "Use ![c](img/chart.png) lemons."), tmp_path / "kb", encoder)
    after = stored_in(tmp_path / "kb")
    assert before != after
    assert before.samefile(after)
    assert not after.samefile(tmp_path / "content" / "img" / "chart.png")


def test_a_damaged_picture_is_not_taken_over(tmp_path: Path, encoder: Encoder) -> None:
    publish(write_faq(tmp_path / "content"), tmp_path / "kb", encoder)
    stored_in(tmp_path / "kb").write_bytes(png(1))
    publish(write_faq(tmp_path / "content", "Use ![c](img/chart.png) lemons."), tmp_path / "kb", encoder)
    assert stored_in(tmp_path / "kb").read_bytes() == png()


def test_a_picture_that_changes_while_it_is_published_stops_that(tmp_path: Path, encoder: Encoder) -> None:
    ingested = write_faq(tmp_path / "content")
    (tmp_path / "content" / "img" / "chart.png").write_bytes(png(1))
    with pytest.raises(ContentError, match=r"chart\.png: changed while it was being published; run `faq ingest`"):
        publish(ingested, tmp_path / "kb", encoder)
    assert not (tmp_path / "kb" / "current").exists()


def test_a_changed_byte_in_a_picture_is_never_served(tmp_path: Path, encoder: Encoder) -> None:
    publish(write_faq(tmp_path / "content"), tmp_path / "kb", encoder)
    stored_in(tmp_path / "kb").write_bytes(png(1))
    with pytest.raises(SnapshotDamaged, match=r"pictures/.*sha256 is"):
        KnowledgeBase.open(tmp_path / "kb", verify_model=True)
    with closing(KnowledgeBase.open(tmp_path / "kb")) as knowledge, pytest.raises(SnapshotDamaged, match="sha256 is"):
        knowledge.picture(name_of(png()))


def test_doctor_names_a_changed_picture(tmp_path: Path, encoder: Encoder) -> None:
    publish(write_faq(tmp_path / "content"), tmp_path / "kb", encoder)
    assert faq("doctor", "--kb", tmp_path / "kb").returncode == 0
    stored_in(tmp_path / "kb").write_bytes(png(1))
    done = faq("doctor", "--kb", tmp_path / "kb", "--json")
    told = [found["detail"] for found in json.loads(done.stdout)["findings"] if not found["ok"]]
    assert done.returncode == 1
    assert len(told) == 1
    assert f"pictures/{name_of(png())}: sha256 is" in told[0]
