"""The cost curves of `docs/scale.md`: what a question, the opening, memory and disk cost from 10^2 records on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

_UNDATED = {"Date": None, "Creator": None}  # the same figures give the same bytes
_INCHES = (9.0, 7.0)
_STAGES = ("encode", "dense search", "words", "late interaction", "read the records")


def draw_curves(sizes: Sequence[dict[str, Any]], path: Path) -> None:
    """Write the picture as SVG; `sizes` is that of `scale.json`, smallest first."""
    records = [one["records"] for one in sizes]
    look = {"svg.hashsalt": "faq", "font.family": "DejaVu Sans", "axes.grid": True, "grid.alpha": 0.3}
    with rc_context(look):
        figure = Figure(figsize=_INCHES, layout="constrained")
        ((question, stages), (opening, size)) = figure.subplots(2, 2)
        for at, label in enumerate(("p50", "p95")):
            _line(question, records, [one["stages_ms"]["in all"][at] for one in sizes], label)
        _finish(question, "one question, in process", "milliseconds")
        for stage in _STAGES:
            _line(stages, records, [one["stages_ms"].get(stage, (0.0, 0.0))[0] for one in sizes], stage)
        _finish(stages, "its stages, p50", "milliseconds")
        _line(opening, records, [one["opened_s"] for one in sizes], "opening, in process")
        _line(opening, records, [one["cold_ask_s"] for one in sizes], "faq ask, whole process")
        _finish(opening, "opening", "seconds")
        _line(size, records, [sum(one["bytes"].values()) / 1e6 for one in sizes], "on disk, without the model")
        _line(size, records, [one["resident_mb"] for one in sizes], "resident, after 100 questions")
        _finish(size, "size", "megabytes")
        figure.savefig(path, format="svg", metadata=_UNDATED)


def _line(axes: Axes, records: Sequence[int], values: Sequence[float], label: str) -> None:
    axes.plot(records, values, marker="o", label=label)


def _finish(axes: Axes, title: str, unit: str) -> None:
    axes.set(title=title, xlabel="records", ylabel=unit, xscale="log", yscale="log")
    axes.legend()
