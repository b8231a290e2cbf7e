"""Export small networks into a folder.

Run by the Python that has Paddle, and a file of its own because Paddle reads the source of `forward`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ["GLOG_minloglevel"] = "2"  # noqa: SIM112 - the name that Paddle reads
import paddle


class Small(paddle.nn.Layer):
    def __init__(self, *, enlarge: bool) -> None:
        super().__init__()
        self.convolution, self.enlarge = paddle.nn.Conv2D(3, 8, 3), enlarge

    def forward(self, x):
        y = self.convolution(x)
        if self.enlarge:  # crashes with oneDNN: Paddle issue 77340
            y = paddle.nn.functional.interpolate(y, scale_factor=2, mode="bilinear")
        return paddle.nn.functional.relu(y).mean([2, 3])


for name, enlarge, batch in [("plain", False, None), ("enlarging", True, None), ("two at once", False, 2)]:
    network = Small(enlarge=enlarge)
    network.eval()
    shape = paddle.static.InputSpec([batch, 3, 32, 32], "float32", "x")
    paddle.jit.save(network, str(Path(sys.argv[1], name, "inference")), input_spec=[shape])
