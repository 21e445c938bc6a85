"""One step of the cell.

Source: T. Cooijmans et al., "Recurrent Batch Normalization", arXiv 1603.09025,
equations 6-8.
"""

from keras import ops

from bnlstm_compat import spec
from bnlstm_compat.backend import current
from bnlstm_compat.compute.norm import affine, normalize


def gates_to_state(gates, c, bn, activation, recurrent_activation):
    """From the normalised sum of the gates [B,4H] and c [B,H] to ``(h', c')`` [B,H].

    ``bn("cell", c')`` is the cell's batch normalisation.
    """
    f, i, o, j = current.split(gates, len(spec.GATES), 1)
    c = c * recurrent_activation(f) + recurrent_activation(i) * activation(j)
    h = activation(bn("cell", c)) * recurrent_activation(o)
    return h, c


def cell_step(
    w, x, h, c, statistics, *, activation, recurrent_activation=ops.sigmoid, epsilon
):
    """One step; run eagerly on TensorFlow, it gives the bits of the TensorFlow 1 cell.

    Args:
      w: weights by name, at this step's row.
      x: [B,D]. h, c: [B,H].
      statistics: function ``(site, z [B,features]) -> (mean, variance)``, [features]
        or a row for each of the batch.
      activation, recurrent_activation: functions of one tensor.
      epsilon: added to variances.

    Returns:
      ``(h', c')``, both [B,H].
    """

    def bn(site, z):
        return normalize(z, *affine(w, site, *statistics(site, z), epsilon))

    recurrent = bn("recurrent", h @ w["recurrent_kernel"])
    gates = bn("input", x @ w["kernel"]) + recurrent
    return gates_to_state(gates, c, bn, activation, recurrent_activation)
