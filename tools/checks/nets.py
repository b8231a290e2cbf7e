# /// script
# requires-python = ">=3.9"
# dependencies = ["paddlepaddle>=3.0,<4", "numpy<2.4", "setuptools"]
#
# [tool.faq-check]
# id = "nets"
# version = "1.0"
# title = "Which network is fast enough on this machine: MobileNetV3 or ResNet50?"
# title_zh = "这台机器上哪个网络更快、更小？"
# answers = ["faq_2021_s1/Q2.4", "en/faq_2021_s1/Q2.4", "faq_2021_s1/Q2.5", "en/faq_2021_s1/Q2.5"]
# reads = ["cores and container quota of this process"]
# writes = ["the SVG file named by --plot"]
# needs = ["cpu"]
# limit_seconds = 300
# ///
"""Compare networks on this machine: time, parameters, FLOPs and bytes on disk.

Times MobileNetV3-Large, MobileNetV3-Small and ResNet50, and those you add, for one image and for batches of 8, with
oneDNN on and as many threads as this process has cores, in turns; and one image without oneDNN. FLOPs are those of
paddle.flops, which counts a multiplication with its addition once. Tell what you need with --target-ms (one image) and
--max-mb (the exported model): the check passes when a network meets it, and fails when none does.
"""

from __future__ import annotations

import argparse
import io

USUAL = ["MobileNetV3-Large", "MobileNetV3-Small", "ResNet50"]
LIGHT = ["shufflenet_v2_x0_25", "shufflenet_v2_x0_5", "squeezenet1_1", "mobilenet_v3_small"]
BATCH = 8
TURNS = 4
MOST_NETWORKS = 8  # each holds two processes of about 400 MB


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the check can be told."""
    parser.add_argument(
        "--network",
        action="append",
        default=[],
        metavar="NAME",
        help=f"another one of paddle.vision.models, besides {', '.join(USUAL)}; may be given several times",
    )
    parser.add_argument("--only", action="store_true", help="leave out the usual three")
    parser.add_argument("--target-ms", type=float, metavar="MS", help="longest time for one image that you can accept")
    parser.add_argument("--max-mb", type=float, metavar="MB", help="largest model file that you can accept")
    parser.add_argument("--plot", metavar="FILE.svg", help="draw the chart into this file, too")


def measure(arguments: argparse.Namespace, report: Report) -> None:
    """Export, count and time each network; say which is faster, and which meets what is needed."""
    names = list(dict.fromkeys([*([] if arguments.only else USUAL), *arguments.network]))
    if not names:
        raise WrongUse("--only leaves no network; add one, e.g. --only --network resnet18")
    if len(names) > MOST_NETWORKS:
        raise WrongUse(f"{len(names)} networks are too many at once; name at most {MOST_NETWORKS}")
    for option, value in (("--target-ms", arguments.target_ms), ("--max-mb", arguments.max_mb)):
        if value is not None and not 0 < value < float("inf"):
            raise WrongUse(f"{option} {value:g} is not possible; give a number above 0")
    if arguments.plot:
        check_svg_path(arguments.plot)
    paddle = import_paddle()
    with tempfile.TemporaryDirectory() as folder:
        counted = {}
        for name in names:
            report.progress(f"exporting {name}")
            model, network = export_network(paddle, name, folder)
            counted[model.name] = Counted(model, paddle, network)
        cores = usable_cores()
        timed = Timed([one.model for one in counted.values()], cores, report.progress)
    rows = [timed.row(one) for one in counted.values()]
    rows = sorted((row for row in rows if row), key=lambda row: row["one_image_ms"])
    report.facts.update(cores=cores, threads=cores, onednn="on", networks=rows)
    for name, text in timed.crashes.items():
        report.warn(f"{name} does not run with {text}", why="Paddle cannot run it so", fix="choose another network")
    if not rows:
        return
    _compare(rows, report)
    _judge(rows, arguments, report)
    _draw(rows, arguments, report)


class Counted:
    """What can be counted of a network without running it."""

    def __init__(self, model: Model, paddle: Any, network: Any) -> None:
        self.model = model
        self.parameters = sum(int(weight.size) for weight in network.parameters())
        self.model_bytes = os.path.getsize(model.graph) + os.path.getsize(model.parameters)
        with contextlib.redirect_stdout(io.StringIO()):  # paddle.flops prints a report of its own
            self.flops = int(paddle.flops(network, [1, *model.inputs["x"][0][1:]]))


class Timed:
    """The times of all networks, measured in turns."""

    def __init__(self, models: list[Model], cores: int, progress: Callable[[str], None]) -> None:
        self.bench = Bench(models)
        self.one = {model.name: Setting(True, cores, 1, model.name) for model in models}
        try:
            progress(f"timing one image of each, {TURNS} turns, with oneDNN on and off")
            plain = [setting._replace(onednn=False) for setting in self.one.values()]
            self._turns([*self.one.values(), *plain])
            self.bench.release(self.one.values())
            progress(f"timing batches of {BATCH}")
            self._turns([setting._replace(batch=BATCH) for setting in self.one.values()])
        finally:
            self.bench.release()

    def _turns(self, settings: list[Setting]) -> None:
        for _ in range(TURNS):
            settings = self.bench.visit(settings)

    @property
    def crashes(self) -> dict[str, str]:
        """What does not run, by network."""
        return {
            setting.network: f"oneDNN {'on' if setting.onednn else 'off'}: {text}"
            for setting, text in sorted(self.bench.crashed.items())
        }

    def row(self, counted: Counted) -> dict[str, Any] | None:
        """Return all figures of a network; None when it does not run."""
        one = self.one[counted.model.name]
        many, plain = one._replace(batch=BATCH), one._replace(onednn=False)
        if not {one, many, plain} <= set(self.bench.seconds):
            return None
        return {
            "network": counted.model.name,
            "one_image_ms": round(self.bench.median(one) * 1e3, 2),
            f"batch_{BATCH}_images_per_second": round(self.bench.images_per_second(many), 1),
            "parameters_million": round(counted.parameters / 1e6, 2),
            "flops_million": round(counted.flops / 1e6),
            "model_bytes": counted.model_bytes,
            "onednn_speedup": round(self.bench.speedup(one, plain), 2),
        }


def _compare(rows: list[dict[str, Any]], report: Report) -> None:
    """Say which is fastest, and how far FLOPs would have led astray."""
    quick, slow = rows[0], rows[-1]
    report.summary = f"{quick['network']} is the fastest here: {quick['one_image_ms']:.1f} ms an image"
    if len(rows) == 1:
        return
    report.summary += f"; {slow['network']} takes {slow['one_image_ms'] / quick['one_image_ms']:.1f} times as long"
    light, heavy = _most_misleading(rows)
    flops_ratio = heavy["flops_million"] / light["flops_million"]
    time_ratio = heavy["one_image_ms"] / light["one_image_ms"]
    report.facts.update(flops_ratio=round(flops_ratio, 2), time_ratio=round(time_ratio, 2))
    wrong_by = max(flops_ratio / time_ratio, time_ratio / flops_ratio)
    forecast = f"FLOPs forecast the time {wrong_by:.1f} times wrong" if wrong_by >= DIFFERENT else "the two agree"
    report.good(
        f"{heavy['network']} has {flops_ratio:.1f} times the FLOPs of {light['network']},"
        f" and takes {time_ratio:.1f} times as long: {forecast}"
    )
    gains = {row["network"]: row["onednn_speedup"] for row in rows}
    most, least = max(gains, key=gains.__getitem__), min(gains, key=gains.__getitem__)
    report.good(f"oneDNN makes {most} {gains[most]:.1f} times as fast, {least} {gains[least]:.1f} times")


def _most_misleading(rows: list[dict[str, Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the two networks whose FLOPs say least about their times, the one with fewer FLOPs first."""

    def speed(row: dict[str, Any]) -> float:
        return float(row["flops_million"] / row["one_image_ms"])

    slow, quick = min(rows, key=speed), max(rows, key=speed)
    return (slow, quick) if slow["flops_million"] <= quick["flops_million"] else (quick, slow)


def _judge(rows: list[dict[str, Any]], arguments: argparse.Namespace, report: Report) -> None:
    """Say which networks meet what the user needs."""
    wanted = []
    if arguments.target_ms is not None:
        wanted.append((f"{arguments.target_ms:g} ms an image", "one_image_ms", arguments.target_ms))
    if arguments.max_mb is not None:
        wanted.append((f"{arguments.max_mb:g} MB on disk", "model_bytes", arguments.max_mb * 1e6))
    if not wanted:
        return
    need = " and ".join(text for text, _, _ in wanted)

    def excess(row: dict[str, Any]) -> float:
        return max(row[name] / limit for _, name, limit in wanted)

    fitting = [row for row in rows if excess(row) <= 1]
    if fitting:
        largest = max(fitting, key=lambda row: row["flops_million"])
        report.good(
            f"{', '.join(row['network'] for row in fitting)}: within {need}; start with the largest of them,"
            f" {largest['network']} ({_shown(largest)}), and compare accuracy on your own images"
        )
        return
    nearest = min(rows, key=excess)
    report.summary = ""
    report.fail(
        f"no network here is within {need}; {nearest['network']} comes nearest: {_shown(nearest)}",
        why=f"it exceeds what you need {excess(nearest):.1f} times",
        fix=_way_out(rows, wanted, arguments),
    )


def _shown(row: dict[str, Any]) -> str:
    return f"{row['one_image_ms']:.1f} ms, {row['model_bytes'] / 1e6:.1f} MB"


def _way_out(rows: list[dict[str, Any]], wanted: list[tuple[str, str, float]], arguments: argparse.Namespace) -> str:
    """Return what to try, by which of the needs nothing meets."""
    tried = {row["network"] for row in rows}
    others = [name for name in LIGHT if name not in tried]
    needs = {"--target-ms": arguments.target_ms, "--max-mb": arguments.max_mb}
    told = " ".join(f"{option} {value:g}" for option, value in needs.items() if value is not None)
    missed = {name for _, name, limit in wanted if all(row[name] > limit for row in rows)}
    ways = []
    if others:
        networks = " ".join(f"--network {name}" for name in others)
        ways.append(f"try lighter networks: python nets.py --only {networks} {told}")
    if "model_bytes" in missed:
        ways.append("give the last layer your own class_num instead of 1000")
    if "one_image_ms" in missed:
        ways.append("feed smaller images: CropImage size 160 takes half the multiplications of 224")
    return "; or ".join(ways) or f"accept what {rows[0]['network']} takes"


def _draw(rows: list[dict[str, Any]], arguments: argparse.Namespace, report: Report) -> None:
    bars = [
        Bar(row["network"], row["one_image_ms"], f"{row['flops_million']} MFLOPs", best=row is rows[0]) for row in rows
    ]
    title = "Milliseconds for one image, and the FLOPs of each network"
    report.facts["chart"] = bar_chart(title, bars)
    if arguments.plot:
        write_svg(arguments.plot, svg_chart(title, bars, "milliseconds for one image"))


# --- part contract ---


# --- part paddle ---

# --- part network ---

# --- part chart ---


if __name__ == "__main__":
    sys.exit(main(add_arguments, measure))
