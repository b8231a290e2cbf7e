"""API keys on disk and on the command line: shown once, kept as a hash, taken back for good."""

from __future__ import annotations

import json
import re
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cli_support import error_line, faq

from faqkb.kb.errors import InvalidKey, KeysDamaged, KeyUnknown
from faqkb.kb.feedback.redaction import redact
from faqkb.kb.keys.ring import KeyStore, Use
from faqkb.kb.keys.values import Scope, iso, parse_key

READ = (Scope.READ,)


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    return KeyStore(tmp_path)


def later(**span: int) -> str:
    return iso(datetime.now(UTC) + timedelta(**span))


def opens(store: KeyStore, text: str, now: str | None = None) -> bool:
    key_id, secret = parse_key(text)
    now = now or later()
    return any(key.opens_with(secret, now) and key.is_live(now) for key in store.read() if key.id == key_id)


def test_the_secret_is_nowhere_on_disk(store, tmp_path):
    text = store.add("bot", READ).text
    secret = parse_key(text)[1]
    assert opens(store, text)
    assert all(secret.encode() not in path.read_bytes() for path in tmp_path.iterdir())


def test_the_file_is_its_owners_alone(store):
    store.add("bot", READ)
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600


def test_two_keys_never_share_a_secret_and_open_only_themselves(store):
    first, second = store.add("a", READ), store.add("b", READ)
    crossed = first.text.replace(first.stored.id, second.stored.id)
    assert (opens(store, first.text), opens(store, second.text), opens(store, crossed)) == (True, True, False)


def test_a_key_ends_when_it_said(store):
    text = store.add("guest", READ, days=3).text
    assert (opens(store, text, later(days=2)), opens(store, text, later(days=3, seconds=2))) == (True, False)


def test_a_revoked_key_opens_nothing_and_stays_listed(store):
    made = store.add("bot", READ)
    store.revoke(made.stored.id)
    assert not opens(store, made.text)
    assert [key.revoked is not None for key in store.read()] == [True]


def test_a_rotated_key_has_two_secrets_for_a_while(store):
    old = store.add("bot", READ)
    new = store.rotate(old.stored.id, grace=timedelta(hours=1))
    assert (opens(store, new.text), opens(store, old.text)) == (True, True)
    assert (opens(store, new.text, later(hours=2)), opens(store, old.text, later(hours=2))) == (True, False)
    store.revoke(old.stored.id)
    assert (opens(store, new.text), opens(store, old.text)) == (False, False)


def test_a_rotation_without_grace_ends_the_old_secret_at_once(store):
    old = store.add("bot", READ)
    store.rotate(old.stored.id, grace=timedelta())
    assert not opens(store, old.text)


def test_a_revoked_key_is_not_rotated_back_to_life(store):
    key_id = store.add("bot", READ).stored.id
    store.revoke(key_id)
    with pytest.raises(KeyUnknown, match="revoked or expired"):
        store.rotate(key_id, grace=timedelta(hours=1))


def test_admin_may_everything_and_the_others_what_they_say(store):
    admin, reader = store.add("ops", [Scope.ADMIN]).stored, store.add("bot", READ).stored
    assert [admin.may(scope) for scope in Scope] == [True, True, True]
    assert [reader.may(scope) for scope in Scope] == [True, False, False]


@pytest.mark.parametrize("fields", [{"days": 0}, {"days": 10**6}, {"rate_per_minute": -1}, {"quota_per_day": 10**12}])
def test_numbers_out_of_range_are_refused(store, fields):
    with pytest.raises(InvalidKey, match="out of range"):
        store.add("bot", READ, **fields)


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "a\x1b[31mb"])
def test_a_name_that_a_list_cannot_show_is_refused(store, name):
    with pytest.raises(InvalidKey, match="the name of a key"):
        store.add(name, READ)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "faq_",
        "faq_abcdefgh_" + "a" * 42,
        "faq_abcdefgh_" + "a" * 44,
        "faq_abcdefgh_" + "é" * 43,
        "faq_abcdefgh_" + "a" * 43 + "\n",
        "FAQ_abcdefgh_" + "a" * 43,
        "x" * 10_240,
    ],
)
def test_what_is_no_key_is_not_read_as_one(text):
    assert parse_key(text) is None


def test_many_keys_made_at_once_are_all_there(store):
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda number: store.add(f"bot {number}", READ), range(24)))
    assert all(opens(store, each.text) for each in made)


def test_uses_of_one_day_add_up_and_another_day_begins_anew(store):
    key_id = store.add("bot", READ, quota_per_day=10).stored.id
    for use in (Use("2026-11-25", 2), Use("2026-11-25", 3)):
        store.note_uses({key_id: use})
    assert store.uses() == {key_id: Use("2026-11-25", 5)}
    store.note_uses({key_id: Use("2026-11-26", 1)})
    assert (store.uses()[key_id], store.read()[0].last_used) == (Use("2026-11-26", 1), "2026-11-26")


@pytest.mark.parametrize(
    "content", [b"not a database at all, but long enough to be one" * 40, b"SQLite format 3\0" * 64]
)
def test_a_file_that_is_not_ours_is_told_and_left_alone(store, content):
    store.path.write_bytes(content)
    with pytest.raises(KeysDamaged, match=r"keys\.sqlite: .*move it away"):
        store.read()
    assert store.path.read_bytes() == content


def test_a_row_that_was_never_stored_is_told(store):
    store.add("bot", READ)
    with closing(sqlite3.connect(store.path)) as connection:
        connection.execute("UPDATE keys SET scopes = 'everything'")
        connection.commit()
    with pytest.raises(KeysDamaged, match="damaged"):
        store.read()


def test_a_key_that_is_pasted_into_a_question_is_not_kept(store):
    text = store.add("bot", READ).text
    assert redact(f"why is {text} refused?") == "why is [secret] refused?"
    assert redact("see faq_2021_s1/Q1.3") == "see faq_2021_s1/Q1.3"


# The commands


def test_a_key_is_printed_alone_and_once(tmp_path):
    added = faq("keys", "add", "chat bot", "--kb", tmp_path, "--rate", "60", "--quota", "1000", "--days", "30")
    assert re.fullmatch(r"faq_[a-z2-9]{8}_[A-Za-z0-9]{43}\n", added.stdout)
    assert "shown once" in added.stderr
    listed = faq("keys", "list", "--kb", tmp_path)
    assert re.search(r"chat bot  read\+feedback  60 a minute  1000 a day  until 20\d\d-", listed.stdout)
    shown = listed.stdout + faq("keys", "list", "--kb", tmp_path, "--json").stdout
    assert parse_key(added.stdout.strip())[1] not in shown


def test_the_commands_speak_json(tmp_path):
    made = json.loads(faq("keys", "add", "ops", "--scope", "admin", "--kb", tmp_path, "--json").stdout)
    (listed,) = json.loads(faq("keys", "list", "--kb", tmp_path, "--json").stdout)["keys"]
    assert {name: value for name, value in made.items() if name != "key"} == listed
    assert (listed["scopes"], listed["live"], listed["expires"]) == (["admin"], True, None)
    rotated = json.loads(faq("keys", "rotate", made["id"], "--kb", tmp_path, "--json").stdout)
    assert rotated["key"] != made["key"]
    assert rotated["former_secret_until"] > rotated["created"]
    assert "revoked" in faq("keys", "revoke", made["id"], "--kb", tmp_path).stdout
    assert json.loads(faq("keys", "list", "--kb", tmp_path, "--json").stdout)["keys"][0]["live"] is False


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("add", ""), "the name of a key"),
        (("add", "x", "--days", "0"), "days of a key is out of range"),
        (("add", "x", "--scope", "root"), "--scope"),
        (("revoke", "nobody"), "no key has this id"),
        (("rotate", "nobody"), "no key has this id"),
    ],
)
def test_mistakes_are_one_line_with_a_way_out(tmp_path, arguments, told):
    faq("keys", "add", "somebody", "--kb", tmp_path)  # a folder without anything is another mistake
    assert told in error_line(faq("keys", *arguments, "--kb", tmp_path))
