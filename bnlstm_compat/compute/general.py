"""A sequence whose rows stand at one step: every option, on every backend.

On TensorFlow this is the form that can be differentiated any number of times; ``fused``
computes the same, faster. On JAX and torch it is the only one.

Source: T. Cooijmans et al., "Recurrent Batch Normalization", arXiv 1603.09025,
equations 6-8. With lengths and ``padding="v1"``, what TensorFlow 1.15's
``dynamic_rnn`` does.
"""

from keras import ops

from bnlstm_compat import spec
from bnlstm_compat.backend import current
from bnlstm_compat.compute.loop import over_steps
from bnlstm_compat.compute.norm import affine, batch_moments, normalize
from bnlstm_compat.compute.schedule import at_rows, schedule, taken
from bnlstm_compat.compute.step import gates_to_state
from bnlstm_compat.compute.updates import Moments


def sequence(
    w,
    x,
    h,
    c,
    step,
    *,
    training,
    activation,
    recurrent_activation=ops.sigmoid,
    epsilon,
    lengths=None,
    padding="masked",
    overflow="update",
    recurrent_mask=None,
    unroll=False,
    all_sum=None,
):
    """All steps of a batch of sequences whose counters are equal.

    Args:
      w: weights and statistics by name: a dict from ``spec.NAMES`` to tensors.
      x: [B,T,D]. h, c: [B,H], step: [B,1], the state before.
      training: Python bool; True takes the moments of each step's batch.
      activation, recurrent_activation: functions of one tensor.
      epsilon: added to variances.
      lengths: [B] int32 or None. A finished row keeps its state and counter.
      padding: "masked": only running rows count in the moments, and fewer than two
        take the population statistics. "v1", as in TensorFlow 1.15: finished rows
        still count, and row 0's counter, which stops with it, decides the row of the
        statistics (so counters may differ).
      overflow: "update" or "keep", see ``BNLSTM``.
      recurrent_mask: [B,H] or None, multiplied onto h before its matmul.
      unroll: a Python loop (T must be known) instead of the backend's.
      all_sum: function that adds a tensor up over replicas, so that moments are those
        of all of them; or None.

    Returns:
      ``(outputs [B,T,H], h [B,H], c [B,H], step [B,1], moments)``; ``outputs`` past a
      row's length are what the cell computes there, up to the longest row;
      ``moments`` is a ``Moments`` in training, else None.
    """
    plan = schedule(
        x,
        step,
        w["cell_moving_mean"].shape[0],
        lengths=lengths,
        padding=padding,
        overflow=overflow,
        all_sum=all_sum,
    )
    if training:
        bn = _OfBatch(w, plan, x, padding, epsilon, all_sum)
    else:
        bn = _OfPopulation(w, plan, epsilon)
    inputs, inside = ops.transpose(x, (1, 0, 2)), spec.SITES
    if current.INPUTS_AT_ONCE:
        inputs = bn.all_steps("input", inputs @ w["kernel"])
        inside = ("recurrent", "cell")

    def one_step(read, inputs, h, c):
        values = {}

        def normalized(site, z):
            z, moments = bn.one_step(site, z, read)
            values.update(moments)
            return z

        if "input" in inside:
            inputs = normalized("input", inputs @ w["kernel"])
        gates = inputs + normalized("recurrent", h @ w["recurrent_kernel"])
        state = gates_to_state(gates, c, normalized, activation, recurrent_activation)
        return state, values

    outputs, (h, c), step, results = over_steps(
        one_step,
        inputs,
        (h, c),
        ops.convert_to_tensor(step),
        lengths=lengths,
        recurrent_mask=recurrent_mask,
        read=bn.read(inside),
        written=bn.written(inside),
        bound=plan.bound,
        unroll=unroll,
    )
    return outputs, h, c, step, bn.moments(inside, results)


def _population(w, site, rows):
    """Mean and variance [T,.] of the population."""
    names = (f"{site}_moving_mean", f"{site}_moving_variance")
    return tuple(taken(w[name], rows) for name in names)


class _OfPopulation:
    """Normalisation in inference: affine maps, known for all steps beforehand."""

    def __init__(self, w, plan, epsilon):
        by_step = at_rows(w, plan.rows)
        self._maps = {
            site: affine(by_step, site, *_population(w, site, plan.rows), epsilon)
            for site in spec.SITES
        }

    def all_steps(self, site, z):
        """bn(z) [T,B,.]."""
        scale, shift = self._maps[site]
        return normalize(z, scale[:, None], shift[:, None])

    def read(self, inside):
        """What ``one_step`` reads at the sites that are normalised inside the loop."""
        return {
            f"{site}_{what}": tensor
            for site in inside
            for what, tensor in zip(("scale", "shift"), self._maps[site], strict=True)
        }

    def written(self, inside):
        """What ``one_step`` gives besides: nothing."""
        del inside
        return {}

    def one_step(self, site, z, read):
        """bn(z) [B,.] and the moments by name, of which there are none."""
        return normalize(z, read(f"{site}_scale"), read(f"{site}_shift")), {}

    def moments(self, inside, results):
        """None: nothing moves the statistics."""
        del inside, results


class _OfBatch:
    """Normalisation in training, by the moments of each step's batch."""

    def __init__(self, w, plan, x, padding, epsilon, all_sum):
        self._w, self._plan, self._epsilon, self._all_sum = w, plan, epsilon, all_sum
        self._by_step = at_rows(w, plan.rows)
        self._dtype = w["cell_moving_mean"].dtype
        self._found = {}
        alike = plan.valid is None and all_sum is None
        # Whether steps with too few rows can occur, and so need the population's.
        self._sparse = padding == "masked" and (not alike or x.shape[0] in (None, 0, 1))
        self._few = plan.counts < 2
        #: Where all rows count alike, the backend may have bn in one piece.
        self._in_one = None
        if alike and not self._sparse and x.dtype == self._dtype:
            self._in_one = current.batch_norm

    def all_steps(self, site, z):
        """bn(z) [T,B,.]."""
        population = None
        if self._sparse:
            population = _population(self._w, site, self._plan.rows)
        moments = self._moments(z, 1, self._plan.valid, self._few[:, None], population)
        self._found[site] = moments
        scale, shift = affine(self._by_step, site, *moments, self._epsilon)
        return normalize(z, scale[:, None], shift[:, None])

    def read(self, inside):
        """What ``one_step`` reads at the sites that are normalised inside the loop."""
        found = {}
        if self._by_step is not self._w:
            found = {name: self._by_step[name] for name in spec.AFFINE}
        if self._sparse:
            found["few"] = self._few
            for site in inside:
                population = _population(self._w, site, self._plan.rows)
                found |= zip(_names(site), population, strict=True)
        return found

    def written(self, inside):
        """The moments of each step, which ``one_step`` gives besides."""
        return {
            name: (self._dtype, [self._w[f"{site}_moving_mean"].shape[1]])
            for site in inside
            for name in _names(site)
        }

    def one_step(self, site, z, read):
        """bn(z) [B,.] and the moments by name."""
        w = self._w
        if self._by_step is not w:
            names = (f"{site}_gamma", f"{site}_beta")
            w = {name: read(name) for name in names if name in w}
        if self._in_one is not None:
            gamma, beta = w[f"{site}_gamma"], w.get(f"{site}_beta")
            z, *moments = self._in_one(z, gamma, beta, self._epsilon)
            return z, dict(zip(_names(site), moments, strict=True))
        valid = None if self._plan.valid is None else read("running")[:, 0]
        few = population = None
        if self._sparse:
            few, population = read("few"), tuple(map(read, _names(site)))
        moments = self._moments(z, 0, valid, few, population)
        z = normalize(z, *affine(w, site, *moments, self._epsilon))
        return z, dict(zip(_names(site), moments, strict=True))

    def moments(self, inside, results):
        """The ``Moments`` of the pass."""
        found = dict(self._found)
        for site in inside:
            found[site] = [results[name] for name in _names(site)]
        mean, variance = ({s: found[s][i] for s in spec.SITES} for i in (0, 1))
        return Moments(self._plan.updates, self._plan.counts, mean, variance)

    def _moments(self, z, axis, valid, few, population):
        """Mean and variance of z, or the population's where too few rows count."""
        moments = batch_moments(z, axis, self._dtype, valid, self._all_sum)
        if not self._sparse:
            return moments
        return tuple(
            current.where(few, *pair) for pair in zip(population, moments, strict=True)
        )


def _names(site):
    return f"{site}_mean", f"{site}_variance"
