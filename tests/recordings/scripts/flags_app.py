"""TF 1.0: flags in every old way, tf.app.run, GFile, and a dense net."""
# Recorded with TensorFlow 1.0.0: --out out.json --hidden=5 --noshuffle --verbose=false --other 3
from __future__ import absolute_import
from __future__ import division
from __future__ import print_function

import os
import sys

import numpy as np
import tensorflow as tf
from six.moves import xrange  # pylint: disable=redefined-builtin
import fixed

flags = tf.app.flags
flags.DEFINE_string("out", None, "where the numbers go")
flags.DEFINE_integer("hidden", 4, "units")
flags.DEFINE_float("rate", 0.1, "learning rate")
flags.DEFINE_boolean("verbose", False, "tell more")
flags.DEFINE_bool('shuffle', True, 'shuffle')
tf.app.flags.DEFINE_string(flag_name='log_dir', default_value='logs', docstring='where to log')
FLAGS = flags.FLAGS
FLAGS._parse_flags()
print("\nParameters:")
for attr, value in sorted(FLAGS.__flags.items()):
    if attr != 'out':
        print("{}={}".format(attr.upper(), value))


def main(_):
    assert FLAGS.log_dir and not FLAGS.shuffle
    FLAGS.steps = 10
    if not tf.gfile.Exists(FLAGS.log_dir):
        tf.gfile.MakeDirs(FLAGS.log_dir)
    name = os.path.join(FLAGS.log_dir, 'notes.txt')
    with tf.gfile.Open(name, 'w') as f:
        f.write('one\ntwo \n')
    words = tf.gfile.GFile(name).read().decode('utf-8').split()
    lines = [line.strip() for line in tf.gfile.GFile(name, 'r')]
    draw = np.random.RandomState(0)
    x = draw.randn(10, 3).astype(np.float32)
    t = x.sum(axis=1, keepdims=True)
    inputs = tf.placeholder(tf.float32, shape=(None, 3))
    targets = tf.placeholder(tf.float32, shape=(None, 1))
    with tf.variable_scope('net', initializer=tf.random_uniform_initializer(-0.1, 0.1)):
        w = tf.get_variable('w', [inputs.get_shape()[1], FLAGS.hidden])
        b = tf.get_variable('b', [FLAGS.hidden], initializer=tf.zeros_initializer())
        v = tf.get_variable('v', [w.get_shape()[-1].value, 1])
    out = tf.matmul(tf.tanh(tf.matmul(inputs, w) + b), v)
    loss = tf.reduce_mean(tf.squared_difference(out, targets))
    global_step = tf.contrib.framework.get_or_create_global_step()
    train = tf.train.GradientDescentOptimizer(FLAGS.rate).minimize(loss, global_step=global_step)
    losses = []
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        fixed.weights(sess)
        first = out.eval({inputs: x})
        for step in xrange(FLAGS.steps):
            value, _ = sess.run([loss, train], feed_dict={inputs: x, targets: t})
            losses.append(value)
            if FLAGS.verbose:
                tf.logging.info('step %d', step)
        at = tf.train.global_step(sess, global_step)
    fixed.save(FLAGS.out, exact={'words': words, 'lines': lines, 'step': at, 'hidden': FLAGS.hidden,
                                 'flags': sorted(FLAGS.__flags), 'shuffle': bool(FLAGS.shuffle)},
               inference={'out': first}, losses={'sgd': losses})


if __name__ == '__main__':
    tf.app.run()
