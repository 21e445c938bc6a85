"""A picture of population statistics: heat maps over rows and units."""

import io
import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from bnlstm_compat import spec
from bnlstm_compat.statistics.findings import row_ranges
from migrate.errors import MigrateError
from migrate.output.atomic import write_file
from migrate.sources.arguments import Path


def plot(cases: Sequence[Any], path: Path) -> None:
    """Draws the statistics of every cell as heat maps over rows and units.

    For each cell two rows of three panels, one for each site: means (blue
    below, red above zero), and variances on a logarithmic scale; the rows of the table
    (steps) run downwards. Rows with a fault are marked and named at the
    left.

    Raises:
      MigrateError: matplotlib is missing, or cannot write such a file.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MigrateError("a plot needs matplotlib: pip install matplotlib") from error
    figure = Figure(figsize=(13, 5.4 * len(cases)), layout="constrained")
    parts: Any = figure.subfigures(len(cases), 1)
    for part, case in zip(np.atleast_1d(parts), cases, strict=True):
        _draw(part, case)
    kind = os.path.splitext(path)[1].removeprefix(".") or "png"
    drawn = io.BytesIO()
    try:
        figure.savefig(drawn, format=kind, dpi=110)
    except ValueError as error:
        raise MigrateError(f"cannot write the plot {path}: {error}") from error
    write_file(path, drawn.getvalue())


def _draw(part, case):
    rows = case.weights.max_bn_steps
    found = case.diagnosis.findings
    healthy = "no fault found" if not found else ""
    part.suptitle(
        f"{case.diagnosis.name} ({case.cell.layout}, M {rows}) {healthy}", weight="bold"
    )
    axes = part.subplots(2, 3, sharey=True, width_ratios=[4, 4, 1.6])
    for column, site in enumerate(spec.SITES):
        mean, variance = (
            np.asarray(getattr(case.weights, f"{site}_moving_{kind}"), np.float64)
            for kind in ("mean", "variance")
        )
        with np.errstate(invalid="ignore", divide="ignore"):
            logs = np.log10(np.where(variance >= 0, variance, np.nan))
        for axis, table, what, options in (
            (axes[0, column], mean, "mean", _limits(mean)),
            (axes[1, column], logs, "log10 variance", _VARIANCES),
        ):
            image = axis.imshow(
                table, aspect="auto", interpolation="nearest", **options
            )
            image.set_cmap(image.cmap.with_extremes(bad="magenta"))
            part.colorbar(image, ax=axis, pad=0.01)
            axis.set_title(f"{site}: {what}", fontsize=10)
            _ticks(axis, site, case.weights.units)
    _mark(axes[:, 0], found, rows)


# The same colours in every picture: from below float32's worth to ten.
_VARIANCES = {"cmap": "viridis", "vmin": -6, "vmax": 1}


def _limits(table):
    whole = np.abs(table[np.isfinite(table)])
    limit = max(np.quantile(whole, 0.98) if whole.size else 1.0, 1e-6)
    return {"cmap": "RdBu_r", "vmin": -limit, "vmax": limit}


def _ticks(axis, site, units):
    rows = axis.images[0].get_array().shape[0]
    axis.set_yticks(np.unique(np.linspace(0, rows - 1, min(rows, 8)).astype(int)))
    if site == "cell":
        axis.set_xlabel("units")
        return
    middles = [units * (gate + 0.5) - 0.5 for gate in range(len(spec.GATES))]
    axis.set_xticks(middles, [f"{gate} gate" for gate in spec.GATES])
    for gate in range(1, len(spec.GATES)):
        axis.axvline(units * gate - 0.5, color="white", linewidth=0.8)


_COLOURS = ("tab:red", "tab:orange", "tab:purple", "tab:brown", "tab:pink", "black")


def _mark(axes, findings, rows):
    """A bar beside the rows of each fault, with its name."""
    for place, one in enumerate(findings):
        colour = _COLOURS[place % len(_COLOURS)]
        where = -0.1 - 0.055 * place
        for axis in axes:
            across = axis.get_yaxis_transform()
            for row in one.rows:
                axis.plot(
                    [where, where],
                    [row - 0.5, row + 0.5],
                    color=colour,
                    linewidth=5,
                    solid_capstyle="butt",
                    transform=across,
                    clip_on=False,
                )
            axis.text(
                where - 0.012,
                np.mean(one.rows),
                f"{one.fault}: {row_ranges(one.rows)}",
                color=colour,
                fontsize=8,
                rotation=90,
                ha="right",
                va="center",
                transform=across,
            )
            axis.set_ylim(rows - 0.5, -0.5)
