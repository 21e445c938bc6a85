"""The v1 cells' equations in NumPy float64, from their own variables.

The reference of ``verify`` for the layouts that have no graph cell in ``legacy``.
Written from the scripts of the time, with v1 names and gate orders; it shares no code
with the conversion that it judges.
"""

import numpy as np


def sigmoid(z):
    """1 / (1 + exp(-z))."""
    return 0.5 * (np.tanh(0.5 * z) + 1.0)


def cell_for(layout, arrays, activation, settings):
    """The cell of a layout.

    Args:
      layout: a ``Layout``. arrays: its variables by leaf.
      activation: an elementwise NumPy function.
      settings: what a checkpoint does not hold, by name.

    Returns:
      An object with ``zero_state(batch)``, ``step(x, state, t, training)`` ->
      ``(h, state)``, and ``variables``, whose statistics move in training.
    """
    kinds = {
        "olavhn": SharedCell,
        "olavhn-lstm": LSTMCell,
        "comment": CommentCell,
        "gru": GRUCell,
        "cudnn-gru": CudnnGRUCell,
    }
    name = layout.name.rpartition("-1.0")[0] or layout.name
    name = name.removesuffix("-0.12")
    kind = kinds.get(name, LSTMCell)
    variables = {leaf: np.array(array, np.float64) for leaf, array in arrays.items()}
    return kind(variables, activation, settings, name)


def run(cells, x, lengths, training):
    """One pass of cells, one above the other, as MultiRNNCell under dynamic_rnn.

    Args:
      cells: from ``cell_for``. x: [B,T,D]. lengths: [B]. training: use and update the
        moments of the batch.

    Returns:
      The outputs [B,T,H] of each cell, zero past the lengths.
    """
    batch, steps, _ = x.shape
    states = [cell.zero_state(batch) for cell in cells]
    outputs = [np.zeros((batch, steps, cell.units)) for cell in cells]
    for t in range(lengths.max()):
        running = (t < lengths)[:, None]
        y = x[:, t].astype(np.float64)
        for number, cell in enumerate(cells):
            y, after = cell.step(y, states[number], t, training)
            outputs[number][:, t] = np.where(running, y, 0.0)
            states[number] = tuple(
                np.where(running, new, old)
                for new, old in zip(after, states[number], strict=True)
            )
    return outputs


class _Cell:
    def __init__(self, variables, activation, settings, name):
        self.variables, self.activation = variables, activation
        self.settings, self.name = settings, name

    @property
    def units(self):
        """H."""
        return len(self.variables["bias"]) // 4

    def zero_state(self, batch):
        """c and h [B,H]."""
        return tuple(np.zeros((batch, self.units)) for _ in range(2))


class LSTMCell(_Cell):
    """Without batch normalisation: BasicLSTMCell, LSTMCell, CudnnLSTM, olavhn's."""

    def step(self, x, state, t, training):
        """One step."""
        del t, training
        w, (c, h) = self.variables, state
        if self.name == "olavhn-lstm":
            gates, forget_bias = x @ w["W_xh"] + h @ w["W_hh"] + w["bias"], 0.0
        else:
            gates = np.concatenate([x, h], axis=1) @ w["kernel"] + w["bias"]
            forget_bias = self.settings["forget_bias"]
        i, j, f, o = np.split(gates, 4, axis=1)
        c = c * sigmoid(f + forget_bias) + sigmoid(i) * self.activation(j)
        h = self.activation(c) * sigmoid(o)
        return h, (c, h)


class _NormalisedCell(_Cell):
    #: What the four variables of a normalisation are called.
    parts: tuple[str, str, str, str]

    def _norm(self, z, site, training):
        """Normalises z [B,.] with the variables under ``site``; in training, with the
        moments of the batch, by which the statistics then move."""
        w = self.variables
        scale, offset, *statistics = (f"{site}/{part}" for part in self.parts)
        moments = [w[name] for name in statistics]
        if training:
            kept, moments = self.settings["decay"], [z.mean(0), z.var(0)]
            for name, moment in zip(statistics, moments, strict=True):
                w[name] = w[name] * kept + moment * (1 - kept)
        mean, variance = moments
        z = (z - mean) / np.sqrt(variance + self.settings["epsilon"])
        return z * w[scale] + w[offset]


class SharedCell(_NormalisedCell):
    """Batch normalisation with one row of statistics for all steps."""

    parts = ("scale", "offset", "pop_mean", "pop_var")

    def step(self, x, state, t, training):
        """One step."""
        del t
        w, (c, h) = self.variables, state
        gates = (
            self._norm(x @ w["W_xh"], "xh", training)
            + self._norm(h @ w["W_hh"], "hh", training)
            + w["bias"]
        )
        i, j, f, o = np.split(gates, 4, axis=1)
        c = c * sigmoid(f) + sigmoid(i) * self.activation(j)
        h = self.activation(self._norm(c, "c", training)) * sigmoid(o)
        return h, (c, h)


class CommentCell(_NormalisedCell):
    """Batch normalisation with layers of its own for each step that was unrolled."""

    parts = ("gamma", "beta", "moving_mean", "moving_variance")

    def step(self, x, state, t, training):
        """One step."""
        w, (c, h) = self.variables, state
        row = min(t, sum(leaf.startswith("bn_xWXH") for leaf in w) // 4 - 1)
        gates = (
            self._norm(x @ w["W_XH"], f"bn_xWXH{row}", training)
            + self._norm(h @ w["W_HH"], f"bn_hWHH{row}", training)
            + w["bias"]
        )
        f, i, o, j = np.split(gates, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * self.activation(j)
        normal = self._norm(c, f"bn_next_cell_state{row}", training)
        h = sigmoid(o) * self.activation(normal)
        return h, (c, h)


class GRUCell(_Cell):
    """The reset gate acts on the state before the matrix."""

    @property
    def units(self):
        """H."""
        return len(self.variables["gates/bias"]) // 2

    def zero_state(self, batch):
        """h [B,H]."""
        return (np.zeros((batch, self.units)),)

    def step(self, x, state, t, training):
        """One step."""
        del t, training
        w, (h,) = self.variables, state
        both = np.concatenate([x, h], axis=1)
        gates = sigmoid(both @ w["gates/kernel"] + w["gates/bias"])
        r, u = np.split(gates, 2, axis=1)
        candidate = self.activation(self._candidate(x, h, r))
        h = u * h + (1 - u) * candidate
        return h, (h,)

    def _candidate(self, x, h, r):
        w = self.variables
        both = np.concatenate([x, r * h], axis=1)
        return both @ w["candidate/kernel"] + w["candidate/bias"]


class CudnnGRUCell(GRUCell):
    """The reset gate acts on what the matrix gave."""

    def _candidate(self, x, h, r):
        projected = [
            z @ self.variables[f"candidate/{name}_projection/kernel"]
            + self.variables[f"candidate/{name}_projection/bias"]
            for z, name in ((x, "input"), (h, "hidden"))
        ]
        return projected[0] + r * projected[1]
