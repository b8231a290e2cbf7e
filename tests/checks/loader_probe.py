"""Runs a real paddle.io.DataLoader for each setting read from standard input; prints which of them got through.

A setting is [workers, prefetch, batch size, values of one image, batches]. Each has a process of its own, since a
loader that runs out of shared memory takes its process down.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
import paddle

SECONDS = 20  # a loader that ran out may also hang


class Images(paddle.io.Dataset):
    def __init__(self, count: int, values: int) -> None:
        super().__init__()
        self.count = count
        self.image = np.ones(values, dtype="float32")

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.int64]:
        return self.image, np.int64(0)


def load(workers: int, prefetch: int, batch_size: int, values: int, batches: int) -> None:
    """Read every batch, slower than the workers make them, so that as many as may be wait in shared memory."""
    loader = paddle.io.DataLoader(
        Images(batches * batch_size, values),
        batch_size=batch_size,
        num_workers=workers,
        prefetch_factor=prefetch,
        use_shared_memory=True,
        use_buffer_reader=False,
        places=[paddle.CPUPlace()],
    )
    for number, _ in enumerate(loader):
        time.sleep(0.7 if number == 0 else 0.05)


def got_through(setting: list[int]) -> bool:
    child = os.fork()
    if child == 0:
        os.setsid()
        signal.alarm(SECONDS)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        code = 1
        try:
            load(*setting)
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    try:
        os.killpg(child, signal.SIGKILL)
    except ProcessLookupError:
        time.sleep(0)  # it left nobody behind
    for left in Path("/dev/shm").iterdir():
        left.unlink()
    return status == 0


json.dump([got_through(setting) for setting in json.load(sys.stdin)], sys.stdout)
