"""A sequence whose rows may stand at different steps, as after states of their own."""

from keras import ops

from bnlstm_compat import spec
from bnlstm_compat.backend import current
from bnlstm_compat.compute.loop import over_steps
from bnlstm_compat.compute.norm import cast
from bnlstm_compat.compute.schedule import at_rows
from bnlstm_compat.compute.step import cell_step
from bnlstm_compat.compute.updates import kept_share


def sequence_by_rows(
    w,
    x,
    h,
    c,
    step,
    *,
    training,
    activation,
    recurrent_activation,
    epsilon,
    momentum,
    lengths,
    overflow,
    recurrent_mask=None,
):
    """All steps of a batch whose rows may stand at different steps: one by one.

    What ``general.sequence`` does with ``padding="masked"``, with each row's own
    counter: rows that are running and stand at the same row of the statistics share
    their moments.

    Args:
      w: weights and statistics by name; with bias-corrected averages, also
        ``spec.COUNT``.
      momentum: share of the old statistics that each update keeps.
      others: as for ``general.sequence``.

    Returns:
      ``(outputs [B,T,H], h [B,H], c [B,H], step [B,1], tables)``; ``tables`` maps the
      names of the statistics to what they are after the pass.
    """
    names = [name for name in (*spec.STATISTICS, spec.COUNT) if name in w]
    step = ops.convert_to_tensor(step)
    start = ops.cast(step, "int32")[:, 0]

    def one_step(read, inputs, h, c, *tables):
        t, running = read("time"), None
        if lengths is not None:
            t, running = ops.minimum(t, lengths), read("running")[:, 0]
        groups = _Groups(w, start + t, running, overflow)
        after = dict(zip(names, tables, strict=True))
        kept = groups.kept_share(after, momentum) if training else None

        def statistics(site, z):
            if not training:
                return groups.population(site)
            moments = groups.moments(z)
            after.update(groups.moved(after, site, moments, kept))
            return groups.own_or_population(site, moments)

        state = cell_step(
            at_rows(w, groups.row),
            inputs,
            h,
            c,
            statistics,
            activation=activation,
            recurrent_activation=recurrent_activation,
            epsilon=epsilon,
        )
        if training and spec.COUNT in after:
            after[spec.COUNT] = groups.counted(after[spec.COUNT])
        return (*state, *after.values()), {}

    inputs = ops.transpose(x, (1, 0, 2))
    outputs, (h, c, *tables), step, _ = over_steps(
        one_step,
        inputs,
        (h, c, *(w[name] for name in names)),
        step,
        lengths=lengths,
        recurrent_mask=recurrent_mask,
        read={"time": ops.arange(ops.shape(inputs)[0], dtype="int32")},
    )
    return outputs, h, c, step, dict(zip(names, tables, strict=True))


class _Groups:
    """The rows of a batch at one step, by where in the statistics they stand.

    ``row`` [B]: the row of the tables that each reads.
    """

    def __init__(self, w, counters, running, overflow):
        self._w = w
        self._rows = w["cell_moving_mean"].shape[0]
        self._dtype = w["cell_moving_mean"].dtype
        # Past the longest step, "keep" has moments but no row that they move.
        groups = self._rows if overflow == "update" else self._rows + 1
        group = ops.minimum(counters, groups - 1)
        self.row = ops.minimum(group, self._rows - 1)
        # Finished rows are in a group of their own, which nothing reads.
        self._ids = group if running is None else current.where(running, group, groups)
        self._running, self._size = running, groups + 1
        self._count = self._total(current.ones_like(self._ids))
        self._enough = (self._count > 1)[: self._rows, None]

    def population(self, site):
        """Mean and variance [B,.], of each row's own step."""
        return [ops.take(self._w[name], self.row, axis=0) for name in _names(site)]

    def moments(self, z):
        """Mean and variance [groups,.] of z [B,.]."""
        z = cast(z, self._dtype)
        count = ops.cast(ops.maximum(self._count, 1), self._dtype)[:, None]
        mean = self._total(z) / count
        apart = current.square(z - ops.take(mean, self._ids, axis=0))
        return mean, self._total(apart) / count

    def own_or_population(self, site, moments):
        """Mean and variance [B,.]: of a row's group, or if it is alone the table's."""
        take = ops.take(self._count, self._ids, axis=0) > 1
        if self._running is not None:
            take &= self._running
        return [
            current.where(take[:, None], ops.take(moment, self._ids, axis=0), own)
            for moment, own in zip(moments, self.population(site), strict=True)
        ]

    def kept_share(self, tables, momentum):
        """What share of its row an update keeps: a number, or [M,1]."""
        if spec.COUNT not in tables:
            return momentum
        return kept_share(tables[spec.COUNT], 1, momentum)[:, None]

    def moved(self, tables, site, moments, kept):
        """The tables of a site after an update by ``moments``, by name."""
        found = {}
        for name, moment in zip(_names(site), moments, strict=True):
            table = tables[name]
            moved = table * kept + moment[: self._rows] * (1 - kept)
            moved = current.where(self._enough, moved, table)
            found[name] = current.stop_gradient(moved)
        return found

    def counted(self, count):
        """How many updates [M] each row has had, with this one."""
        return count + ops.cast(self._enough[:, 0], self._dtype)

    def _total(self, values):
        return current.segment_sum(values, self._ids, self._size)


def _names(site):
    return f"{site}_moving_mean", f"{site}_moving_variance"
