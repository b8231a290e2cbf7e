"""Fail and kill at every system call that writes.

Each operation runs in a forked process, which `strace` watches, once for each of its calls that write below the folder
of the knowledge base: the call fails with ENOSPC or EIO, or the process is killed before it. Then the state must be the
old or the new one, whole; the error one line; the same operation must work again; and nothing may be left behind that
the next publish does not sweep. SQLite's calls, Python's and ours are all the system's, so no part is trusted.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from faqkb.kb.disk import LEFT_SECONDS, writer_lock
from faqkb.kb.errors import KbError
from faqkb.kb.snapshot.publishing import remove_leftovers

CALLS = (
    "openat,write,pwrite64,fsync,fdatasync,ftruncate,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,"
    "rmdir,fchmod,chmod"
)
WAYS = {"ENOSPC": "error=ENOSPC", "EIO": "error=EIO", "kill": "signal=KILL"}
_CALL = re.compile(r"(\d+) +(\w+)\((.*)")
_WRITES = re.compile(r"O_CREAT|O_WRONLY|O_RDWR|O_TRUNC")
_REFUSED = 2  # the exit code of an error

State = object


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that writes, in a folder of its own."""

    name: str
    prepare: Callable[[Path], object]
    """Make in an empty folder what is there before; called once."""
    act: Callable[[Path], object]
    """What is failed; raises KbError or OSError, as a command does."""
    state: Callable[[Path], State]
    """Read all that is stored, every hash checked; raises where anything is damaged."""


@dataclass(frozen=True, slots=True)
class Point:
    """One call of an operation: the Nth of its kind."""

    call: str
    number: int
    shown: str


@dataclass(frozen=True, slots=True)
class Fault:
    """What came of one failure that should not."""

    operation: str
    way: str
    point: Point
    what: str

    def __str__(self) -> str:
        return (
            f"{self.operation}, {self.way} at {self.point.call} {self.point.number}: {self.what}\n  {self.point.shown}"
        )


@dataclass(frozen=True, slots=True)
class _Ended:
    code: int
    """Negative: the signal that ended it."""
    said: str
    trace: str


class Trial:
    """The cases of one operation, in a folder that is removed by whoever gave it."""

    def __init__(self, operation: Operation, folder: Path) -> None:
        self._operation = operation
        self._folder = folder
        self._before = folder / "before"
        self._before.mkdir(parents=True)
        operation.prepare(self._before)
        self._old = operation.state(self._before)
        self._run(
            self._copied()
        )  # what is imported late is compiled by the first run alone, and calls would be miscounted
        whole = self._copied()
        ended = self._run(whole, "")
        assert ended.code == 0, ended.said
        self._new = operation.state(whole)
        self.points = tuple(_points(ended.trace, whole))

    def faults(self, way: str) -> Iterator[Fault]:
        """Fail the operation at each of its calls; yield what was wrong afterwards."""
        for point in self.points:
            told = self._case(way, point)
            if told:
                yield Fault(self._operation.name, way, point, told)

    def _case(self, way: str, point: Point) -> str:
        where = self._copied()
        ended = self._run(where, f"{point.call}:{WAYS[way]}:when={point.number}")
        told = _wrong_end(way, ended) or self._wrong_state(where, is_done=ended.code == 0)
        return told or self._wrong_afterwards(where)

    def _wrong_state(self, where: Path, *, is_done: bool) -> str:
        try:
            state = self._operation.state(where)
        except (KbError, OSError) as error:
            return f"is damaged: {error}"
        if state == self._new:
            return ""
        if is_done:
            return f"said that it was done, and has {state!r:.300}, not {self._new!r:.300}"
        return "" if state == self._old else f"neither old nor new: {state!r:.300}"

    def _wrong_afterwards(self, where: Path) -> str:
        for left in where.rglob(".tmp-*"):
            os.utime(left, (time.time() - 2 * LEFT_SECONDS,) * 2, follow_symlinks=False)
        again = self._run(where)
        if again.code != 0:
            return f"does not work again: exit {again.code}, {again.said}"
        try:
            self._operation.state(where)
        except (KbError, OSError) as error:
            return f"is damaged after it worked again: {error}"
        with writer_lock(where / "lock", subject=str(where)):
            kept = remove_leftovers(where)
        left = [str(path.relative_to(where)) for path in where.rglob(".*")]
        return f"left {left} {kept}" if left or kept else ""

    def _copied(self) -> Path:
        where = self._folder / "kb"
        if where.exists():
            shutil.rmtree(where)
        shutil.copytree(self._before, where, symlinks=True, copy_function=_copied_file)
        return where

    def _run(self, where: Path, inject: str | None = None) -> _Ended:
        """Run the operation in a child, watched unless `inject` is None; it fails the call that `inject` names."""
        said = self._folder / "said"
        waiting, going = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(going)
            _be_child(lambda: self._operation.act(where), said, waiting)
        os.close(waiting)
        _wait_until_stopped(child)  # what opens its output is not to be counted on some runs and not on others
        trace = self._folder / "trace"
        watching = None if inject is None else _watched(child, trace, inject)
        os.write(going, b"1")
        os.close(going)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if watching is not None:
            watching.communicate()
        return _Ended(code, said.read_text(), trace.read_text(errors="replace") if watching else "")


def _copied_file(source: str, target: str) -> str:
    """Link what never changes, the files of snapshots, and copy the rest."""
    if "/snapshots/" in source and Path(source).stat().st_size > 100_000:
        os.link(source, target)
        return target
    return str(shutil.copy2(source, target))


def _be_child(act: Callable[[], object], said: Path, waiting: int) -> None:
    """Run an action as a command does: what is wrong is one line and exit code 2."""
    code = 1
    try:
        output = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.kill(os.getpid(), signal.SIGSTOP)
        os.read(waiting, 1)
        try:
            act()
            code = 0
        except (KbError, OSError) as error:
            os.write(2, f"faq: {error}\n".encode())
            code = _REFUSED
        except BaseException as error:  # noqa: BLE001 - a child of a test ends here, whatever happens
            os.write(2, f"Traceback of {error!r}\n".encode())
    finally:
        os._exit(code)


def _wait_until_stopped(child: int) -> None:
    """Return once a child has made itself ready, and let it go on to wait for its signal."""
    os.waitpid(child, os.WUNTRACED)
    os.kill(child, signal.SIGCONT)


def _watched(child: int, trace: Path, inject: str) -> subprocess.Popen[str]:
    command = ["strace", "-f", "-y", "-s", "40", "-o", str(trace), "-p", str(child), "-e", f"trace={CALLS}"]
    if inject:
        command += ["-e", f"inject={inject}"]
    watching = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert watching.stderr is not None
    told = watching.stderr.readline()
    if "attached" not in told:
        raise RuntimeError(f"strace cannot watch a process here: {told}")
    return watching


def _points(trace: str, where: Path) -> Iterator[Point]:
    """Yield the calls of the first process that write below a folder, each with its number among those of its kind."""
    count: Counter[str] = Counter()
    first = ""
    for line in trace.splitlines():
        found = _CALL.match(line)
        if not found:
            continue
        process, call, rest = found.groups()
        first = first or process
        if process != first:
            continue
        count[call] += 1
        is_writing = call != "openat" or _WRITES.search(rest)
        if is_writing and str(where) in rest and "</dev/null>" not in rest:
            yield Point(call, count[call], line.partition(" ")[2].strip().replace(str(where), "KB")[:160])


def _wrong_end(way: str, ended: _Ended) -> str:
    if way == "kill":
        return "" if ended.code == -signal.SIGKILL else f"was not killed: exit {ended.code}, {ended.said}"
    if "(INJECTED)" not in ended.trace:
        return f"did not fail: {ended.said}"
    if ended.code == 0:
        return ""
    lines = [line for line in ended.said.splitlines() if line.startswith("faq: ")]
    if ended.code != _REFUSED or len(lines) != 1 or "Traceback" in ended.said or "; " not in lines[0]:
        return f"exit {ended.code}: {ended.said}"
    return ""


def watch_all(operations: Sequence[Operation], ways: Sequence[str], tell: Callable[[str], None]) -> list[Fault]:
    """Fail every operation in every way at every call; `tell` gets a line of figures for each."""
    found: list[Fault] = []
    for operation in operations:
        with tempfile.TemporaryDirectory(prefix="faq-faults-") as folder:
            begun = time.monotonic()
            trial = Trial(operation, Path(folder))
            faults = [fault for way in ways for fault in trial.faults(way)]
            found += faults
            calls = len(trial.points)
            tell(
                f"{operation.name:<22} {calls:>5} calls {calls * len(ways):>6} cases {len(faults):>4} wrong"
                f" {time.monotonic() - begun:>7.0f} s"
            )
    return found
