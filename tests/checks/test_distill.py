"""`distill`: checkpoints of distillations, made by a real Paddle, with and without the weights they should have."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from check_support import run_check

FILES = ("--teacher", "trained.pdparams", "--student", "imagenet.pdparams", "--class-num", "7")


@pytest.fixture
def check(paddle_python: Path, models: Path):
    return partial(run_check, "distill", python=paddle_python, cwd=models)


def test_a_distillation_with_its_weights_passes(check) -> None:
    checked = check("distilled.pdparams", *FILES)
    assert checked.status == "pass", checked.said
    assert checked.facts["student_cosine"] > 0.9


def test_a_student_that_was_not_loaded_fails(check) -> None:
    checked = check("student_not_loaded.pdparams", *FILES)
    assert checked.status == "fail"
    assert abs(checked.facts["student_cosine"]) < 0.05
    assert "Arch.models.Student.pretrained" in checked.fixes


def test_a_teacher_that_was_not_loaded_fails_even_without_its_file(check) -> None:
    checked = check("teacher_not_loaded.pdparams")
    assert checked.status == "fail"
    assert "Arch.models.Teacher.pretrained" in checked.fixes


def test_a_teacher_with_other_weights_fails(check) -> None:
    checked = check("other_teacher.pdparams", *FILES)
    assert checked.status == "fail"
    assert "freeze_params_list: [True, False]" in checked.fixes


def test_a_head_of_another_width_fails_and_is_named(check) -> None:
    checked = check("distilled.pdparams", "--class-num", "10")
    assert "Arch.models.Teacher.class_num: 10" in checked.fixes
    assert "Arch.models.Student.class_num: 10" in checked.fixes


@pytest.mark.parametrize(
    ("rate", "batch", "status", "fix"),
    [
        ("0.1", "256", "pass", ""),
        ("0.05", "128", "pass", ""),
        ("0.1", "64", "warn", "learning_rate: 0.025"),
        ("0.4", "256", "fail", "learning_rate: 0.1 "),
        ("0.4", "1024", "pass", ""),
    ],
)
def test_the_learning_rate_is_scaled_by_the_batch(check, rate: str, batch: str, status: str, fix: str) -> None:
    checked = check("--learning-rate", rate, "--batch-size", batch)
    assert checked.status == status
    assert fix in f"{checked.fixes} "


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("nothing.pdparams",),
        ("trained.pdparams",),
        ("distilled.pdparams", "--student", "right/inference.json"),
        ("--learning-rate", "0.1"),
    ],
)
def test_wrong_use_is_told(check, arguments: tuple[str, ...]) -> None:
    assert check(*arguments).status == "usage"
