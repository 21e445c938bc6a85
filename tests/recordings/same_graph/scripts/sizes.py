"""Zeros and ones of sizes that the graph knows, diagonals, and swish; draws after them."""

import sys

import numpy as np
import seen
import tensorflow as tf

tf.set_random_seed(11)
x = tf.placeholder(tf.float32, [None, 4])
y = tf.placeholder(tf.int64, [None])
size = tf.shape(x)[0]
start = tf.zeros([size, 6]) + tf.ones((size, 1)) * tf.zeros([2, size, 3])[0, 0, 0]
more = tf.ones([x.shape[1], size]) + tf.cast(tf.zeros([size], tf.int32), tf.float32)
hidden = tf.nn.swish(tf.layers.dense(x, 6) + start)
hidden = tf.nn.dropout(hidden, 0.8) * tf.reduce_mean(more)
square = tf.get_variable("square", [6, 6])
square = tf.matrix_set_diag(square, tf.diag_part(square) * 2.0)
square += tf.matrix_diag(tf.matrix_diag_part(square)) + tf.eye(6) * tf.trace(square)
rows, columns = tf.meshgrid(tf.range(3), tf.range(6))
logits = tf.matmul(tf.matmul(hidden, square), tf.to_float(rows + columns) * 0.1)
logits += tf.random_normal([size, 3], stddev=0.01)
mask = tf.matrix_band_part(tf.ones([size, size]), -1, 0)
cross = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
loss = tf.reduce_mean(tf.matmul(mask, cross[:, tf.newaxis]))
train = tf.train.GradientDescentOptimizer(0.01).minimize(loss)

rng = np.random.RandomState(3)
batch = {x: rng.normal(size=[5, 4]), y: rng.randint(0, 3, 5)}
with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    initial = seen.digests(session)
    found = [session.run([loss, train], batch)[0] for _ in range(5)]
seen.save(sys.argv[1], initial, found)
