from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from check_support import load_check, run_check

infer_gpu = load_check("infer-gpu")

T4 = {"name": "Tesla T4", "driver": "550.54", "memory_mib": 15360.0, "free_mib": 15000.0, "compute_capability": 7.5}
ALL_GOOD: dict[str, Any] = {
    "pci_cards": 1,
    "devices": 1,
    "driver_loaded": True,
    "nvidia_smi": True,
    "gpus": [T4],
    "container": False,
    "cuda_visible_devices": None,
    "paddle_version": "3.3.1",
    "paddle_cuda": True,
    "cuda_version": "12.6",
    "cuda_gpus": 1,
    "capability": 7.5,
    "paddle_tensorrt": True,
    "tensorrt_version": "10.5.0",
}
NO_DRIVER = {"devices": 0, "driver_loaded": False, "nvidia_smi": False, "gpus": []}
MACHINES = {
    "no driver": (NO_DRIVER, "fail", "no driver is loaded", "ubuntu-drivers install"),
    "container without --gpus": (
        {"devices": 0, "nvidia_smi": False, "gpus": [], "container": True},
        "fail",
        "this container was not given it",
        "docker run --gpus all",
    ),
    "driver of two versions": ({"gpus": []}, "fail", "nvidia-smi does not answer", "restart the machine"),
    "hidden": ({"cuda_visible_devices": "-1"}, "fail", "hides every GPU", "unset CUDA_VISIBLE_DEVICES"),
    "no Paddle": ({"paddle_version": None}, "warn", "Paddle was not found", "--python"),
    "CPU wheel": ({"paddle_cuda": False}, "fail", "silently stays on the CPU", "'paddlepaddle-gpu>=3.0,<4'"),
    "driver too old": ({"cuda_gpus": 0}, "fail", "finds no GPU", "update the driver (550.54 here)"),
    "old GPU": (
        {"gpus": [T4 | {"name": "GTX 1080", "compute_capability": 6.1}]},
        "warn",
        "compute capability 6.1: FP16 works but brings no speed",
        "PrecisionType::kFloat32",
    ),
    "very old GPU": ({"gpus": [T4 | {"compute_capability": 5.0}]}, "warn", "FP16 does not work", "stay with FP32"),
    "memory taken": ({"gpus": [T4 | {"free_mib": 300.0}]}, "warn", "300 of 15360 MiB", "CUDA_VISIBLE_DEVICES=1"),
    "TensorRT missing": ({"tensorrt_version": None}, "warn", "the TensorRT library is missing", "'tensorrt==10.5.*'"),
    "TensorRT missing, CUDA 11": (
        {"tensorrt_version": None, "cuda_version": "11.8"},
        "warn",
        "the TensorRT library is missing",
        "'tensorrt==8.6.*'",
    ),
    "no paddle.tensorrt": ({"paddle_tensorrt": False}, "warn", "paddle.tensorrt is missing", "paddlepaddle-gpu"),
}


@pytest.mark.parametrize("name", MACHINES)
def test_what_is_missing_is_named_with_its_fix(name: str) -> None:
    change, status, said, fix = MACHINES[name]
    (finding,) = [one for one in infer_gpu.diagnose(ALL_GOOD | change) if one["status"] != "pass"]
    assert finding["status"] == status
    assert said in finding["what"]
    assert finding["why"]
    assert fix in finding["fix"]


def test_a_machine_with_all_of_it_passes() -> None:
    findings = infer_gpu.diagnose(ALL_GOOD)
    assert {finding["status"] for finding in findings} == {"pass"}
    said = "\n".join(finding["what"] for finding in findings)
    for part in ("Tesla T4", "CUDA 12.6", "tensor cores", "TensorRT 10.5.0"):
        assert part in said


@pytest.mark.parametrize(
    ("times", "status", "said"),
    [
        ({"cpu_batch_8_ms": 100.0, "gpu_batch_8_ms": 5.0, "fp16_batch_8_ms": 2.0}, "pass", "2.5 times as fast again"),
        ({"cpu_batch_8_ms": 100.0, "gpu_batch_8_ms": 5.0, "fp16_batch_8_ms": 4.8}, "pass", "makes no difference"),
        ({"cpu_batch_8_ms": 5.0, "gpu_batch_8_ms": 9.0, "fp16_batch_8_ms": 9.0}, "warn", "9.0 ms on the GPU"),
        ({"cpu_batch_8_ms": 5.0, "gpu_problem": "RuntimeError: no cuDNN"}, "fail", "no cuDNN"),
        ({"problem": "not done after 180 s"}, "fail", "not done after 180 s"),
    ],
)
def test_times_decide_whether_gpu_and_fp16_pay(times: dict[str, Any], status: str, said: str) -> None:
    findings = infer_gpu.judge_times(times, ALL_GOOD)
    assert status in {finding["status"] for finding in findings}
    assert said in "\n".join(finding["what"] for finding in findings)
    assert all(finding["fix"] for finding in findings if finding["status"] != "pass")


def test_the_answer_of_nvidia_smi_is_read_with_and_without_compute_capability() -> None:
    assert infer_gpu._gpu("Tesla T4, 550.54, 15360, 15000, 7.5") == T4
    assert infer_gpu._gpu("Tesla K80, 450.51, 11441, [N/A]")["compute_capability"] is None


def test_a_stand_in_for_nvidia_smi_that_hangs_or_fails_is_no_gpu(tmp_path: Path) -> None:
    smi = tmp_path / "nvidia-smi"
    smi.write_text("#!/bin/sh\necho Failed to initialize NVML\nexit 18\n")
    smi.chmod(0o755)
    assert infer_gpu._ask_smi(str(smi)) == []


def test_the_cpu_wheel_of_the_users_python_is_found_out(paddle_python: Path) -> None:
    facts = ALL_GOOD | infer_gpu.look_at_paddle(str(paddle_python), infer_gpu.Report())
    assert facts["paddle_cuda"] is False
    assert "is a CPU wheel" in infer_gpu.diagnose(facts)[0]["what"]


def test_without_a_gpu_it_skips_and_says_what_it_looked_for() -> None:
    if shutil.which("nvidia-smi"):
        pytest.skip("this machine has an NVIDIA GPU")
    checked = run_check("infer-gpu")
    assert checked.code == 77
    for looked_for in ("PCI bus", "/dev/nvidia*", "driver", "nvidia-smi"):
        assert looked_for in checked.document["summary"]


def test_a_python_that_is_none_is_said() -> None:
    checked = run_check("infer-gpu", "--python", "no/such/python")
    assert checked.status == "usage"
    assert "--python python is no program" in checked.document["summary"]
