"""The part that the checks with Paddle share."""

from __future__ import annotations


# --- part paddle ---
def import_paddle(graph: str = "") -> Any:
    """Return Paddle, imported so that it neither takes over signals nor prints; Skip where it is not installed.

    `graph` is the exported model that will be read: the form of before Paddle 3 takes the older loader.
    """
    os.environ.setdefault("GLOG_minloglevel", "2")
    if graph.endswith(".pdmodel"):
        os.environ["FLAGS_enable_pir_api"] = "0"  # noqa: SIM112 - Paddle's own spelling
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


def read_exported_model(paddle: Any, graph: str) -> tuple[dict[str, tuple[list[int], str]], list[Any]]:
    """Return the inputs of an exported model (by name: shape, -1 where it is open, and type) and its arrays.

    Nothing is unpickled: paddle.jit.load would run what the .pdiparams.info of an older model asks for.
    """
    prefix = os.path.splitext(graph)[0]
    if graph.endswith(".pdmodel"):
        return _read_older_model(paddle, prefix)
    layer = paddle.jit.load(prefix)
    inputs = {spec.name: _shape_and_type(paddle, spec) for spec in layer._input_spec()}
    return inputs, [tensor.numpy() for tensor in layer.state_dict().values()]


def _read_older_model(paddle: Any, prefix: str) -> tuple[dict[str, tuple[list[int], str]], list[Any]]:
    import numpy

    paddle.enable_static()
    try:
        scope = paddle.static.Scope()
        with paddle.static.scope_guard(scope):
            program, names, _ = paddle.static.load_inference_model(prefix, paddle.static.Executor(paddle.CPUPlace()))
        stored = [each.name for each in program.list_vars() if each.persistable and each.name not in {"feed", "fetch"}]
        arrays = [numpy.array(scope.find_var(name).get_tensor()) for name in stored]
        variables = {name: program.global_block().var(name) for name in names}
    finally:
        paddle.disable_static()
    return {name: _shape_and_type(paddle, variable) for name, variable in variables.items()}, arrays


def _shape_and_type(paddle: Any, variable: Any) -> tuple[list[int], str]:
    return [int(size) for size in variable.shape], str(paddle.zeros([1], variable.dtype).numpy().dtype)


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


# --- end of part paddle ---
