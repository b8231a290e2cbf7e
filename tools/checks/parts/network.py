"""The part that times networks under many settings."""

from __future__ import annotations

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
