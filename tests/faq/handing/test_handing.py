"""`faq export --format kb` and `faq import`: one file, and nothing in it is believed."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from access_support import new_key
from cli_support import error_line, faq
from forged import QUESTION, honest, reseal, with_field, with_statements
from server_support import copied_knowledge

from faqkb.kb.model.encoder import Encoder
from faqkb.kb.snapshot.published import current_snapshot, list_snapshots


@pytest.fixture(scope="module")
def made(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    kb = honest(tmp_path_factory.mktemp("honest") / "kb", encoder)
    new_key(kb)
    return kb


@pytest.fixture(scope="module")
def archive(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("given") / "ours.faqkb"
    done = faq("export", "--format", "kb", file, "--kb", made)
    assert done.returncode == 0, done.stderr
    assert "without keys and feedback" in done.stderr
    return file


def names_in(file: Path) -> list[str]:
    with tarfile.open(file) as found:
        return found.getnames()


def test_what_is_handed_over_answers_there(archive: Path, made: Path, tmp_path: Path) -> None:
    kb = tmp_path / "theirs"
    done = faq("import", archive, "--kb", kb)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("imported 20")
    assert "it brings 1 check scripts, which run only when you say so" in done.stderr
    assert "disk: Looks at the disk" in done.stderr
    assert faq("ask", QUESTION, "--kb", kb).returncode == 0
    assert current_snapshot(kb)[-16:] == current_snapshot(made)[-16:]
    assert {path.name for path in kb.iterdir()} == {"current", "lock", "snapshots"}


def test_the_same_snapshot_gives_the_same_file_without_keys(archive: Path, made: Path, tmp_path: Path) -> None:
    copy = tmp_path / "again.faqkb"
    for _ in range(2):  # over nothing, and over a former one
        assert faq("export", "--format", "kb", copy, "--kb", made).returncode == 0
    assert copy.read_bytes() == archive.read_bytes()
    assert names_in(copy)[:3] == ["manifest.json", "cohort.faiss", "cohort.i8"]
    assert not [name for name in names_in(copy) if "key" in name or "feedback" in name]


def test_an_export_replaces_no_other_file(made: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.odt").write_text("years of work")
    assert "something else" in error_line(faq("export", "--format", "kb", tmp_path / "thesis.odt", "--kb", made))
    assert (tmp_path / "thesis.odt").read_text() == "years of work"


def test_an_import_is_a_snapshot_more(archive: Path, encoder: Encoder, tmp_path: Path) -> None:
    kb = honest(tmp_path / "kb", encoder)
    reseal(kb, with_statements(with_field("records", "answer_text", "Otherwise.", "1")))
    former = current_snapshot(kb)
    done = faq("import", archive, "--kb", kb, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert [check["id"] for check in told["checks"]] == ["disk"]
    assert [each.name for each in list_snapshots(kb)] == [former, told["snapshot"]]
    assert faq("snapshots", "--rollback", "previous", "--kb", kb).returncode == 0


Members = list[tuple[tarfile.TarInfo, bytes]]


def changed(archive: Path, to: Path, change: Callable[[Members], Members]) -> Path:
    """Write an archive with other members."""
    with tarfile.open(archive) as found:
        members = [(each, (found.extractfile(each) or io.BytesIO()).read()) for each in found.getmembers()]
    with tarfile.open(to, "w", format=tarfile.USTAR_FORMAT) as made:
        for info, content in change(members):
            made.addfile(info, io.BytesIO(content))
    content = to.read_bytes().rstrip(b"\0")  # as many zeros at the end as ours has, and not ten thousand
    to.write_bytes(content + bytes(-len(content) % 512 + 1024))
    return to


def link(members: Members) -> Members:
    info = tarfile.TarInfo("cohort.faiss")
    info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
    return [members[0], (info, b""), *members[2:]]


def renamed(name: str) -> Callable[[Members], Members]:
    def rename(members: Members) -> Members:
        members[1][0].name = name
        return members

    return rename


def twice(members: Members) -> Members:
    return [*members, members[1]]


def long_names(members: Members) -> Members:
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 600
    return [(info, b"x" * 600), *members]


def huge(members: Members) -> Members:
    """Say of the first file that it has a terabyte; the manifest is sealed by nobody until it is opened."""
    info, content = members[0]
    fields = json.loads(content)
    fields["files"]["cohort.faiss"]["size"] = 1 << 40
    text = (json.dumps(fields, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
    info.size = len(text)
    return [(info, text), *members[1:]]


@pytest.mark.parametrize(
    "change",
    [link, renamed("../../../x/owned"), renamed("/tmp/owned"), renamed("records.sqlite"), twice, long_names, huge],
    ids=["link", "parent", "absolute", "other", "twice", "long names", "huge"],
)
def test_a_file_that_is_no_export_of_ours_is_refused_whole(
    archive: Path, tmp_path: Path, change: Callable[[Members], Members]
) -> None:
    kb = tmp_path / "a" / "kb"
    told = error_line(faq("import", changed(archive, tmp_path / "forged.faqkb", change), "--kb", kb))
    assert "nothing was imported" in told
    assert {path.name for path in kb.rglob("*")} == {"lock"}
    assert {path.name for path in tmp_path.rglob("*")} == {"a", "kb", "lock", "forged.faqkb"}


@pytest.mark.parametrize("what", ["cut", "more", "flipped", "empty", "text"])
def test_a_damaged_file_is_refused(archive: Path, tmp_path: Path, what: str) -> None:
    content = bytearray(archive.read_bytes())
    content[30_000] ^= what == "flipped"
    damaged = {"cut": content[:-5_000], "more": content + bytes(512), "empty": b"", "text": b"hello\n"}
    (tmp_path / "given").write_bytes(damaged.get(what, content))
    told = error_line(faq("import", tmp_path / "given", "--kb", tmp_path / "kb"))
    assert "nothing was imported" in told
    assert {path.name for path in (tmp_path / "kb").rglob("*")} == {"lock"}


def test_an_export_of_a_forged_knowledge_base_is_not_imported(made: Path, tmp_path: Path) -> None:
    kb = copied_knowledge(made, tmp_path / "kb")
    reseal(kb, with_statements(with_field("checks", "title", "Harmless", "1")))
    assert faq("export", "--format", "kb", tmp_path / "given", "--kb", kb).returncode == 0
    told = error_line(faq("import", tmp_path / "given", "--kb", tmp_path / "theirs"))
    assert "check disk: something else is stored of it than its script says" in told
    assert {path.name for path in (tmp_path / "theirs").rglob("*")} == {"lock"}
