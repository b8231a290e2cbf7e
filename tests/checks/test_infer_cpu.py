from __future__ import annotations

import random
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from check_support import Checked, load_check, run_check

infer_cpu = load_check("infer-cpu")


class Machine(infer_cpu.Bench):
    """A made-up machine: times follow a formula, with noise; what each setting cost is added up."""

    def __init__(self, cores: int, serial: float, onednn_gain: float, seed: int) -> None:
        super().__init__([])
        self.cores, self.serial, self.onednn_gain = cores, serial, onednn_gain
        self.noise = random.Random(seed)
        self.visits = 0

    def start(self, settings: object) -> None:
        pass

    def true_seconds(self, setting) -> float:
        threads = min(setting.threads, self.cores)
        work = 0.02 * setting.batch / (self.onednn_gain if setting.onednn else 1)
        crowd = 1 + 0.2 * max(0, setting.threads - self.cores)
        return (0.0005 + work * (self.serial + (1 - self.serial) / threads)) * crowd + 0.0001 * threads

    def time_one(self, setting) -> float:
        self.visits += 1
        return self.true_seconds(setting) * self.noise.uniform(0.97, 1.06)


MACHINES = [
    (cores, serial, gain) for cores in (1, 2, 6, 16, 64) for serial in (0.02, 0.1, 0.5) for gain in (0.8, 1.05, 2, 5)
]


@pytest.mark.parametrize(("cores", "serial", "gain"), MACHINES)
def test_the_search_finds_what_a_full_sweep_finds(cores: int, serial: float, gain: float) -> None:
    threads, batches = infer_cpu.thread_counts(cores), [1, 4, 16]
    machine = Machine(cores, serial, gain, seed=cores)
    infer_cpu.search(machine, threads, batches, lambda text: None)
    everything = [infer_cpu.Setting(on, count, size) for on in (True, False) for count in threads for size in batches]
    for sizes in ([1], batches):
        best = max(s.batch / machine.true_seconds(s) for s in everything if s.batch in sizes)
        found = infer_cpu.best_of(machine, [setting for setting in machine.seconds if setting.batch in sizes])
        assert found.batch / machine.true_seconds(found) > 0.9 * best
    # The last race, between the best of each batch size, comes on top; with one core there is nothing to save it from.
    last_race = len(batches) if cores == 1 else 0
    assert machine.visits <= infer_cpu.TURNS * (len(everything) + last_race)


def test_the_search_takes_a_fraction_of_a_full_sweep_on_a_large_machine() -> None:
    machine = Machine(64, 0.05, 5, seed=1)
    infer_cpu.search(machine, infer_cpu.thread_counts(64), [1, 4, 16], lambda text: None)
    swept = Machine(64, 0.05, 5, seed=1)
    infer_cpu.sweep_fully(swept, infer_cpu.thread_counts(64), [1, 4, 16], lambda text: None)
    assert machine.visits < swept.visits / 2


def test_a_crash_of_one_setting_leaves_the_search_its_others() -> None:
    class Crashing(Machine):
        def time_one(self, setting) -> float:
            if setting.onednn:
                raise infer_cpu.Crashed("no such operator")
            return super().time_one(setting)

    machine = Crashing(4, 0.1, 2, seed=1)
    infer_cpu.search(machine, [1, 2, 4], [1, 4], lambda text: None)
    assert infer_cpu.best_of(machine, list(machine.seconds)).threads == 4


@pytest.mark.parametrize(("cores", "counts"), [(1, [1]), (2, [1, 2]), (6, [1, 2, 3, 4, 6]), (8, [1, 2, 4, 8])])
def test_threads_tried_end_at_the_cores(cores: int, counts: list[int]) -> None:
    assert infer_cpu.thread_counts(cores) == counts


@pytest.fixture(scope="module")
def too_many(paddle_python: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Checked, Path]:
    """Return the report on 100 threads without oneDNN, and the chart it drew."""
    plot = tmp_path_factory.mktemp("plot") / "chart.svg"
    arguments = ["--network", "MobileNetV3_large_x1_0", "--current-threads", 100, "--current-onednn", "off"]
    return run_check("infer-cpu", *map(str, arguments), "--batches", "1", "--plot", plot, python=paddle_python), plot


def test_a_hundred_threads_without_onednn_fail_with_the_lines_to_set(too_many: tuple[Checked, Path]) -> None:
    checked, _ = too_many
    threads = checked.facts["best_for_latency"].split(", ")[1].split()[0]
    assert checked.status == "fail"
    assert checked.facts["possible_speedup"] > 2
    assert "100 threads take turns on" in checked.said
    assert f"config.SetCpuMathLibraryNumThreads({threads}); config.EnableMKLDNN();" in checked.fixes
    assert f"config.set_cpu_math_library_num_threads({threads}); config.enable_mkldnn()" in checked.fixes


def test_the_sweep_holds_each_setting_with_its_figures(too_many: tuple[Checked, Path]) -> None:
    checked, _ = too_many
    row = checked.facts["sweep"][0]
    assert set(row) == {"onednn", "threads", "batch", "images_per_second", "wait_ms"}
    assert {(row["onednn"], row["threads"]) for row in checked.facts["sweep"]} >= {("on", 1), ("off", 1), ("off", 100)}
    assert checked.facts["onednn_speedup"] > 0


def test_the_chart_is_drawn_in_text_and_as_valid_svg(too_many: tuple[Checked, Path]) -> None:
    checked, plot = too_many
    rows = len(checked.facts["sweep"])
    assert len(checked.facts["chart"].splitlines()) == rows + 1
    root = ET.parse(plot).getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    texts = [text.text or "" for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "images per second" in texts
    assert sum("oneDNN" in text for text in texts) == rows


ONE_CORE = ("taskset", "-c", "0")


def test_a_model_that_crashes_with_onednn_is_a_finding(paddle_python: Path, small_models: Path) -> None:
    arguments = ["--model", small_models / "enlarging", "--batches", "1"]
    checked = run_check("infer-cpu", *arguments, python=paddle_python, prefix=ONE_CORE)
    assert checked.status == "fail"
    assert "does not run with oneDNN on" in checked.document["summary"]
    assert "config.DisableMKLDNN();" in checked.fixes


def test_one_core_leaves_one_thread_and_a_model_of_a_fixed_batch_is_fed_that_batch(
    paddle_python: Path, small_models: Path
) -> None:
    arguments = ["--model", small_models / "two at once" / "inference", "--current-threads", "1"]
    checked = run_check("infer-cpu", *arguments, python=paddle_python, prefix=ONE_CORE)
    assert checked.facts["cores"] == 1
    assert {row["threads"] for row in checked.facts["sweep"]} == {1}
    assert checked.facts["fixed_batch"] == 2
    assert {row["batch"] for row in checked.facts["sweep"]} == {2}


def test_input_that_cannot_be_used_is_said(paddle_python: Path, small_models: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_bytes(b"\0" * 100)
    (tmp_path / "broken.pdiparams").write_bytes(b"")
    (tmp_path / "notes.svg").write_text("my notes")
    for arguments, said in [
        (["--model", tmp_path / "broken"], "cannot load it"),
        (["--model", tmp_path / "nothing"], "no exported model there"),
        (["--network", "resnet5000"], "resnet50"),
        (["--batches", "1,many"], "whole numbers"),
        (["--batches", "100000"], "1 to 256"),
        (["--current-threads", "0"], "1 to 1024"),
        (["--plot", tmp_path / "notes.svg"], "is no SVG"),
        (["--plot", tmp_path / "chart.png"], "ends in .svg"),
    ]:
        checked = run_check("infer-cpu", *arguments, python=paddle_python)
        assert checked.status == "usage", checked.document
        assert said in checked.document["summary"]
        assert str(tmp_path) not in checked.said
    assert (tmp_path / "notes.svg").read_text() == "my notes"


def test_a_model_of_before_paddle_3_is_timed_and_nothing_beside_it_is_run(paddle_python, older_model):
    arguments = ["--model", older_model, "--batches", "1"]
    checked = run_check("infer-cpu", *arguments, python=paddle_python, prefix=ONE_CORE)
    assert checked.status in {"pass", "warn", "fail"}, checked.said
    assert checked.facts["most_images_per_second"] > 0
    assert not (older_model / "mark").exists()
