"""The check of imbalance counts rightly, weighs as published, and recommends what fits."""

from __future__ import annotations

import json
import math
import subprocess
from pathlib import Path

import pytest
from check_support import run_check


def write(folder: Path, counts: dict[int, int], name: str = "list.txt") -> None:
    lines = [f"{label}/{number}.jpg {label}\n" for label, count in counts.items() for number in range(count)]
    (folder / name).write_text("".join(lines))


def check(folder: Path, *arguments: str, **counts: dict[int, int]):
    for name, of_list in counts.items():
        write(folder, of_list, f"{name}.txt")
    return run_check("imbalance", *(f"{name}.txt" for name in counts), *arguments, cwd=folder)


def test_even_classes_pass(tmp_path):
    checked = check(tmp_path, train={0: 100, 1: 120, 2: 110})
    assert checked.status == "pass"
    assert checked.facts["imbalance_ratio"] == 1.2
    assert checked.facts["evenness"] == pytest.approx(0.9976, abs=2e-4)


def test_a_ratio_of_three_is_where_warnings_start(tmp_path):
    assert check(tmp_path, train={0: 299, 1: 100}).status == "pass"
    assert check(tmp_path, train={0: 300, 1: 100}).status == "warn"


def test_the_sampler_recommended_meets_its_own_conditions(tmp_path):
    checked = check(tmp_path, "--batch", "64", train={label: 40 + 40 * label for label in range(10)})
    # 64 / 8 = 8 different classes of 10 in a batch; with 4 there would have to be 16
    assert "PKSampler, batch_size: 64, sample_per_id: 8, sample_method: id_avg_prob" in checked.fixes


def test_two_classes_are_balanced_by_repeating_lines(tmp_path):
    checked = check(tmp_path, "--batch", "1", train={0: 500, 1: 50})
    assert "write each line of label 1 10 times into the list" in checked.fixes


def test_a_long_tail_is_trained_in_two_stages(tmp_path):
    checked = check(tmp_path, train={0: 3000, 1: 30})
    assert checked.status == "warn"
    assert "freeze all but the last layer" in checked.fixes


def test_loss_weights_are_those_of_the_paper(tmp_path):
    counts = {0: 500, 1: 50, 2: 25}
    checked = check(tmp_path, "--beta", "0.99", train=counts)
    raw = [(1 - 0.99) / (1 - 0.99**count) for count in counts.values()]
    expected = [weight * 3 / sum(raw) for weight in raw]
    assert checked.facts["loss_weights"] == pytest.approx(expected, rel=1e-3)
    assert math.fsum(checked.facts["loss_weights"]) == pytest.approx(3, rel=1e-3)


def test_sampler_weights_make_all_classes_equally_likely(tmp_path):
    counts = {0: 400, 1: 100, 2: 25}
    weights = check(tmp_path, train=counts).facts["sampler_weights"]
    shares = [weight * counts[label] for label, weight in enumerate(weights)]
    assert shares == pytest.approx([shares[0]] * 3, rel=1e-3)


def test_beta_zero_weighs_all_classes_alike(tmp_path):
    assert check(tmp_path, "--beta", "0", train={0: 90, 1: 20}).facts["loss_weights"] == [1, 1]


def test_weights_stand_at_their_label(tmp_path):
    weights = check(tmp_path, train={0: 40, 3: 20}).facts["sampler_weights"]
    assert len(weights) == 4
    assert weights[3] == pytest.approx(2 * weights[0], rel=1e-3)


def test_a_small_class_is_a_warning_with_the_images_to_add(tmp_path):
    checked = check(tmp_path, train={0: 30, 1: 12})
    assert checked.status == "warn"
    assert "add 8 images (8 of label 1)" in checked.fixes


def test_a_class_with_too_few_images_fails(tmp_path):
    checked = check(tmp_path, train={0: 30, 1: 4})
    assert checked.status == "fail"
    assert "the smallest is label 1 with 4" in checked.said


def test_one_class_alone_fails(tmp_path):
    assert check(tmp_path, train={0: 50}).status == "fail"


def test_a_class_without_a_training_image_fails(tmp_path):
    checked = check(tmp_path, train={0: 30, 1: 30}, val={0: 5, 1: 5, 2: 5})
    assert checked.status == "fail"
    assert "add images of these labels to train.txt, the first at val.txt:11" in checked.fixes


def test_a_class_that_is_never_measured_is_a_warning(tmp_path):
    checked = check(tmp_path, train={0: 30, 1: 30}, val={0: 5})
    assert checked.status == "warn"
    assert "move some images of these labels from train.txt to val.txt" in checked.fixes


def test_weights_of_many_classes_are_written_and_not_printed(tmp_path):
    checked = check(tmp_path, "--weights", "w.json", train={label: 20 + label % 5 for label in range(300)})
    written = json.loads((tmp_path / "w.json").read_text())
    assert len(written["loss_weights"]) == len(written["classes"]) == 300
    assert "loss_weights" not in checked.facts
    assert 'open("w.json")' in checked.facts["paste"]


def test_weights_never_go_over_a_file(tmp_path):
    (tmp_path / "w.json").write_text("mine")
    assert check(tmp_path, "--weights", "w.json", train={0: 30, 1: 30}).status == "usage"
    assert (tmp_path / "w.json").read_text() == "mine"


def test_lines_that_were_not_counted_are_said(tmp_path):
    write(tmp_path, {0: 30, 1: 30})
    with (tmp_path / "list.txt").open("a") as stream:
        stream.write("x.jpg cat\ny.jpg -100\n")
    checked = run_check("imbalance", "list.txt", cwd=tmp_path)
    assert checked.status == "warn"
    assert "lines not counted: 2, the first at list.txt:61" in checked.said
    assert "python labels.py list.txt" in checked.fixes


@pytest.mark.parametrize("text", ["", "a.jpg cat\n", "a.jpg 99999999999\nb.jpg 0\n", "\n\n"])
def test_a_list_without_usable_labels_is_wrong_use(tmp_path, text):
    (tmp_path / "list.txt").write_text(text)
    assert run_check("imbalance", "list.txt", cwd=tmp_path).status == "usage"


def test_what_is_pasted_gives_paddle_a_loss_and_a_balanced_sampler(tmp_path, paddle_python):
    facts = check(tmp_path, train={0: 60, 1: 30, 2: 20}).facts
    script = f"""
import json, numpy, paddle
numpy.random.seed(1)
labels = [0] * 60 + [1] * 30 + [2] * 20
loss_weights = {facts["loss_weights"]}
sampler_weights = {facts["sampler_weights"]}
{facts["paste"]}
drawn = [labels[index] for _ in range(20) for index in sampler]
shares = [drawn.count(label) / len(drawn) for label in range(3)]
print(json.dumps([shares, float(loss(paddle.eye(3), paddle.arange(3)))]))
"""
    done = subprocess.run([str(paddle_python), "-c", script], capture_output=True, text=True, check=True)
    shares, loss = json.loads(done.stdout.splitlines()[-1])
    assert shares == pytest.approx([1 / 3] * 3, abs=0.05)
    assert loss == pytest.approx(math.log(math.e + 2) - 1, rel=1e-4)


@pytest.mark.parametrize("arguments", [[], ["--beta", "1"], ["--beta", "nan"], ["--batch", "0"]])
def test_arguments_out_of_range_are_wrong_use(tmp_path, arguments):
    write(tmp_path, {0: 30, 1: 30})
    named = ["list.txt", *arguments] if arguments else []
    assert run_check("imbalance", *named, cwd=tmp_path).status == "usage"
