"""Links to the web are followed politely, and never into a network that is not public."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from lint_support import findings, told

from faqkb.faq.linting.online import dead_addresses
from faqkb.faq.linting.web import Web, is_public
from faqkb.ingest.linting.run import read_files


@dataclass
class Site:
    """A real server on this machine, under names that `resolve` gives it."""

    port: int = 0
    asked: list[str] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    def resolve(self, host: str, port: int) -> list[str]:
        """Return this machine for the site's names, and a private address for one of them."""
        return {"inside.host": ["10.0.0.8"], "both.host": ["127.0.0.1", "169.254.169.254"]}.get(host, ["127.0.0.1"])

    def web(self) -> Web:
        """Return who asks it: for this test alone 127.0.0.1 counts as public."""
        return Web(self.resolve, lambda address: address == "127.0.0.1" or is_public(address))

    def web_for(self, seconds: float) -> Web:
        """Return one that has so many seconds for an address."""
        return Web(self.resolve, lambda address: address == "127.0.0.1", seconds)

    def url(self, path: str, host: str = "site.host") -> str:
        """Return an address of it."""
        return f"http://{host}:{self.port}{path}"


@pytest.fixture
def site() -> Iterator[Site]:
    """Return a server that answers by the path."""
    with serving() as served:
        yield served


@contextmanager
def serving() -> Iterator[Site]:
    served, lock = Site(), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            with lock:
                served.asked.append(f"{self.command} {self.path}")
                served.at_once += 1
                served.most_at_once = max(served.most_at_once, served.at_once)
            place = self.path.strip("/").partition("/")[0]
            time.sleep(0.3 if place == "slow" else 0.02)
            redirects = dict.fromkeys(("to", "round", "out", "slow"), 302)
            status = ({"gone": 404, "busy": 503, "in": 401} | redirects).get(place, 200)
            if place == "get" and self.command == "HEAD":
                status = 404
            with lock:
                served.at_once -= 1
            self.send_response(status)
            targets = {"to": "/there", "round": "/round", "out": "http://inside.host/secret", "slow": "/slow"}
            if place in targets:
                self.send_header("Location", targets[place])
            self.end_headers()

        do_GET = do_HEAD  # noqa: N815 - its name

        def log_message(self, *_arguments: object) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("/there", ""),
        ("/to", ""),
        ("/get", ""),  # it answers GET alone
        ("/in", ""),  # a sign-in: it may be there
        ("/busy", ""),
        ("/gone", "answers 404"),
        ("/round", "leads on and on (5 redirects and more)"),
        ("/out", "leads into a network that is not public, and is not asked"),
        ("/a path?x=ü&y= z", ""),
    ],
)
def test_an_address_answers_or_is_told(site: Site, path: str, problem: str) -> None:
    assert site.web().verdict(site.url(path)).problem == problem


def test_head_comes_first_and_get_only_where_it_has_to(site: Site) -> None:
    site.web().verdict(site.url("/there"))
    site.web().verdict(site.url("/get"))
    assert site.asked == ["HEAD /there", "HEAD /get", "GET /get"]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fec0::1",
        "fd00::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
    ],
)
def test_no_address_of_a_private_network_is_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_others_are_public(address: str) -> None:
    assert is_public(address)


def test_a_name_that_leads_inside_is_never_connected_to(site: Site) -> None:
    for host in ("inside.host", "both.host"):
        assert "not public" in site.web().verdict(site.url("/there", host)).problem
    for address in ("http://127.0.0.1:{}/", "http://[::1]:{}/", "http://localhost:{}/", "http://2130706433:{}/"):
        assert "not public" in Web().verdict(address.format(site.port)).problem
    assert site.asked == []


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://site.host/", "http://user:secret@site.host/"])
def test_only_plain_addresses_of_the_web_are_asked(site: Site, address: str) -> None:
    assert site.web().verdict(address).problem


def test_each_address_is_asked_once_and_a_host_one_at_a_time(site: Site, tmp_path: Path) -> None:
    lines = [f"- [{n}]({site.url(f'/gone/{n % 10}')}#part-{n})" for n in range(20)]
    links = "\n".join(lines)
    (tmp_path / "faq.md").write_text(
        f"# FAQ\n\n## What is there?\n{links}\n\nand {site.url('/gone/x')} or http://example.com/no\n", encoding="utf-8"
    )
    found = list(dead_addresses(read_files([tmp_path / "faq.md"]).files, site.web(), lambda done, of: None))
    assert sum(asked.startswith("HEAD") for asked in site.asked) == 11
    assert site.most_at_once == 1
    assert {finding.line for finding in found} == {*range(4, 24), 25}


def test_without_online_nothing_is_asked(site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "faq.md").write_text(f"# FAQ\n\n## Where?\n[Here]({site.url('/gone')}).\n", encoding="utf-8")
    assert findings(capsys, tmp_path, "faq.md") == []
    (tmp_path / "faq.md").write_text(f"# FAQ\n\n## Where?\n[Here](http://127.0.0.1:{site.port}/).\n", encoding="utf-8")
    assert told(findings(capsys, tmp_path, "faq.md", "--online")) == ("faq.md:4: dead-address",)
    assert site.asked == []


def test_an_address_that_leads_on_slowly_has_one_end_for_all_of_it(site):
    started = time.monotonic()
    assert site.web_for(0.5).verdict(site.url("/slow")).problem == ""
    assert time.monotonic() - started < 1.5
