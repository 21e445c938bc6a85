"""What is wrong with the population statistics in a checkpoint, and what to do.

``bnlstm_compat.diagnose`` judges the tables; here are added what is known of the
layouts, what a checkpoint cannot tell and so is asked for, and a picture.
"""

import os
import tempfile
from dataclasses import dataclass, replace

import numpy as np

from bnlstm_compat import BNLSTMWeights, diagnose, spec
from bnlstm_compat.diagnosis import Diagnosis, Finding, row_ranges
from migrate.cells import layout_of
from migrate.errors import MigrateError
from migrate.models import build as convert

FORMAT = 1
SHARED = "shared by all steps"
AT_TEST_TIME = "updated at test time"
IN_THE_LOOP = "updates inside the loop"

_WIDEN = "convert with --max-bn-steps of one row a step, then bnlstm_compat.recalibrate"


@dataclass(frozen=True)
class Case:
    """A cell of a checkpoint: the survey's ``cell``, its weights, what was found, the
    settings that were taken for it, and why inputs were not used, if they were not."""

    cell: object
    weights: BNLSTMWeights
    diagnosis: Diagnosis
    settings: dict
    unused: str | None = None


def _olavhn(weights):
    """What the cell with shared statistics does, whatever its tables hold."""
    left = {
        site: float(getattr(weights, f"{site}_moving_variance").min())
        for site in spec.SITES
    }
    shares = ", ".join(f"{site} {min(1, share):.0%}" for site, share in left.items())
    return [
        Finding(
            SHARED,
            (0,),
            "one row for all steps, that every step of a pass updates at the same time",
            "it mixes the moments of all steps, the first of which differ most; in "
            "TensorFlow 1 the updates race, so that some are lost, at each site others "
            f"(of the initial 0 and 1 up to this is left: {shares})",
            _WIDEN,
        ),
        Finding(
            AT_TEST_TIME,
            (0,),
            "the updates stand outside of the cond, so that inference makes them, too",
            "test data change the statistics; results depend on what was run before, "
            "and this checkpoint may hold moments of test data",
            f"none in TensorFlow 1; {_WIDEN}",
        ),
    ]


def _comment(weights):
    """The comment's cell, as long as it was traced once."""
    if weights.max_bn_steps > 1:
        return []
    return [
        Finding(
            IN_THE_LOOP,
            (0,),
            "only step 0 has variables: the cell was traced once, by dynamic_rnn, and "
            "its update ops live inside of the loop, where nothing can run them",
            "the statistics are as they were made, whatever was trained: inference "
            "does not normalise",
            _WIDEN,
        )
    ]


_KNOWN = {"olavhn": _olavhn, "comment": _comment}


def examine(checkpoint, found, settings, steps=None, lengths=None, data=None):
    """Diagnoses every batch-normalised cell.

    Args:
      checkpoint, found: a ``Checkpoint`` and its ``Survey``.
      settings: ``convert.Settings``, for epsilon, decay and activation.
      steps: T or None. lengths: (shortest, longest), True or None.
      data: mapping with ``x`` [B,T,D] and perhaps ``lengths`` [B], or None.

    Returns:
      Cases, in the order of the survey.

    Raises:
      MigrateError: no batch-normalised cell; data that do not fit.
    """
    x, data_lengths = _inputs(data)
    if data_lengths is not None:
        lengths = data_lengths
    cases = []
    for rnn in found.rnns:
        for cell in rnn.cells:
            if cell.max_bn_steps is None:
                continue
            weights = convert.cell_weights(checkpoint, cell, settings)
            own, unused = _own_inputs(rnn, cell, x, data_lengths)
            cases.append(_case(cell, weights, settings, steps, lengths, own, unused))
    if not cases:
        raise MigrateError(
            f"{checkpoint.prefix} has no batch-normalised cell, and so no population "
            "statistics"
        )
    return cases


def _case(cell, weights, settings, steps, lengths, x, unused):
    chosen = settings.resolve(cell)
    layout = layout_of(cell)
    known = _KNOWN.get(cell.layout, lambda weights: [])(weights)
    (diagnosis,) = diagnose(
        weights,
        steps=steps,
        lengths=lengths,
        padding=layout.padding(cell),
        x=x,
        momentum=chosen["decay"],
        epsilon=chosen["epsilon"],
        activation=_plain(convert.activation_named(chosen["activation"])),
    )
    findings = diagnosis.findings
    if known:  # says more than that steps share a row
        findings = tuple(one for one in findings if one.fault != "raced")
    diagnosis = replace(diagnosis, name=cell.scope, findings=(*known, *findings))
    return Case(cell, weights, diagnosis, chosen, unused)


def _plain(activation):
    return lambda z: np.asarray(activation(z))


def _inputs(data):
    if data is None:
        return None, None
    if "x" not in data:
        raise MigrateError(
            "expected an array x [batch, steps, features] in the data. Received: "
            f"{', '.join(data) or 'nothing'}"
        )
    x = np.asarray(data["x"])
    if x.ndim != 3 or 0 in x.shape or x.dtype.kind not in "fiu":
        raise MigrateError(
            "expected x of shape [batch, steps, features], of numbers. Received: "
            f"x.shape={x.shape}, x.dtype={x.dtype}"
        )
    lengths = None
    if "lengths" in data:
        lengths = np.asarray(data["lengths"])
        whole = lengths.shape == x.shape[:1] and lengths.dtype.kind in "iu"
        if not whole or lengths.min() < 0 or lengths.max() > x.shape[1]:
            raise MigrateError(
                f"expected lengths of shape [{x.shape[0]}], whole numbers up to "
                f"{x.shape[1]}. Received: lengths.shape={lengths.shape}, "
                f"lengths.dtype={lengths.dtype}"
            )
    return x, lengths


def _own_inputs(rnn, cell, x, lengths):
    """The inputs as this cell gets them, or None and the reason."""
    if x is None:
        return None, None
    if cell.input_dim != x.shape[2]:
        return None, f"takes {cell.input_dim} features, x has {x.shape[2]}"
    first = [chain[0] for chain in rnn.chains]
    if cell not in first:
        return None, "takes the outputs of the layer below"
    if first.index(cell) == 0:
        return x, None
    if lengths is None:
        return x[:, ::-1], None
    time = np.arange(x.shape[1])
    place = np.where(time < lengths[:, None], lengths[:, None] - 1 - time, time)
    return np.take_along_axis(x, place[:, :, None], axis=1), None


def asks(cases, steps, lengths, data) -> list[str]:
    """What a checkpoint cannot tell and was not given, with the flag that tells it."""
    asked = []
    rows = sorted({case.cell.max_bn_steps for case in cases})
    if data is None and steps is None:
        asked.append(
            "--steps T: how many steps the sequences have. More than "
            f"{' or '.join(map(str, rows))} share the last row; if they are fewer, "
            "rows never updated are harmless"
        )
    if lengths is None and (data is None or "lengths" not in data):
        asked.append(
            "--lengths SHORTEST:LONGEST: whether sequences differ in length. Then "
            "padding counted, and the first sequence of each batch chose the row"
        )
    if data is None:
        asked.append(
            "--data FILE.npz (x [B,T,D], perhaps lengths [B]): inputs. With them the "
            "gap between population and batch statistics is measured, and constant "
            "inputs are told from other causes of zero variance"
        )
    return asked


def report(checkpoint, cases, asked) -> dict:
    """The same as plain data for JSON."""
    return {
        "format": FORMAT,
        "checkpoint": checkpoint.prefix,
        "cells": [
            {
                **case.diagnosis.asdict(),
                "layout": case.cell.layout,
                "settings": case.settings,
                "data_not_used": case.unused,
            }
            for case in cases
        ],
        "not_told_by_a_checkpoint": asked,
    }


def plot(cases, path):
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
        raise MigrateError(
            "a plot needs matplotlib: pip install 'bnlstm-compat[plot]'"
        ) from error
    figure = Figure(figsize=(13, 5.4 * len(cases)), layout="constrained")
    parts = np.atleast_1d(figure.subfigures(len(cases), 1))
    for part, case in zip(parts, cases, strict=True):
        _draw(part, case)
    folder, name = os.path.split(os.path.abspath(path))
    try:
        handle, draft = tempfile.mkstemp(suffix=os.path.splitext(name)[1], dir=folder)
        os.close(handle)
        try:
            figure.savefig(draft, dpi=110)
            os.replace(draft, path)
        except BaseException:
            os.unlink(draft)
            raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error  # without the draft's name
        raise MigrateError(f"cannot write the plot {path}: {reason}") from error


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
