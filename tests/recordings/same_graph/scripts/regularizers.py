"""Losses on weights: a scope's, a variable's, layers', contrib's, inside a loop."""

import sys

import numpy as np
import seen
import tensorflow as tf

tf.set_random_seed(11)
scale = tf.contrib.layers.l2_regularizer(1e-2)
x = tf.placeholder(tf.float32, [None, 6, 4])
y = tf.placeholder(tf.int64, [None])
with tf.variable_scope("net", regularizer=scale):
    cell = tf.nn.rnn_cell.BasicLSTMCell(5)
    hidden, _ = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
    last = tf.layers.dense(hidden[:, -1], 6, tf.nn.relu, name="first")
    weights = tf.get_variable("weights", [6, 6])
    last = tf.matmul(tf.nn.dropout(last, 0.9), weights)
with tf.variable_scope("net", reuse=True, regularizer=scale):
    again = tf.get_variable("weights", [6, 6])
own = tf.get_variable("own", [6, 5], regularizer=tf.contrib.layers.l1_regularizer(0.1))
last = tf.tanh(tf.matmul(last, own))
last = tf.layers.dense(last, 4, kernel_regularizer=scale, bias_regularizer=scale)
last = tf.contrib.layers.fully_connected(last, 4, weights_regularizer=scale)
with tf.contrib.framework.arg_scope(
    [tf.contrib.layers.fully_connected], weights_regularizer=scale
):
    logits = tf.contrib.layers.fully_connected(last, 3, activation_fn=None)
loss = tf.losses.sparse_softmax_cross_entropy(y, logits)
losses = tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)
total = loss + tf.add_n(losses) + 0.1 * tf.losses.get_regularization_loss()
train = tf.train.AdamOptimizer(0.01).minimize(total + tf.losses.get_total_loss())

rng = np.random.RandomState(3)
data = {x: rng.normal(size=[8, 6, 4]), y: rng.randint(0, 3, 8)}
with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    initial = seen.digests(session)
    found = [session.run([total, train], data)[0] for _ in range(5)]
seen.save(sys.argv[1], initial, found)
