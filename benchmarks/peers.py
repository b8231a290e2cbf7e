"""The peers: other software on the same weights and texts, each in an environment and a process of its own."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from support import OFFLINE, ROOT, full_precision_model

from faqkb.kb.records import Record

HERE = ROOT / "benchmarks"


@dataclass(frozen=True, slots=True)
class Peer:
    """One of them."""

    name: str
    """As its makers write it."""
    key: str
    """In the names of its files here."""
    package: str
    """In its requirements."""

    @property
    def python(self) -> Path:
        """Its own interpreter."""
        return ROOT / f".venv-{self.key}" / "bin" / "python"

    @property
    def script(self) -> Path:
        """What runs in it."""
        return HERE / f"{self.key}_peer.py"

    @property
    def version(self) -> str:
        """The version that its requirements pin."""
        lines = (HERE / f"requirements-{self.key}.txt").read_text(encoding="utf-8").splitlines()
        return next(line for line in lines if line.startswith(self.package)).partition("==")[2]

    def install(self) -> None:
        """Make its environment where it is missing or another one (two minutes)."""
        subprocess.run([HERE / "setup_peer.sh", self.key], check=True)

    def index(self, folder: Path, records: Sequence[Record]) -> Path:
        """Index the records, each as one text, and return the folder."""
        self.install()
        texts = json.dumps([f"{record.question}\n{record.answer_text}" for record in records])
        command = [self.python, self.script, "index", folder, full_precision_model()]
        subprocess.run(command, input=texts, text=True, check=True, env=OFFLINE, stderr=subprocess.DEVNULL)
        return folder

    def asked(self, folder: Path) -> PeerProcess:
        """Return a process that answers questions from an index."""
        return PeerProcess([self.python, self.script, "serve", folder])

    def building(self) -> PeerProcess:
        """Return a process that indexes lists of texts."""
        self.install()
        return PeerProcess([self.python, self.script, "build", full_precision_model()])


TXTAI = Peer("txtai", "txtai", "txtai[api]")
HAYSTACK = Peer("Haystack", "haystack", "haystack-ai")
PEERS = (TXTAI, HAYSTACK)


class PeerProcess:
    """A process that does one thing again and again, and says how long each took."""

    def __init__(self, command: Sequence[str | Path]) -> None:
        """Start; ready when it returns."""
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=OFFLINE,
        )
        self._read()

    def seconds_of(self, given: object) -> float:
        """Return the seconds that one question or list of texts took, measured inside the process."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(given) + "\n")
        self._process.stdin.flush()
        return float(self._read())

    def close(self) -> None:
        """End the process."""
        self._process.communicate()

    def _read(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"the peer ended: {' '.join(map(str, self._process.args))}")
        return line
