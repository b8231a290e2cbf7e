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


# --- part contract ---


# --- part paddle ---

# --- part network ---

# --- part chart ---


if __name__ == "__main__":
    sys.exit(main(add_arguments, measure))
