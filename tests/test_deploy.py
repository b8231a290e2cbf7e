"""The container file and the systemd unit, as far as a machine without Docker and without systemd running can try them.

The container's serving stage is followed step by step in a folder that stands for the root; its command then serves.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from server_support import ROOT, ServedProcess, announced_url, required_tool
from workers import made_once

CONTAINER = ROOT / "deploy" / "Containerfile"
UNIT = ROOT / "deploy" / "faqkb.service"
WORDS = {"FROM", "ARG", "WORKDIR", "COPY", "RUN", "ENV", "USER", "VOLUME", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK"}


@dataclass
class Stage:
    base: str
    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def of(self, word: str) -> list[str]:
        return [rest for step, rest in self.steps if step == word]


@pytest.fixture(scope="module")
def stages() -> list[Stage]:
    found: list[Stage] = []
    for line in CONTAINER.read_text(encoding="utf-8").splitlines():
        word, _, rest = line.partition(" ")
        if not line.strip() or line.startswith("#"):
            continue
        assert word in WORDS | {"ENTRYPOINT", "CMD"}, line
        if word == "FROM":
            base, _, name = rest.partition(" AS ")
            found.append(Stage(base, name))
        elif found:  # else an ARG that the lines FROM use
            found[-1].steps.append((word, rest))
    return found


def test_everything_that_is_copied_is_there_and_every_package_is_copied(stages):
    build, final = stages
    sources = [source for copy in build.of("COPY") for source in copy.split()[:-1]]
    sources = [source.replace("${CONTENT}", "content") for source in sources]
    assert all((ROOT / source).exists() for source in sources), sources
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    assert set(packages["targets"]["wheel"]["packages"]) <= set(sources)
    assert {link.resolve().name for link in (ROOT / "faqkb").iterdir() if link.is_symlink()} <= set(sources)
    copied = [shlex.split(copy) for copy in final.of("COPY")]
    assert all(f"--from={build.name}" in words for words in copied), "the final image holds nothing of the context"
    made = " ".join(build.of("RUN"))
    assert all(words[-2] in made for words in copied)
    assert "torch" not in made
    assert final.of("USER") == ["10001:10001"]


@pytest.fixture(scope="module")
def root(stages, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of the container: what the steps with /opt/faqkb make, the knowledge base among it."""

    def make(folder: Path) -> None:
        own = str(folder / "opt" / "faqkb")
        (folder / "opt").mkdir()
        for step in stages[0].of("RUN"):
            if "/opt/faqkb" in step:
                command = step.replace("/opt/faqkb", own).replace("python -m", f"{sys.executable} -m")
                command = command.replace(" /content", f" {ROOT / 'content'}").replace(" /kb", f" {folder / 'kb'}")
                subprocess.run(["sh", "-ec", command], cwd=ROOT, check=True, capture_output=True, timeout=500)

    return made_once(tmp_path_factory, "container", make)


@pytest.fixture(scope="module")
def container(stages, root: Path) -> Iterator[ServedProcess]:
    """The container's own command, in its own environment."""
    final = stages[1]
    environment = {}
    for setting in " ".join(final.of("ENV")).split():
        name, _, value = setting.partition("=")
        value = (
            value.replace("/opt", f"{root}/opt").replace("/kb", f"{root}/kb") if name in {"PATH", "FAQ_KB"} else value
        )
        environment[name] = value.replace("$PATH", os.environ["PATH"])
    command = [*json.loads(final.of("ENTRYPOINT")[0]), *json.loads(final.of("CMD")[0])]
    command[command.index("8000")] = "0"
    command[command.index("0.0.0.0")] = "127.0.0.1"
    process = subprocess.Popen(command, env=environment, cwd=root, stdout=subprocess.PIPE, text=True)
    try:
        yield ServedProcess(process, announced_url(process))
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def test_the_container_serves_from_the_base_install_alone(container, root):
    assert container.ask("docker 里训练报 Blocking queue is killed 怎么办").json["answered"]
    installed = {path.name for path in (root / "opt" / "faqkb").glob("lib/python*/site-packages/*")}
    assert not installed & {"torch", "transformers", "sentence_transformers"}


def test_one_name_is_installed(root):
    """`import server` would meet half the world."""
    (installed,) = (root / "opt" / "faqkb").glob("lib/python*/site-packages/faqkb")
    assert {path.name for path in installed.iterdir()} >= {"kb", "ingest", "server", "faq", "content", "client.py"}
    assert not {path.name for path in installed.parent.iterdir()} & {"kb", "ingest", "server", "faq", "content"}
    for command in (["bin/faq", "--version"], ["bin/python", "-m", "faqkb", "--version"]):
        command[0] = str(root / "opt" / "faqkb" / command[0])
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
        assert done.stdout.startswith("faq "), done.stderr


def test_the_container_is_healthy_by_its_own_check(container, stages):
    (check,) = stages[1].of("HEALTHCHECK")
    command = json.loads(check.partition("CMD ")[2])
    assert f":{stages[1].of('EXPOSE')[0]}/healthz" in command[-1]
    for port, code in ((container.port, 0), (1, 1)):
        asked = [sys.executable, *command[1:-1], command[-1].replace(":8000/", f":{port}/")]
        assert subprocess.run(asked, capture_output=True, check=False).returncode == code


def test_the_container_stops_at_its_signal(container, stages):
    assert stages[1].of("STOPSIGNAL") == ["SIGTERM"]
    container.process.send_signal(signal.SIGTERM)
    assert container.process.wait(15) == 0


def unit_lines() -> list[tuple[str, str]]:
    lines = UNIT.read_text(encoding="utf-8").splitlines()
    return [(name, value) for name, separator, value in (line.partition("=") for line in lines) if separator]


def test_systemd_takes_the_unit(tmp_path):
    required_tool("systemd-analyze")
    unit = tmp_path / UNIT.name
    faq = Path(sys.executable).with_name("faq")
    unit.write_text(UNIT.read_text(encoding="utf-8").replace("/opt/faqkb/bin/faq", str(faq)), encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_unit_leaves_little_to_attack(tmp_path):
    required_tool("systemd-analyze")
    analyse = ["systemd-analyze", "security", "--no-pager", "--offline=yes"]
    done = subprocess.run([*analyse, "--threshold=15", UNIT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    told = re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)
    assert told
    assert float(told[1]) <= 1.5  # of 10


def test_the_units_command_tells_systemd_when_it_is_ready_alive_and_stopping(kb_folder, tmp_path):
    settings = dict(unit_lines())
    assert settings["Type"] == "notify"
    command = shlex.split(settings["ExecStart"])
    command[0:1] = [sys.executable, "-m", "faqkb"]
    command[command.index("8000")] = "0"
    address = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(address))
        manager.settimeout(60)
        heard = {"NOTIFY_SOCKET": str(address), "WATCHDOG_USEC": "1000000", "FAQ_KB": str(kb_folder)}
        process = subprocess.Popen(
            command, env=os.environ | heard, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        told = [manager.recv(100)]
        assert announced_url(process)
        told += [manager.recv(100), manager.recv(100)]
        process.terminate()
        while told[-1] != b"STOPPING=1":
            told.append(manager.recv(100))
        assert process.wait(10) == 0
        assert process.stdout is not None
        process.stdout.close()
    assert told[:3] == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
    assert set(told[3:]) <= {b"WATCHDOG=1", b"STOPPING=1"}


def test_a_service_manager_that_is_gone_is_no_reason_to_stop(kb_folder, tmp_path):
    environment = os.environ | {"NOTIFY_SOCKET": str(tmp_path / "nobody"), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "faqkb", "serve", "--kb", str(kb_folder), "--port", "0"]
    process = subprocess.Popen(
        command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    server = ServedProcess(process, announced_url(process))
    assert server.get("/healthz").status == 200
    process.terminate()
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 0
    assert stderr.count("cannot be told") == 1


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_every_locked_version_has_its_hashes(name):
    """And torch alone is not locked, of which each machine has a build of its own."""
    lock = (ROOT / name).read_text()
    entries = re.split(r"\n(?=[a-z0-9])", lock.strip())
    assert len(entries) > 40
    assert [entry.splitlines()[0] for entry in entries if not re.search(r"--hash=sha256:[0-9a-f]{64}", entry)] == []
    assert not re.search(r"^(torch|triton|nvidia-)", lock, re.MULTILINE)
    assert "://" not in lock


def test_a_lock_that_was_tampered_with_installs_nothing(tmp_path):
    lock = (ROOT / "requirements.lock").read_text()
    entry = re.search(r"^click==.*?(?=^\S)", lock, re.MULTILINE | re.DOTALL)
    assert entry is not None
    forged = re.sub(r"sha256:[0-9a-f]{64}", f"sha256:{'0' * 64}", entry[0])
    (tmp_path / "forged.lock").write_text(forged)
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--no-deps",
        "--require-hashes",
        "--target",
        str(tmp_path / "in"),
    ]
    done = subprocess.run([*command, "-r", str(tmp_path / "forged.lock")], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "DO NOT MATCH THE HASHES" in done.stderr
    assert not (tmp_path / "in").exists()


def test_the_image_is_named_by_digest_and_installs_by_hash():
    container = (ROOT / "deploy" / "Containerfile").read_text()
    assert re.search(r"^ARG PYTHON=python:3\.11-slim@sha256:[0-9a-f]{64}$", container, re.MULTILINE)
    assert set(re.findall(r"^FROM (\S+)", container, re.MULTILINE)) == {"$PYTHON"}
    assert "--require-hashes" in container
