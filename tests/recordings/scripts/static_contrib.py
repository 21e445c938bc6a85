"""TF 1.0: contrib.rnn cells and the static functions over lists of steps."""
# Recorded with TensorFlow 1.0.0: out.json
import sys
import numpy as np
import tensorflow as tf
from tensorflow.contrib import rnn
import fixed

n_steps, n_input, n_hidden, batch = 5, 3, 4, 6
draw = np.random.RandomState(6)
data = draw.randn(batch, n_steps, n_input).astype(np.float32)
lengths = np.array([5, 2, 3, 1, 4, 5], np.int32)
x = tf.placeholder("float", [None, n_steps, n_input])
n = tf.placeholder(tf.int32, [None])
steps = tf.unstack(tf.transpose(x, [1, 0, 2]), n_steps, 0)
results = {}
with tf.variable_scope('lstm'):
    cell = rnn.BasicLSTMCell(n_hidden, forget_bias=1.0)
    outputs, states = rnn.static_rnn(cell, steps, dtype=tf.float32)
    results['lstm'] = [outputs[-1], states.c, states.h]
with tf.variable_scope('full'):
    cell = tf.contrib.rnn.LSTMCell(n_hidden, use_peepholes=True, num_proj=3, cell_clip=2.0,
                                   initializer=tf.truncated_normal_initializer(stddev=0.1))
    outputs, states = tf.contrib.rnn.static_rnn(cell, steps, sequence_length=n, dtype=tf.float32)
    results['full'] = [tf.stack(outputs), states.c, states.h]
with tf.variable_scope('both'):
    fw, bw = [rnn.DropoutWrapper(rnn.GRUCell(n_hidden), output_keep_prob=1.0) for _ in range(2)]
    outputs, one, two = rnn.static_bidirectional_rnn(fw, bw, steps, dtype=tf.float32)
    results['both'] = [tf.concat(outputs, 1), one, two]
with tf.variable_scope('deep'):
    cell = rnn.MultiRNNCell([rnn.BasicRNNCell(n_input) for _ in range(2)], state_is_tuple=True)
    outputs, state = tf.nn.dynamic_rnn(cell, x, sequence_length=n, dtype=tf.float32, time_major=False)
    results['deep'] = [outputs, state[0], state[1]]
with tf.variable_scope('normal'):
    cell = rnn.LayerNormBasicLSTMCell(n_hidden, dropout_keep_prob=1.0)
    outputs, state = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
    results['normal'] = [outputs, state.c]
with tf.variable_scope('block'):
    cell = rnn.LSTMBlockCell(n_hidden)
    outputs, state = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
    results['block'] = [outputs]
with tf.variable_scope('fused'):
    cell = rnn.LSTMBlockFusedCell(n_hidden)
    outputs, state = cell(tf.transpose(x, [1, 0, 2]), dtype=tf.float32, sequence_length=n)
    results['fused'] = [outputs]
with tf.variable_scope('attention'):
    cell = rnn.AttentionCellWrapper(rnn.BasicLSTMCell(n_hidden), 3, state_is_tuple=True)
    outputs, state = rnn.static_rnn(cell, steps, dtype=tf.float32)
    results['attention'] = [tf.stack(outputs)]

weights = {'out': tf.Variable(tf.random_normal([n_hidden, 2]))}
biases = {'out': tf.Variable(tf.random_normal([2]))}
pred = tf.matmul(results['lstm'][0], weights['out']) + biases['out']
y = tf.placeholder("float", [None, 2])
cost = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(logits=pred, labels=y))
everything = cost + sum(tf.reduce_sum(tf.square(r)) for k in sorted(results) for r in results[k])
gradients = tf.gradients(everything, tf.trainable_variables())
train = tf.train.AdamOptimizer(learning_rate=0.01).minimize(cost)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    fixed.weights(sess)
    feed = {x: data, n: lengths, y: np.eye(2, dtype=np.float32)[lengths % 2]}
    values = sess.run(results, feed)
    by = sess.run(gradients, feed)
    shapes = [v.get_shape().as_list() for v in tf.trainable_variables()]
    losses = [sess.run([cost, train], feed)[0] for _ in range(10)]
print('loss %.4f' % losses[-1])
fixed.save(sys.argv[1], exact={'shapes': shapes}, inference=values, gradients={'all': by}, losses={'adam': losses})
