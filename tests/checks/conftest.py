"""What the tests of several checks share."""

from __future__ import annotations

import os
import pickle
import subprocess
from pathlib import Path

import pytest
from check_support import Evil


@pytest.fixture(scope="session")
def models(paddle_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of models and weights, right and wrong ones, made by a real Paddle; tests only read it."""
    folder = tmp_path_factory.mktemp("models")
    subprocess.run([paddle_python, Path(__file__).with_name("make_models.py"), folder], check=True, capture_output=True)
    return folder


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
    folder = tmp_path_factory.mktemp("older")
    subprocess.run(
        [paddle_python, "-c", OLDER, folder],
        check=True,
        capture_output=True,
        env=os.environ | {"FLAGS_enable_pir_api": "0"},
    )
    assert (folder / "inference.pdmodel").exists()
    (folder / "inference.pdiparams.info").write_bytes(pickle.dumps(Evil(folder / "mark")))
    return folder
