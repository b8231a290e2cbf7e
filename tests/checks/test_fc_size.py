"""The check of the FC layer's size counts as Paddle does and recommends only what saves."""

from __future__ import annotations

import json
import subprocess

import pytest
from check_support import run_check

CASES = [(2048, 1000, 256), (2048, 1000, 671), (1280, 100, 64), (512, 7, 3)]


def test_resnet50_with_a_thousand_classes_may_have_671_at_most():
    assert (
        run_check("fc-size", "--network", "resnet50", "--class-num", "1000").facts["widest_bottleneck_that_saves"]
        == 671
    )


def test_width_671_saves_and_672_does_not():
    saved = run_check("fc-size", "--features", "2048", "--class-num", "1000", "--bottleneck", "671")
    lost = run_check("fc-size", "--features", "2048", "--class-num", "1000", "--bottleneck", "672")
    assert saved.status == "pass"
    assert lost.status == "fail"
    assert "--bottleneck 671 at most" in lost.fixes


def test_the_figures_of_the_answer_are_right():
    checked = run_check("fc-size", "--features", "2048", "--class-num", "100000")
    assert checked.status == "warn"
    assert checked.facts["fc_float32_bytes"] == 819_600_000
    assert checked.facts["fc_float16_bytes"] == 409_800_000
    (row,) = (row for row in checked.facts["bottlenecks"] if row["K"] == 256)
    assert row["float32_MB"] == 104.9
    assert "nn.Linear(2048, 512), nn.Linear(512, 100000)" in checked.fixes


def test_a_small_layer_needs_nothing():
    checked = run_check("fc-size", "--network", "ResNet50", "--class-num", "10")
    assert checked.status == "pass"
    assert checked.facts["fc_share"] < 0.01


def test_a_layer_that_is_most_of_the_network_gets_a_fix_for_paddleclas():
    checked = run_check("fc-size", "--network", "mobilenetv3_large", "--class-num", "20000")
    assert checked.status == "warn"
    assert "embedding_size: 512, class_num: 20000" in checked.fixes


def test_a_width_that_saves_is_not_warned_about():
    assert run_check("fc-size", "--features", "2048", "--class-num", "100000", "--bottleneck", "256").status == "pass"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--class-num", "0", "--features", "8"],
        ["--class-num", "10", "--network", "none"],
        ["--class-num", "10", "--network", "resnet50", "--features", "512"],
        ["--class-num", "9" * 5000, "--features", "8"],
        ["--class-num", "10", "--features", "8", "--bottleneck", "-1"],
    ],
)
def test_what_cannot_be_counted_is_wrong_use(arguments):
    assert run_check("fc-size", *arguments).status == "usage"


def test_one_class_and_one_feature_save_nothing():
    checked = run_check("fc-size", "--features", "1", "--class-num", "1", "--bottleneck", "1")
    assert checked.facts["widest_bottleneck_that_saves"] == 0
    assert "leave the narrower layer out" in checked.fixes


@pytest.fixture(scope="module")
def counted(paddle_python):
    """What Paddle counts: FC layers alone, and its own networks."""
    script = f"""
import json, math, paddle
from paddle import nn
from paddle.vision import models
def count(layer): return sum(math.prod(p.shape) for p in layer.parameters() if not p.stop_gradient)
cases = [[count(nn.Linear(c, n)), count(nn.Sequential(nn.Linear(c, k), nn.Linear(k, n)))] for c, n, k in {CASES}]
networks = {{}}
for name in ("resnet18", "resnet50", "mobilenet_v1", "mobilenet_v2", "mobilenet_v3_large", "mobilenet_v3_small"):
    network = getattr(models, name)(num_classes=10)
    last = [layer for layer in network.sublayers() if isinstance(layer, nn.Linear)][-1]
    networks[name] = [last.weight.shape[0], count(network)]
print(json.dumps([cases, networks]))
"""
    done = subprocess.run([str(paddle_python), "-c", script], capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("case", range(len(CASES)))
def test_layers_have_as_many_parameters_as_in_paddle(counted, case):
    features, classes, width = CASES[case]
    checked = run_check("fc-size", "--features", f"{features}", "--class-num", f"{classes}", "--bottleneck", f"{width}")
    (row,) = (row for row in checked.facts["bottlenecks"] if row["K"] == width)
    assert [checked.facts["fc_parameters"], row["parameters"]] == counted[0][case]


def test_networks_have_as_many_features_and_parameters_as_in_paddle(counted):
    for name, (features, parameters) in counted[1].items():
        facts = run_check("fc-size", "--network", name, "--class-num", "10").facts
        assert [facts["features"], facts["network_parameters"]] == [features, parameters]
