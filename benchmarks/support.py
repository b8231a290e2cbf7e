"""What the benchmarks share: the records they run on, the peer, medians and the table they print."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_dir

from faqkb.faq.bootstrap import encoder_folder
from faqkb.ingest import read_sources
from faqkb.kb.model.encoder import Encoder
from faqkb.kb.model.files import BUNDLED_NAME
from faqkb.kb.model.loaded import load_source, quiet_libraries
from faqkb.kb.model.prepare import prepare_model
from faqkb.kb.model.source import find_source
from faqkb.kb.records import Record

ROOT = Path(__file__).resolve().parent.parent
PEER_PYTHON = ROOT / ".venv-txtai" / "bin" / "python"
PEER = ROOT / "benchmarks" / "txtai_peer.py"
OFFLINE = os.environ | {
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
}  # the peer, too, shall not lose time looking for a network
CORPUS = "data/corpora/PaddlePaddle+PaddleClas"  # under FAQ_SHARED, by default ../shared
QUERIES = "data/dev/paddleclas_queries.jsonl"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a benchmark's table."""

    name: str
    value: str
    wanted: str = ""
    """What it should be, as the reader sees it."""
    met: bool | None = None
    """None where nothing is asked."""


def print_table(title: str, rows: Sequence[Row]) -> bool:
    """Print the table and return whether all that is asked is met."""
    print(f"\n{title}")
    for row in rows:
        verdict = "" if row.met is None else f"   {row.wanted}: {'yes' if row.met else 'NO'}"
        print(f"  {row.name:<58} {row.value:>12}{verdict}")
    return all(row.met is not False for row in rows)


def milliseconds(seconds: Sequence[float]) -> float:
    """Return the median in milliseconds."""
    return statistics.median(seconds) * 1000


def corpus_paths() -> list[Path]:
    """Return PaddleClas' five Chinese FAQ files where they are at hand, else the bundled content."""
    shared = Path(os.environ.get("FAQ_SHARED", ROOT.parent / "shared"))
    found = sorted((shared / CORPUS).glob("docs__zh_CN__*.md"))
    return found or [ROOT / "content"]


def corpus_records() -> tuple[Record, ...]:
    """Return the records the benchmarks run on, 138 of them where the PaddleClas files are at hand."""
    return tuple(read_sources(corpus_paths()).records)


def corpus_questions(count: int) -> list[str]:
    """Return real questions spread over the query file, else the stored ones."""
    path = Path(os.environ.get("FAQ_SHARED", ROOT.parent / "shared")) / QUERIES
    if path.is_file():
        questions = [json.loads(line)["query"] for line in path.read_text(encoding="utf-8").splitlines() if line]
    else:
        questions = [record.question for record in corpus_records()]
    return questions[:: max(1, len(questions) // count)][:count]


def prepared_encoder() -> Encoder:
    """Return the default prepared model, loaded."""
    with tempfile.TemporaryDirectory() as nowhere:
        return Encoder(encoder_folder(Path(nowhere)))


def full_precision_model() -> Path:
    """Return the bundled weights as a SentenceTransformer folder, written once into the user's cache."""
    folder = Path(user_cache_dir("faqkb")) / "benchmarks" / f"{BUNDLED_NAME}-fp32"
    if not (folder / "modules.json").exists():
        print("writing the full-precision model (once, 15 s) …", file=sys.stderr)
        with quiet_libraries():
            load_source(find_source(None)).save(str(folder))
    return folder


class Peer:
    """txtai on the same weights and records, in a process of its own, asked over a pipe."""

    def __init__(self, folder: Path) -> None:
        """Start on an index made by `build_peer_index`; ready when it returns."""
        self._process = subprocess.Popen(
            [PEER_PYTHON, PEER, "serve", folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=OFFLINE,
        )
        self._read()

    def ask(self, question: str) -> float:
        """Return the seconds one search took, measured inside the peer's process."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return float(self._read())

    def close(self) -> None:
        """End the process."""
        self._process.communicate()

    def _read(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("the txtai process ended; run benchmarks/setup_txtai.sh")
        return line


def build_peer_index(folder: Path, records: Sequence[Record]) -> Path:
    """Index the records with txtai and return the folder."""
    if not PEER_PYTHON.exists():
        subprocess.run([ROOT / "benchmarks" / "setup_txtai.sh"], check=True)
    texts = json.dumps([f"{record.question}\n{record.answer_text}" for record in records])
    command = [PEER_PYTHON, PEER, "index", folder, full_precision_model()]
    subprocess.run(command, input=texts, text=True, check=True, env=OFFLINE, stderr=subprocess.DEVNULL)
    return folder


@contextmanager
def workshop() -> Iterator[Path]:
    """Yield a temporary folder; makes sure that the model is prepared before anything is measured."""
    prepare_model(progress=lambda line: print(line, file=sys.stderr))
    with tempfile.TemporaryDirectory(prefix="faqkb-benchmark-") as folder:
        yield Path(folder)
