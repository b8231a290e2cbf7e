from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from check_support import Checked, run_check

TWO = ["--only", "--network", "MobileNetV3-Small", "--network", "resnet18"]


@pytest.fixture(scope="module")
def compared(paddle_python: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Checked, Path]:
    """Return the report on two networks that need no more than a minute and 20 MB, and the chart."""
    plot = tmp_path_factory.mktemp("plot") / "nets.svg"
    arguments = [*TWO, "--target-ms", "60000", "--max-mb", "20", "--plot", plot]
    return run_check("nets", *arguments, python=paddle_python), plot


def test_a_network_that_meets_what_is_needed_is_named(compared: tuple[Checked, Path]) -> None:
    checked, _ = compared
    assert checked.status == "pass"
    assert "mobilenet_v3_small: within 60000 ms an image and 20 MB on disk" in checked.said


def test_each_network_is_counted_and_timed(compared: tuple[Checked, Path]) -> None:
    checked, _ = compared
    small = next(row for row in checked.facts["networks"] if row["network"] == "mobilenet_v3_small")
    # As published: 2.5 million parameters and 56 to 60 million multiply-adds; 4 bytes a parameter on disk.
    assert small["parameters_million"] == pytest.approx(2.5, abs=0.1)
    assert small["flops_million"] == pytest.approx(58, abs=4)
    assert small["model_bytes"] == pytest.approx(4 * 2.55e6, rel=0.05)
    assert min(small["one_image_ms"], small["batch_8_images_per_second"], small["onednn_speedup"]) > 0


def test_the_ratio_of_flops_stands_beside_the_ratio_of_times(compared: tuple[Checked, Path]) -> None:
    checked, _ = compared
    assert checked.facts["flops_ratio"] == pytest.approx(1814 / 60, rel=0.05)
    assert f"resnet18 has {checked.facts['flops_ratio']:.1f} times the FLOPs of mobilenet_v3_small" in checked.said


def test_the_chart_names_every_network(compared: tuple[Checked, Path]) -> None:
    checked, plot = compared
    drawn = {text.text for text in ET.parse(plot).getroot().iter("{http://www.w3.org/2000/svg}text")}
    assert {"mobilenet_v3_small", "resnet18", "milliseconds for one image"} <= drawn
    assert len(checked.facts["chart"].splitlines()) == 3


def test_no_network_that_is_small_enough_fails_with_others_to_try(paddle_python: Path) -> None:
    arguments = ["--only", "--network", "MobileNetV3-Small", "--max-mb", "3"]
    checked = run_check("nets", *arguments, python=paddle_python)
    assert checked.status == "fail"
    assert "mobilenet_v3_small comes nearest" in checked.document["summary"]
    assert "--network shufflenet_v2_x0_25" in checked.fixes
    assert "--network mobilenet_v3_small" not in checked.fixes
    assert "--max-mb 3" in checked.fixes


def test_input_that_cannot_be_used_is_said(paddle_python: Path, tmp_path: Path) -> None:
    for arguments, said in [
        (["--only"], "--only --network resnet18"),
        (["--only", "--network", "nothing"], "mobilenet_v3_small"),
        (["--target-ms", "nan"], "above 0"),
        (["--max-mb", "-1"], "above 0"),
        (["--plot", tmp_path], "ends in .svg"),
    ]:
        checked = run_check("nets", *arguments, python=paddle_python)
        assert checked.status == "usage", checked.document
        assert said in checked.document["summary"]
