"""Keras 3 layers: one step (``BNLSTMCell``) and whole sequences (``BNLSTM``).

Keras's side of things only: weights, shapes, masks, configuration. The mathematics is
in ``ops``.
"""

import sys

import keras
import tensorflow as tf

from bnlstm_compat import ops, spec
from bnlstm_compat.weights import BNLSTMWeights

_PACKAGE = "bnlstm_compat"
# Up to here every whole number is one of the dtype's.
_COUNTS_TO = {"bfloat16": 256, "float16": 2048}


def _at_least(name, value, smallest):
    if isinstance(value, bool) or not isinstance(value, int) or value < smallest:
        raise ValueError(
            f"Received an invalid value for argument `{name}`, expected an integer of "
            f"at least {smallest}. Received: {name}={value!r}"
        )
    return value


def _is_keras_probe():
    """Whether Keras calls the cell only to learn about its output.

    ``keras.layers.RNN`` does so once before the loop, to learn the output's shape, and
    once more to set up the dropout of stacked cells; both throw the result away, and
    the statistics must not move there. Nothing in the arguments tells such a call from
    the first step, so the frames of the callers are asked.
    """
    frame = sys._getframe(2)
    while frame is not None:
        where = (frame.f_globals.get("__name__"), frame.f_code.co_name)
        if where == ("keras.src.layers.rnn.rnn", "_maybe_config_dropout_masks"):
            return True
        if where == ("keras.src.backend.tensorflow.rnn", "rnn"):
            return not (
                frame.f_locals.get("unroll") or "output_time_zero" in frame.f_locals
            )
        frame = frame.f_back
    return False


@keras.saving.register_keras_serializable(package=_PACKAGE)
class BNLSTMCell(keras.layers.Layer):
    """One step of an LSTM with batch normalisation, for ``keras.layers.RNN``.

    With B batch, D input, H ``units``, M ``max_bn_steps``; gates f, i, o, j; ``bn``
    over the batch with the batch's moments in training, else with row ``step`` (at
    most M - 1) of the moving statistics::

        f,i,o,j = split(bn(x kernel) + bn(h recurrent_kernel))
        c' = c * sigmoid(f) + sigmoid(i) * activation(j)
        h' = activation(bn(c')) * sigmoid(o)

    In training each step also moves its row of the statistics:
    ``row * momentum + moment * (1 - momentum)``. The state is ``[h [B,H], c [B,H],
    step [B,1]]``; the counter is a float, read from row 0 of the batch. The weights
    are those of ``bnlstm_compat.spec``, in its order.

    Run eagerly, this is the step path: it gives the same bits as the TensorFlow 1
    cell run in a graph by the same TensorFlow.

    Args:
      units: H, a positive integer.
      max_bn_steps: M, the number of steps with statistics of their own; later steps
        share the last row.
      activation: of the candidate and of the output; "tanh" by default.
      momentum: share of the old statistics that each training step keeps.
      epsilon: added to variances.

    Raises:
      ValueError: for sizes below one, a momentum outside [0, 1), or more steps than
        the compute dtype can count (256 in bfloat16, 2048 in float16).

    Source: arXiv 1603.09025, equations 6-8.
    """

    def __init__(
        self,
        units,
        max_bn_steps,
        activation="tanh",
        momentum=spec.MOMENTUM,
        epsilon=spec.EPSILON,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.units = _at_least("units", units, 1)
        self.max_bn_steps = _at_least("max_bn_steps", max_bn_steps, 1)
        self.activation = keras.activations.get(activation)
        if not 0 <= momentum < 1:
            raise ValueError(
                "Received an invalid value for argument `momentum`, expected a number "
                f"in [0, 1). Received: momentum={momentum}"
            )
        self.momentum = momentum
        self.epsilon = epsilon
        self.state_size = [self.units, self.units, 1]
        self.output_size = self.units
        #: While set, each pass normalises with the batch's moments and hands them to
        #: it, as ``(rows [T], values [T], mean, variance)``, instead of updating the
        #: statistics: see ``recalibration``.
        self.collector = None

    def build(self, input_shape):
        """Creates the weights, in the order of ``spec.WEIGHTS``."""
        # The counter is a state, and Keras keeps states in the compute dtype.
        highest = _COUNTS_TO.get(self.compute_dtype)
        if highest is not None and self.max_bn_steps > highest:
            raise ValueError(
                f"A step counter in {self.compute_dtype} counts to {highest} at most. "
                "Use a float32 policy for this layer, or fewer steps. Received: "
                f"max_bn_steps={self.max_bn_steps}"
            )
        initializers = {
            "kernel": "orthogonal",
            "recurrent_kernel": "orthogonal",
            "recurrent_beta": self._unit_forget_beta,
        }
        for weight in spec.WEIGHTS:
            kind = weight.name.rpartition("_")[2]
            default = {
                "gamma": keras.initializers.Constant(spec.GAMMA),
                "variance": "ones",
            }.get(kind, "zeros")
            matrix = kind == "kernel"
            variable = self.add_weight(
                name=weight.name,
                shape=weight.shape(input_shape[-1], self.units, self.max_bn_steps),
                initializer=initializers.get(weight.name, default),
                trainable=weight.trainable,
                # Normalisation stays in the variables' precision.
                autocast=matrix,
            )
            setattr(self, weight.name, variable)

    def _unit_forget_beta(self, shape, dtype=None):
        del shape
        return tf.concat(
            [tf.ones([self.units], dtype), tf.zeros([3 * self.units], dtype)], 0
        )

    def tensors(self):
        """Name to tensor, for ``ops``."""
        return {name: tf.convert_to_tensor(getattr(self, name)) for name in spec.NAMES}

    def export_weights(self) -> BNLSTMWeights:
        """The weights as arrays."""
        return BNLSTMWeights(
            **{name: tensor.numpy() for name, tensor in self.tensors().items()}
        )

    def import_weights(self, weights: BNLSTMWeights):
        """Sets all weights; ``ValueError`` if a shape does not fit."""
        for name, array in weights.asdict().items():
            variable = getattr(self, name)
            if tuple(variable.shape) != array.shape:
                raise ValueError(
                    f"Layer '{self.name}' expected {name} of shape "
                    f"{tuple(variable.shape)}. Received: {name}.shape={array.shape}"
                )
        for name, array in weights.asdict().items():
            getattr(self, name).assign(array)

    def get_initial_state(self, batch_size=None):
        """``[h, c, step]`` before the first step: zeros [B,H], [B,H], [B,1]."""
        return [
            tf.zeros([batch_size, size], self.compute_dtype) for size in self.state_size
        ]

    def call(self, inputs, states, training=False):
        """One step: inputs [B,D] and states to ``(h', [h', c', step + 1])``."""
        h, c, step = states
        w = self.tensors()
        row = ops.row_of(step, self.max_bn_steps)
        collect = self.collector
        training = training or collect is not None
        update = training and collect is None and not _is_keras_probe()
        collected = {}, {}

        def statistics(site, z):
            means = getattr(self, f"{site}_moving_mean")
            variances = getattr(self, f"{site}_moving_variance")
            dtype = w[f"{site}_moving_mean"].dtype
            if not training:
                return tuple(
                    tf.gather(w[table.name], row) for table in (means, variances)
                )
            moments = ops.batch_moments(z, 0, dtype)
            for found, moment in zip(collected, moments, strict=True):
                found[site] = moment[None]
            if update:
                for table, moment in zip((means, variances), moments, strict=True):
                    old = tf.gather(w[table.name], row)
                    _set_row(
                        table, row, old * self.momentum + moment * (1 - self.momentum)
                    )
            return moments

        h, c = ops.step(
            w,
            inputs,
            h,
            c,
            statistics,
            activation=self.activation,
            epsilon=self.epsilon,
        )
        if collect is not None and not _is_keras_probe():
            collect(row[None], tf.shape(inputs)[:1], *collected)
        return h, [h, c, step + 1]

    def get_config(self):
        """The arguments of the constructor."""
        return {
            **super().get_config(),
            "units": self.units,
            "max_bn_steps": self.max_bn_steps,
            "activation": keras.activations.serialize(self.activation),
            "momentum": self.momentum,
            "epsilon": self.epsilon,
        }


def _set_row(variable, row, value):
    """Assigns one row of a Keras variable, without rewriting the others."""
    value = tf.stop_gradient(value)
    raw = variable.value
    if isinstance(raw, tf.Variable):
        raw.scatter_update(tf.IndexedSlices(value[None], row[None]))
    else:  # Keras traces with tensors in the place of variables.
        variable.assign(tf.tensor_scatter_nd_update(raw, [[row]], value[None]))


@keras.saving.register_keras_serializable(package=_PACKAGE)
class BNLSTM(keras.layers.RNN):
    """LSTM with batch normalisation over whole sequences.

    Computes what ``keras.layers.RNN(BNLSTMCell(...))`` does, with the same weights
    (``layer.cell``), for all steps of the input's part at once, and updates the
    statistics once, after the loop. Time is linear in T.

    Inputs are [B,T,D]; the output is h [B,H], or [B,T,H] with ``return_sequences``.
    States, for ``initial_state`` and ``return_state``: ``[h [B,H], c [B,H],
    step [B,1]]``.

    Lengths come as a right-padded mask [B,T] and are treated as TensorFlow 1.15's
    ``dynamic_rnn`` treats ``sequence_length``: the loop goes to the longest row; a
    finished row keeps its state, but its padding still counts in the batch's moments;
    row 0's counter decides the row of the statistics; outputs past a row's length are
    zero, or with ``zero_output_for_mask=False`` what the cell computes there, as
    TensorFlow 1's ``MultiRNNCell`` hands it to the next cell of a stack. With
    ``go_backwards``, each sequence is reversed within its length and the output is
    right-aligned, so that ``keras.layers.Bidirectional`` gives what TensorFlow 1's
    ``bidirectional_dynamic_rnn`` gave.

    Args:
      units: H. max_bn_steps: M. activation, momentum, epsilon: see ``BNLSTMCell``.
      return_sequences, return_state, go_backwards, stateful, unroll: as in
        ``keras.layers.LSTM``.
      zero_output_for_mask: see above.

    Raises:
      ValueError: for arguments out of range, and for a mask that is not right-padded
        (seen in eager execution only).

    Source: arXiv 1603.09025, equations 6-8.
    """

    def __init__(
        self,
        units,
        max_bn_steps,
        activation="tanh",
        momentum=spec.MOMENTUM,
        epsilon=spec.EPSILON,
        return_sequences=False,
        return_state=False,
        go_backwards=False,
        stateful=False,
        unroll=False,
        zero_output_for_mask=True,
        **kwargs,
    ):
        cell = BNLSTMCell(
            units,
            max_bn_steps,
            activation=activation,
            momentum=momentum,
            epsilon=epsilon,
            dtype=kwargs.get("dtype"),
            trainable=kwargs.get("trainable", True),
            name="bnlstm_cell",
        )
        super().__init__(
            cell,
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            unroll=unroll,
            zero_output_for_mask=zero_output_for_mask,
            **kwargs,
        )
        self.input_spec = keras.layers.InputSpec(ndim=3)

    def inner_loop(self, sequences, initial_state, mask, training=False):
        """Runs all steps: see ``ops.sequence``."""
        cell = self.cell
        collect = cell.collector
        training = training or collect is not None
        lengths = None if mask is None else _lengths(mask)
        x = sequences
        if self.go_backwards:
            x = _reversed(x, lengths)
        outputs, h, c, step, moments = ops.sequence(
            cell.tensors(),
            x,
            *initial_state,
            training=bool(training),
            activation=cell.activation,
            epsilon=cell.epsilon,
            lengths=lengths,
            zero_output=self.zero_output_for_mask,
            unroll=self.unroll,
        )
        if collect is not None:
            values = tf.fill(tf.shape(moments.rows), tf.shape(x)[0])
            collect(moments.rows, values, moments.mean, moments.variance)
        elif moments is not None:
            for site in spec.SITES:
                for kind, batch in (
                    ("mean", moments.mean[site]),
                    ("variance", moments.variance[site]),
                ):
                    table = getattr(cell, f"{site}_moving_{kind}")
                    table.assign(
                        ops.updated_statistics(
                            tf.convert_to_tensor(table),
                            tf.stop_gradient(batch),
                            moments.rows,
                            cell.momentum,
                        )
                    )
        if self.go_backwards and lengths is not None:
            outputs = tf.reverse(_reversed(outputs, lengths), [1])
        return h, outputs, [h, c, step]

    @property
    def units(self):
        """H."""
        return self.cell.units

    @property
    def max_bn_steps(self):
        """M."""
        return self.cell.max_bn_steps

    def get_config(self):
        """The arguments of the constructor."""
        config = super().get_config()
        del config["cell"]
        cell = self.cell.get_config()
        names = ("units", "max_bn_steps", "activation", "momentum", "epsilon")
        return {**config, **{name: cell[name] for name in names}}

    @classmethod
    def from_config(cls, config):
        """The layer of a configuration."""
        return cls(**config)


def _reversed(x, lengths):
    """``x`` [B,T,.] reversed in time, within each row's length where given."""
    if lengths is None:
        return tf.reverse(x, [1])
    return tf.reverse_sequence(x, lengths, seq_axis=1, batch_axis=0)


def _lengths(mask):
    """Lengths [B] of a right-padded mask [B,T]."""
    mask = tf.cast(mask, tf.bool)
    if tf.executing_eagerly() and bool(tf.reduce_any(mask[:, 1:] & ~mask[:, :-1])):
        raise ValueError(
            "BNLSTM expects a right-padded mask: once False, a row stays False. "
            "Received a mask with gaps or left padding; pad at the end instead, e.g. "
            "keras.utils.pad_sequences(..., padding='post')."
        )
    return tf.reduce_sum(tf.cast(mask, tf.int32), axis=1)
