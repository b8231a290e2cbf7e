"""Shrink an exported encoder to int8, a quarter of its size and twice its speed, and save it ready to start.

Of the ways measured on the bundled weights (96 texts, cosine to full precision, lowest and mean):
matrices by column 0.992, 0.9959; with the feed-forward outputs in blocks of 128 0.997, 0.9984 and a quarter slower than
here; with the 16 largest of their inputs apart 0.997, 0.9982; with the eight largest inputs of every matrix apart, as
here, 0.999, 0.9996; with 16 no closer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from faqkb.kb.bundled.graph import INPUTS
from faqkb.kb.prepared.names import TABLE_FILE
from faqkb.kb.prepared.table import ROWS

APART = 8  # inputs of each matrix that are multiplied in full precision
# ONNX Runtime 1.32 adds and normalises in one loop, a number at a time and with a division for each; apart they are
# vectorised, and the whole encoder takes a seventh less (21 tokens, one core, 2026-11-30).
SLOW_FUSION = "SkipLayerNormFusion"

Floats = NDArray[np.float32]


def quantize_onnx(exported: Path, path: Path, sample: Sequence[Sequence[int]]) -> None:
    """Write the int8 form of an exported model, its embedding table beside it; the graph refers to no other file.

    `sample` are the tokens of some texts; where numbers are large in these, they are taken to be large in others.
    7 of 8 bits for the matrices by column: costs 0.0005 of cosine and no time, and keeps processors without VNNI
    instructions from overflowing 16-bit sums.
    """
    import onnx  # noqa: PLC0415
    from onnxruntime.quantization import QuantType, quantize_dynamic  # noqa: PLC0415

    peaks = _peaks(exported, sample)
    model = onnx.load(exported)
    path.with_name(TABLE_FILE).write_bytes(take_embedding_table(model).tobytes())
    apart = set_peaks_apart(model, peaks)
    partly, unfused = (path.with_suffix(f".{stage}.onnx") for stage in ("partly", "unfused"))
    onnx.save(model, partly)
    quantize_dynamic(
        partly,
        unfused,
        op_types_to_quantize=["MatMul"],
        weight_type=QuantType.QInt8,
        per_channel=True,
        reduce_range=True,
        nodes_to_exclude=apart,
    )
    _fuse(unfused, path)
    for scratch in (partly, unfused):
        scratch.unlink()


def take_embedding_table(model: Any) -> NDArray[np.int8]:
    """Have an ONNX model take int8 rows in place of its token embedding table, one scale a row; return all rows."""
    from onnx import TensorProto, helper  # noqa: PLC0415

    tables = {table.name: table for table in model.graph.initializer}
    gather = next(
        node
        for node in model.graph.node
        if node.op_type == "Gather" and node.input[0] in tables and node.input[1] == INPUTS[0]
    )
    rows, scales = quantize_rows(_take_weights(model, tables[gather.input[0]]))
    _add_weights(model, {"table_scales": scales})
    axes = [axis.dim_param for axis in model.graph.input[0].type.tensor_type.shape.dim]
    model.graph.input.append(helper.make_tensor_value_info(ROWS, TensorProto.INT8, [*axes, rows.shape[1]]))
    replacement = [
        helper.make_node("Cast", [ROWS], ["table_row_float"], to=TensorProto.FLOAT),
        helper.make_node("Gather", ["table_scales", INPUTS[0]], ["table_scale"]),
        helper.make_node("Mul", ["table_row_float", "table_scale"], [gather.output[0]]),
    ]
    _replace_node(model, gather, replacement)
    return rows


def set_peaks_apart(model: Any, peaks: Mapping[str, Floats]) -> list[str]:
    """Multiply the largest inputs of each matrix on their own, in place; return the names of these products.

    `peaks` are the largest numbers that came in, by the name of what comes in. A few are ten times as large as the
    rest, the same ones in every text, and with one scale for all of them little is left of the rest (LLM.int8(),
    arXiv 2208.07339).
    """
    from onnx import helper  # noqa: PLC0415

    apart = []
    for number, (node, matrix) in enumerate(list(_products(model))):
        name = f"product{number}"
        largest = np.sort(np.argsort(-peaks[node.input[0]], kind="stable")[:APART])
        weights = _take_weights(model, matrix)
        is_rest = np.ones(len(weights), dtype=np.float32)
        is_rest[largest] = 0
        _add_weights(
            model,
            {
                f"{name}_largest": largest.astype(np.int64),
                f"{name}_is_rest": is_rest,
                f"{name}_of_largest": weights[largest],
                f"{name}_of_rest": weights * is_rest[:, None],
            },
        )
        parts = [
            helper.make_node("Gather", [node.input[0], f"{name}_largest"], [f"{name}_few"], axis=-1),
            helper.make_node("Mul", [node.input[0], f"{name}_is_rest"], [f"{name}_rest"]),
            helper.make_node("MatMul", [f"{name}_few", f"{name}_of_largest"], [f"{name}_a"], name=f"{name}_apart"),
            helper.make_node("MatMul", [f"{name}_rest", f"{name}_of_rest"], [f"{name}_b"]),
            helper.make_node("Add", [f"{name}_a", f"{name}_b"], [node.output[0]]),
        ]
        _replace_node(model, node, parts)
        apart.append(f"{name}_apart")
    return apart


def _products(model: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each product with a matrix, and the matrix."""
    matrices = {matrix.name: matrix for matrix in model.graph.initializer}
    for node in model.graph.node:
        matrix = matrices.get(node.input[1]) if node.op_type == "MatMul" else None
        if matrix is not None and len(matrix.dims) == 2 and matrix.dims[0] > APART:
            yield node, matrix


def _peaks(exported: Path, sample: Sequence[Sequence[int]]) -> dict[str, Floats]:
    """Return the largest size of each number that meets a matrix, over some texts, by the name of what it is in."""
    import onnx  # noqa: PLC0415
    import onnxruntime  # noqa: PLC0415

    model = onnx.load(exported)
    names = list(dict.fromkeys(node.input[0] for node, _ in _products(model)))
    model.graph.output.extend(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in names)
    watched = exported.with_suffix(".watched.onnx")
    onnx.save(model, watched)
    del model
    session = onnxruntime.InferenceSession(str(watched), providers=["CPUExecutionProvider"])
    watched.unlink()
    peaks: dict[str, Floats] = {}
    for ids in sample:
        tokens = np.asarray([ids], dtype=np.int64)
        seen = session.run(names, dict(zip(INPUTS, (tokens, np.ones_like(tokens)), strict=True)))
        for name, numbers in zip(names, seen, strict=True):
            largest = np.abs(numbers[0]).max(axis=0)
            peaks[name] = np.maximum(peaks[name], largest) if name in peaks else largest
    return peaks


def quantize_rows(weights: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Return int8 rows and their scales (rows, 1), so that rows x scales is the nearest to the weights."""
    scales = np.abs(weights).max(axis=1, keepdims=True) / np.float32(127)
    scales[scales == 0] = 1  # a row of zeros stays one
    return np.rint(weights / scales).astype(np.int8), scales


def _take_weights(model: Any, weights: Any) -> Floats:
    """Remove stored weights from the model and return them."""
    from onnx import numpy_helper  # noqa: PLC0415

    taken: Floats = numpy_helper.to_array(weights).astype(np.float32)
    model.graph.initializer.remove(weights)
    return taken


def _add_weights(model: Any, weights: Mapping[str, NDArray[Any]]) -> None:
    from onnx import numpy_helper  # noqa: PLC0415

    model.graph.initializer.extend([numpy_helper.from_array(array, name) for name, array in weights.items()])


def _replace_node(model: Any, node: Any, replacement: list[Any]) -> None:
    """Put nodes where one was: an ONNX graph lists its nodes in the order they run."""
    nodes = list(model.graph.node)
    place = next(index for index, candidate in enumerate(nodes) if candidate.output[0] == node.output[0])
    nodes[place : place + 1] = replacement
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def _fuse(unfused: Path, path: Path) -> None:
    """Let ONNX Runtime write its own optimised graph, which every start would otherwise make again (80 ms).

    Extended, not all: the last level depends on the processor.
    """
    import onnxruntime  # noqa: PLC0415

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(path)
    options.log_severity_level = 3  # errors only
    onnxruntime.InferenceSession(
        str(unfused), options, providers=["CPUExecutionProvider"], disabled_optimizers=[SLOW_FUSION]
    )
