"""LSTM with recurrent batch normalization, statistics kept for every step."""
import numpy as np
import tensorflow as tf

RNNCell = tf.nn.rnn_cell.RNNCell


def orthogonal(shape, dtype=tf.float32, partition_info=None):
    flat = (shape[0], int(np.prod(shape[1:])))
    u, _, v = np.linalg.svd(np.random.normal(0.0, 1.0, flat), full_matrices=False)
    q = u if u.shape == flat else v
    return tf.constant(q.reshape(shape), dtype)


def forget_gate_first(shape, dtype=tf.float32, partition_info=None):
    size = shape[0] // 4
    return tf.constant(np.concatenate([np.ones(size), np.zeros(3 * size)]), dtype)


class BNLSTMCell(RNNCell):
    def __init__(self, num_units, is_training_tensor, max_bn_steps,
                 initial_scale=0.1, activation=tf.tanh, decay=0.95):
        self._num_units = num_units
        self._training = is_training_tensor
        self._max_bn_steps = max_bn_steps
        self._scale = initial_scale
        self._activation = activation
        self._decay = decay

    @property
    def state_size(self):
        return (self._num_units, self._num_units, 1)

    @property
    def output_size(self):
        return self._num_units

    def _normalize(self, x, name, step, offset_initializer=None):
        with tf.variable_scope(name):
            size = x.get_shape().as_list()[1]
            scale = tf.get_variable('scale', [size],
                                    initializer=tf.constant_initializer(self._scale))
            offset = 0
            if offset_initializer is not None:
                offset = tf.get_variable('offset', [size],
                                         initializer=offset_initializer)
            table = [self._max_bn_steps, size]
            all_means = tf.get_variable('pop_mean', table, trainable=False,
                                        initializer=tf.zeros_initializer)
            all_variances = tf.get_variable('pop_var', table, trainable=False,
                                            initializer=tf.ones_initializer())
            row = tf.minimum(step, self._max_bn_steps - 1)
            pop_mean = all_means[row]
            pop_var = all_variances[row]
            mean, variance = tf.nn.moments(x, [0])
            keep = self._decay

            def with_batch():
                moved = [
                    pop_mean.assign(pop_mean * keep + mean * (1 - keep)),
                    pop_var.assign(pop_var * keep + variance * (1 - keep))]
                with tf.control_dependencies(moved):
                    return tf.nn.batch_normalization(
                        x, mean, variance, offset, scale, 1e-5)

            def with_population():
                return tf.nn.batch_normalization(
                    x, pop_mean, pop_var, offset, scale, 1e-5)

            return tf.cond(self._training, with_batch, with_population)

    def __call__(self, x, state, scope=None):
        with tf.variable_scope(scope or type(self).__name__):
            c, h, counter = state
            step = tf.squeeze(tf.gather(tf.cast(counter, tf.int32), 0))
            inputs = x.get_shape().as_list()[1]
            units = self._num_units
            W_xh = tf.get_variable('W_xh', [inputs, 4 * units], initializer=orthogonal)
            W_hh = tf.get_variable('W_hh', [units, 4 * units], initializer=orthogonal)
            hidden = self._normalize(tf.matmul(h, W_hh), 'hh', step, forget_gate_first)
            hidden += self._normalize(tf.matmul(x, W_xh), 'xh', step)
            f, i, o, j = tf.split(1, 4, hidden)
            new_c = c * tf.sigmoid(f) + tf.sigmoid(i) * self._activation(j)
            normal_c = self._normalize(new_c, 'c', step, tf.zeros_initializer)
            new_h = self._activation(normal_c) * tf.sigmoid(o)
            return new_h, (new_c, new_h, counter + 1)
