"""The v1 cells' equations in NumPy float64, from their own variables.

What every family's cell is made of; the cells themselves stand beside their layouts,
those with batch normalisation in ``normalised_equations``.
Written from the scripts of the time, with v1 names and gate orders; no code is shared
with the conversion that they judge.
"""

import numpy as np


def sigmoid(z):
    """1 / (1 + exp(-z))."""
    return 0.5 * (np.tanh(0.5 * z) + 1.0)


def run(cells, x, lengths, training):
    """One pass of cells, one above the other, as MultiRNNCell under dynamic_rnn.

    Args:
      cells: from ``Layout.equations``. x: [B,T,D]. lengths: [B]. training: use and
        update the moments of the batch.

    Returns:
      The outputs [B,T,H] of each cell, zero past the lengths; the final state of each.
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
    return outputs, states


class Cell:
    """A cell: ``step(x, state, t, training)`` gives ``(h, state)``.

    ``variables`` hold float64 copies by the layout's names; statistics move in
    training. ``settings`` holds what a checkpoint does not; under "gate" the gates'
    elementwise function, if it is not the sigmoid.
    """

    def __init__(self, variables, activation, settings):
        self.variables = {
            name: np.array(array, np.float64) for name, array in variables.items()
        }
        self.activation, self.settings = activation, settings
        self.gate = settings.get("gate", sigmoid)

    @property
    def units(self):
        """H."""
        return len(self.variables["bias"]) // 4

    def zero_state(self, batch):
        """c and h [B,H]."""
        return tuple(np.zeros((batch, self.units)) for _ in range(2))

    def statistics(self):
        """The population statistics by the layout's names of variables."""
        return {}

    def combine(self, gates, order, c, forget_bias):
        """The new c and the output gate, from the gates' sums [B,4H]."""
        sums = dict(zip(order, np.split(gates, 4, axis=1), strict=True))
        c = c * self.gate(sums["f"] + forget_bias)
        c = c + self.gate(sums["i"]) * self.activation(sums["j"])
        return c, self.gate(sums["o"])


def normalise(z, scale, offset, statistics, epsilon):
    """Batch normalisation with the mean and variance given."""
    mean, variance = statistics
    return (z - mean) / np.sqrt(variance + epsilon) * scale + offset
