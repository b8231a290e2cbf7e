# /// script
# requires-python = ">=3.9"
# dependencies = ["paddlepaddle>=3.0,<4", "numpy<2.4", "setuptools"]
#
# [tool.faq-check]
# id = "infer-cpu"
# version = "1.0"
# title = "Which oneDNN, thread and batch settings predict fastest on this CPU?"
# title_zh = "这台机器的 CPU 上，oneDNN、线程数、batch 怎么设最快？"
# answers = ["faq_2021_s1/Q1.5", "en/faq_2021_s1/Q1.5"]
# reads = ["the exported model named by --model", "cores and container quota of this process"]
# writes = ["the SVG file named by --plot"]
# needs = ["cpu"]
# limit_seconds = 300
# ///
"""Find the fastest way to run a network on this machine's CPU.

Runs a real network, MobileNetV3-Large or your own exported model, with oneDNN on and off, with 1, 2, 4, … threads up to
the cores this process may use, and in batches. Says which setting is best for the wait of one image and for images per
second, and the lines of C++ and Python that set it. Tell what you have set now with --current-threads and
--current-onednn: the check warns when another setting is at least 1.15 times as fast, and fails from 2 times on.
Without them it compares with Paddle's defaults: oneDNN on, 1 thread.

Settings are timed in turns, each in a process of its own; the slower ones leave early. --full times every one.
"""

from __future__ import annotations

import argparse

LARGEST_BATCH = 256
MOST_THREADS = 1024
TURNS = 4  # of a race; the slower half leaves after each, unless it is as good as equal
PATIENT_SECONDS = 15.0  # a race that took this long gets no further turn: large networks, large batches
AS_GOOD = 0.95  # of two settings this near, the one with fewer threads and the smaller batch is the better
BUSY = 0.3  # of each core, by other programs in the last minute: figures are those of a shared machine
CARRY_ON = 2.0  # so many times slower than the best, the other of oneDNN on and off is not tried at larger batches


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the check can be told."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--network", default="MobileNetV3-Large", metavar="NAME", help="of paddle.vision.models (default: %(default)s)"
    )
    which.add_argument("--model", metavar="PATH", help="your exported model: its folder, or its prefix without .json")
    parser.add_argument("--side", type=int, default=224, metavar="N", help="height, width where the model has none")
    parser.add_argument("--batches", default="1,4,16", metavar="N,N", help="batch sizes to try (default: %(default)s)")
    parser.add_argument("--current-threads", type=int, metavar="N", help="threads you have set now")
    parser.add_argument("--current-onednn", choices=["on", "off"], help="whether you have oneDNN on now")
    parser.add_argument("--full", action="store_true", help="time every setting, also those that cannot win")
    parser.add_argument("--plot", metavar="FILE.svg", help="draw the chart into this file, too")


def measure(arguments: argparse.Namespace, report: Report) -> None:
    """Time the settings, name the best one, compare it with what is set now."""
    batches, now = _batches(arguments.batches), _current(arguments)
    if arguments.plot:
        check_svg_path(arguments.plot)
    paddle = import_paddle()
    report.progress("preparing the network")
    with tempfile.TemporaryDirectory() as folder:
        if arguments.model:
            model = find_model(arguments.model, _within(arguments.side, "--side", 1, 4096))
        else:
            model, _ = export_network(paddle, arguments.network, folder)
        if model.fixed_batch:
            batches, now = [model.fixed_batch], now._replace(batch=model.fixed_batch)
        bench, cores, load = Bench([model]), usable_cores(), load_per_core()
        threads = thread_counts(cores)
        try:
            (sweep_fully if arguments.full else search)(bench, threads, batches, report.progress)
            if not bench.seconds:
                raise WrongUse(f"{model.name} does not run with Paddle {paddle.__version__}: {_crash(bench, False)}")
            findings = Findings(bench, cores, now, bool(arguments.current_threads or arguments.current_onednn))
            report.progress("comparing the best settings with yours")
            findings.compare()
        finally:
            bench.release()
    report.facts.update(network=model.name, cores=cores, paddle_version=paddle.__version__)
    if model.fixed_batch:
        report.facts["fixed_batch"] = model.fixed_batch
    findings.tell(report)
    if load > BUSY:
        report.facts["load_per_core"] = round(load, 2)
        report.good("other programs kept this machine busy, which costs several threads most: run it again when idle")
    _draw(bench, findings, model.name, report, arguments.plot)


def _within(value: int, name: str, least: int, most: int) -> int:
    if not least <= value <= most:
        raise WrongUse(f"{name} {value} is not possible; give {least} to {most}")
    return value


def _batches(text: str) -> list[int]:
    """Return the batch sizes in ascending order; 1 is always one of them, it is the wait of one image."""
    try:
        sizes = {_within(int(size), "--batches", 1, LARGEST_BATCH) for size in text.split(",")}
    except ValueError:
        raise WrongUse(f"--batches takes whole numbers with commas between, e.g. 1,4,16, not {text[:60]!r}") from None
    return sorted(sizes | {1})


def _current(arguments: argparse.Namespace) -> Setting:
    """Return what the user has set; Paddle's default for what was not told."""
    threads = 1 if arguments.current_threads is None else arguments.current_threads
    return Setting(arguments.current_onednn != "off", _within(threads, "--current-threads", 1, MOST_THREADS))


def thread_counts(cores: int) -> list[int]:
    """Return the powers of two below the number of cores, half of it (a core often counts twice), and itself."""
    powers = {2**power for power in range(cores.bit_length()) if 2**power <= cores}
    return sorted(powers | {max(1, cores // 2), cores})


def load_per_core() -> float:
    """Return how many programs wanted each core in the last minute; 0 where the system does not tell."""
    return os.getloadavg()[0] / (os.cpu_count() or 1) if hasattr(os, "getloadavg") else 0.0


def search(bench: Bench, threads: list[int], batches: list[int], progress: Callable[[str], None]) -> None:
    """Time what can win: threads first, then oneDNN at the best of them, then larger batches of what did well."""
    progress("one image: threads, with oneDNN")
    on = race(bench, [Setting(True, count, batches[0]) for count in threads])
    progress("one image: without oneDNN")
    rivals = [setting._replace(onednn=False) for setting in on[:2]]
    off = race(bench, rivals or [Setting(False, count, batches[0]) for count in threads])
    untried = len(off) < len(threads)
    if untried and on and off and bench.speedup(on[0], off[0]) < DIFFERENT:  # its thread counts are worth a race, too
        off = race(bench, [Setting(False, count, batches[0]) for count in threads])
    alive, winners = on + off, []
    for batch in batches[1:]:
        if not alive:
            return
        best = min(alive, key=bench.median)
        winners.append(best)
        alive = [s for s in alive if s.onednn == best.onednn or bench.speedup(best, s) < CARRY_ON]
        bench.release(alive)
        progress(f"batches of {batch}: {len(alive)} settings")
        alive = race(bench, [setting._replace(batch=batch) for setting in alive])
    if winners:  # were timed at different moments: once more, in the same turns
        progress("the best of each batch size")
        take_turns(bench, [*winners, *alive[:1]])


def take_turns(bench: Bench, settings: Iterable[Setting]) -> None:
    """Time all of the settings some times, as often as patience allows."""
    started = time.monotonic()
    for _ in range(TURNS):
        bench.visit(settings)
        if time.monotonic() - started > PATIENT_SECONDS:
            break


def race(bench: Bench, settings: list[Setting]) -> list[Setting]:
    """Return all settings that run, the fastest first; the slower half has fewer turns than the others."""
    racing, left, started = settings, [], time.monotonic()
    for _ in range(TURNS):
        racing = sorted(bench.visit(racing), key=bench.median)
        if len(racing) < 2 or time.monotonic() - started > PATIENT_SECONDS:
            break
        half = (len(racing) + 1) // 2
        kept = [s for at, s in enumerate(racing) if at < half or bench.speedup(racing[0], s) < DIFFERENT]
        left += [setting for setting in racing if setting not in kept]
        racing = kept
    return racing + sorted(left, key=bench.median)


def sweep_fully(bench: Bench, threads: list[int], batches: list[int], progress: Callable[[str], None]) -> None:
    """Time every setting, all of them in turns."""
    everything = [Setting(onednn, n, batch) for batch in batches for onednn in (True, False) for n in threads]
    for turn in range(TURNS):
        progress(f"turn {turn + 1} of {TURNS}: {len(everything)} settings")
        everything = bench.visit(everything)


def best_of(bench: Bench, settings: Iterable[Setting]) -> Setting:
    """Return the setting with the most images per second; of those as good, the one that takes the least."""
    anchor = max(settings, key=bench.images_per_second)
    scores = {setting: bench.speedup(setting, anchor) for setting in settings}  # of the same turns where there are any
    as_good = [setting for setting in scores if scores[setting] >= AS_GOOD * max(scores.values())]
    return min(as_good, key=lambda setting: (setting.batch, setting.threads, not setting.onednn))


class Findings:
    """What the figures say about the setting in use."""

    def __init__(self, bench: Bench, cores: int, now: Setting, named: bool) -> None:
        self.bench = bench
        self.cores = cores
        self.now = now
        self.named = named
        """Whether the user said what is set now; Paddle's defaults otherwise."""
        singles = [setting for setting in bench.seconds if setting.batch == now.batch]
        self.one = best_of(bench, singles)
        """Best for the wait of one image."""
        self.many = best_of(bench, list(bench.seconds))
        """Best for images per second."""
        several = [setting for setting in singles if setting.threads > 1]
        self.several = max(several, key=bench.images_per_second, default=self.one)
        """Best for the wait of one image with more than one thread."""

    @property
    def _each(self) -> str:
        return "an image" if self.now.batch == 1 else f"a batch of {self.now.batch}"

    def compare(self) -> None:
        """Time the best settings against their neighbours and the one in use, in the same turns."""
        one, now = self.one, self.now
        neighbours = {one._replace(threads=1), one._replace(onednn=not one.onednn), self.several}
        for group in ({one, now} | neighbours, {self.many, now._replace(batch=self.many.batch)}):
            self.bench.release(group)
            take_turns(self.bench, sorted(group))

    def tell(self, report: Report) -> None:
        """Put the figures and the verdict into the report."""
        bench, facts = self.bench, report.facts
        facts["sweep"] = [self._row(setting) for setting in sorted(bench.seconds, key=lambda s: (s.batch, not s[0], s))]
        for name, best in (("latency", self.one), ("throughput", self.many)):
            facts[f"best_for_{name}"] = words(best)
        facts["one_image_ms" if self.one.batch == 1 else "one_batch_ms"] = round(bench.median(self.one) * 1e3, 2)
        facts["most_images_per_second"] = round(bench.images_per_second(self.many), 1)
        self._ratio(report, "onednn_speedup", self.one._replace(onednn=True), self.one._replace(onednn=False))
        self._ratio(report, "threads_speedup", self.several, self.several._replace(threads=1))
        self._tell_crash(report)
        if self.now in bench.seconds:
            self._judge(report)
        self._tell_throughput(report)

    def _row(self, setting: Setting) -> dict[str, Any]:
        return {
            "onednn": "on" if setting.onednn else "off",
            "threads": setting.threads,
            "batch": setting.batch,
            "images_per_second": round(self.bench.images_per_second(setting), 1),
            "wait_ms": round(self.bench.median(setting) * 1e3, 2),
        }

    def _ratio(self, report: Report, name: str, fast: Setting, slow: Setting) -> None:
        if fast in self.bench.seconds and slow in self.bench.seconds:
            report.facts[name] = round(self.bench.speedup(fast, slow), 2)

    def _tell_crash(self, report: Report) -> None:
        for onednn in sorted({setting.onednn for setting in self.bench.crashed}):
            used = self.now.onednn == onednn
            (report.fail if used else report.warn)(
                f"the model does not run with oneDNN {'on' if onednn else 'off'}: {_crash(self.bench, onednn)}",
                why="oneDNN, on by default, lacks some operators of .json models, e.g. interpolate (Paddle issue 77340)"
                if onednn
                else "an operator of this model exists in oneDNN's form only",
                fix=lines_to_set(self.one),
            )

    def _judge(self, report: Report) -> None:
        now, one, bench = self.now, self.one, self.bench
        ratio = bench.speedup(one, now)
        report.facts["possible_speedup"] = round(ratio, 2)
        who = "set now" if self.named else "Paddle's default"
        if ratio < DIFFERENT:
            report.good(
                f"{words(now)} ({who}) is as fast as it gets here: {bench.median(now) * 1e3:.1f} ms {self._each}"
            )
            return
        (report.fail if self.named and ratio >= 2 else report.warn)(
            f"{ratio:.1f} times as fast is possible: {bench.median(one) * 1e3:.1f} ms {self._each} with {words(one)},"
            f" {bench.median(now) * 1e3:.1f} ms with {words(now)} ({who})",
            why=self._why(),
            fix=lines_to_set(one),
        )

    def _why(self) -> str:
        now, one, reasons = self.now, self.one, []
        if now.onednn != one.onednn:
            reasons.append(
                "oneDNN has kernels made for the vector instructions of this CPU"
                if one.onednn
                else "this network gains nothing from oneDNN, and loses what converting memory layouts takes"
            )
        if now.threads > self.cores:
            reasons.append(f"{now.threads} threads take turns on {self.cores} cores and wait for each other")
        elif now.threads > one.threads:
            reasons.append("one image is too little work for so many threads; they wait for each other")
        elif now.threads < one.threads:
            reasons.append(f"{now.threads} of {self.cores} cores work, the others idle")
        return "; ".join(reasons)

    def _tell_throughput(self, report: Report) -> None:
        gain = self.bench.speedup(self.many, self.one)
        if self.many.batch > self.one.batch and gain >= DIFFERENT:
            report.good(
                f"for images per second, {words(self.many)} does {gain:.1f} times as many:"
                f" {self.bench.images_per_second(self.many):.0f} a second, each waits"
                f" {self.bench.median(self.many) * 1e3:.0f} ms"
            )


def _crash(bench: Bench, onednn: bool) -> str:
    return next((text for setting, text in sorted(bench.crashed.items()) if setting.onednn == onednn), "")


def words(setting: Setting) -> str:
    """Return a setting as people say it."""
    threads = f"{setting.threads} thread{'s' if setting.threads > 1 else ''}"
    batch = f", batches of {setting.batch}" if setting.batch > 1 else ""
    return f"oneDNN {'on' if setting.onednn else 'off'}, {threads}{batch}"


def lines_to_set(setting: Setting) -> str:
    """Return the lines of C++ and Python that make a setting."""
    verb = "Enable" if setting.onednn else "Disable"
    return (
        f"C++: config.SetCpuMathLibraryNumThreads({setting.threads}); config.{verb}MKLDNN();"
        f"  Python: config.set_cpu_math_library_num_threads({setting.threads}); config.{verb.lower()}_mkldnn()"
    )


def _draw(bench: Bench, findings: Findings, name: str, report: Report, plot: str | None) -> None:
    """Draw images per second of all that was timed, batch by batch."""
    bars = []
    for setting in sorted(bench.seconds, key=lambda s: (s.batch, not s.onednn, s.threads)):
        marks = {"shortest wait": findings.one, "most a second": findings.many, "now": findings.now}
        note = ", ".join(text for text, marked in marks.items() if marked == setting)
        label = f"batch {setting.batch}, {words(setting._replace(batch=1))}"
        best = setting in {findings.one, findings.many}
        bars.append(Bar(label, bench.images_per_second(setting), note, best))
    title = f"{name} on {findings.cores} cores: images per second"
    report.facts["chart"] = bar_chart(title, bars)
    if plot:
        write_svg(plot, svg_chart(title, bars, "images per second"))


# --- part contract ---


# --- part paddle ---

# --- part network ---

# --- part chart ---


if __name__ == "__main__":
    sys.exit(main(add_arguments, measure))
