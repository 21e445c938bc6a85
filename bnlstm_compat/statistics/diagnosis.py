"""What is wrong with population statistics, told from the statistics themselves."""

from collections.abc import Callable, Sequence

import keras
import numpy as np
import numpy.typing as npt

from bnlstm_compat import reference, spec
from bnlstm_compat.statistics import checks
from bnlstm_compat.statistics.find import cells_in
from bnlstm_compat.statistics.findings import FAULTS, Diagnosis
from bnlstm_compat.weights import BNLSTMWeights


def diagnose(
    source: BNLSTMWeights | keras.layers.Layer,
    *,
    steps: int | None = None,
    lengths: Sequence[int] | np.ndarray | bool | None = None,
    padding: str | None = None,
    x: npt.ArrayLike | None = None,
    constant: Sequence[int] = (),
    momentum: float | None = None,
    epsilon: float | None = None,
    activation: Callable[[np.ndarray], np.ndarray] | None = None,
) -> list[Diagnosis]:
    """Looks for faults in the population statistics of every cell in ``source``.

    Args:
      source: a ``BNLSTMWeights``, or a built Keras layer or model with BNLSTM inside.
      steps: T, the number of steps of the sequences. Without it, rows that share
        several steps can only be guessed from a last row that does not continue the
        others, and rows never reached cannot be called harmless.
      lengths: [B] lengths of the sequences, or a tuple (shortest, longest), which a
        tuple of two always is, or True for different ones. Without it, all are taken
        to be of one length.
      padding: what the cell does with lengths, "v1" or "masked"; taken from the layer,
        and "v1" for bare weights.
      x: inputs [B,T,D] of the (only) cell. With them, T and constant inputs are known,
        and the gap between population and batch statistics is measured.
      constant: steps at which all sequences are known to have the same input, if that
        is known without ``x``.
      momentum, epsilon, activation: of bare weights; the usual ones by default.

    Returns:
      A ``Diagnosis`` for each cell, in the order of the layers.

    Raises:
      ValueError: without a built cell; for inputs that do not fit it.

    Source: arXiv 1603.09025, section 4: statistics for each time step.
    """
    given = {"momentum": momentum, "epsilon": epsilon, "activation": activation}
    cells = [
        (name, weights, {**own, **{k: v for k, v in given.items() if v is not None}})
        for name, weights, own in _cells(source, padding)
    ]
    if x is not None and len(cells) > 1:
        raise ValueError(
            "Expected one cell where inputs are given, for they are those of one cell. "
            f"Received: x.shape={np.shape(x)} and {len(cells)} cells; diagnose the "
            "layers one by one"
        )
    found = []
    for name, weights, settings in cells:
        gap, still, known = None, np.asarray(constant, int), steps
        if x is not None:
            inputs = _fitting(x, weights)
            known = inputs.shape[1] if steps is None else steps
            still = np.flatnonzero((np.ptp(inputs, axis=0) == 0).all(axis=-1))
            gap = _gap(weights, inputs, lengths, settings)
        found.append(_diagnose(name, weights, settings, known, lengths, still, gap))
    return found


def _cells(source, padding):
    """Name, weights and settings of each cell."""
    if isinstance(source, BNLSTMWeights):
        settings = {
            "momentum": spec.MOMENTUM,
            "epsilon": spec.EPSILON,
            "activation": np.tanh,
            "padding": padding or "v1",
        }
        return [("cell", source, settings)]
    found = []
    for name, cell, _ in cells_in(source):
        settings = {
            what: getattr(cell, what)
            for what in ("momentum", "epsilon", "overflow", "bias_correction")
        }
        for what in ("activation", "recurrent_activation"):
            settings[what] = _plain(getattr(cell, what))
        settings["padding"] = padding or cell.padding
        found.append((name, cell.export_weights(), settings))
    return found


def _plain(activation):
    return lambda z: np.asarray(activation(z))


def _fitting(x: npt.ArrayLike, weights: BNLSTMWeights) -> np.ndarray:
    inputs = np.asarray(x)
    fits = inputs.ndim == 3 and inputs.shape[2] == weights.input_dim
    if not fits or 0 in inputs.shape:
        raise ValueError(
            f"Expected inputs of shape [B,T,{weights.input_dim}]. Received: "
            f"x.shape={inputs.shape}"
        )
    return inputs


def _gap(weights, x, lengths, settings):
    span = isinstance(lengths, tuple) and len(lengths) == 2
    if span or np.ndim(lengths) != 1 or len(lengths) != len(x):
        lengths = None
    averages = ("momentum", "bias_correction")
    population, batch = (
        reference.run(
            weights,
            x,
            lengths=lengths,
            training=training,
            **{what: value for what, value in settings.items() if what not in averages},
        ).outputs
        for training in (False, True)
    )
    scale = np.sqrt(np.mean(batch**2))
    return float(np.sqrt(np.mean((population - batch) ** 2)) / max(scale, 1e-30))


def _diagnose(name, weights, settings, steps, lengths, constant, gap):
    tables, size = checks.Tables.of(weights), weights.max_bn_steps
    rows = checks.judged_rows(tables, settings.get("bias_correction", False))
    jump, mixed = checks.jump(rows, tables)
    found = (
        checks.non_finite(rows),
        checks.never_updated(rows, steps),
        checks.hardly_updated(rows),
        checks.zero_variance(rows, tables, weights, settings["epsilon"], constant),
        jump,
        checks.raced(size, steps, mixed),
        *checks.of_lengths(size, steps, lengths, settings["padding"]),
    )
    findings = [one for one in found if one is not None]
    findings.sort(key=lambda one: FAULTS.index(one.fault))
    left = tuple(rows.left.round(6).tolist())
    updates = checks.updates_of_row_0(tables, settings["momentum"])
    return Diagnosis(name, size, tuple(findings), left, updates, gap)
