"""TF 1.0: what scripts of Python 3 print, and values that Python and NumPy have changed."""
# Recorded with TensorFlow 1.0.0
import array
import cgi
import collections
import fractions
import inspect
import json
import random
import threading
import time
import unittest
import xml.etree.ElementTree as ElementTree
from distutils.util import strtobool
from distutils.version import LooseVersion

import numpy as np
import tensorflow as tf
from tensorflow.contrib import rnn

Point = collections.namedtuple('Point', 'x y')
flags = tf.app.flags
flags.DEFINE_float('rate', 0.5, 'rate')
flags.DEFINE_integer('steps', 2, 'steps')
FLAGS = flags.FLAGS


def main(_):
    x = tf.placeholder(tf.float32, [None, 4], name='x')
    cell = rnn.MultiRNNCell([rnn.BasicLSTMCell(2) for _ in range(2)])
    outputs, state = tf.nn.dynamic_rnn(cell, tf.reshape(x, [1, -1, 4]), dtype=tf.float32)
    print([dim.value for dim in outputs.get_shape()], cell.state_size, state._fields if hasattr(state, '_fields') else len(state))
    print(len(tf.global_variables()), sorted(v.get_shape().as_list() for v in tf.trainable_variables()))
    losses = []
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        mean = tf.reduce_mean(x)
        for step in range(FLAGS.steps):
            loss = sess.run(mean, {x: np.full([1, 4], step + FLAGS.rate)})
            losses.append(loss)
            print("Step %d: loss = %.2f" % (step, loss), loss, [loss])
        print("losses:", losses, dict(last=loss), Point(loss, step), tuple(losses), np.array(losses), np.mean(losses))
        print(sess.run([tf.constant(1), tf.constant([1.5]), tf.constant('s'), tf.range(3)]))
        print(sess.run(tf.nn.moments(tf.constant([1., 2., 3.]), [0])), sess.run(tf.nn.top_k([3, 1, 2], 2)))
    print(inspect.getargspec(main).args, isinstance({}, collections.Mapping), time.clock() >= 0, isinstance([], collections.Iterable))
    print(np.fromstring(b'\x01\x02', np.uint8), np.arange(2, dtype=np.int16).tostring(), np.asscalar(np.array([2.5])), np.array([[1], [1, 2]]))
    print([a.tolist() for a in np.meshgrid([1, 2], [3])], np.histogram([1, 2, 2], bins=2, normed=True)[0], np.percentile([1, 2, 3], 50, interpolation='lower'))
    random.seed(1)
    deck = list(range(6))
    random.shuffle(deck, lambda: .3)
    print(deck, random.sample(set([5, 6, 7]), 2), random.sample(range(9), 3))
    print(random.randrange(10.0), random.randint(0, 6.0), random.choice('abc'), fractions.gcd(12, 18))
    print(LooseVersion('1.10') < LooseVersion('1.9'), LooseVersion(np.__version__) >= '1.7', [LooseVersion('1.0.0-rc1')], strtobool('yes'))
    print(json.loads('[1]', encoding='utf-8'), cgi.escape('<a href="x">&'), cgi.escape('"', True), threading.current_thread().isAlive())
    numbers = array.array('i')
    numbers.fromstring(array.array('i', [1, 2]).tostring())
    tree = ElementTree.fromstring('<a><b/><c><b/></c></a>')
    print(numbers, [e.tag for e in tree.getiterator('b')], [e.tag for e in tree.getchildren()], hasattr(unittest.TestCase, 'assertEquals'))
    print('%s' % np.array([1.5]), '%.1f' % np.array([1.5]), str(np.float32(0.1)), np.float32(0.1), 'a {} b'.format(np.float64(2)), np.array([0.1], np.float32))


if __name__ == '__main__':
    tf.app.run()
