"""Feedback on disk: nothing acknowledged is lost, nothing private is kept, a bad file is told in a sentence."""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from server_support import copied_knowledge, make_record

from faqkb.faq.commands.feedback import command
from faqkb.kb import limits
from faqkb.kb.building.build import build_snapshot
from faqkb.kb.errors import FeedbackDamaged, InvalidFeedback, KbError, StorageFailed
from faqkb.kb.feedback.events import Click, Unanswered, Vote, as_text, to_json
from faqkb.kb.feedback.log import FeedbackStore
from faqkb.kb.feedback.redaction import redact
from faqkb.kb.knowledge import KnowledgeBase

ROOT = Path(__file__).resolve().parents[3]
WRITER = """
import sys
from pathlib import Path
from faqkb.kb.feedback.log import FeedbackStore
from faqkb.kb.feedback.events import Vote
store = FeedbackStore(Path(sys.argv[1]))
for number in range(int(sys.argv[2])):
    store.record(Vote(f"{sys.argv[3]}/{number}", True))
    print(number, flush=True)
"""


@pytest.fixture
def store(tmp_path: Path) -> FeedbackStore:
    return FeedbackStore(tmp_path)


def start(code: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_events_come_back_as_they_were_given_oldest_first(store):
    events = [
        Vote("faq/Q1", False, ("wrong", "other"), "第二步\n不对", "怎么办", "s1", "token", "2026-01-01T00:00:00.000Z"),
        Click("faq/Q2", "怎么办", "s1", "2026-01-02T00:00:00.000Z"),
        Unanswered("天气", "ambiguous", ("other",), "note", "s1", "t2", "2026-01-03T00:00:00.000Z"),
        Vote("faq/Q1", True, at="2026-01-04T00:00:00.000Z"),
    ]
    for event in (events[2], events[3], events[0], events[1]):
        store.record(event)
    assert list(store.events()) == events


def test_nothing_is_written_before_there_is_something_to_write(store, tmp_path):
    assert (list(store.events()), store.votes(), store.asked_in_vain(), store.unanswered_without_text()) == (
        [],
        (),
        (),
        0,
    )
    assert list(tmp_path.iterdir()) == []


def test_a_vote_leaves_one_file_once_it_is_stored(store, tmp_path):
    store.record(Vote("faq/Q1", True))
    assert [path.name for path in tmp_path.iterdir()] == ["feedback.sqlite"]


def test_votes_are_counted_per_record_with_reasons_most_against_first(store):
    for record_id, helpful, tags in [
        ("a", True, ()),
        ("b", False, ("wrong",)),
        ("b", False, ("wrong", "outdated")),
        ("b", True, ("wrong",)),
        ("c", False, ()),
        (None, True, ()),
    ]:
        store.record(Vote(record_id, helpful, tags))
    assert [(each.record_id, each.helpful, each.not_helpful) for each in store.votes()] == [
        ("b", 1, 2),
        ("c", 0, 1),
        ("a", 1, 0),
    ]
    assert store.votes()[0].reasons == {"wrong": 2, "outdated": 1}


def test_unanswered_questions_are_grouped_most_asked_first(store):
    for question, note in [("passport", "a"), ("shm?", "b"), ("SHM", None), ("shm？", "c"), (None, None), ("", None)]:
        store.record(Unanswered(question, note=note))
    found = store.asked_in_vain()
    assert [(each.question, each.times, each.notes) for each in found] == [
        ("shm?", 3, ("b", "c")),
        ("passport", 1, ("a",)),
    ]
    assert store.unanswered_without_text() == 2


def test_a_second_judgement_of_one_answer_replaces_the_first(store):
    store.record(Vote("a", True, answer="t1"))
    store.record(Vote("a", False, ("wrong",), answer="t1"))
    store.record(Vote("b", False, answer="t1"))
    store.record(Vote("a", True, answer="t2"))
    store.record(Vote(None, True, answer="t1"))
    store.record(Vote(None, True, answer="t1"))
    store.record(Unanswered("q", answer="t3"))
    store.record(Unanswered("q", note="more", answer="t3"))
    assert sorted((each.record_id, each.helpful, each.not_helpful) for each in store.votes()) == [
        ("a", 1, 1),
        ("b", 0, 1),
    ]
    assert len(list(store.events())) == 5


def test_the_oldest_rows_go_beyond_what_is_kept_and_repeats_push_none_out(store, monkeypatch):
    monkeypatch.setattr(limits, "FEEDBACK_ROWS", 5)
    store.record(Unanswered("kept: another kind"))
    store.record(Vote("0", True, answer="repeated"))
    for number in range(1, 5):
        store.record(Vote(str(number), True))
    for _ in range(20):
        store.record(Vote("4", True, answer="again"))
        store.record(Vote("0", False, answer="repeated"))
    votes = [each.record_id for each in store.events() if isinstance(each, Vote)]
    assert sorted(votes) == ["0", "2", "3", "4", "4"]
    assert store.asked_in_vain()[0].question == "kept: another kind"


@pytest.mark.parametrize(
    ("event", "name"),
    [
        (Vote("a", True, note="x" * (limits.NOTE_CHARS + 1)), "note"),
        (Unanswered("x" * (limits.FEEDBACK_QUESTION_CHARS + 1)), "question"),
        (Click("a", question="x" * (limits.FEEDBACK_QUESTION_CHARS + 1)), "question"),
        (Vote("a", True, ("t",) * (limits.TAGS_MAX + 1)), "tags"),
        (Vote("a", True, ("t" * (limits.TAG_CHARS + 1),)), "tags"),
    ],
)
def test_what_is_longer_than_is_kept_is_refused_and_nothing_is_written(store, tmp_path, event, name):
    with pytest.raises(InvalidFeedback, match=name):
        store.record(event)
    assert list(tmp_path.iterdir()) == []


def test_texts_at_the_limit_are_kept_whole(store):
    store.record(
        Vote("a", True, ("签" * limits.TAG_CHARS,), "注" * limits.NOTE_CHARS, "问" * limits.FEEDBACK_QUESTION_CHARS)
    )
    (vote,) = store.events()
    assert (len(vote.note), len(vote.question)) == (limits.NOTE_CHARS, limits.FEEDBACK_QUESTION_CHARS)


def test_every_acknowledged_vote_survives_kill_9(tmp_path):
    acknowledged = 0
    for turn in range(12):
        writer = start(WRITER, tmp_path, 100_000, turn)
        assert writer.stdout.readline() == "0\n"
        time.sleep(turn * 0.013)
        writer.send_signal(signal.SIGKILL)
        told = 1 + len([line for line in writer.stdout.read().splitlines(keepends=True) if line.endswith("\n")])
        writer.wait()
        writer.stdout.close()
        stored = {vote.record_id for vote in FeedbackStore(tmp_path).events()}
        assert {f"{turn}/{number}" for number in range(told)} <= stored
        acknowledged += told
    with closing(sqlite3.connect(tmp_path / "feedback.sqlite")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert acknowledged <= len(stored) <= acknowledged + 12


def test_processes_that_begin_and_write_at_once_lose_nothing(tmp_path):
    writers = [start(WRITER, tmp_path, 40, name) for name in "abcd"]
    for writer in writers:
        writer.communicate(timeout=60)
    assert [writer.returncode for writer in writers] == [0, 0, 0, 0]
    assert len(FeedbackStore(tmp_path).votes()) == 160
    assert [path.name for path in tmp_path.iterdir()] == ["feedback.sqlite"]


def test_threads_share_a_store(store):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: store.record(Vote(str(number), True)), range(80)))
    assert len(store.votes()) == 80


def test_reading_goes_on_while_another_process_writes(tmp_path):
    writer = start(WRITER, tmp_path, 100_000, "w")
    assert writer.stdout.readline() == "0\n"
    counts = [len(FeedbackStore(tmp_path).votes()) for _ in range(20)]
    writer.kill()
    writer.communicate()
    assert counts == sorted(counts)
    assert counts[0] >= 1


def test_feedback_survives_every_ingest(encoder, tmp_path):
    build_snapshot(tmp_path, [make_record("a", "first question")], encoder)
    FeedbackStore(tmp_path).record(Vote("a", True))
    build_snapshot(tmp_path, [make_record("b", "another question")], encoder)
    assert [vote.record_id for vote in FeedbackStore(tmp_path).events()] == ["a"]


def foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE bookmarks (url)")
        connection.commit()


def of_a_later_version(path: Path) -> None:
    FeedbackStore(path.parent).record(Vote("a", True))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")


def torn(path: Path) -> None:
    FeedbackStore(path.parent).record(Vote("a", True))
    content = path.read_bytes()
    path.write_bytes(content[:100] + b"\xff" * (len(content) - 100))


@pytest.mark.parametrize(
    "spoil", [foreign, of_a_later_version, torn, lambda path: path.write_bytes(b"not a database" * 999)]
)
def test_a_file_that_is_not_ours_is_told_and_left_alone(store, tmp_path, spoil):
    path = tmp_path / "feedback.sqlite"
    spoil(path)
    before = path.read_bytes()
    for use in (lambda: store.record(Vote("a", True)), store.votes, lambda: list(store.events())):
        with pytest.raises(FeedbackDamaged, match=r"feedback\.sqlite: .*move it away"):
            use()
    assert path.read_bytes() == before


def test_a_flipped_bit_is_never_a_traceback(store, tmp_path):
    path = tmp_path / "feedback.sqlite"
    for number in range(20):
        store.record(Vote(f"faq/Q{number}", False, ("wrong",), "不对" * 20, "怎么办" * 9, answer=str(number)))
        store.record(Unanswered("天气"))
    content = path.read_bytes()
    chance = random.Random(6)
    places = [chance.randrange(200) for _ in range(60)]
    places += [chance.choice([at for at, byte in enumerate(content) if byte]) for _ in range(200)]
    told = 0
    for at in places:
        path.write_bytes(content[:at] + bytes([content[at] ^ (1 << chance.randrange(8))]) + content[at + 1 :])
        for use in (lambda: list(store.events()), store.votes, store.asked_in_vain, lambda: store.record(Click("a"))):
            try:
                use()
            except KbError:
                told += 1
        for beside in ("-wal", "-shm", "-journal"):
            path.with_name(f"{path.name}{beside}").unlink(missing_ok=True)
    assert told


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0"])
def test_an_empty_or_cut_file_is_told_too(store, tmp_path, content):
    (tmp_path / "feedback.sqlite").write_bytes(content)
    with pytest.raises(FeedbackDamaged):
        store.record(Vote("a", True))


def test_a_damaged_file_does_not_stop_answers(encoder, tmp_path):
    build_snapshot(tmp_path, [make_record("a", "how large is shared memory")], encoder)
    (tmp_path / "feedback.sqlite").write_bytes(b"not a database" * 999)
    knowledge = KnowledgeBase.open(tmp_path)
    assert knowledge.ask("how large is shared memory").hits[0].record.id == "a"
    knowledge.close()


def test_a_full_disk_is_a_sentence_and_what_was_stored_stays(store, tmp_path):
    store.record(Vote("kept", True))
    size = (tmp_path / "feedback.sqlite").stat().st_size
    code = f"""
import resource, signal
from pathlib import Path
from faqkb.kb.errors import StorageFailed
from faqkb.kb.feedback.log import FeedbackStore
from faqkb.kb.feedback.events import Vote
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {resource.RLIM_INFINITY}))
try:
    for number in range(1000):
        FeedbackStore(Path({str(tmp_path)!r})).record(Vote(str(number), True, note="x" * 1000))
except StorageFailed as error:
    print(error)
"""
    told, _ = start(code).communicate(timeout=60)
    assert "feedback.sqlite: " in told
    assert "nothing was stored, free space" in told
    assert "kept" in {vote.record_id for vote in store.events()}


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become a user who may not write")
def test_a_folder_that_cannot_be_written_is_a_sentence_and_can_still_be_read():
    folder = Path(tempfile.mkdtemp())
    try:
        FeedbackStore(folder).record(Vote("kept", True))
        folder.chmod(0o755)
        (folder / "feedback.sqlite").chmod(0o644)  # whoever keeps it lets others read it
        code = f"""
import os
from pathlib import Path
from faqkb.kb.errors import StorageFailed
from faqkb.kb.feedback.log import FeedbackStore
from faqkb.kb.feedback.events import Vote
os.setuid(65534)
store = FeedbackStore(Path({str(folder)!r}))
print([vote.record_id for vote in store.events()])
try:
    store.record(Vote("a", True))
except StorageFailed as error:
    print(error)
"""
        told, _ = start(code).communicate(timeout=60)
    finally:
        shutil.rmtree(folder)
    assert told.splitlines()[0] == "['kept']"
    assert "nothing was stored, free space or fix permissions" in told


def test_a_missing_folder_is_a_sentence(tmp_path):
    with pytest.raises(StorageFailed, match="nothing was stored"):
        FeedbackStore(tmp_path / "none").record(Vote("a", True))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("我的邮箱是alice.b+faq@mail.example.com，请回复", "我的邮箱是[email],请回复"),
        ("ALICE＠EXAMPLE．COM", "[email]"),
        ("(base) alice@gpu-01:~/PaddleClas$ python", "(base) [email]:~/PaddleClas$ python"),
        ("/home/alice/data/train.txt not found", "/home/[user]/data/train.txt not found"),
        ("FileNotFoundError: '/Users/alice'", "FileNotFoundError: '/Users/[user]'"),
        (r"C:\Users\Alice Smith\data\x.jpg", r"C:\Users\[user]\data\x.jpg"),
        (r"in C:\\Users\\alice\\x and D:\y", r"in C:\\Users\\[user]\\x and D:\y"),
        ("/mnt/c/Users/王小明/图片", "/mnt/c/Users/[user]/图片"),
        ("api_key=abcd1234", "api_key=[secret]"),
        ('{"token": "abcd-1234-efgh"}', '{"token": "[secret]"}'),
        (
            "export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "export AWS_SECRET_ACCESS_KEY=[secret]",
        ),
        ("密码是hunter22，登录失败", "密码是[secret],登录失败"),
        ("Authorization: Bearer abc.def-ghi", "Authorization: Bearer [secret]"),
        ("curl -H 'X: Bearer abcdefgh12'", "curl -H 'X: Bearer [secret]'"),
        ("login ghp_16C7e42F292c6912E7710c838347Ae178B4a failed", "login [secret] failed"),
        ("sk-proj-abc123def456ghi789", "[secret]"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVP", "[secret]"),
        ("git clone https://alice:hunter2@git.example/x", "git clone https://[secret]@git.example/x"),
        ("5d41402abc4b2a76b9719d911017c592", "[secret]"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY-----\nhelp", "[secret]\nhelp"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE", "[secret]"),
        ("my password is hunter2!", "my password is [secret]"),
        ("the passphrase was correct-horse and it fails", "the passphrase was [secret] and it fails"),
        ("Cookie: sid=abc123; theme=dark\nnext", "Cookie: [secret]\nnext"),
        ("< set-cookie: session=abc; Path=/", "< set-cookie: [secret]"),
        ("IBAN DE89 3704 0044 0532 0130 00 please", "IBAN [account] please"),
        ("GB82WEST12345698765432 abc", "[account] abc"),
        ("ring +49 (89) 123 45-67 or 13812345678", "ring [phone] or [phone]"),
        ("010-12345678, (415) 555-2671, 415-555-2671", "[phone], [phone], [phone]"),
        ("card 4111 1111 1111 1111 or 378282246310005.", "card [card] or [card]."),
        ("5555-5555-5555-4444 was charged", "[card] was charged"),
        ("error at 192.168.100.200:8040, or 10.0.0.7", "error at [address]:8040, or [address]"),
        ("http://13.107.42.14/x and ssh root@13.107.42.14", "http://[address]/x and ssh root@[address]"),
        ("ping 2001:db8::8a2e:370:7334 and fe80::1", "ping [address] and [address]"),
        ("write to alice(at)example.org", "write to [email]"),
        ("alice.b [at] mail [dot] example [dot] com, thanks", "[email], thanks"),
        ("红 alice（at）example.com", "红 [email]"),
        ("red \x1b[31mtext\x1b[0m\u202e\0", "red [31mtext [0m"),
    ],
)
def test_what_names_a_person_or_opens_a_door_is_not_kept(text, kept):
    assert redact(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "SystemError: (Fatal) Blocking queue is killed because the data reader raises an exception",
        "pip install numpy@1.26 paddlepaddle==2.6.1",
        "ResNeXt101_vd_32x48d_fbswsl_pretrained 和 MobileNetV3_large_x1_0_ssld 哪个快?",
        "hf_hub_download_something_long fails with KeyError: 'label'",
        "the password is wrong, my token is expired, why is the passphrase required",
        "error 2021-10-11 12:30:00 at 127.0.0.1:8040, cuda 11.2.152, batch 256 512 1024, id 12345678901",
        "cudnn 8.9.2.26, nvidia-cublas==12.1.3.1, chrome 120.0.6099.109, bind to 0.0.0.0 or ::1",
        "std::vector<int> a::b face::add 12:30:45 1:2:3, order 4111 1111 1111 1112, see (at) once",
        "DE12 3456 7890 1234 5678 90 is a part number",
        "max_tokens: 512, num_workers=8, sort(key=len)",
        "--shm-size=8g -v /data/home:/data",
        "scikit-learn sk-learn-contrib-metric-learning",
        "https://www.paddlepaddle.org.cn/documentation/docs/zh/guides/index_cn.html",
    ],
)
def test_what_a_question_is_made_of_is_kept(text):
    assert redact(text) == text


PIECES = (
    *("password is ", "cookie:", "DE89 ", "DE89", "+1 ", "010-", "(1)", "1", "1 ", "-1"),
    *("4", "4 ", "4-", "4.", "4.4", ":", "4:", "f:", "::", "a(at)", "a(at)a.", "a (at) ", "(at)", "(dot)"),
    *("a", "a@", "@", "a.", "a@a.", "://", "://a:", "token=", "token ", "bearer ", "密码是", "sk-", "eyJ", "A1a"),
    *("/home/", "\\users\\", "a b\\", "-----BEGIN PRIVATE KEY-----", "-----BEGIN ", "\n"),
)


@pytest.mark.parametrize("piece", PIECES)
def test_redaction_takes_linear_time(piece):
    started = time.perf_counter()
    redact((piece * 100_000)[:100_000])
    assert time.perf_counter() - started < 1.5  # 0.15 s of it is NFKC; anything quadratic takes minutes


def test_private_words_reach_the_disk_in_no_form(store, tmp_path):
    store.record(Vote("a", False, ("me@example.com",), "mail me@example.com", "at /home/alice with password=hunter22"))
    store.record(Unanswered("me@example.com"))
    content = (tmp_path / "feedback.sqlite").read_bytes()
    assert [word for word in (b"example.com", b"alice", b"hunter22") if word in content] == []


def run(folder: Path, *arguments: str) -> str:
    done = CliRunner().invoke(command, ["--kb", str(folder), *arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_command_shows_what_is_asked_in_vain_and_the_votes(store, tmp_path):
    store.record(Unanswered("how do I renew my passport", note="needed\nsoon"))
    store.record(Unanswered(None))
    store.record(Vote("faq/Q1", False, ("wrong",)))
    lines = run(tmp_path).splitlines()
    assert lines[1].startswith("    1  how do I renew my passport  last 20")
    assert lines[2].strip() == "note: needed soon"
    assert lines[3] == "    1  without the words, as the reader's browser asked"
    assert lines[5] == "    1 against, 0 for  faq/Q1  (wrong 1)"


def test_the_command_says_when_there_is_nothing(tmp_path):
    (tmp_path / "snapshots").mkdir()
    assert run(tmp_path) == "no feedback yet\n"
    assert json.loads(run(tmp_path, "--json")) == {"unanswered": [], "unanswered_without_text": 0, "votes": []}
    assert run(tmp_path, "--export") == ""


def test_the_command_prints_one_document(store, tmp_path):
    store.record(Unanswered("天气"))
    store.record(Vote("faq/Q1", True))
    document = json.loads(run(tmp_path, "--json"))
    assert [(each["question"], each["times"]) for each in document["unanswered"]] == [("天气", 1)]
    assert document["votes"] == [{"record_id": "faq/Q1", "helpful": 1, "not_helpful": 0, "reasons": {}}]


def test_the_command_exports_every_event_as_a_line(store, tmp_path):
    for event in (Vote("a", True, answer="secret"), Unanswered("q"), Click("a")):
        store.record(event)
    lines = [json.loads(line) for line in run(tmp_path, "--export").splitlines()]
    assert lines == [json.loads(json.dumps(to_json(event))) for event in store.events()]
    assert [line["kind"] for line in lines] == ["vote", "unanswered", "click"]
    assert not [line for line in lines if "answer" in line]


# Retention

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def aged(store: FeedbackStore, *days: int) -> None:
    """Record one event of each kind for each age."""
    for age in days:
        at = as_text(NOW - timedelta(days=age))
        store.record(Vote("faq/Q1", True, question=f"a question of {age} days ago", at=at))
        store.record(Unanswered(f"asked in vain {age} days ago", at=at))
        store.record(Click("faq/Q1", at=at))


def test_events_older_than_is_kept_are_deleted_and_no_others(tmp_path):
    store = FeedbackStore(tmp_path, retention_days=30)
    aged(store, 400, 31, 30, 29, 0)
    assert store.forget_old(now=NOW) == 6
    assert {event.at for event in store.events()} == {as_text(NOW - timedelta(days=age)) for age in (30, 29, 0)}
    assert store.forget_old(now=NOW) == 0


def test_what_is_deleted_is_not_left_in_the_files(tmp_path):
    store = FeedbackStore(tmp_path, retention_days=30)
    aged(store, 400, 0)
    store.forget_old(now=NOW)
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"400 days ago" not in content
    assert b"vain 0 days ago" in content


def test_with_no_retention_everything_stays(tmp_path):
    store = FeedbackStore(tmp_path, retention_days=0)
    aged(store, 4_000)
    assert store.forget_old(now=NOW) == 0
    assert len(list(store.events())) == 3


def test_nothing_is_made_where_nothing_was_said(tmp_path):
    assert FeedbackStore(tmp_path).forget_old() == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("days", "left"), [("30", 1), ("0", 2)])
def test_a_server_deletes_old_feedback_when_it_starts(kb_folder, tmp_path, days, left):
    folder = copied_knowledge(kb_folder, tmp_path / "kb")
    store = FeedbackStore(folder)
    for age in (31, 1):
        store.record(Click("faq/Q1", at=as_text(datetime.now(UTC) - timedelta(days=age))))
    (tmp_path / "faq.toml").write_text(f"[feedback]\nretention_days = {days}\n")
    command = [sys.executable, "-m", "faqkb", "serve", "--kb", str(folder), "--port", "0"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True) as server:
        assert "http://" in server.stdout.readline()
        server.terminate()
    assert len(list(store.events())) == left


def test_the_confidence_of_a_judged_answer_goes_with_its_vote(tmp_path):
    store = FeedbackStore(tmp_path, retention_days=30)
    old, new = "2026-01-01T00:00:00.000Z", "2026-03-01T00:00:00.000Z"
    store.record(Vote("a/1", helpful=True, answer="t1", at=old, confidence=0.25))
    store.record(Vote("a/1", helpful=True, answer="t2", at=new, confidence=0.75))
    store.record(Vote("a/1", helpful=False, answer="t2", at=new, confidence=0.75))
    store.record(Vote("a/1", helpful=False, at=new))
    assert [vote.confidence for vote in store.events()] == [0.25, 0.75, None]
    store.forget_old(now=datetime(2026, 3, 2, tzinfo=UTC))
    assert [vote.confidence for vote in store.events()] == [0.75, None]
    with closing(sqlite3.connect(tmp_path / "feedback.sqlite")) as connection:
        assert connection.execute("SELECT confidence FROM judged").fetchall() == [(0.75,)]
