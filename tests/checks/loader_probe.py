"""Runs a real paddle.io.DataLoader for each setting read from standard input; prints which of them got through.

A setting is [workers, prefetch, batch size, values of one image, batches]. Each has a process of its own, since a
loader that runs out of shared memory takes its process down, and 64 MiB of shared memory of its own, so that several
may wait at once.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

import numpy as np
import paddle

SECONDS = 20  # a loader that ran out may also hang
AT_ONCE = 4
CLONE_NEWNS = 0x20000  # of <sched.h>


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


def start(setting: list[int]) -> int:
    child = os.fork()
    if child == 0:
        os.setsid()
        signal.alarm(SECONDS)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        code = 1
        try:
            own_shared_memory()
            load(*setting)
            code = 0
        finally:
            os._exit(code)
    return child


def own_shared_memory() -> None:
    assert ctypes.CDLL(None).unshare(CLONE_NEWNS) == 0
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", "/dev/shm"], check=True)


def got_through(child: int) -> bool:
    _, status = os.waitpid(child, 0)
    with suppress(ProcessLookupError):  # it left nobody behind
        os.killpg(child, signal.SIGKILL)
    return status == 0


settings = json.load(sys.stdin)
results: list[bool] = []
for first in range(0, len(settings), AT_ONCE):
    children = [start(setting) for setting in settings[first : first + AT_ONCE]]
    results += [got_through(child) for child in children]
json.dump(results, sys.stdout)
