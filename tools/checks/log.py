# /// script
# requires-python = ">=3.9"
# dependencies = []
#
# [tool.faq-check]
# id = "log"
# version = "1.0"
# title = "What does this training log say went wrong?"
# title_zh = "这份训练日志说的是什么错？"
# answers = ["faq_2021_s1/Q1.3", "en/faq_2021_s1/Q1.3", "faq_2021_s1/Q2.1", "en/faq_2021_s1/Q2.1"]
# reads = ["a training log: FILE, or standard input"]
# writes = []
# needs = ["cpu"]
# limit_seconds = 20
#
# [[tool.faq-check.signatures]]
# error = "label-range"
# words = [
#     "value of label expected",
#     "label value should be in",
#     "check label value",
#     "`t >= 0 && t < n_classes` failed",
#     "t >= 0 && t < n_classes",
#     "cur_target >= 0 && cur_target < n_classes",
#     "Target … is out of bounds",
#     "outside the valid range of [0,",
#     "idx_dim >= 0 && idx_dim < index_size && \"index out of bounds\"",
#     "label value should",
#     "label should not be out of bounds",
#     "cur_label >= 0 && cur_label < n_classes",
#     "lbl < axis_dim",
#     "value should be less than Input(depth)",
#     "class values must be smaller than num_classes",
#     "class values must be non-negative",
#     "target out of range",
#     "label out of range",
#     "labels out of range",
#     "label id out of range",
#     "to_categorical … out of bounds",
#     "scatter_(1 … out of bounds",
#     "one_hot … out of bounds",
#     "one_hot … out of range",
#     "label_smooth … out of bounds",
#     "criterion( … out of bounds",
#     "cross_entropy( … out of bounds",
#     "label must be in [",
#     "labels must be in [",
#     "label must be in the range",
#     "Target values should be in [",
#     "contains labels not in",
#     "Detected more unique values in `target`",
#     "Invalid classes inferred from unique values of `y`",
#     "y contains previously unseen labels",
#     "less than num_class",
#     "should be less than num_class",
#     "class index out of",
#     "label is out of",
#     "labels are out of",
#     "label exceeds",
#     "label larger than",
#     "SoftmaxMultiClassObj: label must"
# ]
# answers = ["faq_2021_s1/Q2.1", "en/faq_2021_s1/Q2.1"]
#
# [[tool.faq-check.signatures]]
# error = "shared-memory"
# words = [
#     "insufficient shared memory",
#     "out of shared memory",
#     "shared memory is not enough",
#     "not enough shared memory",
#     "increase your shared memory",
#     "increase shared memory",
#     "increasing shared memory",
#     "unable to open shared memory object … No space left",
#     "unable to write to file </torch_",
#     "unable to allocate shared memory",
#     "unable to mmap … /torch_",
#     "truncate a file … /dev/shm",
#     "/dev/shm … No space left on device",
#     "No space left on device … /dev/shm",
#     "shm_open … No space left on device",
#     "posix_fallocate … No space left on device",
#     "error while creating shared memory segment",
#     "Error while attaching to shared memory segment",
#     "Failed to allocate shared memory",
#     "failed to create shared memory",
#     "共享内存不足",
#     "共享内存不够",
#     "insufficient shared storage space",
#     "increasing the shared storage space",
#     "共享内存 … 不足",
#     "没有空间 … /dev/shm",
#     "100% /dev/shm",
#     "No space left on device: '/psm_",
#     "unable to open shared memory object … Cannot allocate",
#     "SharedMemory( … No space left",
#     "/dev/shm is full",
#     "/dev/shm full",
#     "shm is full"
# ]
# answers = ["faq_2021_s1/Q1.3", "en/faq_2021_s1/Q1.3"]
#
# [[tool.faq-check.signatures]]
# error = "out-of-memory"
# words = [
#     "CUDA out of memory",
#     "CUDA error: out of memory",
#     "CUDA error(2), out of memory",
#     "out of memory error on gpu",
#     "Out of memory error",
#     "cudaErrorMemoryAllocation",
#     "CUDA_ERROR_OUT_OF_MEMORY",
#     "CUBLAS_STATUS_ALLOC_FAILED",
#     "OOM when allocating tensor",
#     "ResourceExhaustedError",
#     "torch.OutOfMemoryError",
#     "OutOfMemoryError",
#     "std::bad_alloc",
#     "MemoryError",
#     "Cannot allocate memory",
#     "oom-kill",
#     "OOM killer",
#     "Out of memory: Kill",
#     "ran out of memory",
#     "failed to allocate memory",
#     "DefaultCPUAllocator: can't allocate memory",
#     "not enough memory: you tried to allocate",
#     "unable to allocate array",
#     "Unable to allocate … for an array",
#     "显存不足",
#     "内存不足",
#     "posix_memalign",
#     "cudaMalloc failed",
#     "failed to alloc",
#     "hipErrorOutOfMemory",
#     "RESOURCE_EXHAUSTED",
#     "Killed process",
#     "killed python",
#     "Fail to alloc memory",
#     "ArrayMemoryError",
#     "Unable to allocate",
#     "SIGKILL",
#     "exit code 137",
#     "paging file is too small",
#     "out of memory",
#     "无法分配内存",
#     "已杀死 python",
#     "failed to allocate",
#     "could not allocate",
#     "cannot allocate",
#     "bad allocation",
#     "bad_alloc",
#     "insufficient memory",
#     "not enough memory",
#     "memory exhausted",
#     "exit code -9",
#     "exitcode: -9",
#     "exit code: -9",
#     "Out of host memory"
# ]
# answers = []
#
# [[tool.faq-check.signatures]]
# error = "bad-image"
# words = [
#     "UnidentifiedImageError",
#     "cannot identify image file",
#     "image file is truncated",
#     "broken data stream when reading image",
#     "Truncated File Read",
#     "truncated jpeg",
#     "premature end of jpeg",
#     "premature end of data segment",
#     "Corrupt JPEG data",
#     "Not a JPEG file",
#     "not a png file",
#     "decompressed data too large",
#     "!_src.empty()",
#     "!ssize.empty()",
#     "ssize.area() > 0",
#     "src.empty()",
#     "!buf.empty()",
#     "'NoneType' object has no attribute 'shape'",
#     "'NoneType' object has no attribute 'astype'",
#     "image decode",
#     "decode image failed",
#     "Fail to read image",
#     "failed to decode image",
#     "can not decode image",
#     "Invalid PNG data",
#     "Invalid JPEG data",
#     "Input is not a JPEG",
#     "Unknown image file format",
#     "unrecognized image format",
#     "libpng error",
#     "bad image file",
#     "SyntaxError: not a TIFF",
#     "broken PNG file",
#     "Image size … exceeds limit",
#     "pickle data was truncated",
#     "corrupted record",
#     "truncated record",
#     "DataLossError",
#     "Expected image (JPEG, PNG",
#     "Could not decode",
#     "cannot decode",
#     "failed to read image",
#     "imread … can't open/read file",
#     "Bogus marker length",
#     "Invalid SOS parameters",
#     "extraneous bytes before marker",
#     "Unsupported marker type",
#     "DecompressionBombError",
#     "scn == 3 || scn == 4",
#     "'NoneType' object has no attribute 'ndim'",
#     "'NoneType' object has no attribute 'transpose'",
#     "Compressed file ended before",
#     "file seems not fully written",
#     "could only read … elements",
#     "Input is empty. … Decode",
#     "node DecodeJpeg",
#     "node DecodePng",
#     "node DecodeImage",
#     "decode_jpeg … invalid",
#     "decode_image … invalid",
#     "imread … 'NoneType'",
#     "img … 'NoneType' object is not subscriptable",
#     "image … 'NoneType' object is not subscriptable",
#     "img … 'NoneType' object has no attribute",
#     "image … 'NoneType' object has no attribute",
#     "Unsupported image",
#     "truncated file",
#     "not a valid image",
#     "invalid image",
#     "cannot load image",
#     "failed to load image",
#     "Failed to decode",
#     "decode failed",
#     "Error decoding",
#     "not recognized as a supported file format",
#     "Could not find a backend to open",
#     "Error -3 while decompressing",
#     "Invalid data found when processing input",
#     "moov atom not found",
#     "Bad CRC-32",
#     "file signature not found",
#     "MDB_CORRUPTED",
#     "unrecognized data stream contents",
#     "bad magic number",
#     "Unexpected end of JPEG",
#     "imread … returned None",
#     "image is corrupt",
#     "corrupted image",
#     "broken image",
#     "图片损坏"
# ]
# answers = ["faq_2021_s1/Q1.3", "en/faq_2021_s1/Q1.3"]
#
# [[tool.faq-check.signatures]]
# error = "bus-error"
# words = [
#     "bus error",
#     "SIGBUS",
#     "signal 7 ",
#     "总线错误",
#     "exit code -7",
#     "exitcode: -7",
#     "exit code: -7"
# ]
# answers = ["faq_2021_s1/Q1.3", "en/faq_2021_s1/Q1.3"]
#
# [[tool.faq-check.signatures]]
# error = "reader-exception"
# words = [
#     "data reader raises an exception",
#     "Blocking queue is killed",
#     "in DataLoader worker process",
#     "DataLoader worker … exited unexpectedly",
#     "DataLoader worker … is killed by signal",
#     "DataLoader … workers exit unexpectedly",
#     "DataLoader worker exception",
#     "DataLoader worker caught",
#     "DataLoader reader thread",
#     "reader thread raised",
#     "Your reader has raised an exception",
#     "reader … raised an exception",
#     "Fatal Python error in dataloader",
#     "DataLoader process … killed",
#     "DataLoader … terminated",
#     "self.dataset[idx]",
#     "dataset[idx] for idx in",
#     "_reader_thread_loop",
#     "_batch_reader()",
#     "in _worker_loop",
#     "dataloader/fetcher.py",
#     "_utils/fetch.py",
#     "DataLoader worker(",
#     "fail to map op",
#     "fail to map sampler",
#     "dataset.py … in __getitem__",
#     "node IteratorGetNext",
#     "GeneratorDatasetOp",
#     "generator_py_func",
#     "from_generator_op",
#     "node PyFunc",
#     "data_utils.py … next",
#     "get_next_batch",
#     "keras … data_utils.py",
#     "py_dataset_adapter",
#     "default_collate",
#     "in collate_fn",
#     "py_dataset",
#     "worker_init_fn"
# ]
# answers = ["faq_2021_s1/Q1.3", "en/faq_2021_s1/Q1.3"]
# ///
"""Tell from a training log what went wrong: one of six kinds of error.

Shared memory, a bus error, out of memory, an image that cannot be read, a label out of range, an exception in your own
reader. `Blocking queue is killed because the data reader raises an exception` alone is generic: what stands above it
decides. The log is looked through for words, line by line; nothing in it is run. Fails when it knows the error and says
what to change; warns when there is an error that it does not know; passes when there is none.
"""

from __future__ import annotations

import argparse

SHOWN_CHARS = 200  # of the line that decided
LOG_BYTES = 50_000_000  # read of a log, its end
KNOWN = {
    "shared-memory": (
        "shared memory is used up",
        "worker processes hand batches over through /dev/shm, which has 64 MB in a container by default",
        "docker run --shm-size=8g … (compose: shm_size: 8g), or fewer num_workers; `faq check run shm` says how much",
    ),
    "bus-error": (
        "a process died of a bus error",
        "nearly always a full /dev/shm: the page it was given could not be backed by memory",
        "docker run --shm-size=8g …, or fewer num_workers; `faq check run shm` says whether that is it",
    ),
    "out-of-memory": (
        "memory ran out, of the GPU or of the machine",
        "what does not fit is the batch with its activations, or a second process on the same GPU",
        "halve the batch size (and the learning rate with it), look for other processes in nvidia-smi; for main memory,"
        " fewer num_workers",
    ),
    "bad-image": (
        "an image cannot be read",
        "the file is missing, empty, cut off or no image, so the decoder gave nothing",
        "open every file of your list with Pillow once and take out what fails; `faq check run labels -- LIST` finds"
        " missing ones",
    ),
    "label-range": (
        "a label is outside 0 to class_num - 1",
        "the loss takes labels from 0 to class_num - 1 only; its text names neither file nor line",
        "`faq check run labels -- LIST --class-num N` names the lines; set Arch.class_num to the largest label + 1",
    ),
    "reader-exception": (
        "your own code that reads data raised an exception",
        "the error of the queue only says that a reader failed; the first traceback above it is the cause",
        "read the first traceback; where there is none, run with num_workers=1 and call dataset[i] for every i",
    ),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name where the log is."""
    parser.add_argument("file", nargs="?", metavar="FILE", help="the log; standard input when none is named")


def measure(arguments: argparse.Namespace, report: Report) -> None:
    """Find the kind of error and the line that tells it."""
    lines = _read_lines(arguments.file)
    report.facts["lines"] = len(lines)
    known = find_error(lines, read_header(__file__)["signatures"])
    cause = _first_error(lines)
    if known is None:
        report.facts["error"] = "unknown" if cause else "none"
        if cause:
            report.warn(
                f"an error that is none of the six kinds, line {cause}: {_shown(lines, cause)}",
                why="no line of the log holds words that are known",
                fix="ask with the line itself: `faq ask -` and paste it",
            )
        else:
            report.good(f"no error in {len(lines)} lines")
        return
    signature, number = known
    what, why, fix = KNOWN[signature["error"]]
    report.facts.update(error=signature["error"], line=number, text=_shown(lines, number), records=signature["answers"])
    report.summary = f"{what}, line {number}: {_shown(lines, number)}"
    report.fail(what, why=why, fix=fix)
    if signature["error"] == "reader-exception" and cause and cause != number:
        report.facts["cause_line"] = cause
        report.facts["cause"] = _shown(lines, cause)


def _read_lines(path: str | None) -> list[str]:
    if path is None:
        content = sys.stdin.buffer.read(LOG_BYTES)
    else:
        try:
            with open(path, "rb") as file:
                file.seek(max(0, os.path.getsize(path) - LOG_BYTES))
                content = file.read(LOG_BYTES)
        except OSError as error:
            raise WrongUse(f"{path}: {error.strerror}; name a log file") from None
    lines = content.decode("utf-8", "replace").splitlines()
    if not any(line.strip() for line in lines):
        raise WrongUse("the log is empty; name a file or paste the log into standard input, e.g. `log.py < train.log`")
    return lines


def _shown(lines: list[str], number: int) -> str:
    line = " ".join("".join(char if char.isprintable() else " " for char in lines[number - 1]).split())
    return line if len(line) <= SHOWN_CHARS else line[:SHOWN_CHARS] + "…"


# --- part log_search ---


# --- part contract ---


if __name__ == "__main__":
    sys.exit(main(add_arguments, measure))
