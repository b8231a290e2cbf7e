from __future__ import annotations

import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from check_support import Checked, run_check

# A check's own functions, asked by the Python that has Pillow: how the photographs are made and prepared.
ASK = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("preprocess_check", sys.argv[1])
check = importlib.util.module_from_spec(spec)
sys.modules["preprocess_check"] = check
spec.loader.exec_module(check)
path = check.make_photo(sys.argv[2], 0, (1280, 720))
seconds, batch = check.prepare(path, 224)
assert len(seconds) == len(check.STEPS) and min(seconds) >= 0
assert batch.shape == (1, 3, 224, 224) and batch.dtype == "float32" and batch.flags.c_contiguous
from PIL import Image
import numpy
image = Image.open(path).convert("RGB").resize((455, 256), Image.BILINEAR).crop((115, 16, 339, 240))
expected = (numpy.asarray(image) / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
assert numpy.abs(batch[0].transpose(1, 2, 0) - expected).max() < 1e-5
reduced = check.prepare(path, 224, reduced=True)[1]
assert 0 < numpy.abs(reduced - batch).mean() < 0.1
"""


@pytest.fixture(scope="module")
def large(paddle_python: Path, small_models: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Checked, Path]:
    """Return the report on large images before a network that takes next to no time, and its chart."""
    plot = tmp_path_factory.mktemp("plot") / "chart.svg"
    arguments = ["--size", "3000x2000", "--model", small_models / "plain", "--plot", plot]
    return run_check("preprocess", *arguments, python=paddle_python), plot


def test_large_images_before_a_quick_network_fail_with_what_was_measured_to_help(large: tuple[Checked, Path]) -> None:
    checked, _ = large
    assert checked.status == "fail"
    assert 'image.draft("RGB", (56, 37))' in checked.fixes  # the short side is 256/224 of the input's 32
    assert "multiprocessing.Pool(" in checked.fixes
    assert checked.facts["processes_needed"] > 1
    assert "of 255; validate the accuracy" in checked.fixes


def test_the_steps_add_up_to_the_share(large: tuple[Checked, Path]) -> None:
    facts = large[0].facts
    steps = sum(facts[f"{step}_ms"] for step in ("read", "decode", "resize", "crop", "normalise", "to_batch"))
    assert steps == pytest.approx(facts["preprocess_ms"], abs=0.1)
    assert facts["preprocess_share"] == pytest.approx(steps / (steps + facts["network_ms"]), abs=0.02)
    assert facts["processes_needed"] == pytest.approx(facts["preprocess_ms"] / facts["network_ms"], rel=0.1, abs=1)


def test_the_chart_shows_every_step_and_the_network(large: tuple[Checked, Path]) -> None:
    checked, plot = large
    drawn = [text.text or "" for text in ET.parse(plot).getroot().iter("{http://www.w3.org/2000/svg}text")]
    assert {"read", "decode", "resize", "crop", "normalise", "to batch", "milliseconds"} <= set(drawn)
    assert len(checked.facts["chart"].splitlines()) == 8


def test_small_images_before_a_slow_network_pass(paddle_python: Path) -> None:
    checked = run_check("preprocess", "--size", "64x64", "--network", "ResNet50", python=paddle_python)
    assert checked.status == "pass"
    assert "speed up the network first" in checked.document["summary"]
    assert checked.facts["preprocess_share"] < 0.5


def test_images_are_prepared_as_paddleclas_does(paddle_python: Path, tmp_path: Path) -> None:
    script = Path(__file__).parents[2] / "content" / "checks" / "preprocess.py"
    done = subprocess.run([paddle_python, "-c", ASK, script, tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_damaged_image_among_good_ones_is_named(paddle_python: Path, small_models: Path, tmp_path: Path) -> None:
    make = "import sys; from PIL import Image; Image.new('RGB', (300, 200), 'red').save(sys.argv[1])"
    for name in ("一.jpg", "b.png"):
        subprocess.run([paddle_python, "-c", make, tmp_path / name], check=True)
    (tmp_path / "cut off.jpg").write_bytes((tmp_path / "一.jpg").read_bytes()[:300])
    (tmp_path / "empty.jpg").write_bytes(b"")
    arguments = ["--images", tmp_path, "--model", small_models / "plain"]
    checked = run_check("preprocess", *arguments, python=paddle_python)
    assert "2 of 4 images cannot be decoded: cut off.jpg, empty.jpg" in checked.said
    assert checked.facts["images"] == 2
    assert str(tmp_path) not in checked.said


def test_input_that_cannot_be_used_is_said(paddle_python: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "zeros.jpg").write_bytes(b"\0" * 5000)
    empty = tmp_path / "empty"
    empty.mkdir()
    for arguments, said in [
        (["--images", tmp_path / "nowhere"], "is no folder"),
        (["--images", empty], "holds no images"),
        (["--images", broken], "none of the 1 images can be decoded"),
        (["--size", "huge"], "e.g. 1920x1080"),
        (["--size", "99999x99999"], "16 to 10000"),
        (["--side", "0"], "1 to 4096"),
    ]:
        checked = run_check("preprocess", *arguments, python=paddle_python)
        assert checked.status == "usage", checked.document
        assert said in checked.document["summary"]
        assert str(tmp_path) not in checked.said
