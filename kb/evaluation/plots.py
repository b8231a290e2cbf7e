"""Plots of an evaluation as SVG. The only module that knows matplotlib."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from faqkb.kb.errors import KbError
from faqkb.kb.evaluation.metrics import BINS, Columns, bins_of, risk_coverage_curve, to_columns
from faqkb.kb.evaluation.queries import Evaluation, figures_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_INCHES = (5.0, 5.0)
_LABEL_BOX = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.5}  # counts stay readable on the line
_UNDATED = {"Date": None, "Creator": None}  # the same evaluation gives the same bytes


def check_plotting() -> None:
    """Raise KbError when matplotlib is not installed: before minutes of questions, not after."""
    try:
        import matplotlib.figure  # noqa: F401, PLC0415 - in the extra `eval`
    except ImportError as error:
        raise KbError(f"plots need matplotlib ({error}); pip install 'faqkb[eval]'") from error


def draw_plots(evaluation: Evaluation, folder: Path) -> tuple[Path, Path]:
    """Write reliability.svg and risk_coverage.svg into a folder, made when missing; returns their paths.

    Raises KbError without matplotlib, OSError when the folder cannot be written.
    """
    check_plotting()
    from matplotlib import rc_context  # noqa: PLC0415 - in the extra `eval`
    from matplotlib.figure import Figure  # noqa: PLC0415

    columns = to_columns(evaluation.outcomes)
    plots = {folder / "reliability.svg": _draw_reliability, folder / "risk_coverage.svg": _draw_risk_coverage}
    folder.mkdir(parents=True, exist_ok=True)
    with rc_context({"svg.hashsalt": "faq", "font.family": "DejaVu Sans", "axes.grid": True, "grid.alpha": 0.3}):
        for path, draw in plots.items():
            figure = Figure(figsize=_INCHES, layout="constrained")
            draw(figure.subplots(), columns)
            figure.savefig(path, format="svg", metadata=_UNDATED)
    reliability, risk = plots
    return reliability, risk


def _draw_reliability(axes: Axes, columns: Columns) -> None:
    """Draw the share right in each bin of confidence, with the number of queries in it (Guo et al. 2017)."""
    bins = bins_of(columns.confidence)
    counts = np.bincount(bins, minlength=BINS)
    right = np.bincount(bins, weights=columns.right, minlength=BINS) / np.maximum(counts, 1)
    centres = (np.arange(BINS) + 0.5) / BINS
    axes.plot([0, 1], [0, 1], linestyle="--", color="grey", label="perfectly calibrated")
    axes.bar(centres, right, width=0.9 / BINS, color="tab:blue", label="queries of this confidence")
    for centre, share, count in zip(centres, right, counts, strict=True):
        axes.text(centre, share + 0.015, f"n={count}", ha="center", va="bottom", fontsize=8, bbox=_LABEL_BOX)
    axes.set(xlim=(0, 1), ylim=(0, 1.08), xlabel="confidence of the first hit", ylabel="share right")
    axes.set_title(f"Reliability, ECE {figures_of(columns)['ece']:.3f}")
    axes.legend(loc="upper left", bbox_to_anchor=(0, 0.93))


def _draw_risk_coverage(axes: Axes, columns: Columns) -> None:
    """Draw the share wrong of what is answered against the share of in-scope queries answered, for every threshold."""
    risk, coverage = risk_coverage_curve(columns)
    figures = figures_of(columns)
    precision, covered = figures["answered_precision"], figures["answered_coverage"]
    axes.plot(coverage, risk, drawstyle="steps-post", color="tab:blue", label="every threshold")
    if precision is not None and covered is not None:
        label = f"default threshold: risk {1 - precision:.2f} at coverage {covered:.2f}"
        axes.plot(covered, 1 - precision, "o", color="tab:red", label=label)
    axes.set(xlim=(0, 1), ylim=(0, None), xlabel="coverage: share of in-scope questions answered")
    axes.set(ylabel="risk: share wrong of the questions answered", title="Risk and coverage")
    axes.legend(loc="upper left")
