"""What serving carries: no torch in `faq ask` or the server, and the server's resident memory under load."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path

import psutil
from results import Row, Table, at_most, print_tables
from support import ROOT, corpus_questions, corpus_records, prepared_encoder, workshop

from faqkb.kb import limits
from faqkb.kb.building.build import build_snapshot

HEAVY = ("torch", "transformers", "sentence_transformers")
SECONDS = 20  # of load
CLIENTS = 4
MEGABYTES = 450  # allowed for the server
PROBE = """
import sys
from faqkb.faq.main import main
sys.argv = ["faq", "ask", "loss nan", "--kb", sys.argv[1], "--json"]
try:
    main()
finally:
    print(sorted({name.split(".")[0] for name in sys.modules}), file=sys.stderr)
"""


def heavy_modules_of_ask(knowledge: Path) -> list[str]:
    """Return which of the heavy libraries `faq ask` has imported when it ends."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, knowledge], capture_output=True, text=True, cwd=ROOT, check=False
    )
    return [name for name in HEAVY if f"'{name}'" in done.stderr.splitlines()[-1]]


def heavy_files_of(process: psutil.Process) -> list[str]:
    """Return the files of the heavy libraries that a process has mapped or open."""
    paths = {entry.path for entry in process.memory_maps()} | {entry.path for entry in process.open_files()}
    return sorted(path for path in paths if re.search(r"/(torch|transformers|sentence_transformers)/", path))


def load_server(address: str, questions: Sequence[str], process: psutil.Process) -> tuple[int, float]:
    """Ask from several clients for a while; return the number of answers and the highest resident megabytes."""
    stop = time.monotonic() + SECONDS
    answers: list[int] = []

    def client(offset: int) -> None:
        at = offset
        while time.monotonic() < stop:
            at += CLIENTS
            body = json.dumps({"question": questions[at % len(questions)]}).encode()
            request = urllib.request.Request(
                f"{address}/api/v1/ask", data=body, headers={"Content-Type": "application/json"}
            )
            with urllib.request.urlopen(request, timeout=30) as reply:
                json.load(reply)
            answers.append(at)

    clients = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for thread in clients:
        thread.start()
    highest = 0.0
    while any(thread.is_alive() for thread in clients):
        highest = max(highest, resident(process))
        time.sleep(0.1)
    return len(answers), highest


def resident(process: psutil.Process) -> float:
    """Return the resident megabytes of a server, and what its workers have beside what they share."""
    workers = process.children(recursive=True)
    return (process.memory_info().rss + sum(worker.memory_full_info().pss for worker in workers)) / 1e6


def short_and_long_questions() -> list[str]:
    """Return real questions, after every fourth one that is as long as a question may be: it takes the most memory."""
    short = corpus_questions(200)
    pasted = " ".join(short)[: limits.QUERY_CHARS]
    return [text for at, question in enumerate(short) for text in ((question, pasted) if at % 4 == 3 else (question,))]


def measure() -> list[Table]:
    """Return what was measured."""
    with workshop() as folder:
        build_snapshot(folder / "kb", corpus_records(), prepared_encoder())
        imported = heavy_modules_of_ask(folder / "kb")
        command = [sys.executable, "-m", "faqkb", "serve", "--port", "0", "--kb", folder / "kb"]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as server:
            try:
                address = wait_for_address(server)
                process = psutil.Process(server.pid)
                answers, highest = load_server(address, short_and_long_questions(), process)
                mapped = heavy_files_of(process)
            finally:
                server.terminate()
    return [
        Table(
            f"What serving carries ({CLIENTS} clients for {SECONDS} s)",
            (
                Row("libraries of torch & co. imported by faq ask", len(imported), aim=at_most(0)),
                Row("files of torch & co. in the server", len(mapped), aim=at_most(0)),
                Row("answers a second", answers / SECONDS, "/s"),
                Row("server's resident memory, highest", highest, "MB", at_most(MEGABYTES)),
            ),
        )
    ]


def wait_for_address(server: subprocess.Popen[str]) -> str:
    """Read the server's output until it names its address."""
    assert server.stdout is not None
    for line in server.stdout:
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        if found:
            return found.group()
    raise SystemExit("the server ended without naming its address")


if __name__ == "__main__":
    sys.exit(0 if print_tables(measure()) else 1)
