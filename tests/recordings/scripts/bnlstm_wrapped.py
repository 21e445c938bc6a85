"""TF 0.12: the batch-normalized cell inside DropoutWrapper, MultiRNNCell, both directions."""
# Recorded with TensorFlow 0.12.1: out.json
import sys
import numpy as np
import tensorflow as tf
from tensorflow.python.ops import rnn, rnn_cell
import fixed
from bnlstm import BNLSTMCell

batch, steps, width, hidden = 20, 4, 3, 4
draw = np.random.RandomState(1)
data = draw.randn(batch, steps, width).astype(np.float32)
target = draw.randn(batch, steps).astype(np.float32)
x = tf.placeholder(tf.float32, [batch, steps, width])
is_training = tf.placeholder(tf.bool, name='is_training')
keep = tf.placeholder(tf.float32, name='keep')


def new_cell():
    return BNLSTMCell(hidden, is_training, steps, activation=tf.nn.relu)


def bidirectional():
    cells = [rnn_cell.DropoutWrapper(new_cell(), output_keep_prob=keep) for _ in range(2)]
    outputs, states = rnn.bidirectional_dynamic_rnn(
        cells[0], cells[1], x, dtype=tf.float32,
        sequence_length=tf.fill([batch], steps))
    return tf.concat(2, outputs), [s for state in states for s in state[:2]]


def stacked():
    stack = tf.nn.rnn_cell.MultiRNNCell(
        [tf.nn.rnn_cell.DropoutWrapper(new_cell(), input_keep_prob=keep) for _ in range(2)],
        state_is_tuple=True)
    outputs, states = tf.nn.dynamic_rnn(stack, x, dtype=tf.float32)
    return outputs, [s for state in states for s in state[:2]]


recorded = {'inference': {}, 'gradients': {}, 'training': {}, 'statistics': {}, 'falling': {}}
for build in (bidirectional, stacked):
    name = build.__name__
    tf.reset_default_graph()
    x = tf.placeholder(tf.float32, [batch, steps, width])
    is_training = tf.placeholder(tf.bool, name='is_training')
    keep = tf.placeholder(tf.float32, name='keep')
    outputs, states = build()
    loss = tf.reduce_mean(tf.square(tf.reduce_sum(outputs, 2) - target))
    gradients = tf.gradients(loss, tf.trainable_variables())
    train = tf.train.GradientDescentOptimizer(0.05).minimize(loss)
    with tf.Session() as sess:
        sess.run(tf.initialize_all_variables())
        fixed.weights(sess)
        still = {x: data, is_training: False, keep: 1.0}
        moving = {x: data, is_training: True, keep: 1.0}
        recorded['inference'][name] = sess.run([outputs] + states, still)
        recorded['gradients'][name] = sess.run(gradients, still)
        recorded['training'][name] = sess.run(outputs, moving)
        recorded['statistics'][name] = sess.run([v for v in tf.all_variables() if 'pop_' in v.name])
        dropped = {x: data, is_training: True, keep: 0.9}
        recorded['falling'][name] = [sess.run([loss, train], dropped)[0] for _ in range(40)]
        print('%s %f' % (name, recorded['falling'][name][-1]))
fixed.save(sys.argv[1], **recorded)
