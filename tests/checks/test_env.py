"""`env`: what a helper asks first, from the machine itself."""

from __future__ import annotations

import os
import platform
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from check_support import run_check


def with_packages(folder: Path, *packages: str) -> Path:
    """Return an interpreter of a new environment whose package folder lists these packages."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (place,) = (folder / "lib").glob("python*/site-packages")
    for package in packages:
        (place / f"{package}.dist-info").mkdir()
    return folder / "bin" / "python"


def test_it_tells_what_this_machine_has() -> None:
    facts = run_check("env", PATH="/usr/bin:/bin").facts
    assert facts["python"] == platform.python_version()
    assert facts["cores"] <= os.cpu_count()
    assert facts["memory_bytes"] > 1 << 28
    assert facts["gpus"] == len(list(Path("/dev").glob("nvidia[0-9]*")))


def test_it_finds_the_paddle_of_another_interpreter(paddle_python: Path) -> None:
    checked = run_check("env", "--python", paddle_python)
    assert checked.status == "pass", checked.said
    assert checked.facts["paddle"].startswith("3.")
    assert checked.facts["paddle_built"] == "no CUDA, with oneDNN"


def test_the_active_environment_is_looked_at(tmp_path: Path) -> None:
    with_packages(tmp_path / "own", "paddlepaddle-3.3.1", "numpy-2.3.5", "setuptools-80.0")
    assert run_check("env", VIRTUAL_ENV=str(tmp_path / "own"), PATH="/usr/bin").facts["paddle"] == "3.3.1"


def test_no_paddle_is_a_warning_that_says_how_to_get_it() -> None:
    checked = run_check("env", PATH="/usr/bin:/bin", VIRTUAL_ENV="", CONDA_PREFIX="")
    assert checked.status == "warn"
    assert "pip install 'paddlepaddle>=3.0,<4' 'numpy<2.4' setuptools" in checked.fixes


@pytest.mark.parametrize(
    ("packages", "status", "fix"),
    [
        (("paddlepaddle-3.3.1", "numpy-2.4.0", "setuptools-80.0"), "warn", "pip install 'numpy<2.4'"),
        (("paddlepaddle-3.3.1", "numpy-2.3.5"), "fail", "pip install setuptools"),
        (
            ("paddlepaddle-3.3.1", "paddlepaddle_gpu-3.3.1", "numpy-2.3.5", "setuptools-80.0"),
            "fail",
            "pip uninstall -y paddlepaddle paddlepaddle-gpu",
        ),
        (("paddlepaddle-3.3.1", "numpy-2.3.5", "setuptools-80.0"), "pass", ""),
    ],
)
def test_packages_that_break_paddle_are_named_with_the_command(
    tmp_path: Path, packages: tuple[str, ...], status: str, fix: str
) -> None:
    checked = run_check("env", "--python", with_packages(tmp_path / "own", *packages))
    assert checked.status == status
    assert fix in checked.fixes


def test_more_threads_than_cores_are_a_warning_with_the_number(tmp_path: Path) -> None:
    python = with_packages(tmp_path / "own", "paddlepaddle-3.3.1", "numpy-2.3.5", "setuptools-80.0")
    checked = run_check("env", "--python", python, OMP_NUM_THREADS="1000")
    assert checked.status == "warn"
    assert f"export OMP_NUM_THREADS={int(checked.facts['cores'])}" in checked.fixes


def test_the_report_names_no_host_no_user_and_no_path(tmp_path: Path) -> None:
    python = with_packages(tmp_path / "own", "paddlepaddle-3.3.1")
    said = str(run_check("env", "--python", python, HOME=str(tmp_path)).document)
    assert socket.gethostname() not in said
    assert str(tmp_path) not in said
    assert sys.prefix not in said


def test_what_is_no_interpreter_is_told() -> None:
    assert run_check("env", "--python", "/bin/ls").status == "usage"
