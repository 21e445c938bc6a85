"""The LSTM with batch normalization and population statistics for each step."""
import sys
import numpy as np
import tensorflow as tf
from tensorflow.python.ops.rnn_cell import RNNCell
import seen

draw = np.random.RandomState(5)
batch, steps, features, units = 6, 4, 3, 5
series = draw.randn(batch, steps, features).astype(np.float32)
classes = draw.randint(0, 2, batch)
tf.set_random_seed(15)


class BNLSTMCell(RNNCell):
    def __init__(self, num_units, training, max_steps, decay=0.95):
        self.num_units, self.training = num_units, training
        self.max_steps, self.decay = max_steps, decay

    @property
    def state_size(self):
        return (self.num_units, self.num_units, 1)

    @property
    def output_size(self):
        return self.num_units

    def normal(self, x, name, step, offset=0.0):
        with tf.variable_scope(name):
            size = x.get_shape().as_list()[1]
            scale = tf.get_variable('scale', [size], initializer=tf.constant_initializer(0.1))
            if offset is None:
                offset = tf.get_variable('offset', [size], initializer=tf.zeros_initializer())
            shape = [self.max_steps, size]
            means = tf.get_variable('pop_mean', shape, trainable=False,
                                    initializer=tf.zeros_initializer())
            variances = tf.get_variable('pop_var', shape, trainable=False,
                                        initializer=tf.ones_initializer())
            row = tf.minimum(step, self.max_steps - 1)
            pop_mean, pop_var = means[row], variances[row]
            mean, var = tf.nn.moments(x, [0])

            def with_batch():
                kept = [pop_mean.assign(pop_mean * self.decay + mean * (1 - self.decay)),
                        pop_var.assign(pop_var * self.decay + var * (1 - self.decay))]
                with tf.control_dependencies(kept):
                    return tf.nn.batch_normalization(x, mean, var, offset, scale, 1e-5)

            def with_population():
                return tf.nn.batch_normalization(x, pop_mean, pop_var, offset, scale, 1e-5)

            return tf.cond(self.training, with_batch, with_population)

    def __call__(self, x, state, scope=None):
        with tf.variable_scope(scope or type(self).__name__):
            c, h, counter = state
            step = tf.squeeze(tf.gather(tf.cast(counter, tf.int32), 0))
            inputs = x.get_shape().as_list()[1]
            W_xh = tf.get_variable('W_xh', [inputs, 4 * self.num_units],
                                   initializer=tf.orthogonal_initializer())
            W_hh = tf.get_variable('W_hh', [self.num_units, 4 * self.num_units],
                                   initializer=tf.orthogonal_initializer())
            hidden = self.normal(tf.matmul(h, W_hh), 'hh', step, None)
            hidden += self.normal(tf.matmul(x, W_xh), 'xh', step)
            f, i, o, j = tf.split(hidden, 4, 1)
            new_c = c * tf.sigmoid(f) + tf.sigmoid(i) * tf.tanh(j)
            new_h = tf.tanh(self.normal(new_c, 'c', step, None)) * tf.sigmoid(o)
            return new_h, (new_c, new_h, counter + 1)


x = tf.placeholder(tf.float32, [None, steps, features])
y = tf.placeholder(tf.int64, [None])
training = tf.placeholder(tf.bool)
outputs, state = tf.nn.dynamic_rnn(BNLSTMCell(units, training, steps), x, dtype=tf.float32)
last = outputs[:, -1]
W = tf.get_variable('W', [units, 2], initializer=tf.truncated_normal_initializer(stddev=0.1))
b = tf.get_variable('b', [2], initializer=tf.zeros_initializer())
logits = tf.nn.xw_plus_b(last, W, b)
loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
optimizer = tf.train.AdamOptimizer(0.01)
pairs = [(tf.clip_by_value(g, -1., 1.), v) for g, v in optimizer.compute_gradients(loss)]
train = optimizer.apply_gradients(pairs)

losses = []
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    weights = seen.digests(sess)
    for step in range(5):
        losses.append(sess.run([loss, train], {x: series, y: classes, training: True})[0])
seen.save(sys.argv[1], weights, losses)
