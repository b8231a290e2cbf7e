"""`export`: models exported by a real Paddle, right and wrong ones."""

from __future__ import annotations

import pickle
import shutil
from functools import partial
from pathlib import Path

import pytest
from check_support import Evil, run_check


@pytest.fixture
def check(paddle_python: Path, models: Path):
    return partial(run_check, "export", python=paddle_python, cwd=models)


def test_the_right_model_passes_every_test(check) -> None:
    checked = check("--model", "right", "--class-num", "7", "--weights", "trained.pdparams", "--network", "resnet18")
    assert checked.status == "pass", checked.said
    assert checked.facts["exported_of_them"] == checked.facts["trained_arrays"] == 102
    assert checked.facts["largest_difference"] < 1e-3


def test_the_right_model_passes_alone_and_by_its_prefix(check) -> None:
    assert check("--model", "right/inference").status == "pass"


def test_a_model_without_weights_fails_and_names_the_setting(check) -> None:
    checked = check("--model", "untrained")
    assert checked.status == "fail"
    assert "-o Global.pretrained_model=" in checked.fixes


def test_a_wrong_class_num_fails_and_names_the_right_one(check) -> None:
    told = check("--model", "wrong_classes", "--class-num", "7")
    assert told.facts["classes"] == 1000
    assert "-o Arch.class_num=7" in told.fixes
    found = check("--model", "wrong_classes", "--weights", "trained.pdparams")
    assert "-o Arch.class_num=7" in found.fixes, "the width is read from the trained weights"
    assert "2 of 102 trained arrays" in found.said
    assert check("--model", "wrong_classes").status == "fail", "a last bias of zeros in a trained network"


def test_weights_of_another_training_fail(check) -> None:
    checked = check("--model", "other_weights", "--weights", "trained.pdparams", "--network", "resnet18")
    assert checked.status == "fail"
    assert "outputs differ" in checked.said
    assert "Global.pretrained_model" in checked.fixes


@pytest.mark.parametrize(
    "arguments",
    [
        ("--model", "nowhere"),
        ("--model", "."),
        ("--model", "right", "--network", "resnet18"),
        ("--model", "right", "--weights", "nothing.pdparams"),
        ("--model", "right", "--weights", "right/inference.pdiparams"),
        ("--model", "right", "--weights", "trained.pdparams", "--network", "resnet19"),
        (),
    ],
)
def test_wrong_use_is_told(check, arguments: tuple[str, ...]) -> None:
    assert check(*arguments).status == "usage"


def test_a_parameter_file_that_is_missing_is_named(check, models: Path, tmp_path: Path) -> None:
    shutil.copy(models / "right" / "inference.json", tmp_path)
    assert "inference.pdiparams is missing" in check("--model", tmp_path).said


def test_no_code_in_weights_is_run(check, tmp_path: Path) -> None:
    evil = tmp_path / "evil.pdparams"
    evil.write_bytes(pickle.dumps({"fc.weight": Evil(tmp_path / "mark")}))
    info = tmp_path / "right"
    shutil.copytree(check.keywords["cwd"] / "right", info)
    (info / "inference.pdiparams.info").write_bytes(pickle.dumps(Evil(tmp_path / "mark")))
    checked = check("--model", "right", "--weights", evil)
    assert "builtins.exec" in checked.said
    assert check("--model", info).status == "pass"
    assert not (tmp_path / "mark").exists()


def test_without_paddle_it_is_skipped_and_says_how_to_get_it(models: Path) -> None:
    checked = run_check("export", "--model", "right", cwd=models)
    assert checked.code == 77
    assert "pip install 'paddlepaddle>=3.0,<4'" in checked.fixes


def test_a_model_of_before_paddle_3_is_read_and_nothing_beside_it_is_run(check, older_model: Path) -> None:
    checked = check("--model", older_model, "--class-num", "8")
    assert checked.status == "fail"
    assert (checked.facts["arrays"], checked.facts["classes"]) == (102, 7)
    assert "-o Arch.class_num=8" in checked.fixes
    assert not (older_model / "mark").exists()
