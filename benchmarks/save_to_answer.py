"""From saving a Markdown file to the new answer being served: `faq serve --watch`, one answer edited at a time."""

from __future__ import annotations

import http.client
import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote

from results import Row, Table, at_most, print_tables
from support import OFFLINE, ROOT, corpus_paths, workshop

SAVES = 9
LIMIT_SECONDS = 2.0
WAIT_SECONDS = 60.0


def copied_content(folder: Path) -> Path:
    """Copy the records' files into a folder of their own, so that they can be edited."""
    folder.mkdir()
    for path in corpus_paths():
        if path.is_dir():
            shutil.copytree(path, folder, dirs_exist_ok=True)
        else:
            shutil.copy(path, folder)
    return folder


@contextmanager
def watching_server(kb: Path, content: Path) -> Iterator[http.client.HTTPConnection]:
    """Run `faq serve --watch` and lend a connection to it."""
    command = [sys.executable, "-m", "faqkb", "serve", "--kb", kb, "--port", "0", "--watch", content]
    with subprocess.Popen(
        command, cwd=ROOT, env=OFFLINE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout is not None
        line = server.stdout.readline()
        address = next(word for word in line.split() if word.startswith("http://"))
        connection = http.client.HTTPConnection(address.removeprefix("http://").rstrip("/"))
        try:
            yield connection
        finally:
            connection.close()
            server.terminate()


def answer_of(connection: http.client.HTTPConnection, record_id: str) -> str:
    """Return the answer that is served of a record."""
    connection.request("GET", f"/api/v1/records/{quote(record_id)}")
    return str(json.loads(connection.getresponse().read())["answer"])


def editable(connection: http.client.HTTPConnection) -> Any:
    """Return a record as it is served whose answer stands in its file as one piece of text."""
    connection.request("GET", "/api/v1/records?limit=200")
    records = json.loads(connection.getresponse().read())["records"]
    return max(records, key=lambda record: len(record["answer"].splitlines()[0]))


def seconds_to_answer(connection: http.client.HTTPConnection, path: Path, record_id: str, old: str, new: str) -> float:
    """Save a file with another text in it; return the seconds until that text is served."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    path.write_text(text.replace(old, new), encoding="utf-8")
    started = time.perf_counter()
    while new not in answer_of(connection, record_id):
        if time.perf_counter() - started > WAIT_SECONDS:
            raise SystemExit(f"{new!r} is not served after {WAIT_SECONDS} s")
        time.sleep(0.01)
    return time.perf_counter() - started


def measure() -> list[Table]:
    """Return what was measured."""
    with workshop() as folder:
        content = copied_content(folder / "content")
        with watching_server(folder / "kb", content) as connection:
            connection.request("GET", "/readyz")
            records = json.loads(connection.getresponse().read())["records"]
            record = editable(connection)
            path = content / record["source"]["path"]
            texts = [record["answer"].splitlines()[0]]
            texts += [f"{texts[0]} Edition {number}." for number in range(SAVES)]
            taken = [seconds_to_answer(connection, path, record["id"], old, new) for old, new in pairwise(texts)]
    middle = statistics.median(taken)
    return [
        Table(
            f"From save to answer, {records} records, median of {SAVES}",
            (
                Row("from save to answer", middle, "s", at_most(LIMIT_SECONDS)),
                Row("slowest", max(taken), "s"),
            ),
        )
    ]


if __name__ == "__main__":
    sys.exit(0 if print_tables(measure()) else 1)
