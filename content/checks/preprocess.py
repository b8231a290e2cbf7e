# Made from tools/checks/preprocess.py and the parts contract, paddle, network and chart
# by `python tools/assemble_checks.py`; change those, not this file.

# /// script
# requires-python = ">=3.9"
# dependencies = ["paddlepaddle>=3.0,<4", "numpy<2.4", "setuptools"]
#
# [tool.faq-check]
# id = "preprocess"
# version = "1.0"
# title = "Does the time go into preparing the images or into the network?"
# title_zh = "预处理占了多少时间？"
# answers = ["faq_2021_s1/Q1.5", "en/faq_2021_s1/Q1.5"]
# reads = ["images in the folder named by --images", "the exported model named by --model"]
# writes = ["the SVG file named by --plot"]
# needs = ["cpu"]
# limit_seconds = 180
# ///
"""Find out whether preparing images takes longer than the network.

Times each step from file to batch as PaddleClas does them, one image at a time: read, decode, resize (short side 256),
crop (224 in the centre), normalise, to batch; and in the same turns the network, MobileNetV3-Large or your own exported
model, with oneDNN and as many threads as this process has cores. Uses photo-like JPEGs that it makes (--size), or the
images of your folder. Warns when preparing takes longer than the network, fails from twice as long on, and says what
was measured to help: decoding at reduced size, smaller files, cv2 where it is installed, more processes.
"""

from __future__ import annotations

import argparse
import io

STEPS = ("read", "decode", "resize", "crop", "normalise", "to batch")
ENDINGS = {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".gif"}
MOST_IMAGES = 16  # of a folder, spread over it
TURNS = 5
WORTH_SAVING = 0.3  # of the network's time; below that preparing is not worth a thought
ENOUGH_SECONDS = 60.0  # no further turn after that: large images
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the check can be told."""
    parser.add_argument("--images", metavar="FOLDER", help="your images, also in its subfolders")
    parser.add_argument("--size", default="1920x1080", metavar="WxH", help="of made images (default: %(default)s)")
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--network", default="MobileNetV3-Large", metavar="NAME", help="of paddle.vision.models (default: %(default)s)"
    )
    which.add_argument("--model", metavar="PATH", help="your exported model: its folder, or its prefix without .json")
    parser.add_argument("--side", type=int, default=224, metavar="N", help="height, width where the model has none")
    parser.add_argument("--plot", metavar="FILE.svg", help="draw the chart into this file, too")


def measure(arguments: argparse.Namespace, report: Report) -> None:
    """Time the steps and the network in turns; say which takes longer, and what helps."""
    size = _size(arguments.size)
    if not 1 <= arguments.side <= 4096:
        raise WrongUse(f"--side {arguments.side} is not possible; give 1 to 4096")
    if arguments.plot:
        check_svg_path(arguments.plot)
    paths = _find_images(arguments.images) if arguments.images is not None else []
    paddle = import_paddle()
    _import_pillow()
    report.progress("preparing images and the network")
    with tempfile.TemporaryDirectory() as folder:
        if arguments.model:
            model = find_model(arguments.model, arguments.side)
        else:
            model, _ = export_network(paddle, arguments.network, folder)
        side = _input_side(model)
        paths = _readable_images(paths, report) if paths else [make_photo(folder, number, size) for number in range(4)]
        timed = Timed(paths, side, folder, Bench([model]), model)
        report.progress(f"timing {len(paths)} images and the network, up to {TURNS} turns")
        timed.take_turns()
        _tell(timed, report)
    _draw(timed, model.name, report, arguments.plot)


def _import_pillow() -> None:
    try:
        import PIL.Image
    except ImportError as error:
        raise Skip(f"Pillow cannot be imported here ({error})", "pip install pillow") from None
    PIL.Image.MAX_IMAGE_PIXELS = 200_000_000  # larger ones are refused as broken


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal() and len(text) < 12):
        raise WrongUse(f"--size takes width x height, e.g. 1920x1080, not {text[:40]!r}")
    size = int(width), int(height)
    if min(size) < 16 or max(size) > 10_000:
        raise WrongUse(f"--size {text} is not possible; give sides of 16 to 10000, e.g. 1920x1080")
    return size


def _find_images(folder: str) -> list[str]:
    """Return images of a folder, at most MOST_IMAGES, spread over it."""
    shown = os.path.basename(os.path.normpath(folder)) or folder
    if not os.path.isdir(folder):
        raise WrongUse(f"--images {shown} is no folder; name the folder that holds your images")
    found = []
    for parent, folders, names in os.walk(folder):
        folders.sort()
        images = [os.path.join(parent, name) for name in sorted(names) if os.path.splitext(name)[1].lower() in ENDINGS]
        found += filter(os.path.isfile, images)
    if not found:
        raise WrongUse(f"--images {shown} holds no images ({', '.join(sorted(ENDINGS))})")
    step = max(1, len(found) / MOST_IMAGES)
    return [found[int(number * step)] for number in range(min(len(found), MOST_IMAGES))]


def _readable_images(paths: list[str], report: Report) -> list[str]:
    """Return the images that can be decoded; name the others."""
    good, bad = [], []
    for path in paths:
        try:
            prepare(path, 224)
            good.append(path)
        except Exception:  # whatever a decoder raises on a damaged file
            bad.append(os.path.basename(path))
    if not good:
        raise WrongUse(f"none of the {len(bad)} images can be decoded, e.g. {bad[0]}; name a folder of intact images")
    if bad:
        report.warn(
            f"{len(bad)} of {len(paths)} images cannot be decoded: {', '.join(bad[:5])}",
            why="they are damaged, too large or no images at all; a data loader stops at them",
            fix=f"remove them or save them again: {' '.join(bad[:5])}",
        )
    return good


def make_photo(folder: str, number: int, size: tuple[int, int]) -> str:
    """Write a JPEG whose detail falls off as in photographs, so that it compresses and decodes like one."""
    import numpy
    from PIL import Image

    numbers = numpy.random.default_rng(number)
    width, height = size
    picture = numpy.full((height, width, 3), 128.0, dtype="float32")
    for cells, strength in ((3, 60), (12, 30), (50, 16), (200, 8)):
        grid = numbers.normal(0, strength, (max(2, cells * height // width), cells, 3)).clip(-127, 127) + 128
        layer = Image.fromarray(grid.astype("uint8")).resize(size, Image.BICUBIC)
        picture += numpy.asarray(layer, dtype="float32") - 128
    picture += numbers.normal(0, 6, picture.shape)  # makes about 2 bits a pixel, as photographs have
    path = os.path.join(folder, f"photo-{number}.jpg")
    Image.fromarray(picture.clip(0, 255).astype("uint8")).save(path, quality=90)
    return path


def prepare(path: str, side: int, *, reduced: bool = False) -> tuple[list[float], Any]:
    """Return the seconds of each of STEPS, and the batch of one image that they end in.

    `reduced` decodes a JPEG at the smallest of its built-in scales that is still large enough.
    """
    import numpy
    from PIL import Image

    clock = [time.perf_counter()]

    def done(value: Any) -> Any:
        clock.append(time.perf_counter())
        return value

    with open(path, "rb") as file:
        content = done(file.read())
    image = Image.open(io.BytesIO(content))
    wanted = _resized(image.size, side)
    if reduced:
        image.draft("RGB", wanted)
    image = done(image.convert("RGB"))
    image = done(image.resize(wanted, Image.BILINEAR))
    left, top = (wanted[0] - side) // 2, (wanted[1] - side) // 2
    image = done(image.crop((left, top, left + side, top + side)))
    values = numpy.asarray(image, dtype="float32") * numpy.float32(1 / 255)
    values = done((values - numpy.float32(MEAN)) / numpy.float32(DEVIATION))
    batch = done(numpy.ascontiguousarray(values.transpose(2, 0, 1)[None]))
    return [end - start for start, end in zip(clock, clock[1:])], batch


def prepare_with_cv2(path: str, side: int) -> float:
    """Return the seconds of the same steps with cv2, PaddleClas' default."""
    import cv2
    import numpy

    started = time.perf_counter()
    with open(path, "rb") as file:
        image = cv2.imdecode(numpy.frombuffer(file.read(), dtype="uint8"), cv2.IMREAD_COLOR)
    height, width = image.shape[:2]
    wanted = _resized((width, height), side)
    image = cv2.resize(image, wanted, interpolation=cv2.INTER_LINEAR)
    left, top = (wanted[0] - side) // 2, (wanted[1] - side) // 2
    values = image[top : top + side, left : left + side, ::-1].astype("float32") * numpy.float32(1 / 255)
    values = (values - numpy.float32(MEAN)) / numpy.float32(DEVIATION)
    numpy.ascontiguousarray(values.transpose(2, 0, 1)[None])
    return time.perf_counter() - started


def _resized(size: tuple[int, int], side: int) -> tuple[int, int]:
    """Return an image's size when its short side is 256/224 of the crop, as PaddleClas does it."""
    scale = round(side * 256 / 224) / min(size)
    return max(side, round(size[0] * scale)), max(side, round(size[1] * scale))


def _input_side(model: Model) -> int:
    shape = next(iter(model.inputs.values()))[0]
    if len(model.inputs) != 1 or len(shape) != 4 or shape[1] != 3 or shape[2] != shape[3]:
        shapes = [shape for shape, _ in model.inputs.values()]
        raise WrongUse(f"{model.name} takes {shapes}; this check is for models that take images of 3 x N x N")
    return shape[2]


class Timed:
    """Times of all steps and of the network, in milliseconds, measured in turns."""

    def __init__(self, paths: list[str], side: int, folder: str, bench: Bench, model: Model) -> None:
        self.paths, self.side, self.bench = paths, side, bench
        self.small = [self._store_small(path, folder, number) for number, path in enumerate(paths)]
        self.setting = Setting(True, usable_cores(), model.fixed_batch or 1)
        self.seconds: dict[str, list[list[float]]] = {}
        """By way of preparing, by image: seconds of a whole preparation, a turn each."""
        self.steps: list[list[list[float]]] = [[] for _ in paths]
        """By image: seconds of each step, a turn each."""
        self.ways = {"draft": lambda number: sum(prepare(paths[number], side, reduced=True)[0])}
        self.ways["small files"] = lambda number: sum(prepare(self.small[number], side)[0])
        with contextlib.suppress(ImportError):
            import cv2

            cv2.setNumThreads(1)  # as one image path at a time has it, like Pillow
            self.ways["cv2"] = lambda number: prepare_with_cv2(paths[number], side)

    def _store_small(self, path: str, folder: str, number: int) -> str:
        """Store an image again with the short side that it is resized to."""
        from PIL import Image

        small = os.path.join(folder, f"small-{number}.jpg")
        with Image.open(path) as image:
            image.convert("RGB").resize(_resized(image.size, self.side), Image.BILINEAR).save(small, quality=95)
        return small

    def take_turns(self) -> None:
        """Time everything once a turn."""
        started = time.monotonic()
        try:
            for turn in range(TURNS):
                if not self.bench.visit([self.setting]):
                    self.setting = self.setting._replace(onednn=False)
                    if not self.bench.visit([self.setting]):
                        raise WrongUse(f"the model does not run: {next(iter(self.bench.crashed.values()))}")
                self._prepare_all()
                if turn and time.monotonic() - started > ENOUGH_SECONDS:
                    break
        finally:
            self.bench.release()

    def _prepare_all(self) -> None:
        for number, path in enumerate(self.paths):
            self.steps[number].append(prepare(path, self.side)[0])
            for way in list(self.ways):
                taken = self.seconds.setdefault(way, [[] for _ in self.paths])
                try:
                    taken[number].append(self.ways[way](number))
                except Exception:  # cv2 reads fewer formats than Pillow; a way that fails on an image is not proposed
                    del self.ways[way], self.seconds[way]

    @property
    def network_ms(self) -> float:
        """The network's time for an image."""
        return self.bench.median(self.setting) * 1e3 / self.setting.batch

    @property
    def step_ms(self) -> dict[str, float]:
        """The time of each step, averaged over the images."""
        medians = [[statistics.median(times) * 1e3 for times in zip(*turns)] for turns in self.steps]
        return dict(zip(STEPS, map(statistics.mean, zip(*medians))))

    @property
    def way_ms(self) -> dict[str, float]:
        """The time of a whole preparation in each other way."""
        return {
            way: statistics.mean(statistics.median(turns) * 1e3 for turns in images)
            for way, images in self.seconds.items()
        }

    @property
    def draft_difference(self) -> float:
        """How far pixels differ when decoded at reduced size: the mean over the images, in grey levels of 255."""
        import numpy

        both = [[prepare(path, self.side, reduced=way)[1] for way in (False, True)] for path in self.paths]
        deviation = statistics.mean(DEVIATION)  # what normalising divided by
        return float(numpy.mean([numpy.abs(one - other).mean() for one, other in both])) * 255 * deviation


def _tell(timed: Timed, report: Report) -> None:
    """Put figures and verdict into the report."""
    steps, ways, network = timed.step_ms, timed.way_ms, timed.network_ms
    total = sum(steps.values())
    ratio = total / network
    for step, taken in steps.items():
        report.facts[f"{step.replace(' ', '_')}_ms"] = round(taken, 2)
    report.facts.update(preprocess_ms=round(total, 2), network_ms=round(network, 2))
    report.facts["preprocess_share"] = round(total / (total + network), 3)
    for way, taken in ways.items():
        report.facts[f"preprocess_with_{way.replace(' ', '_')}_ms"] = round(taken, 2)
    report.facts["processes_needed"] = processes = math.ceil(ratio)
    report.facts.update(images=len(timed.paths), threads=timed.setting.threads)
    report.facts["mean_file_bytes"] = round(statistics.mean(map(os.path.getsize, timed.paths)))
    said = f"preparing an image takes {total:.1f} ms, the network {network:.1f} ms"
    if not timed.setting.onednn:
        said += " (without oneDNN, with which this model does not run)"
    share = f"{100 * total / (total + network):.0f} %"
    savings = _savings(timed, total, ways)
    if ratio >= DIFFERENT:
        slowest = max(steps, key=steps.__getitem__)
        (report.fail if ratio >= 2 else report.warn)(
            said,
            why=f"{share} of the time is spent before the network; most of it, {steps[slowest]:.1f} ms, is {slowest}",
            fix="; or ".join([*savings, _more_processes(total, processes)]),
        )
    elif ratio > 1 / DIFFERENT:
        report.good(f"{said}: neither holds up the other")
    else:
        report.good(f"{said}: speed up the network first")
    if WORTH_SAVING < ratio < DIFFERENT and savings:
        report.good(f"preparing is {share} of the time; measured to help: {'; or '.join(savings)}")
    on_gpu = sum(steps[step] for step in ("resize", "crop", "normalise"))
    report.good(f"resize, crop and normalise take {on_gpu:.1f} ms: moving them to a GPU cannot save more than that")


def _savings(timed: Timed, total: float, ways: dict[str, float]) -> list[str]:
    """Return the ways that were measured to help, the best first."""
    width, height = _resized(_size_of(timed.paths[0]), timed.side)
    texts = {
        "draft": f'decode JPEGs at reduced size: image.draft("RGB", ({width}, {height})) right after Image.open',
        "small files": f"store the images once with a short side of {min(width, height)}",
        "cv2": "decode and resize with cv2 (cv2.imdecode, cv2.resize)",
    }
    found = []
    for way in sorted(ways, key=ways.__getitem__):
        if total / ways[way] >= DIFFERENT:
            text = f"{texts[way]}, {total:.1f} -> {ways[way]:.1f} ms"
            if way == "draft":
                text += f" (pixels differ by {timed.draft_difference:.1f} of 255; validate the accuracy)"
            found.append(text)
    return found


def _size_of(path: str) -> tuple[int, int]:
    from PIL import Image

    with Image.open(path) as image:
        return image.size


def _more_processes(total: float, wanted: int) -> str:
    """Return how many processes to prepare images in, no more than there are cores."""
    cores = usable_cores()
    count = min(wanted, cores)
    effect = f"{wanted} processes would keep the network busy, with {count} an image takes {total / count:.1f} ms"
    if wanted < cores:
        effect = f"so many keep the network busy, on {cores} cores"
    return f"prepare images in {count} processes, e.g. multiprocessing.Pool({count}): {effect}"


def _draw(timed: Timed, name: str, report: Report, plot: str | None) -> None:
    steps = timed.step_ms
    whole = sum(steps.values()) + timed.network_ms
    rows = [*steps.items(), (f"network {name}", timed.network_ms)]
    largest = max(taken for _, taken in rows)
    bars = [Bar(label, taken, f"{100 * taken / whole:.0f} %", best=taken == largest) for label, taken in rows]
    title = "Milliseconds for one image, from file to answer"
    report.facts["chart"] = bar_chart(title, bars)
    if plot:
        write_svg(plot, svg_chart(title, bars, "milliseconds"))


# --- part contract: the same in every check, leave it as it is ---
# Runs `measure` in a process of its own, so that a crash, a hang or a library that prints still ends in one report.
# Contract v1: exit code 0 pass, 4 warn, 3 fail, 77 skip, 2 wrong use, 1 the check broke or ran out of time.
import contextlib
import faulthandler
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from typing import Any, Callable, NoReturn

EXIT_CODES = {"pass": 0, "warn": 4, "fail": 3, "skip": 77, "usage": 2, "error": 1}
_MEASURING = "FAQ_CHECK_MEASURING"  # set for the process that measures: the id of the one that waits for it
_NOISE_BYTES = 4000  # of what libraries printed, kept for the report of a crash
_GRACE_SECONDS = 1.0  # for the measuring process to end after it was told to
_STOPPED_BY = [getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, name)]


class Skip(Exception):
    """What the check looks at is not on this machine."""

    def __init__(self, why: str, fix: str = "") -> None:
        super().__init__(why)
        self.fix = fix


class WrongUse(Exception):
    """An argument that cannot be used; the text says what to give instead."""


class _Stopped(Exception):
    """The check was told to end."""


class Report:
    """What a check found: figures, and findings that each come with what to do."""

    def __init__(self, progress: Callable[[str], None] = lambda text: None) -> None:
        self.summary = ""
        """One line; the worst finding when left empty."""
        self.facts: dict[str, Any] = {}
        """Figures by name, the unit at the end of the name: free_bytes, decode_ms; a text of several lines is shown."""
        self.findings: list[dict[str, str]] = []
        self.progress = progress
        """Tell whoever waits what is going on."""

    def good(self, what: str) -> None:
        """Note what is as it should be."""
        self._note("pass", what)

    def warn(self, what: str, *, why: str, fix: str) -> None:
        """Note what costs something but works."""
        self._note("warn", what, why, fix)

    def fail(self, what: str, *, why: str, fix: str) -> None:
        """Note what does not work; `fix` names the flag, number or line to change."""
        self._note("fail", what, why, fix)

    def end(self, status: str, why: str, fix: str = "") -> None:
        """Note why there is no verdict."""
        self.summary = why
        self._note(status, why, "", fix)

    def _note(self, status: str, what: str, why: str = "", fix: str = "") -> None:
        self.findings.append({"status": status, "what": what, "why": why, "fix": fix})

    @property
    def status(self) -> str:
        """The worst of all findings; `pass` when there is none."""
        found = {finding["status"] for finding in self.findings}
        return next((status for status in ("error", "usage", "skip", "fail", "warn") if status in found), "pass")

    def to_json(self) -> dict[str, Any]:
        """Return the part of the document that measuring decides."""
        worst = [finding["what"] for finding in self.findings if finding["status"] == self.status]
        summary = self.summary or (worst[0] if worst else "")
        return {"status": self.status, "summary": summary, "facts": self.facts, "findings": self.findings}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise WrongUse(message)


def main(add_arguments: Callable[[Any], None], measure: Callable[[Any, Report], None]) -> int:
    """Run the check as the command line says; return its exit code."""
    started = time.monotonic()
    own_folder = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != own_folder]  # checks are no modules
    header = read_header(__file__)
    parser = _Parser(
        prog=os.path.basename(__file__),
        description=__doc__,
        epilog=f"reads: {'; '.join(header['reads']) or 'nothing'} | writes: {'; '.join(header['writes']) or 'nothing'}"
        f" | takes at most {header['limit_seconds']:g} s | answers: {', '.join(header['answers']) or 'no record yet'}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    add_arguments(parser)
    as_json = "--json" in sys.argv[1:]
    try:
        arguments = parser.parse_args()
    except WrongUse as error:
        report = Report()
        report.end("usage", str(error), f"see {parser.prog} --help")
        found = report.to_json()
    else:
        if os.environ.get(_MEASURING) == str(os.getppid()):
            _measure_for_parent(measure, arguments)
        found = _supervise(float(header["limit_seconds"]), quiet=as_json and not sys.stderr.isatty(), id=header["id"])
    document = {"check": header["id"], "version": header["version"], **found, "answers": header["answers"]}
    document["seconds"] = round(time.monotonic() - started, 3)
    _print(_presentable(document), as_json=as_json)
    return EXIT_CODES[document["status"]]


def read_header(path: str) -> dict[str, Any]:
    """Return the table tool.faq-check of a script's own header; its values are written so that they are JSON too."""
    table: dict[str, Any] = {}
    current: dict[str, Any] | None = None
    pending = key = ""
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            text = line[1:].strip()
            if text == "///":
                break
            if text.startswith("[") and not pending:
                name = text.strip("[]")
                current = None if not name.startswith("tool.faq-check") else table
                if current is not None and text.startswith("[["):
                    current = {}
                    table.setdefault(name.rpartition(".")[2], []).append(current)
            elif current is not None and text:
                if not pending:
                    key, _, text = (part.strip() for part in text.partition("="))
                pending += text
                with contextlib.suppress(ValueError):  # a list that goes on in the next line
                    current[key] = json.loads(pending)
                    pending = ""
    return table


def _measure_for_parent(measure: Callable[[Any, Report], None], arguments: argparse.Namespace) -> NoReturn:
    """Measure, and tell the waiting process in lines of JSON; what libraries print goes to standard error."""
    channel = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    faulthandler.enable()
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()

    def tell(**line: Any) -> None:
        channel.write(json.dumps(line, default=float) + "\n")
        channel.flush()

    report = Report(lambda text: tell(progress=text))
    try:
        measure(arguments, report)
    except Skip as error:
        report.end("skip", str(error), error.fix)
    except WrongUse as error:
        report.end("usage", str(error), "see --help")
    except MemoryError:
        report.end("error", "the memory of this machine or container did not suffice", "give it more memory")
    except Exception as error:
        last = " ".join(str(error).split())[:500]
        report.end("error", f"the check broke: {type(error).__name__}: {last}", "report this with the command you ran")
    tell(report=report.to_json())
    os._exit(0)  # libraries that hang or crash while they are torn down have nothing more to say


def _end_with_parent(parent: int) -> None:
    """End this process and all that it started when nobody waits for it any more."""
    while os.getppid() == parent:
        time.sleep(0.5)
    _end_group(os.getpid())


def _end_group(process: int) -> None:
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process, signal.SIGKILL)
    else:
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(process)], capture_output=True, check=False)


def _supervise(limit: float, *, quiet: bool, id: str) -> dict[str, Any]:
    """Run this script again to measure, for at most `limit` seconds; return what it found or how it ended."""

    def stop(number: int, frame: object) -> NoReturn:
        raise _Stopped(f"ended by {signal.Signals(number).name}")

    for number in _STOPPED_BY:
        signal.signal(number, stop)
    with contextlib.ExitStack() as stack:
        environment = {**os.environ, _MEASURING: str(os.getpid()), "PYTHONIOENCODING": "utf-8:backslashreplace"}
        with contextlib.suppress(OSError):  # no place for temporary files; whoever needs one says so
            environment["TMPDIR"] = stack.enter_context(tempfile.TemporaryDirectory(prefix="faq-check-"))
        try:
            child = _Child(environment, (lambda text: None) if quiet else lambda text: _note(f"{id}: {text}"))
            stack.callback(child.end)
            return child.wait(limit)
        except _Stopped as error:
            why, fix = str(error), "run it again"
        except (OSError, RuntimeError, MemoryError) as error:
            why, fix = f"the check could not be started: {error}", "free memory or raise the process limit"
    report = Report()
    report.end("error", why, fix)
    return report.to_json()


class _Child:
    """The process that measures."""

    def __init__(self, environment: dict[str, str], progress: Callable[[str], None]) -> None:
        command = [sys.executable, os.path.abspath(__file__), *sys.argv[1:]]
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        )
        self.progress = progress
        self.found: dict[str, Any] | None = None
        self.noise = b""
        self.ended = threading.Event()
        self.readers = [threading.Thread(target=job, daemon=True) for job in (self._read, self._read_noise)]
        for thread in (*self.readers, threading.Thread(target=self._await_end, daemon=True)):
            thread.start()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            told = json.loads(line)
            if "report" in told:
                self.found = told["report"]
                self.ended.set()
            else:
                self.progress(told["progress"])

    def _read_noise(self) -> None:
        for line in self.process.stderr or ():
            self.noise = (self.noise + line)[-_NOISE_BYTES:]

    def _await_end(self) -> None:
        self.process.wait()
        for thread in self.readers:
            thread.join(_GRACE_SECONDS)  # something it started may hold the pipes open
        self.ended.set()

    def wait(self, limit: float) -> dict[str, Any]:
        """Return what was found, within `limit` seconds."""
        in_time = self.ended.wait(limit)
        if self.found is not None:
            return self.found
        report = Report()
        if not in_time:
            report.end(
                "error", f"not done after {limit:g} s, its time limit", "try a smaller input, or an idle machine"
            )
            return report.to_json()
        code = self.process.returncode
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        lines = [line.strip() for line in self.noise.decode("utf-8", "replace").splitlines() if line.strip()]
        hint = "more memory may help" if how in {"SIGKILL", "SIGABRT"} else "report this with the command you ran"
        report.end("error", f"the measuring process died ({how}): {lines[-1] if lines else 'it said nothing'}", hint)
        return report.to_json()

    def end(self) -> None:
        """End it and all that it started."""
        _end_group(self.process.pid)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(_GRACE_SECONDS)


def _note(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _presentable(value: Any) -> Any:
    """Return a value that is JSON everywhere and names nobody's home folder."""
    if isinstance(value, dict):
        return {str(name): _presentable(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_presentable(part) for part in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        home = os.path.expanduser("~").rstrip("/\\")
        text = value.encode("utf-8", "replace").decode("utf-8")
        return text.replace(home, "~") if len(home) > 1 else text
    return value


def _print(document: dict[str, Any], *, as_json: bool) -> None:
    text = json.dumps(document) if as_json else "\n".join(_readable(document))
    with contextlib.suppress(BrokenPipeError):  # whoever read has seen enough
        sys.stdout.buffer.write(text.encode(sys.stdout.encoding or "utf-8", "backslashreplace") + b"\n")
        sys.stdout.buffer.flush()


def _readable(document: dict[str, Any]) -> list[str]:
    """Return the report as lines: the verdict, the figures, what to do."""
    lines = [f"{document['status'].upper()} {document['check']}: {document['summary']}"]
    for name, value in document["facts"].items():
        lines += _readable_fact(name, value)
    for finding in document["findings"]:
        if finding["what"] != document["summary"] or finding["fix"]:
            lines.append(f"[{finding['status']}] {finding['what']}")
        lines += [f"    {name}: {finding[name]}" for name in ("why", "fix") if finding[name]]
    return lines


def _readable_fact(name: str, value: Any) -> list[str]:
    if isinstance(value, str) and "\n" in value:
        return ["", *(f"  {line}" for line in value.splitlines()), ""]
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [f"  {', '.join(f'{key} {part}' for key, part in row.items())}" for row in value]
    if name.endswith("_bytes") and isinstance(value, (int, float)):
        name, value = name[: -len("_bytes")], readable_bytes(value)
    if isinstance(value, (list, dict)):
        value = json.dumps(value, ensure_ascii=False)
    return [f"  {name.replace('_', ' '):<24} {value}"]


def readable_bytes(count: float) -> str:
    """Return a size in the unit that people read."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(count) < 1024 or unit == "GiB":
            break
        count /= 1024
    return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"


# --- end of part contract ---


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

# --- part network ---
# Needs the parts contract and paddle. A predictor lives in a process of its own: thread pools of two settings do not
# disturb each other, a setting that crashes ends alone, and all memory comes back when it is released.
import multiprocessing
import statistics
from typing import Iterable, NamedTuple

DIFFERENT = 1.15  # a ratio nearer to 1 is noise on a machine that does other things as well
_SETTLE_SECONDS = 0.22  # threads of the process measured before go on spinning for 0.2 s, the default of KMP_BLOCKTIME
_BURST_SECONDS = 0.3
_ANSWER_SECONDS = 120.0


class Crashed(Exception):
    """What ran in a process of its own did not work; the text says how it ended."""


class Model(NamedTuple):
    """An exported inference model."""

    name: str
    graph: str
    parameters: str
    inputs: dict[str, tuple[list[int], str]]
    """By name: the shape, -1 where it is open, the batch first; the type, e.g. float32."""

    @property
    def fixed_batch(self) -> int | None:
        """The only batch size that the model takes; None when it takes any."""
        first = next(iter(self.inputs.values()))[0][0]
        return first if first > 0 else None


class Setting(NamedTuple):
    """How a network is run."""

    onednn: bool
    threads: int
    batch: int = 1
    network: str = ""


def usable_cores() -> int:
    """Return how many cores this process may use: by its affinity, and by the quota of its container."""
    cores = float(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    for folder in _control_groups():
        for names in (["cpu.max"], ["cpu.cfs_quota_us", "cpu.cfs_period_us"]):
            try:
                quota, period = " ".join(open(os.path.join(folder, name)).read() for name in names).split()
                cores = min(cores, int(quota) / int(period)) if int(quota) > 0 else cores
            except (OSError, ValueError):  # another version of control groups, or `max`: no quota
                continue
    return max(1, int(cores + 0.999))


def _control_groups() -> Iterable[str]:
    """Return the folders that may hold a quota: those of this process's groups and of all groups above them."""
    try:
        with open("/proc/self/cgroup") as lines:
            groups = {line.rstrip("\n").split(":", 2)[2] for line in lines}
    except (OSError, IndexError):
        groups = set()
    for group in groups | {"/"}:
        parts = [part for part in group.split("/") if part not in {"", ".."}]
        for depth in range(len(parts) + 1):
            for root in ("/sys/fs/cgroup", "/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct"):
                yield os.path.join(root, *parts[:depth])


def _plain(name: str) -> str:
    return "".join(sign for sign in name.lower() if sign.isalnum())


def known_networks(paddle: Any) -> list[str]:
    """Return the names of the networks that Paddle itself can build for 3-channel images."""
    return [name for name in paddle.vision.models.__all__ if name == name.lower()]


def export_network(paddle: Any, name: str, folder: str) -> tuple[Model, Any]:
    """Build a network of paddle.vision.models, whatever the spelling, and export it; return it too.

    Raises WrongUse for a name that Paddle does not know.
    """
    known = {_plain(candidate): candidate for candidate in known_networks(paddle)}
    wanted = _plain(name)
    found = known.get(wanted) or known.get(wanted[:-3] if wanted.endswith("x10") else "")  # PaddleClas appends _x1_0
    if found is None:
        raise WrongUse(f"paddle.vision.models has no network {name!r}; it has {', '.join(sorted(known.values()))}")
    side = 299 if found.startswith("inception") else 224
    network = getattr(paddle.vision.models, found)()
    target = os.path.join(folder, found)
    os.makedirs(target, exist_ok=True)
    graph, parameters = save_inference_model(paddle, network, [None, 3, side, side], target)
    return Model(found, graph, parameters, {"x": ([-1, 3, side, side], "float32")}), network


def find_model(path: str, side: int = 224) -> Model:
    """Return the user's own exported model, named by its folder, its prefix or one of its files.

    `side` is the height and width to feed where the model leaves them open. Raises WrongUse for anything else.
    """
    prefixes = _prefixes(path)
    shown = os.path.basename(os.path.normpath(path)) or path
    if not prefixes:
        raise WrongUse(f"--model {shown}: no exported model there; name the folder or prefix of X.json + X.pdiparams")
    if len(prefixes) > 1:
        names = ", ".join(sorted(os.path.basename(prefix) for prefix in prefixes)[:10])
        raise WrongUse(
            f"--model {shown} holds several models ({names}); name one, e.g. {shown}/{os.path.basename(prefixes[0])}"
        )
    prefix = prefixes[0]
    graph = next(prefix + ending for ending in (".json", ".pdmodel") if os.path.isfile(prefix + ending))
    reader = Worker(_describe, graph)
    try:
        inputs = reader.answer()
    except Crashed as error:
        raise WrongUse(f"--model {shown}: Paddle cannot load it ({error})") from None
    finally:
        reader.close()
    open_sides = {
        name: ([n if n > 0 or not at else side for at, n in enumerate(shape)], kind)
        for name, (shape, kind) in inputs.items()
    }
    return Model(os.path.basename(prefix), graph, f"{prefix}.pdiparams", open_sides)


def _prefixes(path: str) -> list[str]:
    """Return the prefixes of the models that a path can mean."""
    stem, ending = os.path.splitext(path)
    candidates = [path, stem] if ending in {".json", ".pdmodel", ".pdiparams"} else [path]
    if os.path.isdir(path):
        names = sorted(os.listdir(path))
        candidates = [os.path.join(path, name[: -len(".pdiparams")]) for name in names if name.endswith(".pdiparams")]
    return [
        prefix
        for prefix in candidates
        if os.path.isfile(f"{prefix}.pdiparams") and any(os.path.isfile(prefix + end) for end in (".json", ".pdmodel"))
    ]


def _describe(pipe: Any, graph: str) -> None:
    """Tell the inputs of a model: names, shapes, types."""
    inputs, _ = read_exported_model(import_paddle(graph), graph)
    pipe.send((True, inputs))


class Worker:
    """A process of its own that answers through a pipe."""

    def __init__(self, job: Callable[..., None], *arguments: Any) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs, job, arguments), daemon=True)
        self.process.start()
        theirs.close()

    def answer(self) -> Any:
        """Return what it answers next; Crashed when it cannot, or is gone."""
        try:
            if not self.pipe.poll(_ANSWER_SECONDS):
                raise Crashed(f"no answer within {_ANSWER_SECONDS:g} s")
            fine, value = self.pipe.recv()
        except (EOFError, OSError):
            self.process.join(5)
            raise Crashed(f"the process died, exit code {self.process.exitcode}") from None
        if not fine:
            raise Crashed(value)
        return value

    def ask(self, question: Any) -> Any:
        """Return its answer to a question."""
        with contextlib.suppress(OSError):  # it is gone; its last words are still to be read
            self.pipe.send(question)
        return self.answer()

    def close(self) -> None:
        """End it."""
        self.pipe.close()
        self.process.kill()
        self.process.join()


def _work(pipe: Any, job: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    try:
        job(pipe, *arguments)
    except EOFError:  # nobody asks any more
        pass
    except Exception as error:
        pipe.send((False, f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"))
    os._exit(0)


def _serve(pipe: Any, model: Model, onednn: bool, threads: int) -> None:
    """Answer batch sizes with the seconds that a run took."""
    import_paddle()
    import numpy

    predictor = make_predictor(model.graph, model.parameters, onednn=onednn, threads=threads)
    numbers = numpy.random.default_rng(0)
    taken: dict[int, float] = {}
    pipe.send((True, "ready"))
    while True:
        batch = pipe.recv()
        feeds = []
        for name, (shape, kind) in zip(predictor.get_input_names(), model.inputs.values()):
            values = numbers.random([batch if shape[0] < 0 else shape[0], *shape[1:]], dtype="float32")
            feeds.append((predictor.get_input_handle(name), (values if "float" in kind else values + 1).astype(kind)))
        # What takes this long is neither disturbed by spinning threads nor worth a second warm-up.
        settle = 0 if taken.get(batch, 0) > _SETTLE_SECONDS else _SETTLE_SECONDS
        taken[batch] = _seconds_of_runs(predictor, feeds, settle)
        pipe.send((True, taken[batch]))


def _seconds_of_runs(predictor: Any, feeds: list[tuple[Any, Any]], settle: float) -> float:
    """Return the median time of a run, after `settle` seconds that do not count: first runs build kernels."""

    def run() -> float:
        started = time.perf_counter()
        for handle, values in feeds:
            handle.copy_from_cpu(values)
        predictor.run()
        predictor.get_output_handle(predictor.get_output_names()[0]).copy_to_cpu()
        return time.perf_counter() - started

    for seconds in (settle, _BURST_SECONDS) if settle else (_BURST_SECONDS,):
        taken = [run()]
        end = time.perf_counter() + seconds - taken[0]
        while time.perf_counter() < end:
            taken.append(run())
    return statistics.median(taken)


class Bench:
    """Times settings in turns (A, B, A, B, …), so that what else the machine does falls on all of them."""

    def __init__(self, models: Iterable[Model]) -> None:
        self.models = {model.name: model for model in models}
        self.seconds: dict[Setting, dict[int, float]] = {}
        """By setting: the median seconds of a run, by the number of the turn."""
        self.crashed: dict[Setting, str] = {}
        self.turns = 0
        self._workers: dict[Setting, Worker] = {}

    def visit(self, settings: Iterable[Setting]) -> list[Setting]:
        """Time each setting once more; return those that run."""
        wanted = [setting for setting in settings if setting not in self.crashed]
        self.start(wanted)
        self.turns += 1
        for setting in wanted:
            if setting in self.crashed:
                continue
            try:
                self.seconds.setdefault(setting, {})[self.turns] = self.time_one(setting)
            except Crashed as error:
                self.crashed[setting] = str(error)
                self.seconds.pop(setting, None)
                self._close(setting._replace(batch=1))
        return [setting for setting in wanted if setting not in self.crashed]

    def start(self, settings: Iterable[Setting]) -> None:
        """Load the predictors that are missing, all at once."""
        missing = {setting._replace(batch=1) for setting in settings} - set(self._workers)
        for key in sorted(missing):
            model = self.models[key.network] if key.network else next(iter(self.models.values()))
            self._workers[key] = Worker(_serve, model, key.onednn, key.threads)
        for key in sorted(missing):
            try:
                self._workers[key].answer()
            except Crashed as error:
                self.crashed.update({other: str(error) for other in settings if other._replace(batch=1) == key})
                self._close(key)

    def time_one(self, setting: Setting) -> float:
        """Return the seconds of a run; Crashed when the model does not run so."""
        return float(self._workers[setting._replace(batch=1)].ask(setting.batch))

    def release(self, kept: Iterable[Setting] = ()) -> None:
        """End the predictors of all settings but these."""
        for key in set(self._workers) - {setting._replace(batch=1) for setting in kept}:
            self._close(key)

    def _close(self, key: Setting) -> None:
        worker = self._workers.pop(key, None)
        if worker:
            worker.close()

    def median(self, setting: Setting) -> float:
        """Return the seconds of a run."""
        return statistics.median(self.seconds[setting].values())

    def images_per_second(self, setting: Setting) -> float:
        """Return how many images a second a setting does."""
        return setting.batch / self.median(setting)

    def speedup(self, fast: Setting, slow: Setting) -> float:
        """Return how many times the images per second of `slow` `fast` does, by the turns that both had."""
        quick, lame = self.seconds[fast], self.seconds[slow]
        ratios = [lame[turn] / quick[turn] for turn in quick.keys() & lame.keys()]
        ratio = statistics.median(ratios) if ratios else self.median(slow) / self.median(fast)
        return ratio * fast.batch / slow.batch


# --- end of part network ---

# --- part chart ---
import xml.sax.saxutils
from typing import NamedTuple

# Readable on white and on black: text and grid follow the reader's colour scheme, the best bar is also named in words.
_SVG_STYLE = """
    svg { font: 13px system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif; background: #ffffff; }
    text { fill: #1f2328; stroke: #ffffff; stroke-width: 3px; paint-order: stroke; }
    .title { font-size: 16px; font-weight: 600; } .axis { fill: #59636e; } .page { fill: #ffffff; }
    .grid { stroke: #d1d9e0; } .bar { fill: #7d9cc4; } .best { fill: #1a6fd0; }
    @media (prefers-color-scheme: dark) {
      svg { background: #0d1117; } text { fill: #e6edf3; stroke: #0d1117; }
      .axis { fill: #9198a1; } .page { fill: #0d1117; }
      .grid { stroke: #30363d; } .bar { fill: #54719b; } .best { fill: #58a6ff; }
    }
"""


class Bar(NamedTuple):
    """One bar of a chart."""

    label: str
    value: float
    note: str = ""
    """Shown behind the figure, e.g. `now`."""
    best: bool = False
    """Stands out by its colour; say so in the note as well."""


def figure(value: float) -> str:
    """Return a number as short as it can be said: 1234, 123, 12.3, 1.23."""
    return f"{value:.{0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2}f}"


def bar_chart(title: str, bars: list[Bar], width: int = 36) -> str:
    """Return a chart as lines of text, one bar a line."""
    largest = max((bar.value for bar in bars), default=0) or 1
    labels = max((len(bar.label) for bar in bars), default=0)
    lines = [title]
    for bar in bars:
        drawn = "█" * max(1, round(width * bar.value / largest))
        lines.append(f"{bar.label:<{labels}} {drawn:<{width}} {figure(bar.value):>6} {bar.note}".rstrip())
    return "\n".join(lines)


def svg_chart(title: str, bars: list[Bar], axis: str) -> str:
    """Return the same chart as an SVG document; `axis` names what is drawn and its unit."""
    left = 24 + 7.5 * max((len(bar.label) for bar in bars), default=0)
    plot, row, top = 420, 28, 56
    largest = max((bar.value for bar in bars), default=0) or 1
    step = _tick_step(largest)
    ticks = [step * number for number in range(7) if number == 0 or step * (number - 1) < largest]
    scale, bottom, right = plot / ticks[-1], top + row * len(bars), left + plot
    beside = 7.5 * max((len(bar.note) for bar in bars), default=0)
    page, height = right + 70 + beside, bottom + 60
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {page:.0f} {height}" width="{page:.0f}"'
        f' height="{height}" role="img" aria-labelledby="chart-title">',
        f'<title id="chart-title">{_xml(title)}</title><style>{_SVG_STYLE}</style>',
        f'<rect class="page" width="100%" height="100%"/><text class="title" x="16" y="30">{_xml(title)}</text>',
    ]
    for tick in ticks:
        x = left + tick * scale
        drawn.append(f'<line class="grid" x1="{x:.1f}" y1="{top - 6}" x2="{x:.1f}" y2="{bottom}"/>')
        drawn.append(f'<text class="axis" x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{tick:g}</text>')
    for number, bar in enumerate(bars):
        y, length = top + row * number, bar.value * scale
        kind = "bar best" if bar.best else "bar"
        drawn += [
            f'<text x="{left - 8:.1f}" y="{y + 15}" text-anchor="end">{_xml(bar.label)}</text>',
            f'<rect class="{kind}" x="{left:.1f}" y="{y}" width="{max(length, 1):.1f}" height="20" rx="2"/>',
            f'<text x="{left + length + 6:.1f}" y="{y + 15}">{_xml(f"{figure(bar.value)} {bar.note}".rstrip())}</text>',
        ]
    middle = left + plot / 2
    drawn.append(
        f'<text class="axis" x="{middle:.1f}" y="{bottom + 42}" text-anchor="middle">{_xml(axis)}</text></svg>'
    )
    return "\n".join(drawn) + "\n"


def _tick_step(largest: float) -> float:
    """Return 1, 2 or 5 times a power of ten so that at most six steps reach `largest`."""
    power = 10.0**-9
    while power * 50 < largest:
        power *= 10
    return next(step * power for step in (1, 2, 5, 10) if 6 * step * power >= largest)


def _xml(text: str) -> str:
    return xml.sax.saxutils.escape("".join(sign for sign in text if sign.isprintable()), {'"': "&quot;"})


def check_svg_path(path: str) -> None:
    """Raise WrongUse unless a chart may be written there: only a new file, or one that is an SVG already."""
    shown = os.path.basename(path) or path
    if os.path.isdir(path) or not path.lower().endswith(".svg"):
        raise WrongUse(f"--plot {shown}: name a file that ends in .svg, e.g. --plot chart.svg")
    if not os.path.isdir(os.path.dirname(path) or "."):
        raise WrongUse(f"--plot {shown}: its folder does not exist; make it, or name one that does")
    if os.path.lexists(path):
        try:
            with open(path, "rb") as file:
                start = file.read(2000)
        except OSError as error:
            raise WrongUse(f"--plot {shown}: {error.strerror}") from None
        if start and b"<svg" not in start:
            raise WrongUse(f"--plot {shown} exists and is no SVG; name another file")


def write_svg(path: str, svg: str) -> None:
    """Write a chart where `check_svg_path` allowed it."""
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(svg)
    except OSError as error:
        raise WrongUse(f"--plot {os.path.basename(path)}: {error.strerror}") from None


# --- end of part chart ---


if __name__ == "__main__":
    sys.exit(main(add_arguments, measure))
