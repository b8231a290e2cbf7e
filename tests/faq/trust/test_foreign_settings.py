"""Settings that somebody else left on the way up: what they may not decide."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from check_support import odd_script, passing
from cli_support import error_line, faq, on_a_terminal

needs_root = pytest.mark.skipif(os.getuid() != 0, reason="gives a file to another user, as root alone can")
PAGE = "# FAQ\n\n## Q1: Where is the reading room?\n\nOn the first floor.\n"
STRANGER = 54321


@dataclass
class Listening:
    """A server that notes what keys it is sent."""

    url: str
    keys: list[str | None] = field(default_factory=list)


@pytest.fixture
def listening() -> Iterator[Listening]:
    noted = Listening("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            noted.keys.append(self.headers.get("Authorization"))
            self.send_error(503)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    noted.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield noted
    server.shutdown()
    thread.join()
    server.server_close()


def below(folder: Path) -> Path:
    """Return a folder to work in, far below."""
    at = folder / "project" / "src"
    at.mkdir(parents=True)
    return at


def test_a_key_is_not_sent_where_a_found_file_says(tmp_path: Path, listening: Listening) -> None:
    (tmp_path / "faq.toml").write_text(f'[faq]\nserver = "{listening.url}"\n')
    at = below(tmp_path)
    done = faq("ask", "x", cwd=at, FAQ_API_KEY="secret")
    assert str(tmp_path / "faq.toml") in done.stderr, "the file that chose the server is named"
    assert "the key is not sent" in done.stderr
    assert set(listening.keys) == {None}
    for named in ({"FAQ_API_KEY_SERVER": listening.url + "/"}, {"FAQ_SERVER": listening.url}):
        listening.keys.clear()
        faq("ask", "x", cwd=at, FAQ_API_KEY="secret", **named)
        assert set(listening.keys) == {"Bearer secret"}


def test_a_key_goes_to_the_server_alone_that_it_is_for(tmp_path: Path, listening: Listening) -> None:
    elsewhere = {"FAQ_API_KEY": "secret", "FAQ_API_KEY_SERVER": "https://faq.example.org"}
    done = faq("ask", "x", "--server", listening.url, cwd=tmp_path, **elsewhere)
    assert "it is for https://faq.example.org" in done.stderr
    assert set(listening.keys) == {None}


def test_a_token_is_not_sent_to_a_milvus_that_a_found_file_names(tmp_path: Path, listening: Listening) -> None:
    (tmp_path / "faq.toml").write_text(f'[faq]\nstore = "milvus"\nmilvus_address = "{listening.url}"\n')
    done = faq("ask", "x", cwd=below(tmp_path), FAQ_MILVUS_TOKEN="secret", FAQ_KB=str(tmp_path / "none"))
    assert done.returncode == 2
    assert f"FAQ_MILVUS_TOKEN is not sent to {listening.url}: {tmp_path / 'faq.toml'} chose that" in error_line(done)
    assert not listening.keys


def test_a_found_file_names_no_file_of_milvus(tmp_path: Path) -> None:
    (tmp_path / "faq.toml").write_text(f'[faq]\nstore = "milvus"\nmilvus_address = "{tmp_path}/made.db"\n')
    done = faq("ask", "x", cwd=below(tmp_path), FAQ_KB=str(tmp_path / "none"))
    assert done.returncode == 2
    assert "a file is named by FAQ_MILVUS_ADDRESS alone" in error_line(done)
    assert not (tmp_path / "made.db").exists()


@needs_root
def test_a_file_of_another_user_decides_nothing(tmp_path: Path, listening: Listening) -> None:
    (tmp_path / "faq.toml").write_text(f'[faq]\nserver = "{listening.url}"\n')
    os.chown(tmp_path / "faq.toml", STRANGER, STRANGER)
    done = faq("list", cwd=below(tmp_path), FAQ_KB=str(tmp_path / "none"))
    assert error_line(done)
    done = faq("check", "list", cwd=tmp_path / "project", HOME=str(tmp_path))
    assert "another user (uid 54321)" in done.stderr
    assert not listening.keys


@pytest.mark.parametrize("what", ["folder", "file"])
def test_a_file_that_anybody_may_write_decides_nothing(tmp_path: Path, what: str) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "faq.toml").write_text("this is no TOML, and would be an error")
    (shared if what == "folder" else shared / "faq.toml").chmod(0o777)
    done = faq("check", "list", cwd=shared, HOME=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert f"{shared / 'faq.toml'} is not used" in done.stderr
    assert "every user may write" in done.stderr


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """A project of somebody else with a knowledge base and settings that choose it."""
    made = tmp_path / "made"
    made.mkdir()
    (made / "faq.md").write_text(PAGE)
    odd_script(made, passing("'it ran'"))
    done = faq("ingest", made, "--kb", made / ".faq", XDG_DATA_HOME=str(tmp_path / "theirs"))
    assert done.returncode == 0, done.stderr
    shutil.copytree(made, tmp_path / "cloned")
    (tmp_path / "cloned" / "faq.toml").write_text('[faq]\nkb = ".faq"\ncontent = ["."]\n')
    return tmp_path / "cloned"


def test_a_check_of_a_base_that_a_found_file_chose_runs_only_when_asked(theirs: Path) -> None:
    at = below(theirs)
    mine = {"XDG_DATA_HOME": str(theirs.parent / "mine")}
    done = faq("check", "run", "odd", cwd=at, **mine)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{theirs / 'faq.toml'} chose the knowledge base {theirs / '.faq'}" in error_line(done)
    done = faq("ask", "where is the reading room", "--run-checks", "--yes", cwd=at, **mine)
    assert "no check runs unasked" in error_line(done)
    assert "it ran" not in on_a_terminal("check", "run", "odd", answer="\n", cwd=at, **mine)
    assert "odd: it ran" in on_a_terminal("check", "run", "odd", answer="y\n", cwd=at, **mine)
    assert "it ran" in faq("check", "run", "odd", "--kb", theirs / ".faq", cwd=at, **mine).stdout


def test_a_check_of_a_base_made_here_runs_as_ever(theirs: Path) -> None:
    mine = {"XDG_DATA_HOME": str(theirs.parent / "mine")}
    assert faq("ingest", cwd=theirs, **mine).returncode == 0
    assert "PASS odd: it ran" in faq("check", "run", "odd", cwd=theirs, **mine).stdout


def test_a_log_of_a_found_file_stays_in_its_folder_and_is_added_to_no_other_file(tmp_path: Path) -> None:
    """A question in a shell's profile would be run by the next shell."""
    profile, clone = tmp_path / "bashrc", tmp_path / "clone"
    profile.write_text("export PATH\n")
    clone.mkdir()
    (clone / "link.jsonl").symlink_to(profile)
    for log in ("../bashrc", str(profile), "link.jsonl", "../new"):
        (clone / "faq.toml").write_text(f'[serve]\naudit_log = "{log}"\n')
        assert "leads out of its folder" in error_line(faq("serve", "--port", "0", cwd=clone))
    (clone / "notes.txt").write_text("mine\n")
    (clone / "faq.toml").write_text('[serve]\naudit_log = "notes.txt"\n')
    kb = {"FAQ_KB": str(tmp_path / "kb")}
    (clone / "page.md").write_text(PAGE)
    assert faq("ingest", clone / "page.md", cwd=tmp_path, **kb).returncode == 0
    assert "something else than an audit log" in error_line(faq("serve", "--port", "0", cwd=clone, **kb))
    assert (profile.read_text(), (clone / "notes.txt").read_text()) == ("export PATH\n", "mine\n")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("logo", ["/dev/zero", "pipe"])
def test_a_logo_that_is_no_file_is_refused(theirs: Path, logo: str) -> None:
    os.mkfifo(theirs / "pipe")
    (theirs / "faq.toml").write_text(f'[faq]\nkb = ".faq"\n[site]\nlogo = "{logo}"\n')
    assert "logo cannot be read" in error_line(faq("serve", "--port", "0", cwd=theirs))
