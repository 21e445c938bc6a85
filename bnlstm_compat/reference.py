"""The cell's equations in NumPy float64: what the other paths are judged by.

Written from the paper's equations (arXiv 1603.09025, 6-8) and from what TensorFlow 1's
loop does with lengths; it shares no code with the TensorFlow paths.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

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


def _sigmoid(z):
    return 0.5 * (np.tanh(0.5 * z) + 1.0)


def run(
    weights: BNLSTMWeights,
    x: np.ndarray,
    *,
    initial_state=None,
    lengths=None,
    training: bool = False,
    activation: Callable[[np.ndarray], np.ndarray] = np.tanh,
    momentum: float = spec.MOMENTUM,
    epsilon: float = spec.EPSILON,
) -> Run:
    """Runs the cell over sequences, one step after the other.

    Args:
      weights: the cell's weights.
      x: inputs [B,T,D].
      initial_state: ``(h [B,H], c [B,H], step [B,1])``; zeros if None.
      lengths: [B] integers, as ``sequence_length`` in TensorFlow 1.15: the loop goes
        to the longest row (at least one step); a finished row keeps its state and its
        counter but still counts in the moments; outputs past its length are zero.
      training: use the moments of the batch, and update the statistics of row
        ``step[0]`` (at most M - 1) in the order of the steps.
      activation: elementwise function for the candidate and the output.
      momentum: share of the old statistics that each training step keeps.
      epsilon: added to variances.

    Returns:
      A ``Run``; arrays are float64.
    """
    w = {name: np.asarray(a, np.float64).copy() for name, a in weights.asdict().items()}
    x = np.asarray(x, np.float64)
    batch, steps, _ = x.shape
    units = weights.units
    if initial_state is None:
        h, c, step = (np.zeros((batch, n)) for n in (units, units, 1))
    else:
        h, c, step = (np.array(state, np.float64) for state in initial_state)
    if lengths is None:
        lengths = np.full(batch, steps)
    lengths = np.asarray(lengths)

    def batch_norm(z, site, row):
        mean, variance = w[f"{site}_moving_mean"], w[f"{site}_moving_variance"]
        if training:
            mu = z.sum(axis=0) / batch
            sigma2 = ((z - mu) ** 2).sum(axis=0) / batch
            mean[row] = mean[row] * momentum + mu * (1 - momentum)
            variance[row] = variance[row] * momentum + sigma2 * (1 - momentum)
        else:
            mu, sigma2 = mean[row], variance[row]
        beta = w.get(f"{site}_beta", 0.0)
        return w[f"{site}_gamma"] * (z - mu) / np.sqrt(sigma2 + epsilon) + beta

    outputs = np.zeros((batch, steps, units))
    for t in range(min(steps, max(1, lengths.max()))):
        row = min(int(step[0, 0]), weights.max_bn_steps - 1)
        recurrent = batch_norm(h @ w["recurrent_kernel"], "recurrent", row)
        gates = batch_norm(x[:, t] @ w["kernel"], "input", row) + recurrent
        f, i, o, j = np.split(gates, 4, axis=1)
        next_c = c * _sigmoid(f) + _sigmoid(i) * activation(j)
        next_h = activation(batch_norm(next_c, "cell", row)) * _sigmoid(o)
        running = (t < lengths)[:, None]
        outputs[:, t] = np.where(running, next_h, 0.0)
        h = np.where(running, next_h, h)
        c = np.where(running, next_c, c)
        step = np.where(running, step + 1, step)
    return Run(outputs, h, c, step, BNLSTMWeights(**w))
