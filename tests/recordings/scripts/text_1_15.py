"""TF 1.13 to 1.15: what scripts print of tensors, arrays, numbers and errors."""
# Recorded with TensorFlow 1.15.5
from __future__ import print_function

import collections
import json
import math
import random
import threading

import numpy as np
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 3], name='x')
w = tf.get_variable('w', [3, 2], initializer=tf.constant_initializer([[.5, 1.], [2., -1.], [0., .25]]))
b = tf.Variable(np.zeros(2, np.float32), name='b')
step = tf.train.get_or_create_global_step()
logits = tf.matmul(x, w) + b
loss = tf.reduce_mean(tf.square(logits), name='loss')
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss, step)
prediction = tf.argmax(logits, 1, name='prediction')
sparse = tf.SparseTensor([[0, 1], [1, 0]], [3., 4.], [2, 2])
cell = tf.nn.rnn_cell.LSTMStateTuple(tf.zeros([1, 2]), tf.ones([1, 2]))

print(x, w, loss, [prediction], train.name, train.type)
print(logits.shape, logits.get_shape(), [logits.shape], logits.shape[0], logits.shape[1], [x.get_shape()[1]], logits.shape.as_list())
print(tf.float32, [tf.int64, w.dtype], tf.TensorShape(None), [tf.TensorShape([2, None])])
print(tf.trainable_variables(), len(tf.global_variables()), [v.name for v in tf.global_variables()])
print(tf.GraphKeys.TRAINABLE_VARIABLES, tf.__version__, tf.AUTO_REUSE, tf.estimator.ModeKeys.TRAIN)
print(np.prod([dim.value for dim in w.shape]), w.get_shape().num_elements())

data = np.arange(6, dtype=np.float32).reshape(2, 3) / 4
total, history = 0., []
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for i in range(3):
        found = sess.run([loss, step], {x: data})
        print(found, 'step', i, type(found[0]).__name__)
        _, l, n, p = sess.run([train, loss, step, prediction], {x: data})
        total += l
        history.append(l)
        print('step', n, 'loss', l, 'prediction', p, '{:.4f} {} {:>6}'.format(l, l, n), '%d %.3f %s %r' % (n, l, l, n))
    print(history, total, total / 3, np.mean(history), max(history), round(l, 3), sum(history))
    print({'loss': l, 'step': n}, (l,), [p], collections.OrderedDict(loss=l), repr(l), str(n))
    print(sess.run(w), sess.run([b]), sess.run({'w': w, 'step': step})['step'], b.eval())
    print(sess.run(sparse), sess.run(cell), sep='\n')
    print(w.eval().tolist(), float(l), int(n), n.dtype, p.dtype, p.shape, w.eval().shape)
    print('accuracy', sess.run(tf.reduce_mean(tf.cast(tf.equal(p, [1, 0]), tf.float32))), 'equal', sess.run(tf.equal(p, [1, 0])))
    print(sess.run(tf.constant(True)), sess.run([tf.constant(b'text'), tf.constant([1, 2])]), sess.run(tf.shape(logits), {x: data}))
    one = sess.run(tf.reshape(loss, [1]), {x: data})
    print('%.4f' % one, '%d' % np.array([7]), int(np.array([3])), float(one) > 0, math.sqrt(np.array([4.])))
    filled = np.zeros(3)
    filled[1] = np.array([7.])
    filled[0] = one
    print(filled, [filled[1]], filled.sum(), filled.mean(), filled.argmax(), [filled.argmax(), filled.max()])
    for wrong in (lambda: tf.get_variable('w', [3, 2]), lambda: sess.graph.get_tensor_by_name('absent:0'),
                  lambda: tf.constant(1) + tf.constant(1.)):
        try:
            wrong()
        except (ValueError, TypeError, KeyError) as error:
            print(type(error).__name__, str(error).splitlines()[0])

print([np.float64(1.5), np.int32(3), np.bool_(True), np.float16(.1), np.str_('a'), np.uint8(200)], (np.float32(.1), 2))
print(np.array([1., .5, 1e-9]), [np.array([1, 2])], np.array([[1], [2, 3]]), np.array(['a', 'bc']), np.array([True, False]))
print(np.random.RandomState(3).rand(3), np.random.RandomState(3).randint(0, 9, 4), np.array(3.), np.float32(1e10), np.arange(1200))
print(np.sum(i for i in range(4)), np.vstack(map(np.array, [[1], [2]])), np.unique([[2, 1], [1, 2]], return_inverse=True), np.floor([1, 2]))
print(np.zeros(2, [('a', '<f4'), ('b', '<i4')]), np.nan, -np.inf, np.array([np.nan, 1]), np.array(None), np.array([{}, 'a'], object))
np.set_printoptions(precision=2, suppress=True)
thread = threading.Thread(target=lambda: print('thread', np.array([1. / 3, 1e-9]), [np.float32(.5)]))
thread.start()
thread.join()
random.seed(4)
items = list(range(5))
random.shuffle(items)
print(items, random.sample({1, 2, 3}, 2), random.randint(0, 9), random.choice('abc'), json.dumps({'loss': float(l)}) != '')

summary = tf.Summary(value=[tf.Summary.Value(tag='loss', simple_value=.5)])
print(summary, tf.train.Example(features=tf.train.Features(feature={'a': tf.train.Feature(int64_list=tf.train.Int64List(value=[1, 2]))})))
hparams = tf.contrib.training.HParams(rate=.1, name='n', sizes=[1, 2])
print(hparams, [hparams], hparams.values(), hparams.to_json())
print(tf.contrib.framework.nest.flatten([1, (2, {'a': 3})]), tf.nn.rnn_cell.BasicLSTMCell(3).state_size, tf.nn.rnn_cell.GRUCell(2).output_size)
print(tf.errors.OutOfRangeError(None, None, 'end'), tf.train.latest_checkpoint('nowhere'), tf.gfile.Exists('nowhere'))
