"""Population statistics estimated anew, over a data set, as in the paper.

The exponential average of training starts from (0, 1), lags behind the weights, and is
moved by whatever ran last. Here the weights stand still and every batch counts.

Source: T. Cooijmans et al., "Recurrent Batch Normalization", arXiv 1603.09025, section
4 (population statistics are averages over the training set).
"""

import contextlib
import copy
import threading
import warnings
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from bnlstm_compat import backend, spec
from bnlstm_compat.statistics.find import cells_in, layers_in
from bnlstm_compat.statistics.findings import row_ranges
from bnlstm_compat.statistics.pooled import PooledMoments

METHODS = ("mean", "pooled")
# The standard error of a variance from n values is sqrt(2 / n) of it: 25 % at 32.
FEW = 32
# tf.data's number of batches in a data set without an end.
_INFINITE = -1


def recalibrate(
    model: keras.layers.Layer,
    dataset: Any,
    method: str = "mean",
    max_bn_steps: int | None = None,
    batch_size: int = 32,
    forward: Callable[[Any, Any], Any] | None = None,
    verbose: int = 1,
) -> keras.layers.Layer:
    """Estimates the population statistics of every BNLSTM anew, in one pass.

    The model runs as in inference (no dropout, other layers' statistics stay), but each
    BNLSTM normalises with the moments of the batch, as in training, and these moments
    make the new statistics. With n_b the number of valid rows of batch b at a step,
    m_b and v_b its mean and biased variance, and sums over all batches:

    - mean: ``sum(n_b m_b) / sum(n_b)``, the mean over all rows;
    - variance, method "mean": ``sum(n_b v_b) / sum(n_b)``, the mean of the minibatch
      variances (with batches of one size the plain mean, as in the paper);
    - variance, method "pooled": the above plus the variance of the batches' means,
      ``sum(n_b (m_b - mean)^2) / sum(n_b)``, so the variance over all rows at once.

    A feature that is one constant other than zero over all the data (to the rounding
    of float32, as behind constant inputs) gets the variance 1: it differs from its mean
    by rounding alone, which the gain of a variance of zero would multiply by
    ``1 / sqrt(epsilon)``, 316, at each site and step, until outputs are noise. With
    method "mean" so does one that is constant within each batch but not between them:
    its average variance is zero, too, and the gain would be on the differences between
    batches, which training never saw. "pooled" gives their variance.

    A batch gives nothing to a step at which it has fewer than two valid rows. A row of
    the statistics that no step reached stays as it was; this, and rows that rest on
    fewer than 32 values, is warned of. Memory does not grow with the data, and
    the same data give the same bits. Nothing is assigned before the end: after an
    error all statistics are as they were.

    Under a ``tf.distribute`` strategy (current, or the one that made the model) a
    ``tf.data.Dataset`` is spread over the replicas, of which each gives minibatch
    moments of its own. Several workers are not supported.

    Args:
      model: a built ``BNLSTM``, or any Keras layer or model with ``BNLSTM`` inside
        (``Bidirectional``, stacks), or ``BNLSTMCell`` in a ``keras.layers.RNN``.
      dataset: batches (a ``tf.data.Dataset``, a ``keras.utils.PyDataset``, any
        iterable) of x, (x, y) or (x, y, sample_weight); or an array [N,T,D].
      method: "mean" or "pooled".
      max_bn_steps: rows that the statistics shall have, one for each step, if they
        have fewer now; the model is then replaced by a wider copy: see ``widen``.
      batch_size: of an array.
      forward: function ``(model, batch)`` that runs the model, where
        ``model(x, training=False)`` will not do, as for a mask:
        ``lambda model, batch: model(batch["x"], mask=batch["mask"])``.
      verbose: 1 shows a progress bar, 0 does not.

    Returns:
      The model: the same one, or with ``max_bn_steps`` the wider copy.

    Raises:
      ValueError: for a model without a built BNLSTM, an unknown method, an empty data
        set, one that never has two rows in a batch, batches that the model cannot
        take, and moments that are not finite.

    Source: arXiv 1603.09025, section 4.
    """
    if method not in METHODS:
        raise ValueError(f"Expected a method of {METHODS}. Received: method={method!r}")
    if max_bn_steps is not None:
        model = widen(model, max_bn_steps)
    cells = cells_in(model)
    sums = [
        {site: PooledMoments(cell.max_bn_steps, size) for site, size in _sites(cell)}
        for _, cell, _ in cells
    ]
    hits = [np.zeros(cell.max_bn_steps, int) for _, cell, _ in cells]
    batches = 0
    with _states_kept(model):
        for found in _moments(model, cells, dataset, batch_size, forward, verbose):
            batches += 1
            for one, own, count, passes in zip(cells, sums, hits, found, strict=True):
                for moments in passes:
                    _merge(one.name, own, count, moments)
    _assign(cells, sums, hits, method, batches)
    return model


def widen(model: keras.layers.Layer, max_bn_steps: int) -> keras.layers.Layer:
    """A copy of a model whose BNLSTM have rows of statistics for more steps.

    The new rows are copies of the last, so that in inference the copy gives what the
    model gives; ``recalibrate`` then fills them. A layer that has as many rows or more
    stays as it is.

    Args:
      model: a built Keras layer or model, with ``get_config`` and ``from_config``.
      max_bn_steps: M of the copy.

    Returns:
      The copy; an optimizer is not copied.

    Raises:
      ValueError: without a built BNLSTM; for a size that is no positive integer.

    Source: arXiv 1603.09025, section 4: statistics for each time step.
    """
    number = isinstance(max_bn_steps, int) and not isinstance(max_bn_steps, bool)
    if not number or max_bn_steps < 1:
        raise ValueError(
            f"Expected a positive integer. Received: max_bn_steps={max_bn_steps!r}"
        )
    cells_in(model)
    config = keras.saving.serialize_keras_object(model)
    wider = keras.saving.deserialize_keras_object(
        _with_rows(copy.deepcopy(config), max_bn_steps)
    )
    if not wider.built:
        wider.build_from_config(model.get_build_config())
    for new, old in zip(wider.weights, model.weights, strict=True):
        value = backend.array(old)
        if tuple(new.shape) != value.shape:
            added = new.shape[0] - value.shape[0]
            value = np.concatenate([value, np.repeat(value[-1:], added, axis=0)])
        new.assign(value)
    return wider


def _with_rows(config, rows):
    """The configuration with ``max_bn_steps`` of at least ``rows`` everywhere."""
    if isinstance(config, dict):
        if isinstance(config.get("max_bn_steps"), int):
            config["max_bn_steps"] = max(rows, config["max_bn_steps"])
        config.pop("compile_config", None)
        for value in config.values():
            _with_rows(value, rows)
    elif isinstance(config, list | tuple):
        for value in config:
            _with_rows(value, rows)
    return config


def _sites(cell):
    return [(site, getattr(cell, f"{site}_gamma").shape[-1]) for site in spec.SITES]


@contextlib.contextmanager
def _states_kept(model):
    """Puts the states of stateful layers back afterwards."""
    kept = [
        (state, backend.array(state))
        for layer in layers_in(model)
        if isinstance(layer, keras.layers.RNN) and layer.stateful
        for state in layer.states or []
    ]
    try:
        yield
    finally:
        for state, value in kept:
            state.assign(value)


def _moments(model, cells, dataset, batch_size, forward, verbose):
    """For each batch (and replica): for each cell, the moments of its passes."""
    forward = forward or _forward
    replica = threading.local()  # replicas run in threads that take turns

    def run(batch):
        found = replica.found = [[] for _ in cells]
        forward(model, batch)
        return found

    # Out of the loop in which keras.layers.RNN runs a cell no tensor can be taken from
    # a graph, and there a stateful layer cannot tell at which step its rows are.
    compiled = all(layer is not None and not layer.stateful for _, _, layer in cells)
    source, total = _batches(dataset, batch_size)
    source, run = backend.current.passes(run, source, model, compiled=compiled)
    bar = keras.utils.Progbar(total) if verbose else None
    for number, batch in enumerate(source, 1):
        for place, (_, cell, _) in enumerate(cells):
            cell.collector = lambda moments, i=place: replica.found[i].append(moments)
        try:
            results = run(batch)
        except backend.current.ERRORS as error:
            reason = (str(error).strip() or repr(error)).splitlines()[-1].strip()
            raise ValueError(
                "The model cannot run on a batch of the data set, so its statistics "
                f"are as they were. Received: batch {number}; {reason}"
            ) from error
        finally:
            for _, cell, _ in cells:
                cell.collector = None
        for found in results:
            yield [[_as_arrays(one) for one in passes] for passes in found]
        if bar is not None:
            bar.update(number)


def _as_arrays(moments):
    rows, counts, *by_site = moments
    by_site = [
        {site: backend.array(part[site]) for site in spec.SITES} for part in by_site
    ]
    return (backend.array(rows), backend.array(counts), *by_site)


def _forward(model, batch):
    x, _, _ = keras.utils.unpack_x_y_sample_weight(batch)
    model(x, training=False)


def _batches(dataset, batch_size):
    """The batches, and their number or None."""
    if isinstance(dataset, np.ndarray) or keras.ops.is_tensor(dataset):
        dataset = backend.current.batched(dataset, batch_size)
    if hasattr(dataset, "cardinality"):  # a tf.data.Dataset, or a distributed one
        total = dataset.cardinality
        total = int(total() if callable(total) else total)
        if total == _INFINITE:
            raise ValueError(
                "Expected a data set that ends. Received: a tf.data.Dataset of "
                "infinitely many batches; leave .repeat() out or .take(count) of it"
            )
        return dataset, total if total >= 0 else None
    if isinstance(dataset, keras.utils.PyDataset):
        total = dataset.num_batches
        return (dataset[number] for number in range(total)), total
    return dataset, len(dataset) if hasattr(dataset, "__len__") else None


def _merge(name, sums, hits, moments):
    """Adds one pass's moments of a cell to its sums."""
    rows, values, mean, variance = moments
    use = (rows >= 0) & (values >= 2)
    for site, own in sums.items():
        used = mean[site][use], variance[site][use]
        if not all(np.isfinite(moment).all() for moment in used):
            raise ValueError(
                f"Layer '{name}' has moments that are not finite: look for NaN or "
                "overflow in the data and the weights. The statistics are as they "
                f"were. Received: site={site!r}"
            )
        own.add(rows[use], values[use], *used)
    np.add.at(hits, rows[use], 1)


def _assign(cells, sums, hits, method, batches):
    """Sets the statistics of all cells, once it is certain that all can be."""
    if not batches:
        raise ValueError(
            "Expected at least one batch of data. Received: an empty data set; the "
            "statistics are as they were"
        )
    for (name, _, _), count in zip(cells, hits, strict=True):
        if not count.any():
            raise ValueError(
                f"Layer '{name}' got no batch with two valid rows at the same "
                "step, and one row has no variance; use larger batches. Received: "
                f"{batches} batch(es); the statistics are as they were"
            )
    for (_, cell, _), own, count in zip(cells, sums, hits, strict=True):
        reached = count > 0
        for site, moments in own.items():
            for kind, new in (
                ("mean", moments.mean),
                ("variance", moments.steady_variance(method)),
            ):
                table = getattr(cell, f"{site}_moving_{kind}")
                old = backend.array(table)
                table.assign(np.where(reached[:, None], new, old).astype(old.dtype))
        if getattr(cell, "moving_count", None) is not None:
            table = cell.moving_count
            old = backend.array(table)
            table.assign(np.where(reached, count, old).astype(old.dtype))
    # Once all are assigned, for a warning may be an error.
    for (name, _, _), own, count in zip(cells, sums, hits, strict=True):
        _warn(name, own["cell"].values, count > 0)


def _warn(name, values, reached):
    few = reached & (values < FEW)
    for rows, what in (
        (np.flatnonzero(~reached), "were not reached and are as they were"),
        (np.flatnonzero(few), f"rest on fewer than {FEW} values"),
    ):
        if len(rows):
            warnings.warn(
                f"Layer '{name}': rows {row_ranges(rows)} of the statistics {what}",
                stacklevel=4,
            )
