"""A knowledge base from elsewhere: its hashes hold, and nothing in it gets out of its place."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from access_support import new_key
from active_parts import active_parts
from cli_support import error_line, faq
from forged import QUESTION, SCRIPT, entry_of, honest, reseal, rewrite, with_field, with_statements
from server_support import copied_knowledge, make_record, served

from faqkb.kb.building.build import build_snapshot
from faqkb.kb.errors import FeedbackDamaged, KbError, KeysDamaged, SnapshotDamaged
from faqkb.kb.feedback.events import Click
from faqkb.kb.feedback.log import FeedbackStore
from faqkb.kb.keys.ring import KeyStore
from faqkb.kb.knowledge import KnowledgeBase
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.snapshot.published import current_snapshot
from faqkb.kb.snapshot.stored import open_stored
from faqkb.server.app import create_app

OUTSIDE = "../../../../x/owned"
EVIL = "<p>Hold <script>steal()</script><a href='javascript:steal()' onclick='steal()'>it</a><img src=x onerror=a></p>"
SOMEBODY = 54_321  # a user id
CLICK = Click("faq/Q1", "question", "snapshot")


@pytest.fixture(scope="module")
def made(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return honest(tmp_path_factory.mktemp("honest") / "kb", encoder)


@pytest.fixture
def kb(made: Path, tmp_path: Path) -> Path:
    return copied_knowledge(made, tmp_path / "deep" / "er" / "kb")


def files_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def opened(kb: Path, **how: bool) -> KnowledgeBase:
    return KnowledgeBase.open(kb, threads=1, **how)


def test_a_check_whose_id_is_a_path_writes_nothing_outside_the_site(kb: Path, tmp_path: Path) -> None:
    forged = [f"UPDATE checks SET id = '{OUTSIDE}';", with_field("checks", "id", OUTSIDE, "1")]
    reseal(kb, with_statements(*forged))
    before = files_below(tmp_path)
    done = faq("export", "--format", "site", tmp_path / "deep" / "er" / "site", "--kb", kb)
    assert OUTSIDE in error_line(done)
    assert files_below(tmp_path) == before


def test_a_record_whose_id_is_a_path_has_its_page_within_the_site(kb: Path, tmp_path: Path) -> None:
    forged = [f"UPDATE records SET id = '{OUTSIDE}' WHERE position = 0;"]
    reseal(kb, with_statements(*forged, with_field("records", "id", OUTSIDE, "position = 0")))
    before = files_below(tmp_path)
    done = faq("export", "--format", "site", tmp_path / "deep" / "er" / "site", "--kb", kb)
    assert done.returncode == 0, done.stderr
    assert not [path for path in files_below(tmp_path) - before if not path.startswith("deep/er/site")]


@pytest.mark.parametrize(
    "name", ["pictures/../../../x.png", "pictures/.png", f"pictures/{'0' * 64}.png", "../x.sqlite", "/etc/x.png"]
)
def test_a_manifest_that_names_files_elsewhere_is_refused(kb: Path, name: str) -> None:
    reseal(kb, lambda folder: None, **{name: entry_of(b"x")})
    with pytest.raises(SnapshotDamaged, match="not a manifest"):
        opened(kb)


def test_active_html_in_a_stored_answer_reaches_nobody(kb: Path, tmp_path: Path) -> None:
    reseal(kb, with_statements(with_field("records", "answer_html", EVIL, "1")))
    app = create_app(kb)
    client = app.test_client()
    page = client.get("/q/faq/Q1").text
    asked = client.post("/api/v1/ask", json={"question": QUESTION}).json
    searched = client.get("/api/v1/records/faq/Q1").json
    app.extensions["faq-knowledge"].close()
    assert "steal" not in page
    assert "steal" not in json.dumps([asked, searched])
    assert active_parts(asked["answers"][0]["answer_html"]) == []
    done = faq("export", "--format", "site", tmp_path / "site", "--kb", kb)
    assert done.returncode == 0, done.stderr
    assert not [path for path in (tmp_path / "site").rglob("*") if path.is_file() and b"steal" in path.read_bytes()]
    assert "steal" not in faq("export", "--format", "jsonld", "--kb", kb).stdout


TARGET = {"start": 0, "end": 1, "address": "https://x.example", "before": "", "after": ""}


@pytest.mark.parametrize(
    "targets",
    [
        {"start": 0},
        [{**TARGET, "start": -1}],
        [{**TARGET, "end": 1_000}],
        [{**TARGET, "end": True}],
        [{**TARGET, "start": 0.0}],
        [TARGET, TARGET],
        [{**TARGET, "start": 1, "end": 0}],
        [{**TARGET, "address": "javascript:steal()"}],
        [{**TARGET, "before": 3}],
        [{**TARGET, "more": ""}],
        None,
    ],
)
def test_targets_that_are_none_of_the_answers_are_refused(kb: Path, targets: object) -> None:
    reseal(kb, with_statements(with_field("records", "targets", targets, "1")))
    with pytest.raises(SnapshotDamaged, match="record that is none"), closing(opened(kb)) as knowledge:
        knowledge.record("faq/Q1")


@pytest.mark.parametrize(
    "statements",
    [
        "CREATE VIEW spare AS SELECT * FROM records;",
        "CREATE TRIGGER spare AFTER INSERT ON records BEGIN SELECT 1; END;",
        "CREATE VIRTUAL TABLE spare USING fts5 (x);",
        "ALTER TABLE checks RENAME TO other; CREATE VIEW checks AS SELECT * FROM other;",
        "DROP TABLE words; CREATE TABLE words (word TEXT PRIMARY KEY, first, records, most);",
        "DROP INDEX records_path; CREATE INDEX records_path ON records (abs(path));",
        "DROP TABLE cohort;",
    ],
)
def test_records_with_other_tables_are_refused(kb: Path, statements: str) -> None:
    reseal(kb, with_statements(statements))
    with pytest.raises(SnapshotDamaged, match=r"never makes|lacks what"):
        opened(kb)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE passages SET row = row + 1 WHERE row = (SELECT max(row) FROM passages);",
        "UPDATE records SET position = 70 WHERE position = 1;",
        "DELETE FROM passages WHERE row = 0;",
        "UPDATE checks SET json = '[]';",
        "UPDATE checks SET json = json_set(json, '$.title', 7);",
    ],
)
def test_tables_that_do_not_agree_with_each_other_are_refused(kb: Path, statement: str) -> None:
    reseal(kb, with_statements(statement))
    with pytest.raises(SnapshotDamaged):
        opened(kb)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE cohort SET tokens = tokens + 100000;",
        "UPDATE cohort SET tokens = 'many';",
        "UPDATE sentences SET end_token = 'far';",
        "UPDATE passages SET key = x'00';",
        "UPDATE records SET digest = x'00', marks = x'00';",
        "UPDATE words SET records = records + 1;",
        "DELETE FROM views WHERE number = 0;",
        "DELETE FROM words;",
    ],
)
def test_nothing_is_taken_over_of_what_does_not_agree(kb: Path, encoder: Encoder, statement: str) -> None:
    """A build over somebody else's knowledge base is the build of a fresh start."""
    reseal(kb, with_statements(statement))
    build_snapshot(kb, [make_record("faq/Q1", "How large is the moon?")], encoder)
    with closing(opened(kb)) as knowledge:
        assert knowledge.ask("How large is the moon?").hits[0].record.id == "faq/Q1"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE words SET first = 1000000000;",
        "UPDATE words SET first = -1;",
        "UPDATE words SET records = 1000000000000;",
        "UPDATE words SET records = 0;",
        "UPDATE words SET most = 'much';",
        "UPDATE words SET first = 'there';",
        "DELETE FROM records WHERE position = 0;",
    ],
)
def test_what_is_read_for_a_question_and_is_not_there_is_named(kb: Path, statement: str) -> None:
    reseal(kb, with_statements(statement))
    with pytest.raises(SnapshotDamaged, match="faq ingest"), closing(opened(kb)) as knowledge:
        knowledge.ask(QUESTION)


@pytest.mark.parametrize(
    "rows",
    [
        "end_token = 9223372036854775807",
        "first_token = -9223372036854775807",
        "header_first = 1, header_end = 1000000000",
    ],
)
def test_sentences_whose_tokens_are_not_there_are_named(kb: Path, rows: str) -> None:
    reseal(kb, with_statements(f"UPDATE sentences SET {rows};"))
    with pytest.raises(SnapshotDamaged, match="no token vectors"), closing(opened(kb)) as knowledge:
        knowledge.ask(QUESTION)


def test_a_statement_that_takes_for_ever_is_ended(kb: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from faqkb.kb.foreign import database

    monkeypatch.setattr(database, "STATEMENT_SECONDS", 0.05)
    with closing(sqlite3.connect(":memory:")) as connection:
        database.harden(connection)
        with pytest.raises(sqlite3.OperationalError, match="interrupted"):
            connection.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n")


@pytest.mark.parametrize(
    "statement",
    [
        with_field("checks", "title", "Harmless", "1"),
        f"UPDATE checks SET script = CAST('{SCRIPT.decode()}import os' AS BLOB);",
        "UPDATE checks SET script = x'00';",
    ],
)
def test_a_check_that_says_something_else_than_is_stored_of_it_is_refused(kb: Path, statement: str) -> None:
    reseal(kb, with_statements(statement))
    with open_stored(kb) as stored, pytest.raises(SnapshotDamaged, match="disk"):
        stored.checks()
    with pytest.raises(SnapshotDamaged, match="disk"):
        opened(kb, verify_model=True)
    assert "disk" in error_line(faq("check", "show", "disk", "--kb", kb))


def varint(number: int) -> bytes:
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + varint(number >> 7)


def field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


EXTERNAL = field(13, field(1, b"location") + field(2, b"/etc/passwd"))
GRAPHS = {
    "of the graph": field(5, EXTERNAL),
    "of a node": field(1, field(5, field(5, EXTERNAL))),
    "of a graph in a node": field(1, field(5, field(6, field(5, EXTERNAL)))),
    "by its place alone": field(5, b"\x70\x01"),
    "of a sparse one": field(15, field(1, EXTERNAL)),
}


@pytest.mark.parametrize("graph", GRAPHS.values(), ids=GRAPHS)
def test_a_model_that_names_another_file_is_not_read(kb: Path, graph: bytes) -> None:
    def change(folder: Path) -> None:
        content, path = field(7, graph), folder / "model" / "manifest.json"
        manifest = json.loads(path.read_bytes())
        manifest["files"]["model.onnx"] = {"sha256": entry_of(content).sha256, "size": len(content)}
        for name, text in (("model.onnx", content), ("manifest.json", json.dumps(manifest).encode())):
            (folder / "model" / name).unlink()  # or what it is linked to would change too
            (folder / "model" / name).write_bytes(text)

    reseal(kb, change)
    with pytest.raises(SnapshotDamaged, match="a tensor that lies in another file"):
        opened(kb)


def test_a_zeroed_block_of_the_model_is_told_and_the_advice_helps(model_folder: Path, tmp_path: Path) -> None:
    content, kb = tmp_path / "content", tmp_path / "kb"
    content.mkdir()
    (content / "faq.md").write_text(f"# FAQ\n\n## {QUESTION}\n\nHold the button.\n", encoding="utf-8")
    # A cache of its own: the snapshots of all other tests link to the files of the real one.
    own = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "FAQ_MODEL": str(model_folder)}
    assert faq("ingest", content, "--kb", kb, **own).returncode == 0
    assert faq("ask", QUESTION, "--kb", kb, **own).returncode == 0
    with (kb / "snapshots" / current_snapshot(kb) / "model" / "model.onnx").open("r+b") as file:
        file.seek(20_000_000)
        file.write(bytes(4096))
    for _ in range(2):
        told = error_line(faq("ask", QUESTION, "--kb", kb, **own))
        assert "sha256" in told
        assert "run `faq ingest`" in told
        assert "--rollback" not in told  # every snapshot links to the same file
    mended = faq("ingest", content, "--kb", kb, **own)
    assert mended.returncode == 0, mended.stderr
    assert faq("ask", QUESTION, "--kb", kb, **own).returncode == 0


def test_a_server_outlives_its_token_vectors_being_cut_short(kb: Path) -> None:
    with served(kb) as server:
        assert server.ask(QUESTION).status == 200
        os.truncate(kb / "snapshots" / current_snapshot(kb) / "tokens" / "000001.i4", 0)
        reply = server.ask("Can it be put under water?")
        assert reply.status in {200, 500, 503}
        assert server.get("/healthz").status == 200
        assert server.ask(QUESTION).status == 200  # known from before


def test_a_server_outlives_its_embedding_table_being_cut_short(kb: Path) -> None:
    table = kb / "snapshots" / current_snapshot(kb) / "model" / "table.i8"
    content = table.read_bytes()
    table.unlink()  # or what it is linked to would be cut too
    table.write_bytes(content)
    with served(kb) as server:
        assert server.ask(QUESTION).status == 200
        os.truncate(table, 0)
        assert server.ask("Can it be put under water?").status in {500, 503}
        assert server.get("/healthz").status == 200
        assert server.ask(QUESTION).status == 200  # known from before


def test_keys_with_a_trigger_let_nobody_in(kb: Path) -> None:
    new_key(kb)
    rewrite(
        kb / "keys.sqlite",
        "CREATE TRIGGER more AFTER UPDATE ON keys BEGIN UPDATE keys SET scopes = 'admin'; END;",
    )
    with pytest.raises(KeysDamaged, match="'more', which faqkb never makes"):
        KeyStore(kb).read()


def test_feedback_with_a_view_counts_for_nothing(kb: Path) -> None:
    store = FeedbackStore(kb)
    store.record(CLICK)
    rewrite(kb / "feedback.sqlite", "DROP TABLE clicks; CREATE VIEW clicks AS SELECT 1 AS number;")
    with pytest.raises(FeedbackDamaged, match="'clicks', which faqkb never makes"):
        store.record(CLICK)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
def test_keys_and_feedback_of_another_user_do_not_take_effect(kb: Path) -> None:
    key = new_key(kb)
    FeedbackStore(kb).record(CLICK)
    for name in ("keys.sqlite", "feedback.sqlite"):
        os.chown(kb / name, SOMEBODY, -1)
    for use in (KeyStore(kb).read, lambda: FeedbackStore(kb).record(CLICK)):
        with pytest.raises(KbError, match=f"another user .got uid {SOMEBODY}"):
            use()
    assert f"uid {SOMEBODY}" in error_line(faq("serve", "--kb", kb, "--port", "0"))
    os.chown(kb, SOMEBODY, -1)  # the administrator of somebody's folder
    assert [found.id for found in KeyStore(kb).read()] == [key.split("_")[1]]


def test_a_server_says_whose_keys_let_in(kb: Path, tmp_path: Path) -> None:
    KeyStore(kb).add("bot of the former owner", ["admin"])
    with (tmp_path / "log").open("w+") as log, served(kb, stderr=log):
        pass
    told = (tmp_path / "log").read_text()
    assert "1 keys of" in told
    assert "'bot of the former owner' (admin, 20" in told
    assert str(kb / "keys.sqlite") in told
