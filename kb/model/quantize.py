"""Shrink an exported encoder to int8, a quarter of its size and twice its speed, and save it ready to start.

Of the ways measured on the bundled weights (96 texts, cosine to full precision, lowest and mean):
matrices by tensor 0.973, 0.990; by column 0.992, 0.997; by column with the feed-forward outputs in blocks, as here,
0.998, 0.999 at the same speed; everything in blocks 0.999, 1.000 but half as fast on a batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from faqkb.kb.bundled.graph import INPUTS
from faqkb.kb.prepared.names import TABLE_FILE
from faqkb.kb.prepared.table import ROWS

BLOCK = 128  # weights that share one scale; 32 is no closer and costs half the speed
INT8_ACTIVATIONS = 4  # MatMulNBits' accuracy_level: each row is quantised on its own, in blocks
# ONNX Runtime 1.32 adds and normalises in one loop, a number at a time and with a division for each; apart they are
# vectorised, and the whole encoder takes a seventh less (21 tokens, one core, 2026-11-30).
SLOW_FUSION = "SkipLayerNormFusion"
MICROSOFT = "com.microsoft"  # domain of ONNX Runtime's own operators

Floats = NDArray[np.float32]


def quantize_onnx(exported: Path, path: Path) -> None:
    """Write the int8 form of an exported model, its embedding table beside it; the graph refers to no other file.

    7 of 8 bits for the matrices by column: costs 0.0005 of cosine and no time, and keeps processors without VNNI
    instructions from overflowing 16-bit sums.
    """
    import onnx  # noqa: PLC0415
    from onnxruntime.quantization import QuantType, quantize_dynamic  # noqa: PLC0415

    model = onnx.load(exported)
    path.with_name(TABLE_FILE).write_bytes(take_embedding_table(model).tobytes())
    quantize_narrowing_matrices(model)
    partly, unfused = (path.with_suffix(f".{stage}.onnx") for stage in ("partly", "unfused"))
    onnx.save(model, partly)
    quantize_dynamic(
        partly,
        unfused,
        op_types_to_quantize=["MatMul"],
        weight_type=QuantType.QInt8,
        per_channel=True,
        reduce_range=True,
        extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},  # it cannot see past MatMulNBits
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


def quantize_narrowing_matrices(model: Any) -> None:
    """Replace each product that narrows its input (a feed-forward output) by one with int8 blocks, in place.

    Their inputs have outliers: with one scale for all of them two thirds of the whole error came from here.
    """
    from onnx import helper  # noqa: PLC0415

    matrices = {matrix.name: matrix for matrix in model.graph.initializer}
    for number, node in enumerate([node for node in model.graph.node if node.op_type == "MatMul"]):
        matrix = matrices.get(node.input[1])
        if matrix is None or len(matrix.dims) != 2:
            continue
        wide, narrow = matrix.dims
        if wide <= narrow or wide % BLOCK:
            continue
        columns = np.ascontiguousarray(_take_weights(model, matrix).T).reshape(-1, BLOCK)
        blocks, scales = quantize_rows(columns)
        packed = (blocks.astype(np.int16) + 128).astype(np.uint8).reshape(narrow, wide // BLOCK, BLOCK)
        names = {"blocks": f"matrix{number}_blocks", "scales": f"matrix{number}_scales"}
        _add_weights(model, {names["blocks"]: packed, names["scales"]: scales.ravel()})
        shape = {"K": wide, "N": narrow, "bits": 8, "block_size": BLOCK, "accuracy_level": INT8_ACTIVATIONS}
        inputs = [node.input[0], names["blocks"], names["scales"]]
        _replace_node(
            model, node, [helper.make_node("MatMulNBits", inputs, [node.output[0]], domain=MICROSOFT, **shape)]
        )
    model.opset_import.append(helper.make_opsetid(MICROSOFT, 1))


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
