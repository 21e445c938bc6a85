"""The cell's equations in NumPy float64: what the other paths are judged by.

Written from the paper's equations (arXiv 1603.09025, 6-8), from what TensorFlow 1's
loop does with lengths and from what ``BNLSTM`` promises; it shares no code with the
TensorFlow paths.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bnlstm_compat import spec
from bnlstm_compat.weights import BNLSTMWeights


@dataclass(frozen=True)
class Run:
    """What a run gave: ``outputs`` [B,T,H], ``h``, ``c`` [B,H], ``step`` [B,1].

    ``weights`` are those after the run: in training, with the statistics updated.
    """

    outputs: np.ndarray
    h: np.ndarray
    c: np.ndarray
    step: np.ndarray
    weights: BNLSTMWeights


def sigmoid(z: np.ndarray) -> np.ndarray:
    """The logistic function, without overflow."""
    return 0.5 * (np.tanh(0.5 * z) + 1.0)


def run(
    weights: BNLSTMWeights,
    x: np.ndarray,
    *,
    initial_state: Sequence[npt.ArrayLike] | None = None,
    lengths: npt.ArrayLike | None = None,
    padding: str = "masked",
    overflow: str = "update",
    training: bool = False,
    activation: Callable[[np.ndarray], np.ndarray] = np.tanh,
    recurrent_activation: Callable[[np.ndarray], np.ndarray] = sigmoid,
    momentum: float = spec.MOMENTUM,
    epsilon: float = spec.EPSILON,
) -> Run:
    """Runs the cell over sequences, one step after the other.

    Args:
      weights: the cell's weights.
      x: inputs [B,T,D].
      initial_state: ``(h [B,H], c [B,H], step [B,1])``; zeros if None.
      lengths: [B] integers. Outputs past a row's length are zero; its state and its
        counter stay.
      padding: "v1", as ``sequence_length`` in TensorFlow 1.15: the loop goes to the
        longest row (at least one step); finished rows still count in the moments; the
        counter of row 0 decides the row of the statistics. "masked": rows that are
        running and stand at the same row of the statistics share moments; fewer than
        two take the population statistics from before the run and leave them.
      overflow: "update" (steps beyond M share the last row) or "keep" (they have
        moments of their own and leave the last row as it is).
      training: use the moments of the batch and update the statistics, in the order
        of the steps.
      activation: elementwise function for the candidate and the output.
      recurrent_activation: elementwise function for the gates.
      momentum: share of the old statistics that each training step keeps.
      epsilon: added to variances.

    Returns:
      A ``Run``; arrays are float64.
    """
    w = {name: np.asarray(a, np.float64).copy() for name, a in weights.asdict().items()}
    population = {name: w[name].copy() for name in spec.STATISTICS}
    x = np.asarray(x, np.float64)
    batch, steps, _ = x.shape
    units, last = weights.units, weights.max_bn_steps - 1
    if initial_state is None:
        h, c, step = (np.zeros((batch, n)) for n in (units, units, 1))
    else:
        h, c, step = (np.array(state, np.float64) for state in initial_state)
    if lengths is None:
        lengths = np.full(batch, steps)
    lengths = np.asarray(lengths)

    def groups(running):
        """(members, row of the statistics, whether to take their moments, update)."""
        if padding == "v1":
            counter = int(step[0, 0])
            update = counter <= last or overflow == "update"
            return [(np.arange(batch), min(counter, last), True, update)]
        counters = step[:, 0].astype(int)
        highest = last if overflow == "update" else last + 1
        keys = np.minimum(counters, highest)
        found = [(np.flatnonzero(~running & (keys == k)), k, 0) for k in set(keys)]
        found += [(np.flatnonzero(running & (keys == k)), k, 1) for k in set(keys)]
        return [
            (rows, min(k, last), valid and len(rows) > 1, k <= last)
            for rows, k, valid in found
        ]

    def batch_norm(z, site, parts):
        mean, variance = w[f"{site}_moving_mean"], w[f"{site}_moving_variance"]
        result = np.zeros_like(z)
        for rows, row, moments, update in parts:
            gamma, beta = (
                w.get(f"{site}_{kind}", np.zeros(1)) for kind in ("gamma", "beta")
            )
            if weights.affine_per_step:
                gamma, beta = (a[row] if a.ndim == 2 else a for a in (gamma, beta))
            mu = population[f"{site}_moving_mean"][row]
            sigma2 = population[f"{site}_moving_variance"][row]
            if training and moments:
                mu = z[rows].sum(axis=0) / len(rows)
                sigma2 = ((z[rows] - mu) ** 2).sum(axis=0) / len(rows)
                if update:
                    mean[row] = mean[row] * momentum + mu * (1 - momentum)
                    variance[row] = variance[row] * momentum + sigma2 * (1 - momentum)
            result[rows] = gamma * (z[rows] - mu) / np.sqrt(sigma2 + epsilon) + beta
        return result

    outputs = np.zeros((batch, steps, units))
    for t in range(min(steps, max(1, lengths.max()))):
        parts = groups(t < lengths)
        recurrent = batch_norm(h @ w["recurrent_kernel"], "recurrent", parts)
        gates = batch_norm(x[:, t] @ w["kernel"], "input", parts) + recurrent
        f, i, o, j = np.split(gates, 4, axis=1)
        next_c = c * recurrent_activation(f) + recurrent_activation(i) * activation(j)
        next_h = activation(batch_norm(next_c, "cell", parts))
        next_h = next_h * recurrent_activation(o)
        running = (t < lengths)[:, None]
        outputs[:, t] = np.where(running, next_h, 0.0)
        h = np.where(running, next_h, h)
        c = np.where(running, next_c, c)
        step = np.where(running, step + 1, step)
    return Run(outputs, h, c, step, BNLSTMWeights(**w))
