# /// script
# requires-python = ">=3.9"
# dependencies = []
#
# [tool.faq-check]
# id = "infer-gpu"
# version = "1.0"
# title = "Can the GPU, TensorRT and FP16 speed up prediction here?"
# title_zh = "GPU、TensorRT、FP16 在这里能用吗？不能的话卡在哪？"
# answers = ["faq_2021_s1/Q1.5", "en/faq_2021_s1/Q1.5"]
# reads = ["NVIDIA devices and driver of this machine", "Paddle as installed for the Python named by --python"]
# writes = []
# needs = ["gpu"]
# limit_seconds = 300
# ///
"""Find out whether the GPU, TensorRT and FP16 can speed up prediction here, and what is missing.

Looks for an NVIDIA GPU, its driver and compute capability, the flags of the container, and the Paddle that you use:
whether its wheel is built with CUDA, and whether TensorRT can be loaded. Where all is there it times a network on CPU,
GPU and GPU with FP16. Brings no Paddle of its own, since that would say nothing about yours: run it with the Python
that you predict with, or name that one with --python. Ends as skipped where the machine has no NVIDIA GPU.
"""

from __future__ import annotations

import argparse
import glob
import importlib.util
import shutil

FP16_FAST = 7.0  # compute capability with tensor cores
FP16_WORKS = 5.3  # below it there is no FP16 arithmetic at all
LEAST_FREE_MIB = 1500  # the CUDA context, cuDNN and a classifier
DIFFERENT = 1.15  # a ratio nearer to 1 is noise
PROBE_SECONDS = 90  # `import paddle` from a cold disk
TIMING_SECONDS = 180
DOCKER = "docker run --gpus all IMAGE (the host needs nvidia-container-toolkit)"
GPU_WHEEL = (
    "python -m pip uninstall -y paddlepaddle; python -m pip install 'paddlepaddle-gpu>=3.0,<4'"
    " -i https://www.paddlepaddle.org.cn/packages/stable/cu126/"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the check can be told."""
    parser.add_argument(
        "--python", metavar="PATH", help="the Python that you predict with (default: the one that runs)"
    )


def measure(arguments: argparse.Namespace, report: Report) -> None:
    """Look at the machine, say what is missing; time CPU, GPU and FP16 where nothing is."""
    python = _python(arguments.python)
    report.progress("looking for a GPU")
    facts = look_at_machine()
    if not (facts["pci_cards"] or facts["devices"] or facts["gpus"] or facts["driver_loaded"]):
        raise Skip(
            "no NVIDIA GPU here: no card on the PCI bus, no /dev/nvidia* or /dev/dxg, no loaded driver, no nvidia-smi"
            " that answers",
            "run it where the GPU is; for prediction on this machine see infer-cpu.py",
        )
    facts.update(look_at_paddle(python, report))
    report.facts.update({name: value for name, value in facts.items() if value is not None})
    findings = diagnose(facts)
    if all(finding["status"] != "fail" for finding in findings) and facts["paddle_cuda"]:
        report.progress("timing CPU, GPU and FP16")
        times = _run_in(python, TIMING, TIMING_SECONDS)
        findings += judge_times(times, facts)
        report.facts.update({name: round(value, 2) for name, value in times.items() if name.endswith("_ms")})
    for finding in findings:
        if finding["status"] == "pass":
            report.good(finding["what"])
        else:
            note = report.fail if finding["status"] == "fail" else report.warn
            note(finding["what"], why=finding["why"], fix=finding["fix"])


def _python(named: str | None) -> str:
    if named is None:
        return sys.executable
    found = shutil.which(named)
    if not found:
        raise WrongUse(f"--python {os.path.basename(named)} is no program; name one, e.g. --python venv/bin/python")
    return found


def look_at_machine() -> dict[str, Any]:
    """Return what the system tells about NVIDIA cards, without any package."""
    smi = shutil.which("nvidia-smi") or next(filter(os.path.exists, ["/usr/lib/wsl/lib/nvidia-smi"]), None)
    return {
        "pci_cards": _pci_cards(),
        "devices": len(glob.glob("/dev/nvidia[0-9]*")) + os.path.exists("/dev/dxg"),  # dxg: GPU of Windows under WSL
        "driver_loaded": os.path.exists("/proc/driver/nvidia/version"),
        "nvidia_smi": smi is not None,
        "gpus": _ask_smi(smi) if smi else [],
        "container": any(map(os.path.exists, ["/.dockerenv", "/run/.containerenv"])) or "container" in os.environ,
        "cuda_visible_devices": os.environ.get("CUDA_VISIBLE_DEVICES"),
    }


def _pci_cards() -> int:
    """Return how many display or compute controllers of NVIDIA are on the bus; a container sees those of its host."""
    count = 0
    for folder in glob.glob("/sys/bus/pci/devices/*"):
        with contextlib.suppress(OSError), open(f"{folder}/vendor") as vendor, open(f"{folder}/class") as kind:
            count += vendor.read().strip() == "0x10de" and kind.read().startswith("0x03")
    return count


def _ask_smi(smi: str) -> list[dict[str, Any]]:
    """Return name, driver, compute capability and memory of each GPU; nothing when the driver does not answer."""
    columns = "name,driver_version,memory.total,memory.free"
    for asked in (f"{columns},compute_cap", columns):  # drivers before 470 do not know compute_cap
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            done = subprocess.run(
                [smi, f"--query-gpu={asked}", "--format=csv,noheader,nounits"],
                capture_output=True,
                timeout=30,
                check=False,
            )
            if done.returncode == 0:
                return [_gpu(line) for line in done.stdout.decode("utf-8", "replace").splitlines() if line.strip()]
    return []


def _gpu(line: str) -> dict[str, Any]:
    name, driver, total, free, *capability = (part.strip() for part in line.split(","))
    return {
        "name": name,
        "driver": driver,
        "memory_mib": _number(total),
        "free_mib": _number(free),
        "compute_capability": _number(capability[0]) if capability else None,
    }


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:  # [N/A], or [Not Supported]
        return None


def look_at_paddle(python: str, report: Report) -> dict[str, Any]:
    """Return what the user's Paddle can do; all None when that Python has none."""
    unknown = dict.fromkeys(("paddle_version", "paddle_cuda", "cuda_version", "cuda_gpus", "tensorrt_version"))
    unknown.update(paddle_tensorrt=None, capability=None)
    if python == sys.executable and importlib.util.find_spec("paddle") is None:
        return unknown
    report.progress("asking Paddle")
    return {**unknown, **_run_in(python, PROBE, PROBE_SECONDS)}


def _run_in(python: str, program: str, seconds: float) -> dict[str, Any]:
    """Run a program with the user's Python; return the JSON that its last line is, or why there is none."""
    try:
        done = subprocess.run([python, "-c", program], capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return {"problem": f"not done after {seconds:g} s"}
    except OSError as error:
        return {"problem": f"cannot be started: {error.strerror}"}
    with contextlib.suppress(ValueError, IndexError):
        return dict(json.loads(done.stdout.splitlines()[-1]))
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return {"problem": f"exit code {done.returncode}: {lines[-1][:300] if lines else 'it said nothing'}"}


PROBE = """
import importlib.metadata, importlib.util, json, os
found = {}
if importlib.util.find_spec("paddle"):
    os.environ.setdefault("GLOG_minloglevel", "2")
    import paddle
    found = {"paddle_version": paddle.__version__, "paddle_cuda": paddle.is_compiled_with_cuda()}
    found["paddle_tensorrt"] = importlib.util.find_spec("paddle.tensorrt") is not None
    if found["paddle_cuda"]:
        found["cuda_version"] = str(paddle.version.cuda())
        try:
            found["cuda_gpus"] = paddle.device.cuda.device_count()
            found["capability"] = float("{}.{}".format(*paddle.device.cuda.get_device_capability(0)))
        except Exception as error:
            found["problem"] = "{}: {}".format(type(error).__name__, " ".join(str(error).split())[:300])
    try:
        found["tensorrt_version"] = importlib.metadata.version("tensorrt")
    except importlib.metadata.PackageNotFoundError:
        from paddle import inference
        version = inference.get_trt_runtime_version()
        found["tensorrt_version"] = ".".join(map(str, version)) if any(version) else None
print(json.dumps(found))
"""

TIMING = """
import json, os, statistics, tempfile, time
os.environ.setdefault("GLOG_minloglevel", "2")
import numpy, paddle
from paddle import inference

def predictor(graph, parameters, way):
    config = inference.Config(graph, parameters)
    config.disable_glog_info()
    if way == "cpu":
        config.disable_gpu()
        config.set_cpu_math_library_num_threads(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 4)
        config.enable_mkldnn()
    else:
        half, single = inference.PrecisionType.Half, inference.PrecisionType.Float32
        config.enable_use_gpu(256, 0, half if way == "fp16" else single)
    return inference.create_predictor(config)

def run(one, images):
    started = time.perf_counter()
    one.get_input_handle(one.get_input_names()[0]).copy_from_cpu(images)
    one.run()
    one.get_output_handle(one.get_output_names()[0]).copy_to_cpu()  # waits for the GPU
    return (time.perf_counter() - started) * 1e3

with tempfile.TemporaryDirectory() as folder:
    network = paddle.vision.models.resnet50()
    network.eval()
    prefix = os.path.join(folder, "inference")
    paddle.jit.save(network, prefix, input_spec=[paddle.static.InputSpec([None, 3, 224, 224], "float32", "x")])
    graph = prefix + (".json" if os.path.exists(prefix + ".json") else ".pdmodel")
    images = numpy.random.default_rng(0).random((8, 3, 224, 224), dtype="float32")
    ways, found = {}, {}
    for way in ("cpu", "gpu", "fp16"):
        try:
            ways[way] = predictor(graph, prefix + ".pdiparams", way)
            for _ in range(5):  # kernels are chosen and memory is taken in the first runs
                run(ways[way], images)
        except Exception as error:
            ways.pop(way, None)
            found[way + "_problem"] = "{}: {}".format(type(error).__name__, " ".join(str(error).split())[:300])
    taken = {way: [] for way in ways}
    for _ in range(10):  # in turns
        for way, one in ways.items():
            taken[way].append(statistics.median(run(one, images) for _ in range(3)))
    found.update({way + "_batch_8_ms": statistics.median(times) for way, times in taken.items()})
print(json.dumps(found))
"""


def diagnose(facts: dict[str, Any]) -> list[dict[str, str]]:
    """Return what the facts about a machine mean, the first thing to mend first; looks at nothing else."""
    missing = _no_device(facts) or _no_gpu_paddle(facts)
    if missing:
        return [missing]
    return [_gpu_found(facts), *_memory(facts), _precision(facts), _tensorrt(facts)]


def _finding(status: str, what: str, why: str = "", fix: str = "") -> dict[str, str]:
    return {"status": status, "what": what, "why": why, "fix": fix}


def _no_device(facts: dict[str, Any]) -> dict[str, str] | None:
    """Return why no program here can reach the GPU."""
    if facts["cuda_visible_devices"] is not None and facts["cuda_visible_devices"].strip() in {"", "-1", "NoDevFiles"}:
        return _finding(
            "fail",
            f"CUDA_VISIBLE_DEVICES is {facts['cuda_visible_devices']!r}: it hides every GPU",
            "CUDA shows a program only the GPUs that this variable lists",
            "unset CUDA_VISIBLE_DEVICES, or export CUDA_VISIBLE_DEVICES=0",
        )
    if facts["gpus"]:
        return None
    if facts["container"] and not facts["devices"]:
        return _finding(
            "fail",
            "the host has an NVIDIA GPU, but this container was not given it: there is no /dev/nvidia0",
            "docker passes neither the device nor the driver's libraries on unless it is told to",
            f"create the container again: {DOCKER}",
        )
    if not facts["driver_loaded"] and not facts["devices"]:
        return _finding(
            "fail",
            f"{facts['pci_cards']} NVIDIA card(s) on the PCI bus, but no driver is loaded",
            "without the kernel driver no program can use the card",
            "install the driver, e.g. Ubuntu: sudo ubuntu-drivers install; then restart, and nvidia-smi has to answer",
        )
    return _finding(
        "fail",
        f"the driver is there, but nvidia-smi {'does not answer' if facts['nvidia_smi'] else 'is not'}",
        "the driver's libraries and its kernel module are of different versions, or missing from this container",
        f"restart the machine after an update of the driver; in a container: {DOCKER}",
    )


def _no_gpu_paddle(facts: dict[str, Any]) -> dict[str, str] | None:
    """Return why Paddle cannot use the GPU that is there."""
    if facts["paddle_version"] is None:
        problem = facts.get("problem")
        return _finding(
            "warn",
            f"a GPU is there, but Paddle was not found by this Python{f' ({problem})' if problem else ''}",
            "what Paddle can do with the GPU depends on the wheel that you installed",
            "name the Python that you predict with: python infer-gpu.py --python /path/to/venv/bin/python",
        )
    if not facts["paddle_cuda"]:
        return _finding(
            "fail",
            f"Paddle {facts['paddle_version']} is a CPU wheel: config.EnableUseGpu / config.enable_use_gpu raises no"
            " error with it and silently stays on the CPU",
            "the CPU wheel holds no CUDA kernels",
            f"{GPU_WHEEL} (cu118, cu126, … by what nvidia-smi shows as CUDA Version; for C++ the CUDA build of the"
            " inference library)",
        )
    if not facts["cuda_gpus"]:
        return _finding(
            "fail",
            f"Paddle {facts['paddle_version']} for CUDA {facts['cuda_version']} finds no GPU"
            f"{': ' + facts['problem'] if facts.get('problem') else ''}",
            "the driver is older than this CUDA needs, or CUDA's libraries are missing",
            f"update the driver ({facts['gpus'][0]['driver']} here), or install the wheel for an older CUDA: cu118",
        )
    return None


def _gpu_found(facts: dict[str, Any]) -> dict[str, str]:
    gpu, paddle = facts["gpus"][0], f"Paddle {facts['paddle_version']} for CUDA {facts['cuda_version']}"
    return _finding("pass", f"{gpu['name']}, driver {gpu['driver']}: seen by {paddle}")


def _memory(facts: dict[str, Any]) -> list[dict[str, str]]:
    gpu = facts["gpus"][0]
    if gpu["free_mib"] is None or gpu["free_mib"] >= LEAST_FREE_MIB:
        return []
    return [
        _finding(
            "warn",
            f"{gpu['free_mib']:.0f} of {gpu['memory_mib'] or 0:.0f} MiB of GPU memory are free",
            f"the CUDA context, cuDNN and a network take about {LEAST_FREE_MIB} MiB",
            "end what holds it (nvidia-smi lists the processes), or name another GPU: export CUDA_VISIBLE_DEVICES=1",
        )
    ]


def _precision(facts: dict[str, Any]) -> dict[str, str]:
    capability = facts["gpus"][0]["compute_capability"] or facts["capability"]
    if capability is None:
        return _finding(
            "warn",
            "the compute capability is unknown, so whether FP16 pays is too",
            "drivers before 470 do not tell it",
            "look the card up at https://developer.nvidia.com/cuda-gpus: 7.0 and above gain from FP16",
        )
    if capability >= FP16_FAST:
        return _finding("pass", f"compute capability {capability:.1f}: FP16 runs on tensor cores")
    works = capability >= FP16_WORKS
    return _finding(
        "warn",
        f"compute capability {capability:.1f}: FP16 {'works but brings no speed' if works else 'does not work'}",
        f"tensor cores, which make FP16 fast, came with {FP16_FAST}",
        "stay with FP32: PrecisionType::kFloat32 (C++), PrecisionType.Float32 (Python); FP16 needs a card from 7.0 on",
    )


def _tensorrt(facts: dict[str, Any]) -> dict[str, str]:
    if facts["paddle_tensorrt"] and facts["tensorrt_version"]:
        return _finding(
            "pass", f"TensorRT {facts['tensorrt_version']} and paddle.tensorrt are there: paddle.tensorrt.convert"
        )
    library = "8.6.*" if str(facts["cuda_version"]).startswith("11") else "10.5.*"  # as in Paddle 3's own images
    what = "the TensorRT library" if facts["paddle_tensorrt"] else "the module paddle.tensorrt"
    return _finding(
        "warn",
        f"TensorRT cannot be used: {what} is missing",
        "Paddle 3 converts a model with paddle.tensorrt.convert, which needs the library TensorRT beside the GPU wheel",
        f"python -m pip install 'tensorrt=={library}'" if facts["paddle_tensorrt"] else GPU_WHEEL,
    )


def judge_times(times: dict[str, Any], facts: dict[str, Any]) -> list[dict[str, str]]:
    """Return what the times of CPU, GPU and FP16 mean."""
    cpu, gpu, half = (times.get(f"{way}_batch_8_ms") for way in ("cpu", "gpu", "fp16"))
    if gpu is None:
        text = times.get("gpu_problem") or times.get("problem", "")
        return [
            _finding(
                "fail",
                f"ResNet50 does not run on the GPU: {text}",
                "Paddle sees the GPU but cannot compute on it; most often cuDNN or a CUDA library does not fit",
                "python -c 'import paddle; paddle.utils.run_check()' says it; install the wheel for this driver's CUDA",
            )
        ]
    found = []
    if cpu is not None:
        said = f"ResNet50, 8 images: {gpu:.1f} ms on the GPU, {cpu:.1f} ms on the CPU ({cpu / gpu:.1f} times as fast)"
        slow = _finding(
            "warn",
            said,
            "the GPU is busy with other work, slowed by heat or power, or its driver falls back",
            "look at nvidia-smi while it runs: utilisation, temperature and clocks",
        )
        found.append(_finding("pass", said) if cpu / gpu >= DIFFERENT else slow)
    if half is None:
        text = times.get("fp16_problem", "no figure")
        found.append(_finding("warn", f"FP16 does not run: {text}", "a kernel is missing", "stay with FP32"))
    elif gpu / half >= DIFFERENT:
        found.append(
            _finding(
                "pass",
                f"FP16 is {gpu / half:.1f} times as fast again, {half:.1f} ms: C++ config.EnableUseGpu(256, 0,"
                " paddle_infer::PrecisionType::kHalf); Python config.enable_use_gpu(256, 0,"
                " paddle.inference.PrecisionType.Half)",
            )
        )
    else:
        found.append(_finding("pass", f"FP16 makes no difference for this network: {half:.1f} against {gpu:.1f} ms"))
    return found


# --- part contract ---


if __name__ == "__main__":
    sys.exit(main(add_arguments, measure))
