"""TF 1.15: saves or restores a checkpoint of recurrent cells, Adam's slots and a step count."""
import json
import sys
import numpy as np
import tensorflow as tf
import fixed

mode, prefix, out = sys.argv[1:]
x = tf.constant(np.random.RandomState(20).randn(3, 5, 4).astype(np.float32))
cells = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.LSTMCell(4, use_peepholes=True),
                                     tf.nn.rnn_cell.GRUCell(3), tf.nn.rnn_cell.BasicLSTMCell(2)])
outputs, _ = tf.nn.dynamic_rnn(cells, x, dtype=tf.float32)
hidden = tf.layers.batch_normalization(tf.layers.dense(outputs, 3, name='hidden'), training=False)
with tf.variable_scope('own', reuse=tf.AUTO_REUSE):
    table = tf.get_variable('pop_mean', [5, 3], initializer=tf.zeros_initializer, trainable=False)
    half = tf.get_variable('half', [2], tf.float64, initializer=tf.ones_initializer())
move = table[2].assign([1., 2., 3.])
result = hidden + table[2]
step = tf.train.get_or_create_global_step()
train = tf.train.AdamOptimizer(0.01).minimize(tf.reduce_mean(tf.square(result)), global_step=step)
saver = tf.train.Saver()
with tf.Session() as sess:
    if mode == 'save':
        sess.run(tf.global_variables_initializer())
        fixed.weights(sess, [v for v in tf.trainable_variables() if v.dtype.base_dtype == tf.float32])
        for _ in range(3):
            sess.run(move)  # of one run with the step, either could come first
            sess.run(train)
        saver.save(sess, prefix)
    else:
        saver.restore(sess, prefix)
    names = sorted(v.op.name for v in tf.global_variables())
    numbers = sess.run({v.op.name: v for v in tf.global_variables()})
    first = sess.run(result)
    sess.run(train)
    fixed.save(out, exact={'names': names, 'numbers': numbers},
               inference={'result': first, 'after a step': sess.run(result)})
