"""What the tests of several checks share."""

from __future__ import annotations

import os
import pickle
import subprocess
from pathlib import Path

import pytest
from check_support import Evil
from workers import made_once


@pytest.fixture(scope="session")
def models(paddle_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of models and weights, right and wrong ones, made by a real Paddle; tests only read it."""
    script = Path(__file__).with_name("make_models.py")
    return made_once(
        tmp_path_factory,
        "models",
        lambda folder: subprocess.run([paddle_python, script, folder], check=True, capture_output=True),
    )


@pytest.fixture(scope="session")
def small_models(paddle_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of exported models: plain, enlarging (crashes with oneDNN), two at once; tests only read it."""
    script = Path(__file__).with_name("make_small_models.py")
    return made_once(
        tmp_path_factory,
        "small-models",
        lambda folder: subprocess.run([paddle_python, script, folder], check=True, capture_output=True),
    )


OLDER = """
import sys, paddle
network = paddle.vision.models.resnet18(num_classes=7)
network.eval()
spec = paddle.static.InputSpec([None, 3, 32, 32], "float32", "x")
paddle.jit.save(network, sys.argv[1] + "/inference", input_spec=[spec])
"""


@pytest.fixture(scope="session")
def older_model(paddle_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a model in the form of before Paddle 3 whose .pdiparams.info would write `mark`, were it unpickled."""

    def make(folder: Path) -> None:
        subprocess.run(
            [paddle_python, "-c", OLDER, folder],
            check=True,
            capture_output=True,
            env=os.environ | {"FLAGS_enable_pir_api": "0"},
        )
        assert (folder / "inference.pdmodel").exists()
        (folder / "inference.pdiparams.info").write_bytes(pickle.dumps(Evil(folder / "mark")))

    return made_once(tmp_path_factory, "older-model", make)
