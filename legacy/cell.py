"""The batch-normalised LSTM cell of the TensorFlow 1 scripts, for v1 graphs.

One module for TensorFlow 1.15.5 (Python 3.7) and TensorFlow 2.16-2.21: it imports
nothing but NumPy and ``tensorflow.compat.v1``, and never Keras or tf_keras.

Source: T. Cooijmans et al., "Recurrent Batch Normalization", arXiv 1603.09025,
equations 6 to 8, with population statistics of their own for each time step
(section 4), updated as an exponential average.
"""

import numpy as np
import tensorflow.compat.v1 as tf

# The original overwrites its ``initial_scale`` argument with this constant.
SCALE = 0.1


def orthogonal_lstm_initializer():
    """Initialiser that draws an orthogonal matrix.

    Returns:
      A function ``(shape, dtype, partition_info)`` that gives a constant tensor of
      ``shape``: rows (wide shapes) or columns (tall shapes) are orthonormal, from the
      singular value decomposition of a normal draw by ``numpy.random``, so that
      ``numpy.random.seed`` decides it as it did in the original.

    Source: A. Saxe et al., "Exact solutions to the nonlinear dynamics of learning in
    deep linear neural networks", arXiv 1312.6120.
    """

    def orthogonal(shape, dtype=tf.float32, partition_info=None):
        del partition_info
        shape = [int(size) for size in shape]
        flat = (shape[0], int(np.prod(shape[1:])))
        left, _, right = np.linalg.svd(
            np.random.normal(0.0, 1.0, flat), full_matrices=False
        )
        factor = left if left.shape == flat else right
        return tf.constant(factor.reshape(shape), dtype)

    return orthogonal


def offset_initializer():
    """Initialiser of ``hh/offset`` [4H]: 1 for the forget gate, 0 for the others.

    Returns:
      A function ``(shape, dtype, partition_info)``; it raises ``ValueError`` if the
      size is not a multiple of four.

    Source: R. Jozefowicz et al., "An Empirical Exploration of Recurrent Network
    Architectures", ICML 2015, on the forget gate's bias.
    """

    def offset(shape, dtype=tf.float32, partition_info=None):
        del partition_info
        size = int(shape[0])
        if size % 4:
            raise ValueError(
                "offset_initializer needs four gates of one size. "
                f"Received: shape={list(shape)}"
            )
        return tf.constant(np.repeat([1.0, 0.0, 0.0, 0.0], size // 4), dtype)

    return offset


class BNLSTMCell:
    """LSTM cell with batch normalisation and population statistics for each step.

    With B batch, D input, H ``num_units``, M ``max_bn_steps``; gates in the order
    f, i, o, j; ``bn`` over the batch with the moments of the batch in training, and
    with row ``step`` (at most M - 1) of the population statistics otherwise::

        f,i,o,j = split(bn(x W_xh; xh/scale) + bn(h W_hh; hh/scale, hh/offset))
        c' = c * sigmoid(f) + sigmoid(i) * activation(j)
        h' = activation(bn(c'; c/scale, c/offset)) * sigmoid(o)

    In training, each step also moves its row of the statistics:
    ``row * decay + batch * (1 - decay)``, before the output is released.

    The state is ``(c [B,H], h [B,H], step [B,1])``; the counter is a float and is read
    from row 0. Use it with ``tf.nn.dynamic_rnn``, ``bidirectional_dynamic_rnn`` and
    ``static_rnn``, alone or inside ``MultiRNNCell`` and ``DropoutWrapper``. Variables
    are made by ``tf.get_variable`` under the scope ``BNLSTMCell``:

    ===================  ========  =============================  =======
    W_xh, W_hh           [D,4H],   orthogonal                     trained
                         [H,4H]
    {hh,xh,c}/scale      [4H],     0.1                            trained
                         [4H], [H]
    hh/offset, c/offset  [4H],     1 for the forget gate, else    trained
                         [H]       0; 0
    */pop_mean, pop_var  [M,.]     0; 1                           no
    ===================  ========  =============================  =======

    Kept from the original: ``initial_scale`` is ignored (scales start at 0.1); under
    ``sequence_length``, finished rows still run, take part in the batch's moments, and
    row 0's counter, once stopped, decides the row that all later steps update.

    Different from the original: when one row of the statistics is updated more than
    once in a pass (more than M steps, or row 0 not the longest), the original is a
    data race; here the updates happen in the order of the steps, so that every run
    gives the same bits. One cell shared by two loops of the same ``session.run`` is
    not ordered between those loops. Moments are computed in training only.

    Args:
      num_units: H, a positive integer.
      is_training_tensor: a bool tensor or placeholder of shape [], or a Python bool.
      max_bn_steps: M, the number of steps with statistics of their own.
      initial_scale: ignored, as in the original.
      activation: a function of one tensor, for j and for the output.
      decay: share of the old statistics that each training step keeps.

    Raises:
      ValueError: when called with inputs whose last dimension is not known.

    Source: arXiv 1603.09025, equations 6-8.
    """

    #: Added to variances; fixed in the original, so not an argument.
    epsilon = 1e-5

    def __init__(
        self,
        num_units,
        is_training_tensor,
        max_bn_steps,
        initial_scale=0.1,
        activation=tf.tanh,
        decay=0.95,
    ):
        del initial_scale
        self._num_units = num_units
        self._training = is_training_tensor
        self._max_bn_steps = max_bn_steps
        self._activation = activation
        self._decay = decay
        self._initial_scale = SCALE

    @property
    def state_size(self):
        """Sizes of c, h and the step counter: ``(H, H, 1)``."""
        return (self._num_units, self._num_units, 1)

    @property
    def output_size(self):
        """Size of the output h: H."""
        return self._num_units

    def zero_state(self, batch_size, dtype):
        """State before the first step: zeros, ``([B,H], [B,H], [B,1])``."""
        return tuple(tf.zeros([batch_size, size], dtype) for size in self.state_size)

    def get_initial_state(self, inputs=None, batch_size=None, dtype=None):
        """``zero_state`` for a batch, taken from ``inputs`` if they are given."""
        if inputs is not None:
            batch_size, dtype = tf.shape(inputs)[0], inputs.dtype
        return self.zero_state(batch_size, dtype)

    def __call__(self, inputs, state, scope=None):
        """Runs one step.

        Args:
          inputs: x, a tensor [B,D]; D must be known.
          state: the tuple (c [B,H], h [B,H], step [B,1]).
          scope: name or scope of the variables; "BNLSTMCell" if None.

        Returns:
          ``h' [B,H], (c' [B,H], h' [B,H], step + 1 [B,1])``.
        """
        with tf.variable_scope(scope or type(self).__name__):
            c, h, step = state
            row = tf.minimum(tf.cast(step, tf.int32)[0, 0], self._max_bn_steps - 1)
            gates = 4 * self._num_units
            input_size = inputs.get_shape().as_list()[1]
            if input_size is None:
                raise ValueError(
                    "BNLSTMCell needs inputs whose last dimension is known. "
                    f"Received: inputs.shape={inputs.get_shape()}"
                )
            w_xh = self._variable(
                "W_xh", [input_size, gates], inputs, orthogonal_lstm_initializer()
            )
            w_hh = self._variable(
                "W_hh", [self._num_units, gates], inputs, orthogonal_lstm_initializer()
            )
            hh = tf.matmul(h, w_hh)
            xh = tf.matmul(inputs, w_xh)
            bn_hh = self._batch_norm(hh, "hh", row, offset_initializer())
            bn_xh = self._batch_norm(xh, "xh", row, None)
            f, i, o, j = tf.split(bn_xh + bn_hh, 4, axis=1)
            new_c = c * tf.sigmoid(f) + tf.sigmoid(i) * self._activation(j)
            bn_c = self._batch_norm(new_c, "c", row, tf.zeros_initializer())
            new_h = self._activation(bn_c) * tf.sigmoid(o)
            # The next step's row is computed from this counter, so its reads come
            # after this step's updates: the order travels as data, which both kinds
            # of control flow and of variables respect.
            with tf.control_dependencies([bn_hh, bn_xh, bn_c]):
                new_step = step + 1
            return new_h, (new_c, new_h, new_step)

    def _variable(self, name, shape, like, initializer, trainable=True):
        return tf.get_variable(
            name,
            shape,
            dtype=like.dtype.base_dtype,
            initializer=initializer,
            trainable=trainable,
        )

    def _batch_norm(self, x, name, row, offset_init):
        """Normalises ``x`` [B,size] with row ``row`` []; no offset without init."""
        size = x.get_shape().as_list()[1]
        with tf.variable_scope(name):
            scale = self._variable(
                "scale", [size], x, tf.constant_initializer(self._initial_scale)
            )
            offset = None
            if offset_init is not None:
                offset = self._variable("offset", [size], x, offset_init)
            table = [self._max_bn_steps, size]
            means = self._variable(
                "pop_mean", table, x, tf.zeros_initializer(), trainable=False
            )
            variances = self._variable(
                "pop_var", table, x, tf.ones_initializer(), trainable=False
            )
            # Read here, not inside tf.cond: the index is what orders the read.
            pop_mean = tf.gather(means, row)
            pop_var = tf.gather(variances, row)

            def normalise(mean, var):
                return tf.nn.batch_normalization(
                    x, mean, var, offset, scale, self.epsilon
                )

            def batch_statistics():
                mean, var = tf.nn.moments(x, [0])
                updates = [
                    tf.scatter_update(
                        table, row, old * self._decay + new * (1 - self._decay)
                    )
                    for table, old, new in (
                        (means, pop_mean, mean),
                        (variances, pop_var, var),
                    )
                ]
                with tf.control_dependencies(updates):
                    return normalise(mean, var)

            def population_statistics():
                return normalise(pop_mean, pop_var)

            if isinstance(self._training, (bool, np.bool_)):
                branch = batch_statistics if self._training else population_statistics
                return branch()
            return tf.cond(self._training, batch_statistics, population_statistics)
