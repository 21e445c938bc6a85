"""What only TensorFlow does so; ``on_jax`` and ``on_torch`` have the same functions."""

import tensorflow as tf

from bnlstm_compat import keras_private
from bnlstm_compat.backend import tensorflow_loop

# Of ``keras.ops``, what each step needs.
concatenate = tf.concat
mean = tf.reduce_mean
ones_like = tf.ones_like
rsqrt = tf.math.rsqrt
segment_sum = tf.math.unsorted_segment_sum
split = tf.split
square = tf.square
stop_gradient = tf.stop_gradient
sum = tf.reduce_sum
where = tf.where
zeros_like = tf.zeros_like
#: Whether the input's product is computed for all steps before the loop.
INPUTS_AT_ONCE = True
#: ``(z [B,.], gamma, beta or None, epsilon) -> (bn(z), mean, variance)``, with the
#: gradient of ``bn(z)`` alone, or None: here ``fused`` has it.
batch_norm = None
#: What a model raises for data that do not fit.
ERRORS = (ValueError, TypeError, tf.errors.OpError)


def known(tensor):
    """Whether the value of ``tensor`` can be asked for now, and not only later."""
    del tensor  # a graph is made, or not
    return tf.executing_eagerly()


def static(tensor):
    """The value of ``tensor`` as an array if it is known before anything runs."""
    return tf.get_static_value(tensor)


def zeros(shape, dtype):
    """Zeros that are known before anything runs, as far as the shape is."""
    return tf.zeros(shape, dtype)


def function(activation):
    """The activation, by the backend's own means: Keras's."""
    return activation


def loop(one_step, known, found, state, steps, *, bound=None, unroll=False):
    """Runs ``one_step`` for t = 0 ... bound - 1.

    Args:
      one_step: function ``(read, state) -> (state, values)``; ``read(name)`` gives the
        step's part of ``known[name]``, ``values`` has the names of ``found``.
      known: dict of tensors [T,...] to read.
      found: dict of what is written, to (dtype, shape of a step's part).
      state: tuple of tensors. steps: T, a number or a tensor.
      bound: how many steps have to run; more may.
      unroll: a loop of Python's; T must then be known.

    Returns:
      ``(state, results)``: for each name of ``found`` a tensor [T,...].
    """
    state, arrays = tensorflow_loop.loop(
        one_step,
        known,
        found,
        state,
        steps,
        bound=None if unroll else bound,
        unroll=unroll,
    )
    size = steps if isinstance(steps, int) else None
    return state, {
        name: tf.ensure_shape(array.stack(), [size, *found[name][1]])
        for name, array in arrays.items()
    }


def set_row(variable, row, value):
    """Assigns one row of a Keras variable, without rewriting the others."""
    value = tf.stop_gradient(value)
    raw = variable.value
    if isinstance(raw, tf.Variable):
        raw.scatter_update(tf.IndexedSlices(value[None], row[None]))
    else:  # Keras traces with tensors in the place of variables.
        variable.assign(tf.tensor_scatter_nd_update(raw, [[row]], value[None]))


def reversed_within(x, lengths):
    """``x`` [B,T,.] reversed in time within each row's length [B]."""
    return tf.reverse_sequence(x, lengths, seq_axis=1, batch_axis=0)


def asserted(tensor, condition, message):
    """``tensor``, which raises ``message`` later unless ``condition``, if it can.

    XLA leaves assertions out, and so the result has to tell as well.
    """
    with tf.control_dependencies([tf.debugging.Assert(condition, [message])]):
        return tf.identity(tensor)


def replicas_sum():
    """A function that adds a tensor up over replicas; None outside of them."""
    context = tf.distribute.get_replica_context()
    if context is None or _alone(tf.distribute.get_strategy()):
        return None
    return lambda tensor: context.all_reduce(tf.distribute.ReduceOp.SUM, tensor)


def replicas_mean(tables):
    """A dict of tensors averaged over replicas; Keras 3.4's variables do not do it."""
    context = tf.distribute.get_replica_context()
    alone = _alone(tf.distribute.get_strategy())
    if alone or context is None or not tables:
        return tables
    return context.all_reduce(tf.distribute.ReduceOp.MEAN, tables)


def _alone(strategy):
    return strategy.num_replicas_in_sync == 1


def batched(array, batch_size):
    """The rows of an array or tensor in batches."""
    return tf.data.Dataset.from_tensor_slices(array).batch(batch_size)


def passes(run, dataset, model, *, compiled):
    """How ``run`` is applied to each batch of a data set.

    Args:
      run: function of a batch, which gives tensors. dataset: an iterable of batches.
      model: what ``run`` runs. compiled: whether it may be compiled.

    Returns:
      ``(batches, function)``; the function gives, for one of the batches, a list of
      what ``run`` gave: for each replica, where a ``tf.data.Dataset`` is spread over
      those of a strategy.
    """
    strategy = _strategy(model)
    if compiled:
        run = tf.function(run, reduce_retracing=True)
    given = tf.data.Dataset, tf.distribute.DistributedDataset
    if _alone(strategy) or not isinstance(dataset, given):
        convert = tf.convert_to_tensor
        return dataset, lambda batch: [run(tf.nest.map_structure(convert, batch))]
    if isinstance(dataset, tf.data.Dataset):
        dataset = strategy.experimental_distribute_dataset(dataset)
    return dataset, lambda batch: _local(strategy, strategy.run(run, (batch,)))


def _strategy(model):
    strategy = tf.distribute.get_strategy()
    if not tf.distribute.has_strategy():
        made_by = keras_private.strategy_of(model.weights[0].value)
        strategy = strategy if made_by is None else made_by
    if isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        raise ValueError(
            "Recalibration runs in one process: load the model there, recalibrate and "
            f"save it. Received: strategy={strategy!r}"
        )
    return strategy


def _local(strategy, results):
    """The replicas' results, in the order of the replicas."""
    flat = [
        strategy.experimental_local_results(one) for one in tf.nest.flatten(results)
    ]
    return [
        tf.nest.pack_sequence_as(results, parts) for parts in zip(*flat, strict=True)
    ]
