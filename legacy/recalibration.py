"""Estimates the population statistics of a v1 graph anew: averages over a data set.

This works on any graph whose cells have the variables ``pop_mean`` and ``pop_var`` of
the original cell and update them by ``row * decay + batch * (1 - decay)``. These are
``legacy.BNLSTMCell``, and copies of the original in people's scripts if each step of a
batch has its own row. If steps share a row, the updates of such a copy race, and
:func:`recalibrate` raises an error. ``python -m legacy --port-cell`` replaces the copy
by ``legacy.BNLSTMCell``, whose updates do not race. The graph is not changed.

One module for TensorFlow 1.15.5 (Python 3.7) and TensorFlow 2.16-2.21.

Source: T. Cooijmans et al., "Recurrent Batch Normalization", arXiv 1603.09025,
section 4: population statistics are averages over the training set.
"""

import numpy as np
import tensorflow.compat.v1 as tf

# Leaves of the two tables: the original's, and those of its forks.
NAMES = (("pop_mean", "pop_var"), ("pop_mean_all", "pop_var_all"))
# How far the share that a row keeps may be from a power of the decay, as a share of
# 1 + the moment: it is the difference of two float32 runs, each rounded once a step
# (6e-8) and then forgotten at the rate of 1 - decay. With up to 295 steps a row, by
# measurement: at most 6e-7 for decays up to .99, 8e-6 for .999.
TOLERANCE = 2e-5


def recalibrate(
    session,
    fetches,
    feeds,
    decay=0.95,
    method="mean",
    size=None,
    scope=None,
    each_row_once=False,
    progress=None,
):
    """Sets every ``pop_mean`` and ``pop_var`` to averages over a data set.

    If a row holds 0, a pass in training mode sets it to ``moment * (1 - decay)``. That
    gives the moments of each batch. At the end the tables are set. Weights do not
    change, because no training operation runs. Let m_b and v_b be the mean and the
    biased variance of batch b at a row; all averages are over the batches:

    - ``pop_mean``: the average of m_b; - ``pop_var``, method "mean": the average of
      v_b, as in the paper; - ``pop_var``, method "pooled": the average of v_b plus the
      variance of m_b, which is the variance of all values together.

    Several steps of one batch can share a row: steps past ``max_bn_steps``, or, with
    ``sequence_length``, if row 0 is not the longest. Such a row gets, for each batch,
    the exponential average of these steps. A row that no batch reached does not change.

    Args:
      session: a ``tf.Session`` whose variables are set.
      fetches: tensors that make the cells run, such as the outputs or the loss; no
        training operation.
      feeds: iterable of feed dicts, one for each batch, with is_training True.
      decay: that of the cells.
      method: "mean" or "pooled".
      size: a tensor [], the number of rows of the batch. It is the batch's weight in
        the averages; without it, all batches have the same weight.
      scope: only tables under this scope; None for all.
      each_row_once: True if no row is shared as above. Each batch then runs once. The
        second run, which tells how many steps share a row, is needed for the first
        batch only, to check this and the decay.
      progress: a function called with the number of batches done.

    Returns:
      The number of batches.

    Raises:
      ValueError: no tables, no batches, batches of one row, a pass that moves no
        table (is_training False), moments that are not finite, rows that do not keep
        a power of ``decay`` (another decay, or passes that differ: dropout, races).
        After any error the tables are as they were.

    Source: arXiv 1603.09025, section 4.
    """
    if method not in ("mean", "pooled"):
        raise ValueError(
            f'Expected a method "mean" or "pooled". Received: method={method!r}'
        )
    if not 0 < decay < 1:
        raise ValueError(
            "Expected the decay of the cells, between 0 and 1. Received: "
            f"decay={decay!r}"
        )
    pairs = _tables(session.graph, scope)
    tables = [table for pair in pairs for table in pair]
    before = session.run(tables)
    averages = [_Average(mean.shape) for mean in before[::2]]
    done = False
    try:
        batches = 0
        for feed in feeds:
            moments, share = _moments(
                session, fetches, feed, tables, size, decay, each_row_once, not batches
            )
            for place, average in enumerate(averages):
                average.add(share[place], *moments[2 * place : 2 * place + 2])
            batches += 1
            if progress is not None:
                progress(batches)
        after = _results(before, averages, method, batches)
        _assign(session, tables, after)
        done = True
    finally:
        if not done:
            _assign(session, tables, before)
    return batches


class _Average:
    """Averages by row, of moments that count by their weight; in float64."""

    def __init__(self, shape):
        self.weight = np.zeros((shape[0], 1))
        self.mean, self.within, self.between = (np.zeros(shape) for _ in range(3))

    def add(self, weight, mean, variance):
        """``weight`` [M,1] is 0 for rows that the batch did not reach."""
        before = self.weight
        self.weight = before + weight
        share = weight / np.maximum(self.weight, 1e-30)
        apart = np.where(weight > 0, mean - self.mean, 0)
        self.mean += apart * share
        self.within += np.where(weight > 0, variance - self.within, 0) * share
        self.between += apart**2 * before * share

    def variance(self, method):
        if method == "mean":
            return self.within
        return self.within + self.between / np.maximum(self.weight, 1e-30)


def _tables(graph, scope):
    """Pairs of variables (means, variances) [M,.]."""
    with graph.as_default():
        found = {variable.op.name: variable for variable in tf.global_variables()}
    start = "" if scope is None else scope.strip("/") + "/"
    pairs = []
    for name, variable in found.items():
        where, _, leaf = name.rpartition("/")
        for mean, other in NAMES:
            partner = found.get(where + "/" + other)
            rank = variable.get_shape().ndims
            whole = leaf == mean and partner is not None and rank == 2
            if whole and name.startswith(start):
                pairs.append((variable, partner))
    if not pairs:
        shown = ", ".join(sorted(found)[:5]) or "none"
        where = f" under the scope {scope!r}" if scope else ""
        raise ValueError(
            f"Expected variables pop_mean and pop_var of shape [max_bn_steps, size]"
            f"{where}. Received a graph with the variables: {shown}"
        )
    return pairs


def _assign(session, tables, values):
    # Through the initialisers, so that a finalised graph will do.
    feed = {t.initializer.inputs[1]: value for t, value in zip(tables, values)}
    session.run([table.initializer for table in tables], feed)


def _moments(session, fetches, feed, tables, size, decay, each_row_once, first):
    """The moments of a batch for each table, and for each pair the rows' weights."""

    def run(start):
        shapes = [table.get_shape().as_list() for table in tables]
        _assign(session, tables, [np.full(shape, start) for shape in shapes])
        fetched = [fetches] if size is None else [fetches, size]
        count = session.run(fetched, feed)[-1]
        values = [np.asarray(table, np.float64) for table in session.run(tables)]
        return values, 2 if size is None else int(count)

    moved, count = run(0.0)
    fed = [str(getattr(key, "name", key)) for key in feed]
    if count < 2 or all((variance == 0).all() for variance in moved[1::2]):
        raise ValueError(
            "Expected batches of at least two rows, run with is_training True: this "
            f"one gave no variances. Received: a feed for {', '.join(fed)}"
        )
    if not all(np.isfinite(table).all() for table in moved):
        raise ValueError(
            "The moments of a batch are not finite: look for NaN or overflow in the "
            "data and the weights"
        )
    reached = _reached(tables, moved)
    kept = [np.where(rows, decay, 1.0) for rows in reached]
    if first or not each_row_once:
        again, _ = run(1.0)
        kept = _kept(tables, moved, again, decay)
        reached = [k < 1 for k in kept]
        if each_row_once and any((k < decay).any() for k in kept):
            raise ValueError(
                "Expected batches in which no steps share a row. Received: "
                "each_row_once=True and a batch that updates a row several times; "
                "leave each_row_once out"
            )
    moments = [
        table / np.where(reached[place // 2], 1 - kept[place // 2], 1.0)
        for place, table in enumerate(moved)
    ]
    return moments, [rows * (1.0 if size is None else count) for rows in reached]


def _kept(tables, moved, again, decay):
    """For each pair, the share [M,1] of what they held that rows kept: ``decay^n``
    after n updates, by runs that found 0 and 1 there."""
    kept = []
    for place, (less, more) in enumerate(zip(moved, again)):
        share = more - less
        if place % 2 == 0:  # n by the feature that is rounded least
            least = np.abs(less).argmin(axis=1)[:, None]
            seen = np.clip(np.take_along_axis(share, least, axis=1), 1e-30, 1)
            kept.append(decay ** np.round(np.log(seen) / np.log(decay)))
        if not (np.abs(share - kept[-1]) <= TOLERANCE * (1 + np.abs(less))).all():
            row = int(np.abs(share - kept[-1]).max(axis=1).argmax())
            raise ValueError(
                f"Expected rows that keep a power of decay={decay!r} of what they "
                "held, in passes that repeat. Received: row "
                f"{row} of {tables[place].op.name} kept "
                f"{np.median(share[row]):.6g}. Either the cells have another decay: "
                "give theirs; or two passes over the same batch differ: switch "
                "dropout off in the feeds, and let a copy of the original whose steps "
                "share a row run as legacy.BNLSTMCell (python -m legacy --port-cell)"
            )
    return kept


def _reached(tables, moved):
    """For each pair, the rows [M,1] that a batch moved: those of its cell, for the
    moments of one site can be zero (h starts from zeros)."""
    cells = [table.op.name.rsplit("/", 2)[0] for table in tables]
    rows = {}
    for cell, table in zip(cells, moved):
        any_moved = (table != 0).any(axis=1, keepdims=True)
        rows[cell] = rows.get(cell, False) | any_moved
    return [rows[cell] for cell in cells[::2]]


def _results(before, averages, method, batches):
    if not batches:
        raise ValueError("Expected at least one batch. Received: no feeds")
    after = []
    for place, average in enumerate(averages):
        reached = average.weight > 0
        new = average.mean, average.variance(method)
        for table, moment in zip(before[2 * place : 2 * place + 2], new):
            after.append(np.where(reached, moment, table))
    return after
