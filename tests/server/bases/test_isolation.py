"""What happens to one knowledge base of a server does not touch another."""

from __future__ import annotations

import json
import re
import shutil
import threading
import time
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from bases_support import DESK, LOANS, RESET, ask, build_base, post, served_bases
from cli_support import error_line, faq
from server_support import ROOT, ServedProcess, served_with

from faqkb.kb.feedback.log import FeedbackStore
from faqkb.kb.snapshot.published import current_snapshot

NEWS = DESK + "\n## Where do I get a new mouse?\nAt the desk.\n"


def until(is_so: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def snapshot_of(server: ServedProcess, name: str) -> str:
    return server.get(f"/kb/{name}/api/v1/records").headers["X-KB-Generation"]


def page_token(server: ServedProcess, address: str) -> str:
    found = re.search(r'name="page_token" value="([^"]+)"', server.get(address).content.decode())
    assert found
    return found[1]


def test_a_vote_is_kept_by_the_base_that_it_was_given_to(bases):
    with served_bases(bases) as server:
        document = ask(server, RESET)
        token = document["bases"][0]["answer_token"]
        given = {"answer_token": token, "helpful": True}
        assert (
            post(server, "/kb/library/api/v1/feedback", given).status == 422
        )  # a token of one base is none of another
        assert post(server, f"{document['bases'][0]['url']}api/v1/feedback", given).status == 204
    votes = {name: list(FeedbackStore(folder).events()) for name, folder in bases.items()}
    assert [len(votes["library"]), len(votes["desk"])] == [0, 1]


def test_a_question_to_all_is_remembered_where_it_was_answered_and_in_vain_by_all(bases):
    with served_bases(bases) as server:
        ask(server, RESET)
        ask(server, "how deep is the sea")
        ask(server, LOANS, "/kb/library")
    asked = {name: FeedbackStore(folder).questions for name, folder in bases.items()}
    assert asked["desk"].records() == {"desk/how-do-i-reset-my-password": 1}
    assert asked["library"].records() == {"library/how-long-may-i-keep-a-book": 1}
    for questions in asked.values():
        assert [each.question for each in questions.without_answer()] == ["how deep is the sea"]


def test_a_conversation_in_one_base_is_none_in_another(bases):
    with served_bases(bases) as server:
        ask(server, LOANS, "/kb/library", session_id="same")
        for name, is_remembered in (("library", True), ("desk", False)):
            understood = ask(server, "why?", f"/kb/{name}", session_id="same")["understood_as"]
            assert (LOANS in understood) is is_remembered


def test_one_is_published_while_the_other_answers(bases, encoder):
    with served_bases(bases) as server:
        before = {name: snapshot_of(server, name) for name in bases}
        statuses, stop = [], threading.Event()

        def keep_asking() -> None:
            while not stop.is_set():
                statuses.append(ask(server, LOANS, "/kb/library")["status"])

        asking = threading.Thread(target=keep_asking)
        asking.start()
        build_base(bases["desk"].parent, "desk", NEWS, encoder)
        until(lambda: snapshot_of(server, "desk") != before["desk"])
        stop.set()
        asking.join()
        assert ask(server, "where do I get a mouse")["answers"][0]["base"] == "desk"
        assert snapshot_of(server, "library") == before["library"]
        assert set(statuses) == {"answered"}


def test_one_is_rolled_back_on_its_own_page(bases, encoder):
    first = current_snapshot(bases["desk"])
    build_base(bases["desk"].parent, "desk", NEWS, encoder)
    with served_bases(bases) as server:
        library = snapshot_of(server, "library")
        address = f"/kb/desk/admin/snapshots/{first}/rollback"
        form = urlencode({"page_token": page_token(server, address)}).encode()
        sent = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
        reply = server.send("POST", address, body=form, headers=sent)
        assert (reply.status, reply.headers["Location"]) == (303, "/kb/desk/admin/snapshots")
        assert snapshot_of(server, "desk") == first
        assert snapshot_of(server, "library") == library
        assert server.send("POST", address.replace("desk", "library"), body=form, headers=sent).status in {403, 404}


def test_the_maintainers_page_tells_of_its_own_base(bases):
    with served_bases(bases) as server:
        for _ in range(3):
            ask(server, "how deep is the sea", "/kb/desk")

        def asked(name: str) -> int:
            return sum(day["questions"] for day in server.get(f"/kb/{name}/admin/tables/days.json").json["rows"])

        until(lambda: asked("desk") >= 3)
        assert asked("library") == 0
        page = server.get("/kb/desk/admin").content.decode()
        assert "/kb/library" not in page


def test_a_base_that_cannot_be_opened_leaves_the_others_alone_and_comes_back(bases, tmp_path):
    manifest = bases["desk"] / "snapshots" / current_snapshot(bases["desk"]) / "manifest.json"
    content = manifest.read_bytes()
    manifest.write_bytes(content[:-20])
    log = tmp_path / "log"
    with log.open("w") as stderr, served_bases(bases, stderr=stderr) as server:
        assert ask(server, LOANS, "/kb/library")["status"] == "answered"
        refused = server.get("/kb/desk/api/v1/records")
        assert refused.status == 503
        assert "The knowledge base desk cannot be opened: " in refused.json["detail"]
        assert str(tmp_path) not in refused.json["detail"]
        assert "cannot be opened" in server.get("/kb/desk/", Accept="text/html").content.decode()
        chat = post(server, "/kb/desk/v1/chat/completions", {"model": "faq", "messages": []})
        assert (chat.status, "error" in chat.json) == (503, True)
        assert server.get("/healthz").json == {"status": "degraded", "failing": ["desk"]}
        ready = server.get("/readyz")
        assert (ready.status, [each["snapshot"] is None for each in ready.json["bases"]]) == (200, [False, True])
        document = ask(server, LOANS)
        assert document["status"] == "answered"
        assert [each["base"] for each in document["problems"]] == ["desk"]
        assert post(server, "/api/v1/ask", {"question": RESET, "bases": ["desk"]}).status == 503
        assert "cannot be opened at the moment" in server.get("/").content.decode()
        manifest.write_bytes(content)
        until(lambda: server.get("/healthz").json["status"] == "ok")
        assert ask(server, RESET)["answers"][0]["base"] == "desk"
    assert "knowledge base desk is not served" in log.read_text()
    assert "knowledge base desk is served now" in log.read_text()


def test_one_that_is_damaged_later_serves_on_and_is_named(bases):
    with served_bases(bases) as server:
        (bases["desk"] / "current").write_text("20990101T000000Z-000000000000\n")
        until(lambda: server.get("/healthz").json == {"status": "degraded", "failing": ["desk"]})
        assert ask(server, RESET)["answers"][0]["base"] == "desk"
        assert "is refused" in server.get("/readyz").json["bases"][1]["problem"]


def test_one_that_is_removed_while_it_serves_does_not_take_the_other_along(bases):
    with served_bases(bases) as server:
        shutil.rmtree(bases["desk"])
        until(lambda: server.get("/healthz").json["failing"] == ["desk"])
        assert ask(server, LOANS, "/kb/library")["status"] == "answered"


def test_every_line_of_the_one_audit_log_names_its_base(bases, tmp_path):
    log = tmp_path / "audit.jsonl"
    with served_bases(bases, "--audit-log", str(log)) as server:
        ask(server, RESET, "/kb/desk")
        ask(server, LOANS)
        server.get("/api/v1/bases")
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    told = [(line["route"], line.get("base")) for line in lines]
    assert ("/api/v1/ask", "desk") in told
    assert ("/api/v1/ask", "library") in told
    assert ("/api/v1/bases", None) in told
    assert len({line["request"] for line in lines if line["route"] == "/api/v1/ask"}) == 2


def test_the_settings_file_names_bases_and_their_titles(bases, tmp_path):
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "faq.toml").write_text(
        '[site]\ntitle = "Town hall"\n'
        '[[base]]\nname = "library"\nkb = "../library"\ntitle = {en = "Library", zh = "图书馆"}\n'
        '[[base]]\nname = "desk"\nkb = "../desk"\n',
        encoding="utf-8",
    )
    with served_with(cwd=folder) as server:
        entries = server.get("/api/v1/bases").json["bases"]
        assert [(each["name"], each["title"]) for each in entries] == [("library", "Library"), ("desk", "desk")]
        assert "<title>Town hall</title>" in server.get("/").content.decode()
        assert "<title>Library</title>" in server.get("/kb/library/").content.decode()
        assert "<title>图书馆</title>" in server.get("/kb/library/?lang=zh").content.decode()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--kb", "a=x", "--kb", "y"], "names some knowledge bases and not all"),
        (["--kb", "x", "--kb", "y"], "several knowledge bases need names"),
        (["--kb", "a=x", "--kb", "a=y"], "two knowledge bases are called a"),
        (["--kb", "a=x", "--kb", "b=y"], "none of the knowledge bases can be opened"),
        (["--kb", "a=x", "--watch", "docs"], "--watch goes with one knowledge base"),
        (["--kb", "a=x", "--host", "0.0.0.0"], "knowledge base a: other machines can reach"),
    ],
)
def test_bases_that_do_not_fit_together_are_refused_in_one_line(tmp_path, options, told):
    placed = [each.replace("=", f"={tmp_path}/") if "=" in each else each for each in options]
    done = faq("serve", "--port", "0", *placed, cwd=ROOT)
    assert done.returncode == 2
    assert told in error_line(done)


def test_a_title_in_a_language_that_the_pages_lack_is_refused(tmp_path):
    (tmp_path / "faq.toml").write_text('[[base]]\nname = "a"\nkb = "kb"\ntitle = {xx = "A"}\n', encoding="utf-8")
    assert "a language that the pages do not speak" in error_line(faq("serve", "--port", "0", cwd=tmp_path))


@pytest.mark.parametrize("name", ["Docs", "a_b", "-a", "a-", "x" * 33, "ü", "a/b", ""])
def test_a_name_that_cannot_stand_in_an_address_is_refused(tmp_path, name):
    (tmp_path / "faq.toml").write_text(f'[[base]]\nname = "{name}"\nkb = "kb"\n', encoding="utf-8")
    done = faq("serve", "--port", "0", cwd=tmp_path)
    assert done.returncode == 2
    assert "cannot be called that" in error_line(done)
