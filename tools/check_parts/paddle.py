"""The part that the checks with Paddle share; tools/copy_check_parts.py copies it into them."""

from __future__ import annotations

import os
import time
from typing import Any


class Skip(Exception):
    """As in part contract, which a check has too."""


# --- part paddle: one source, tools/check_parts/paddle.py; tools/copy_check_parts.py copies it, edit no copy ---
def import_paddle() -> Any:
    """Return Paddle, imported so that it neither takes over signals nor prints; Skip where it is not installed."""
    os.environ.setdefault("GLOG_minloglevel", "2")
    try:
        import paddle
    except ImportError as error:
        raise Skip(
            f"Paddle cannot be imported here ({error})",
            f"`faq check run` and `uv run {os.path.basename(__file__)}` bring it, or"
            " pip install 'paddlepaddle>=3.0,<4' 'numpy<2.4' setuptools",
        ) from None
    paddle.disable_signal_handler()
    paddle.set_device("cpu")
    return paddle


def save_inference_model(paddle: Any, network: Any, shape: list[Any], folder: str) -> tuple[str, str]:
    """Write a network as an inference model; return the paths of its graph and its parameters."""
    network.eval()
    prefix = os.path.join(folder, "inference")
    paddle.jit.save(network, prefix, input_spec=[paddle.static.InputSpec(shape, "float32", "x")])
    return next(path for path in (f"{prefix}.json", f"{prefix}.pdmodel") if os.path.exists(path)), f"{prefix}.pdiparams"


def make_predictor(graph: str, parameters: str, *, onednn: bool = True, threads: int = 1) -> Any:
    """Return a CPU predictor of an inference model."""
    from paddle import inference

    config = inference.Config(graph, parameters)
    config.disable_gpu()
    config.disable_glog_info()
    config.set_cpu_math_library_num_threads(threads)
    if onednn:
        config.enable_mkldnn()
    else:
        config.disable_mkldnn()
    return inference.create_predictor(config)


def predict(predictor: Any, batch: Any) -> Any:
    """Return the first output for a float32 batch."""
    entry = predictor.get_input_handle(predictor.get_input_names()[0])
    entry.copy_from_cpu(batch)
    predictor.run()
    return predictor.get_output_handle(predictor.get_output_names()[0]).copy_to_cpu()


def seconds_of(job: Any) -> float:
    """Return how long a call takes."""
    started = time.perf_counter()
    job()
    return time.perf_counter() - started


# --- end of part paddle ---
