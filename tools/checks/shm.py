# /// script
# requires-python = ">=3.9"
# dependencies = []
#
# [tool.faq-check]
# id = "shm"
# version = "1.0"
# title = "Is /dev/shm large enough for the data loaders?"
# title_zh = "/dev/shm 够 DataLoader 用吗？"
# answers = ["faq_2021_s1/Q1.3", "en/faq_2021_s1/Q1.3"]
# reads = ["size and free space of /dev/shm", "the container's memory limit"]
# writes = []
# needs = ["cpu"]
# limit_seconds = 10
# ///
"""Compare the shared memory that data loaders need with what /dev/shm has.

Worker processes hand batches over through /dev/shm. What they need at most, agreed with a real paddle.io.DataLoader:

    processes x loaders x min(workers x prefetch + 1, batches) x bytes of one batch

Tell it your own settings: the defaults are one training process with 4 workers and batches of 64 images of
3 x 224 x 224 in float32, as PaddleClas ships them. Fails when the need is above what is free; the fix names the
--shm-size to give, and the number of workers that fits without it.
"""

from __future__ import annotations

import argparse
import shutil

SHARED_MEMORY = "/dev/shm"  # noqa: S108 - looked at, nothing is written there
GIBIBYTE = 1024**3
TYPE_BYTES = {"uint8": 1, "float16": 2, "float32": 4, "float64": 8}
LABEL_BYTES = 8  # int64, one for each image
HEADROOM = 1.5  # on the size advised: validation loaders, other processes of the container
TIGHT = 0.8  # of the free space in use: the next larger batch ends training


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the settings of the training that decide the need."""
    parser.add_argument("--workers", type=_count, default=4, metavar="N", help="num_workers of a loader (default: 4)")
    parser.add_argument("--batch-size", type=_positive, default=64, metavar="N", help="of one process (default: 64)")
    parser.add_argument("--shape", type=_shape, default=[3, 224, 224], metavar="3x224x224", help="of one image")
    parser.add_argument(
        "--dtype", choices=sorted(TYPE_BYTES), default="float32", help="of the images (default: float32)"
    )
    parser.add_argument("--processes", type=_positive, default=1, metavar="N", help="training processes, one for a GPU")
    parser.add_argument("--loaders", type=_positive, default=1, metavar="N", help="loaders alive at once in a process")
    parser.add_argument("--prefetch", type=_positive, default=2, metavar="N", help="prefetch_factor (default: 2)")
    parser.add_argument("--batches", type=_positive, default=None, metavar="N", help="batches of an epoch, when few")
    parser.add_argument("--path", default=SHARED_MEMORY, help="where shared memory is mounted (default: /dev/shm)")


def measure(arguments: argparse.Namespace, report: Report) -> None:
    """Measure /dev/shm, work out the need, compare."""
    try:
        disk = shutil.disk_usage(arguments.path)
    except OSError as error:
        if arguments.path != SHARED_MEMORY:
            raise WrongUse(f"--path {arguments.path}: {error.strerror}; name where shared memory is mounted") from None
        raise Skip("there is no /dev/shm here; loaders use it on Linux only", "run this where training runs") from None
    need = needed_bytes(arguments, arguments.workers)
    batch = batch_bytes(arguments)
    report.facts.update(
        shm_bytes=disk.total, free_bytes=disk.free, needed_bytes=need, batch_bytes=batch, workers=arguments.workers
    )
    sizes = (
        f"{readable_bytes(disk.free)} of {readable_bytes(disk.total)} are free, the loaders need {readable_bytes(need)}"
    )
    report.summary = f"{arguments.path}: {sizes}"
    if need > disk.free:
        report.fail(
            f"the loaders need {readable_bytes(need)} of shared memory, {readable_bytes(disk.free)} are free",
            why="a worker that cannot write its batch dies of a bus error, or the blocking queue is killed",
            fix=_fix(arguments, disk.total, disk.free),
        )
    elif need > disk.free * TIGHT:
        report.warn(
            f"the loaders take {need / disk.free:.0%} of the free shared memory",
            why="a second loader, a larger image or another process of this container uses the rest",
            fix=_fix(arguments, disk.total, disk.free),
        )
    else:
        report.good(f"the loaders take {need / max(disk.free, 1):.0%} of the free shared memory")
    _look_at_memory(need, report)


def batch_bytes(arguments: argparse.Namespace) -> int:
    """Return the bytes of one batch: images and labels."""
    values = 1
    for size in arguments.shape:
        values *= size
    return int(arguments.batch_size * (values * TYPE_BYTES[arguments.dtype] + LABEL_BYTES))


def needed_bytes(arguments: argparse.Namespace, workers: int) -> int:
    """Return the most shared memory that all loaders hold at once; none without workers."""
    if workers == 0:
        return 0
    alive = workers * arguments.prefetch + 1
    if arguments.batches is not None:
        alive = min(alive, arguments.batches)
    return int(arguments.processes * arguments.loaders * alive * batch_bytes(arguments))


def _fix(arguments: argparse.Namespace, total: int, free: int) -> str:
    size = total - free + needed_bytes(arguments, arguments.workers) * HEADROOM
    gibibytes = max(1, -(-int(size) // GIBIBYTE))
    option = f"docker run --shm-size={gibibytes}g … (compose: shm_size: {gibibytes}g)"
    without = f"outside a container: mount -o remount,size={gibibytes}g {SHARED_MEMORY}"
    fitting = next((n for n in range(arguments.workers - 1, 0, -1) if needed_bytes(arguments, n) <= free * TIGHT), 0)
    if fitting:
        return f"{option}; {without}; or num_workers={fitting}, which fits in what is free"
    batch = int(free * TIGHT / needed_bytes(arguments, 1) * arguments.batch_size)
    smaller = f"num_workers=1 with a batch size of {batch}" if batch else "num_workers=0"
    return f"{option}; {without}; or {smaller}, which fits in what is free"


def _look_at_memory(need: int, report: Report) -> None:
    """Pages in /dev/shm count as memory of the container: a large --shm-size does not help past its limit."""
    limit = _memory_limit()
    if limit is None:
        return
    report.facts["memory_limit_bytes"] = limit
    if need > limit:
        report.fail(
            f"the loaders need {readable_bytes(need)}, the container may use {readable_bytes(limit)} in all",
            why="shared memory counts as memory of the container, whatever its --shm-size",
            fix=f"docker run --memory={-(-int(need * 2) // GIBIBYTE)}g …, or fewer workers or smaller batches",
        )


def _memory_limit() -> int | None:
    """Return the memory limit of this control group, None where there is none (cgroup 2, then 1)."""
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            text = open(path, encoding="ascii").read().strip()
        except OSError:
            continue
        return int(text) if text.isdigit() and int(text) < 1 << 60 else None
    return None


def _count(text: str) -> int:
    return _number(text, 0)


def _positive(text: str) -> int:
    return _number(text, 1)


def _number(text: str, least: int) -> int:
    try:
        value = int(text)
    except ValueError:
        value = least - 1
    if not least <= value <= 1_000_000:
        raise argparse.ArgumentTypeError(f"got {text[:40]!r}, expected a whole number from {least} to 1000000")
    return value


def _shape(text: str) -> list[int]:
    return [_positive(part) for part in text.lower().replace(",", "x").replace("*", "x").split("x")]


# --- part contract ---


if __name__ == "__main__":
    sys.exit(main(add_arguments, measure))
